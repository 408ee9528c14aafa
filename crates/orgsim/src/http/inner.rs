//! Calls of the data API that another API makes for its client: the same rules, the same answers.

use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::IntoResponse;
use serde_json::Value as Json;
use tokio::runtime::Handle;

use super::Call;
use super::dispatch::dispatch;
use crate::app::App;
use crate::json::{Data, Node};
use crate::schema::Api;
use crate::sessions::Session;

/// A client of another API, signed in.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) app: Arc<App>,
    pub(crate) session: Session,
    /// The API version times ten.
    pub(crate) version: u16,
    pub(crate) base_url: String,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// What a call was refused with.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Inner {
    /// Calls a resource by the segments of its path. Answers what stands in the body.
    ///
    /// Must be called where blocking is allowed.
    pub(crate) fn call(
        &self,
        method: Method,
        segments: &[&str],
        params: &[(&str, &str)],
        body: Option<&Json>,
    ) -> Result<Node, Refusal> {
        let headers = self.headers.iter().filter_map(|(name, value)| {
            Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
        });
        let call = Call {
            app: Arc::clone(&self.app),
            method,
            version: self.version,
            api: Api::Data,
            segments: segments.iter().map(|segment| (*segment).to_owned()).collect(),
            params: params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            headers: headers.collect::<HeaderMap>(),
            body: body.map(|body| Bytes::from(body.to_string())).unwrap_or_default(),
            base_url: self.base_url.clone(),
            session: self.session.clone(),
            faults: Vec::new(),
            is_all_or_none: false,
        };
        let answer = call.origin("soap").run(|| dispatch(&call));
        let response = answer.unwrap_or_else(IntoResponse::into_response);
        let status = response.status();
        let bytes = Handle::current().block_on(to_bytes(response.into_body(), usize::MAX));
        let node = Node::parse(&bytes.unwrap_or_default());
        let node = node.unwrap_or(Node { value: Data::Null, place: Default::default() });
        if status.is_client_error() || status.is_server_error() {
            return Err(Refusal::read(status, &node));
        }
        Ok(node)
    }
}

impl Refusal {
    fn read(status: StatusCode, body: &Node) -> Self {
        let first = body.items().and_then(<[Node]>::first);
        let text = |name: &str| first.and_then(|error| error.get(name)?.as_str()).map(str::to_owned);
        Self {
            code: text("errorCode").unwrap_or_else(|| "UNKNOWN_EXCEPTION".to_owned()),
            message: text("message").unwrap_or_else(|| status.to_string()),
        }
    }
}
