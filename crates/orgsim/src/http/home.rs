//! The page for people at `/`: what this is and how to sign in to it.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::front::BaseUrl;
use super::socket::Peer;
use crate::app::App;
use crate::oauth::page::{self, escape};

/// Shows the page, with the secrets, to people on this machine only.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    headers: HeaderMap,
) -> Response {
    // The host is looked at so that no web page can read this one under a name that it points here.
    if !peer.is_loopback() || !names_this_machine(&headers) {
        return (StatusCode::NOT_FOUND, "URL No Longer Exists").into_response();
    }
    let user = app.main_user();
    let rows = [
        ("Address", base_url),
        ("Username", user.username),
        ("Password", app.secrets.password.clone()),
        ("Security token", app.secrets.security_token.clone()),
        ("Consumer key", app.client.client_id.clone()),
        ("Consumer secret", app.client.client_secret.clone()),
        ("Organization id", app.org.organization_id().to_string()),
    ];
    let rows: String = rows
        .iter()
        .map(|(name, value)| {
            format!("<tr><th scope=\"row\">{name}</th><td><code>{}</code></td></tr>\n", escape(value))
        })
        .collect();
    let body = format!(
        "<h1>A simulated Salesforce org</h1>\n\
         <p>This is orgsim: a program that answers like a Salesforce org. All records in it are made up. \
         It forgets every change when it ends.</p>\n\
         <p>Point a client's login URL at the address below and sign in with the username and password.</p>\n\
         <table>\n{rows}</table>\n\
         <p>It reads and writes records (REST with its composite resources, Bulk API 2.0). It does not yet search or stream events.</p>"
    );
    page::html(StatusCode::OK, "Simulated org", &body)
}

fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}
