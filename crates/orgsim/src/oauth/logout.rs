//! Signing a browser out.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use url::Url;

use super::{all_params, authorize, login, page};
use crate::app::App;

/// Answers `/services/oauth2/logout` and the older `/secur/logout.jsp` (Help, Single Logout with OpenID Connect).
pub(super) async fn logout(
    State(app): State<Arc<App>>,
    query: RawQuery,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    let params = all_params(&headers, &form, &query);
    let cookie = app.browser.sign_out(&headers);
    let next = params.get("post_logout_redirect_uri").filter(|next| is_known(&app, next));
    let response = match next {
        Some(next) => authorize::redirect(&with_state(next, params.get("state"))),
        None => page::html(StatusCode::OK, "Signed out", "<h1>You are signed out</h1>"),
    };
    login::with_cookie(response, &cookie)
}

/// Returns whether an address is on the host of a callback of the app, so that no other can be led to.
fn is_known(app: &App, address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let deployed = app.deployed.list();
    let clients = deployed.iter().chain([&app.client]);
    authorize::is_loopback(&url)
        || clients.flat_map(|client| &client.callback_urls).any(|callback| {
            Url::parse(callback).is_ok_and(|callback| callback.origin() == url.origin() && url.has_host())
        })
}

fn with_state(address: &str, state: Option<&str>) -> String {
    let Ok(mut url) = Url::parse(address) else { return address.to_owned() };
    if let Some(state) = state {
        url.query_pairs_mut().append_pair("state", state);
    }
    url.into()
}
