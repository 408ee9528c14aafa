//! The consent page: a person allows or denies an app.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::authorize::{redirect, redirect_error, redirect_to_client};
use super::browser::{Login, Wish};
use super::params::Params;
use super::{OauthError, all_params, login, page, scopes};
use crate::app::App;
use crate::id::RecordId;
use crate::random;
use crate::sessions::Code;
use crate::users;

/// Where Salesforce has this page.
pub(super) const PATH: &str = "/setup/secur/RemoteAccessAuthorizationPage.apexp";

/// Returns the address of the page for a waiting authorization.
pub(super) fn address(source: &str) -> String {
    format!("{PATH}?source={source}")
}

/// Reads the authorization out of such an address, which came back from a form.
pub(super) fn source_of(address: &str) -> Option<&str> {
    let source = address.strip_prefix(PATH)?.strip_prefix("?source=")?;
    source.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some(source)
}

/// Shows the page, or grants at once what this person approved before.
pub(super) async fn show(State(app): State<Arc<App>>, query: RawQuery, headers: HeaderMap) -> Response {
    let params = all_params(&[], &query);
    let source = params.get("source").unwrap_or_default();
    let Some(wish) = app.browser.find_wish(source) else {
        return gone();
    };
    let login = app.browser.find_login(&headers, app.now_ms()).filter(|_| !wish.needs_login);
    let Some(login) = login else {
        return redirect(&login::address(source));
    };
    if !wish.needs_consent && app.browser.has_approved(login.user_id, &wish) {
        app.browser.take_wish(source);
        return grant(&app, login.user_id, &wish);
    }
    form(&app, source, &wish, &login)
}

/// Takes the decision.
pub(super) async fn submit(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let params = Params::read(&body, "");
    let source = params.get("source").unwrap_or_default();
    let Some(login) = app.browser.find_login(&headers, app.now_ms()) else {
        return redirect(&login::address(source));
    };
    let given = params.get("form_token").unwrap_or_default();
    if !random::same_secret(given, &login.form_token) {
        return gone();
    }
    let Some(wish) = app.browser.take_wish(source) else {
        return gone();
    };
    if params.get("decision") == Some("allow") {
        app.browser.remember_approval(login.user_id, &wish);
        return grant(&app, login.user_id, &wish);
    }
    let error = OauthError::new("access_denied", "end-user denied authorization");
    redirect_error(&wish.redirect_uri, wish.state.as_deref(), error)
}

/// Sends the person back to the client with a code.
pub(super) fn grant(app: &App, user_id: RecordId, wish: &Wish) -> Response {
    let code = Code {
        user_id,
        client_id: wish.client_id.clone(),
        redirect_uri: wish.redirect_uri.clone(),
        scopes: wish.scopes.clone(),
        challenge: wish.challenge.clone(),
    };
    let code = app.sessions.issue_code(code, app.now_ms());
    redirect_to_client(&wish.redirect_uri, &[("code", &code)], wish.state.as_deref())
}

fn form(app: &App, source: &str, wish: &Wish, login: &Login) -> Response {
    let name = page::escape(&app.client.name);
    let user = users::find_user(&app.org, &login.user_id).map(|user| user.username).unwrap_or_default();
    let wishes: String = scopes::describe(&wish.scopes)
        .iter()
        .map(|sentence| format!("<li>{}</li>\n", page::escape(sentence)))
        .collect();
    let body = format!(
        "<h1>Allow access?</h1>\n<p><strong>{name}</strong> asks to:</p>\n<ul>\n{wishes}</ul>\n\
         <p>You are signed in as <strong>{}</strong>. You can take this back at any time.</p>\n\
         <form method=\"post\" action=\"{PATH}\">\n\
         <input type=\"hidden\" name=\"source\" value=\"{}\">\n\
         <input type=\"hidden\" name=\"form_token\" value=\"{}\">\n\
         <button type=\"submit\" name=\"decision\" value=\"allow\" id=\"oaapprove\">Allow</button>\n\
         <button type=\"submit\" name=\"decision\" value=\"deny\" id=\"oadeny\">Deny</button>\n</form>",
        page::escape(&user),
        page::escape(source),
        page::escape(&login.form_token),
    );
    page::html(StatusCode::OK, "Allow access", &body)
}

fn gone() -> Response {
    let body = "<h1>This page is no longer valid</h1><p>Go back to the app that you came from and connect again.</p>";
    page::html(StatusCode::BAD_REQUEST, "Not valid", body)
}
