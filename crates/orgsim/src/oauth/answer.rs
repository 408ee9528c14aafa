//! What a token answer holds, and the three forms it can have.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::openid;
use super::params::Params;
use crate::app::App;
use crate::client_apps::ClientApp;
use crate::sessions::Issued;

/// The form of an answer of the token endpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    Json,
    Xml,
    Form,
}

impl Format {
    /// Reads the parameter `format`, else the `Accept` header. JSON is what nearly everybody gets.
    pub(super) fn of(headers: &HeaderMap, params: &Params) -> Self {
        match params.get("format") {
            Some("xml") => return Self::Xml,
            Some("urlencoded") => return Self::Form,
            Some(_) => return Self::Json,
            None => {}
        }
        let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        // A list of types leaves the choice to the org.
        match accept.split(';').next().unwrap_or_default().trim() {
            "application/xml" | "text/xml" => Self::Xml,
            "application/x-www-form-urlencoded" => Self::Form,
            _ => Self::Json,
        }
    }
}

/// How much of an id token goes with the tokens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum IdToken {
    Without,
    /// One, if the scopes have it.
    With {
        nonce: Option<String>,
    },
}

/// Tokens on their way to a client.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) client: Arc<ClientApp>,
    pub(super) issued: Issued,
    pub(super) id_token: IdToken,
    /// Whether the answer tells when it was issued, and proves who the user is. That of a JWT does not.
    pub(super) is_signed: bool,
}

/// Lists what a token answer holds, in the order in which Salesforce writes it.
pub(super) fn token_members(
    app: &App,
    granted: &Granted,
    base_url: &str,
    instance_url: &str,
) -> Vec<(&'static str, String)> {
    let issued = &granted.issued;
    let id = app.identity_url(base_url, &issued.subject.user_id);
    let issued_at = app.now_ms().to_string();
    let id_token = match &granted.id_token {
        IdToken::Without => None,
        IdToken::With { nonce } => openid::id_token(app, issued, nonce.as_deref(), base_url),
    };
    let signature = sign(&granted.client.client_secret, &id, &issued_at);
    let is_platform = issued.subject.scopes.iter().any(|scope| scope == "sfap_api");
    let members = [
        Some(("access_token", issued.access_token.clone())),
        issued.refresh_token.clone().map(|token| ("refresh_token", token)),
        granted.is_signed.then_some(("signature", signature)),
        Some(("scope", issued.subject.scopes.join(" "))),
        id_token.map(|token| ("id_token", token)),
        Some(("instance_url", instance_url.to_owned())),
        Some(("id", id)),
        Some(("token_type", "Bearer".to_owned())),
        granted.is_signed.then_some(("issued_at", issued_at)),
        is_platform.then(|| ("api_instance_url", "https://api.salesforce.com".to_owned())),
    ];
    members.into_iter().flatten().collect()
}

/// Signs the identity URL, so that a client can tell that nobody changed it.
fn sign(client_secret: &str, id: &str, issued_at: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, client_secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, format!("{id}{issued_at}").as_bytes()))
}
