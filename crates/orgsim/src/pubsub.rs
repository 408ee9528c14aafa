//! The Pub/Sub API: reading and publishing events over gRPC (Pub/Sub API Developer Guide).

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use futures_util::Stream;
use tonic::metadata::MetadataMap;
use tonic::server::Grpc;
use tonic::{Code, Status};
use tonic_prost::ProstCodec;
use tower::service_fn;

use self::messages::{SchemaInfo, SchemaRequest, TopicInfo, TopicRequest};
use self::refusal::Refusal;
use crate::app::App;
use crate::faults::FaultKind;
use crate::id::RecordId;
use crate::random;
use crate::rights::Rights;
use crate::stream::{Topic, TopicKind};

mod managed;
mod messages;
mod publish;
mod refusal;
mod subscribe;

/// The most bytes of a request (Pub/Sub API, Allocations).
const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// What all paths begin with.
const SERVICE: &str = "/eventbus.v1.PubSub";

/// The answers of a call that streams.
type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A call and its id.
#[derive(Clone, Debug)]
struct Rpc {
    app: Arc<App>,
    id: String,
    /// Who calls.
    user_id: RecordId,
}

/// Builds the routes of the service.
pub(crate) fn router(app: Arc<App>) -> Router {
    let path = |method: &str| format!("{SERVICE}/{method}");
    Router::new()
        .route(&path("GetTopic"), post(get_topic))
        .route(&path("GetSchema"), post(get_schema))
        .route(&path("Subscribe"), post(subscribe::answer))
        .route(&path("ManagedSubscribe"), post(managed::answer))
        .route(&path("Publish"), post(publish::answer))
        .route(&path("PublishStream"), post(publish::answer_stream))
        .route(&path("{method}"), post(refuse_method))
        .with_state(app)
}

async fn refuse_method() -> Response {
    Status::new(Code::Unimplemented, "unknown method").into_http()
}

async fn get_topic(State(app): State<Arc<App>>, request: Request) -> Response {
    unary(request, move |request: tonic::Request<TopicRequest>| {
        let rpc = Rpc::begin(&app, request.metadata(), "GetTopic")?;
        let topic = rpc.find_topic(&request.get_ref().topic_name)?;
        Ok(TopicInfo {
            tenant_guid: format!("core/sim/{}", app.org.organization_id()),
            can_publish: topic.kind == TopicKind::Platform,
            can_subscribe: true,
            schema_id: app.streams.topic_schema(&topic).id.clone(),
            topic_name: topic.name,
            rpc_id: rpc.id,
        })
    })
    .await
}

async fn get_schema(State(app): State<Arc<App>>, request: Request) -> Response {
    unary(request, move |request: tonic::Request<SchemaRequest>| {
        let rpc = Rpc::begin(&app, request.metadata(), "GetSchema")?;
        let schema = app.streams.find_schema(&request.get_ref().schema_id);
        let schema = schema.ok_or_else(|| rpc.refuse(refusal::NO_SCHEMA))?;
        Ok(SchemaInfo { schema_json: schema.json.clone(), schema_id: schema.id.clone(), rpc_id: rpc.id })
    })
    .await
}

impl Rpc {
    /// Checks who calls (Pub/Sub API, Supported Authentication) and notes the call.
    fn begin(app: &Arc<App>, metadata: &MetadataMap, method: &str) -> Result<Self, Status> {
        let id = random::uuid();
        let (kind, path) = ("pubsub", format!("{SERVICE}/{method}"));
        let number = app.log.begin(app.now_ms(), "POST", &path, kind);
        app.log.answered(number, 200, Vec::new());
        app.log.completed(number);
        let refuse = || refusal::AUTH.into_status(&id);
        let header = |name| metadata.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let tenant = header("tenantid").rsplit('/').next().and_then(RecordId::parse);
        let instance = url::Url::parse(header("instanceurl"));
        let has_instance =
            instance.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if tenant != Some(app.org.organization_id()) || !has_instance {
            return Err(refuse());
        }
        let token = header("accesstoken");
        for fault in app.faults.befall(kind, &path) {
            match fault.kind {
                FaultKind::ExpireSession => app.sessions.revoke(token),
                _ => return Err(refusal::of_fault(fault.code.as_deref()).into_status(&id)),
            };
        }
        let session = app.find_session(token, app.now_ms()).filter(|session| session.may_call_api());
        let user_id = session.ok_or_else(refuse)?.user_id;
        let rpc = Self { app: Arc::clone(app), id, user_id };
        rpc.check_user()?;
        Ok(rpc)
    }

    /// Refuses a user who may use no API, be it only since the call began. A session that has ended breaks no running stream
    /// (Pub/Sub API, Supported Authentication).
    fn check_user(&self) -> Result<(), Status> {
        let is_in = self.rights().has("ApiEnabled") && !self.app.is_out(self.user_id);
        if is_in { Ok(()) } else { Err(self.refuse(refusal::AUTH)) }
    }

    /// Refuses a topic that the caller's user may no longer read.
    fn check_topic(&self, topic: &Topic) -> Result<(), Status> {
        self.check_user()?;
        if topic.is_open_to(&self.rights()) { Ok(()) } else { Err(self.refuse(refusal::NO_TOPIC)) }
    }

    /// Returns what the caller's user may do.
    fn rights(&self) -> Arc<Rights> {
        self.app.org.rights(self.user_id, self.app.now_ms())
    }

    /// Finds a topic that the caller's user may read.
    fn find_topic(&self, name: &str) -> Result<Topic, Status> {
        let topic = self.app.streams.find_topic(name).filter(|topic| topic.is_open_to(&self.rights()));
        topic.ok_or_else(|| self.refuse(refusal::NO_TOPIC))
    }

    fn refuse(&self, refusal: Refusal) -> Status {
        refusal.into_status(&self.id)
    }
}

/// Answers a call of one message with one message.
async fn unary<Q, A>(
    request: Request,
    answer: impl Fn(tonic::Request<Q>) -> Result<A, Status> + Clone + Send + 'static,
) -> Response
where
    Q: prost::Message + Default + Send + 'static,
    A: prost::Message + Send + 'static,
{
    let service = service_fn(move |request: tonic::Request<Q>| {
        let answer = answer(request).map(tonic::Response::new);
        std::future::ready(answer)
    });
    let mut grpc = Grpc::new(ProstCodec::<A, Q>::default()).max_decoding_message_size(MAX_REQUEST_BYTES);
    let response = grpc.unary(service, request).await;
    response.map(Body::new)
}

/// Answers a call of a stream of messages with another.
async fn streaming<Q, A>(
    request: Request,
    answer: impl Fn(tonic::Request<tonic::Streaming<Q>>) -> Result<Answers<A>, Status> + Clone + Send + 'static,
) -> Response
where
    Q: prost::Message + Default + Send + 'static,
    A: prost::Message + Send + 'static,
{
    let service = service_fn(move |request: tonic::Request<tonic::Streaming<Q>>| {
        let answer = answer(request).map(tonic::Response::new);
        std::future::ready(answer)
    });
    let mut grpc = Grpc::new(ProstCodec::<A, Q>::default()).max_decoding_message_size(MAX_REQUEST_BYTES);
    let response = grpc.streaming(service, request).await;
    response.map(Body::new)
}
