//! Messages of Bayeux (CometD Reference Book, The Bayeux Protocol).

use axum::http::HeaderMap;
use serde_json::{Value as Json, json};
use url::form_urlencoded;

use super::is_form;

/// A message of a client.
#[derive(Debug)]
pub(super) struct Message(Json);

/// Reads a message, or a list of them, as JSON or from a form. Answers `None` for anything else.
pub(super) fn read_all(headers: &HeaderMap, body: &[u8]) -> Option<Vec<Message>> {
    let texts: Vec<String> = if is_form(headers) {
        form_urlencoded::parse(body)
            .filter(|(name, _)| name == "message")
            .map(|(_, text)| text.into_owned())
            .collect()
    } else {
        vec![str::from_utf8(body).ok()?.to_owned()]
    };
    let mut messages = Vec::new();
    for text in texts {
        match serde_json::from_str(&text).ok()? {
            Json::Array(list) => messages.extend(list),
            message => messages.push(message),
        }
    }
    let is_good = !messages.is_empty() && messages.iter().all(|message| message["channel"].is_string());
    is_good.then(|| messages.into_iter().map(Message).collect())
}

impl Message {
    pub(super) fn channel(&self) -> &str {
        self.0["channel"].as_str().unwrap_or_default()
    }

    pub(super) fn client_id(&self) -> Option<&str> {
        self.0["clientId"].as_str()
    }

    /// Lists the channels that a subscription is about.
    pub(super) fn subscriptions(&self) -> Vec<String> {
        match &self.0["subscription"] {
            Json::String(channel) => vec![channel.clone()],
            Json::Array(channels) => channels.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns where a subscription to a channel shall start.
    pub(super) fn replay_id(&self, channel: &str) -> Option<i64> {
        let replay = &self.0["ext"]["replay"];
        replay.as_i64().or_else(|| {
            let id = replay.as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case(channel))?.1;
            id.as_i64().or_else(|| id.as_str()?.parse().ok())
        })
    }

    /// Returns how long the client wants to wait.
    pub(super) fn advised_timeout(&self) -> Option<u64> {
        self.0["advice"]["timeout"].as_u64()
    }

    /// Makes the reply that says that all went well.
    pub(super) fn reply(&self) -> Json {
        let mut reply = json!({ "channel": self.channel(), "successful": true });
        if !self.0["id"].is_null() {
            reply["id"] = self.0["id"].clone();
        }
        if let Some(client_id) = self.client_id() {
            reply["clientId"] = json!(client_id);
        }
        reply
    }

    /// Makes that reply with advice on how to go on.
    pub(super) fn advise(&self, advice: Json) -> Json {
        let mut reply = self.reply();
        reply["advice"] = advice;
        reply
    }

    pub(super) fn refuse(&self, error: &str) -> Json {
        let mut reply = self.reply();
        reply["successful"] = json!(false);
        reply["error"] = json!(error);
        reply
    }
}
