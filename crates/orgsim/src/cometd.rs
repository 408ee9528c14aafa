//! The Streaming API: events over Bayeux with long polling (Streaming API Developer Guide).

use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};
use tokio::time::{Instant, sleep_until};

pub(crate) use self::clients::Clients;
use self::clients::{Delivery, Lost};
use self::message::Message;
use crate::app::App;
use crate::errors::json_response;
use crate::http::bearer;
use crate::random;
use crate::rights::Rights;
use crate::sessions::Session;
use crate::stream::{Position, Start};

mod clients;
mod message;

/// The most bytes of a request.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// What a subscription that the user may not have is refused with (CometD, security policies of Bayeux servers).
const DENIED: &str = "403:denied_by_security_policy:create_denied";

/// The most messages of a request.
const MAX_MESSAGES: usize = 100;

/// Answers the messages of a request, in their order.
pub(crate) async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path().trim_end_matches('/').to_owned();
    let (parts, body) = request.into_parts();
    if !is_endpoint(&path) {
        return (StatusCode::NOT_FOUND, "URL No Longer Exists").into_response();
    }
    let body = to_bytes(body, MAX_BODY_BYTES).await.unwrap_or_default();
    let Some(messages) = message::read_all(&parts.headers, &body).filter(|list| list.len() <= MAX_MESSAGES)
    else {
        return (StatusCode::BAD_REQUEST, "400::Unparseable message").into_response();
    };
    let session = bearer(&parts.headers).and_then(|token| app.find_session(token, app.now_ms()));
    let session = session.filter(Session::may_call_api);
    let may_wait = messages.len() == 1;
    let mut replies = Vec::new();
    let mut cookie = None;
    for message in &messages {
        match message.channel() {
            "/meta/handshake" => {
                cookie = Some(random::letters(32));
                replies.push(handshake(&app, session.as_ref(), message));
            }
            "/meta/connect" => replies.extend(connect(&app, session.as_ref(), message, may_wait).await),
            "/meta/subscribe" => replies.push(subscribe(&app, session.as_ref(), message)),
            "/meta/unsubscribe" => replies.push(unsubscribe(&app, message)),
            "/meta/disconnect" => replies.push(disconnect(&app, message)),
            channel => {
                let error = format!("403:{channel}:Publishing is not allowed on this channel");
                replies.push(message.refuse(&error));
            }
        }
    }
    respond(&replies, cookie)
}

/// `/cometd/66.0`, and behind it the names of meta channels that some clients append.
fn is_endpoint(path: &str) -> bool {
    let rest = path.strip_prefix("/cometd/").unwrap_or_default();
    let rest = rest.strip_prefix("replay/").unwrap_or(rest);
    let (version, call) = rest.split_once('/').unwrap_or((rest, "handshake"));
    crate::http::parse_version(version).is_some()
        && matches!(call, "handshake" | "connect" | "subscribe" | "unsubscribe" | "disconnect")
}

