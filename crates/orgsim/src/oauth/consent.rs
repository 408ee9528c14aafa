//! The consent page: a person allows or denies an app.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::answer::{Granted, IdToken, token_members};
use super::authorize::{SUCCESS_PATH, redirect, redirect_to_client, refuse};
use super::browser::{Login, ResponseType, Wish};
use super::params::Params;
use super::{OauthError, access, all_params, login, off_thread, page, scopes};
use crate::app::App;
use crate::http::BaseUrl;
use crate::id::RecordId;
use crate::random;
use crate::sessions::{Code, Subject};
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
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = all_params(&headers, &[], &query);
    let source = params.get("source").unwrap_or_default();
    let Some(wish) = app.browser.find_wish(source) else {
        return gone();
    };
    let login = app.browser.find_login(&headers, app.now_ms()).filter(|_| !wish.needs_login);
    let Some(login) = login else {
        return redirect(&login::address(source));
    };
    // What stands in the way is told before anything is asked.
    if let Some(error) = find_refusal(&app, login.user_id, &wish) {
        app.browser.take_wish(source);
        return refuse(&wish, error);
    }
    if is_needless(&app, login.user_id, &wish) {
        app.browser.take_wish(source);
        return grant(&app, login.user_id, &wish, &base_url);
    }
    form(&app, source, &wish, &login)
}

/// Takes the decision.
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    off_thread(move || decide(&app, &base_url, &headers, &Params::read(&body, ""))).await
}

fn decide(app: &App, base_url: &str, headers: &HeaderMap, params: &Params) -> Response {
    let source = params.get("source").unwrap_or_default();
    let Some(login) = app.browser.find_login(headers, app.now_ms()) else {
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
        return admit_and_grant(app, login.user_id, &wish, base_url);
    }
    refuse(&wish, OauthError::new("access_denied", "end-user denied authorization"))
}

/// Returns whether this person need not be asked: approved before, or pre-authorized by the administrator.
pub(super) fn is_needless(app: &App, user_id: RecordId, wish: &Wish) -> bool {
    let user = users::find_user(&app.org, &user_id);
    let is_pre_authorized =
        user.is_some_and(|user| access::Admission::of(app, &user, &wish.client_id).needs_no_consent());
    !wish.needs_consent && (is_pre_authorized || app.browser.has_approved(user_id, wish))
}

/// Sends the person back with what the client wants, or with the reason why not.
pub(super) fn admit_and_grant(app: &App, user_id: RecordId, wish: &Wish, base_url: &str) -> Response {
    match find_refusal(app, user_id, wish) {
        Some(error) => refuse(wish, error),
        None => grant(app, user_id, wish, base_url),
    }
}

fn find_refusal(app: &App, user_id: RecordId, wish: &Wish) -> Option<OauthError> {
    let user = users::find_user(&app.org, &user_id)?;
    let obstacle = app.sign_in.look(&user).err().map(access::authorize_error);
    let has_approved =
        app.browser.has_approved(user_id, wish) || app.sessions.has_approval(&user_id, &wish.client_id);
    obstacle.or_else(|| access::refuse_approval(app, &user, &wish.client_id, has_approved))
}

fn grant(app: &App, user_id: RecordId, wish: &Wish, base_url: &str) -> Response {
    if wish.response != ResponseType::Code {
        return grant_tokens(app, user_id, wish, base_url);
    }
    let code = Code {
        user_id,
        client_id: wish.client_id.clone(),
        redirect_uri: wish.redirect_uri.clone(),
        scopes: wish.scopes.clone(),
        challenge: wish.challenge.clone(),
        nonce: wish.nonce.clone(),
    };
    let code = app.sessions.issue_code(code, app.now_ms());
    redirect_to_client(&wish.redirect_uri, &[("code", code)], wish.state.as_deref(), wish.response)
}

/// Sends tokens in the fragment (Help, OAuth 2.0 User-Agent Flow).
fn grant_tokens(app: &App, user_id: RecordId, wish: &Wish, base_url: &str) -> Response {
    let Some(client) = app.find_client(&wish.client_id) else {
        return gone();
    };
    let subject = Subject { user_id, client_id: wish.client_id.clone(), scopes: wish.scopes.clone() };
    // A web page gets no refresh token: only a program that owns a scheme, or the org's own page.
    let is_web = wish.redirect_uri.starts_with("http") && !wish.redirect_uri.ends_with(SUCCESS_PATH);
    let issued = match is_web {
        true => app.sessions.open(subject, app.now_ms()),
        false => app.sessions.approve(subject, app.now_ms()),
    };
    let id_token = match wish.response {
        ResponseType::TokenAndIdToken => IdToken::With { nonce: wish.nonce.clone() },
        ResponseType::Code | ResponseType::Token => IdToken::Without,
    };
    let granted = Granted { client, issued, id_token, is_signed: true };
    let members = token_members(app, &granted, base_url, base_url);
    redirect_to_client(&wish.redirect_uri, &members, wish.state.as_deref(), wish.response)
}

fn form(app: &App, source: &str, wish: &Wish, login: &Login) -> Response {
    let name = app.find_client(&wish.client_id).map(|client| page::escape(&client.name)).unwrap_or_default();
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

/// Answers a form or an address that has had its time.
pub(super) fn gone() -> Response {
    let body = "<h1>This page is no longer valid</h1><p>Go back to the app that you came from and connect again.</p>";
    page::html(StatusCode::BAD_REQUEST, "Not valid", body)
}