fn respond(replies: &[Json], cookie: Option<String>) -> Response {
    let mut response = json_response(StatusCode::OK, &replies);
    if let Some(Ok(value)) =
        cookie.map(|id| HeaderValue::try_from(format!("BAYEUX_BROWSER={id}; Path=/cometd/")))
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

fn handshake(app: &App, session: Option<&Session>, message: &Message) -> Json {
    let mut reply = message.reply();
    let extensions = json!({ "replay": true, "payload.format": true });
    reply["ext"] = extensions;
    let deny = |mut reply: Json, reason: &str| {
        reply["successful"] = json!(false);
        reply["error"] = json!("403::Handshake denied");
        reply["advice"] = json!({ "reconnect": "none" });
        reply["ext"]["sfdc"] = json!({ "failureReason": reason });
        reply
    };
    let Some(session) = session else { return deny(reply, "401::Authentication invalid") };
    if !rights_of(app, session).has("ApiEnabled") {
        return deny(reply, "403::User not enabled for streaming");
    }
    let settings = app.streams.settings();
    let Some(client_id) = app.cometd.add(&settings) else {
        return deny(reply, "403::Organization concurrent user limit exceeded");
    };
    reply["clientId"] = json!(client_id);
    reply["version"] = json!("1.0");
    reply["minimumVersion"] = json!("1.0");
    reply["supportedConnectionTypes"] = json!(["long-polling"]);
    reply["advice"] = json!({ "reconnect": "retry", "interval": 0, "timeout": settings.connect_ms });
    reply
}

/// Holds the call until there are events or the time is over. The events come before the reply.
async fn connect(app: &App, session: Option<&Session>, message: &Message, may_wait: bool) -> Vec<Json> {
    let Some(client_id) = message.client_id() else { return vec![unknown_client(message)] };
    let Some(session) = session else { return vec![not_signed_in(message)] };
    let settings = app.streams.settings();
    let Some(connects) = app.cometd.begin_connect(client_id, &settings) else {
        return vec![unknown_client(message)];
    };
    let is_first = connects == 1;
    let is_wait_wanted = may_wait && !is_first && message.advised_timeout() != Some(0);
    let deadline = Instant::now() + Duration::from_millis(settings.connect_ms);
    let (mut events, mut closings) = (app.streams.watch(), app.streams.watch_closings());
    let mut changes = app.cometd.watch();
    let mut is_held = false;
    loop {
        let rights = rights_of(app, session);
        if app.is_out(session.user_id) || !rights.has("ApiEnabled") {
            return vec![not_signed_in(message)];
        }
        let delivery = match app.cometd.deliver(client_id, connects, &app.streams, &rights) {
            Ok(delivery) => delivery,
            // It said goodbye over another connection.
            Err(Lost::Unknown) if is_held && !closings.has_changed().unwrap_or(true) => {
                return vec![message.advise(json!({ "reconnect": "none" }))];
            }
            Err(Lost::Unknown) => return vec![unknown_client(message)],
            Err(Lost::Superseded) => {
                return vec![message.advise(json!({ "reconnect": "retry", "interval": 0 }))];
            }
            Err(Lost::TooMany) => {
                let mut reply = message.refuse("403::Organization total events daily limit exceeded");
                reply["advice"] = json!({ "reconnect": "none" });
                return vec![reply];
            }
        };
        if !delivery.is_empty() || !is_wait_wanted {
            return with_reply(app, session, delivery, message, is_first);
        }
        is_held = true;
        let _held = app.cometd.hold();
        tokio::select! {
            _ = events.changed() => {}
            _ = changes.changed() => {}
            _ = closings.changed() => return vec![unknown_client(message)],
            () = sleep_until(deadline) => return with_reply(app, session, Vec::new(), message, is_first),
        }
    }
}

fn rights_of(app: &App, session: &Session) -> Arc<Rights> {
    app.org.rights(session.user_id, app.now_ms())
}

fn with_reply(
    app: &App,
    session: &Session,
    delivery: Delivery,
    message: &Message,
    is_first: bool,
) -> Vec<Json> {
    if let Some(client_id) = message.client_id() {
        app.cometd.end_connect(client_id);
    }
    let rights = rights_of(app, session);
    let mut replies: Vec<Json> = delivery
        .into_iter()
        .map(|(channel, position, event)| {
            json!({ "data": event.narrowed_to(&rights).to_json(position), "channel": channel })
        })
        .collect();
    let mut reply = message.reply();
    if is_first {
        let timeout = app.streams.settings().connect_ms;
        reply["advice"] = json!({ "reconnect": "retry", "interval": 0, "timeout": timeout });
    }
    replies.push(reply);
    replies
}

fn subscribe(app: &App, session: Option<&Session>, message: &Message) -> Json {
    let channels = message.subscriptions();
    let Some(client_id) = message.client_id() else { return unknown_client(message) };
    let Some(session) = session else { return not_signed_in(message) };
    let rights = rights_of(app, session);
    if channels.is_empty() {
        return message.refuse("400::Subscription missing");
    }
    for channel in &channels {
        let Some(topic) = app.streams.find_topic(channel) else {
            return with_subscription(message.refuse("404::Unknown channel"), &channels);
        };
        if !topic.is_open_to(&rights) {
            return with_subscription(message.refuse(DENIED), &channels);
        }
        let replay = message.replay_id(channel).unwrap_or(-1);
        let start = match replay {
            -1 => Start::Latest,
            -2 => Start::Earliest,
            id => Start::After(Position::from_number(u64::try_from(id).unwrap_or_default())),
        };
        let Ok(position) = app.streams.start(start) else {
            let error = format!(
                "400::The replayId {{{replay}}} you provided was invalid. Please provide a valid ID, -2 to replay \
                 all events, or -1 to replay only new events."
            );
            return with_subscription(message.refuse(&error), &channels);
        };
        if !app.cometd.subscribe(client_id, channel, topic, position) {
            return with_subscription(unknown_client(message), &channels);
        }
    }
    with_subscription(message.reply(), &channels)
}

fn unsubscribe(app: &App, message: &Message) -> Json {
    let channels = message.subscriptions();
    let Some(client_id) = message.client_id() else { return unknown_client(message) };
    let is_known = channels.iter().all(|channel| app.cometd.unsubscribe(client_id, channel));
    let reply = if is_known { message.reply() } else { unknown_client(message) };
    with_subscription(reply, &channels)
}

fn disconnect(app: &App, message: &Message) -> Json {
    match message.client_id().is_some_and(|client_id| app.cometd.remove(client_id)) {
        true => message.reply(),
        false => unknown_client(message),
    }
}

/// Names what was asked for: one channel as text, several as a list.
fn with_subscription(mut reply: Json, channels: &[String]) -> Json {
    reply["subscription"] = match channels {
        [channel] => json!(channel),
        several => json!(several),
    };
    reply
}

fn unknown_client(message: &Message) -> Json {
    let mut reply = message.refuse("403::Unknown client");
    reply["advice"] = json!({ "reconnect": "handshake", "interval": 0 });
    reply
}

fn not_signed_in(message: &Message) -> Json {
    let mut reply = message.refuse("401::Authentication invalid");
    reply["advice"] = json!({ "reconnect": "handshake", "interval": 0 });
    reply["ext"] = json!({ "sfdc": { "failureReason": "401::Authentication invalid" } });
    reply
}

/// Returns whether the body is a form.
fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
}
