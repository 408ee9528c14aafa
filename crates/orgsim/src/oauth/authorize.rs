//! The authorize endpoint: checks what a client asks for before any person sees it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::{Host, Url, form_urlencoded};

use super::browser::Wish;
use super::params::Params;
use super::{OauthError, all_params, consent, login, scopes};
use crate::app::App;

/// Where an error is told.
#[derive(Debug)]
enum Refusal {
    /// To the person: the client is not known to be who it says, so nothing is sent to its address.
    Page(OauthError),
    /// To the client.
    Redirect { redirect_uri: String, state: Option<String>, error: OauthError },
}

/// Answers `/services/oauth2/authorize` (Help, OAuth 2.0 Web Server Flow for Web App Integration).
pub(super) async fn authorize(
    State(app): State<Arc<App>>,
    query: RawQuery,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    let params = all_params(&form, &query);
    let wish = match read_wish(&app, &params) {
        Ok(wish) => wish,
        Err(Refusal::Page(error)) => return error_page(error),
        Err(Refusal::Redirect { redirect_uri, state, error }) => {
            return redirect_error(&redirect_uri, state.as_deref(), error);
        }
    };
    let login = app.browser.find_login(&headers, app.now_ms()).filter(|_| !wish.needs_login);
    let is_silent = params.get("immediate") == Some("true") || has_word(params.get("prompt"), "none");
    if is_silent {
        let ready = login.filter(|login| app.browser.has_approved(login.user_id, &wish));
        return match ready {
            Some(login) => consent::grant(&app, login.user_id, &wish),
            None => redirect_error(
                &wish.redirect_uri,
                wish.state.as_deref(),
                OauthError::new("immediate_unsuccessful", "immediate authorization could not complete"),
            ),
        };
    }
    let source = app.browser.wait(wish, app.now_ms());
    let next = if login.is_some() { consent::address(&source) } else { login::address(&source) };
    redirect(&next)
}

fn read_wish(app: &App, params: &Params) -> Result<Wish, Refusal> {
    let page = |code, description| Refusal::Page(OauthError::new(code, description));
    if params.get("client_id") != Some(app.client.client_id.as_str()) {
        return Err(page("invalid_client_id", "client identifier invalid"));
    }
    let redirect_uri =
        params.get("redirect_uri").ok_or(page("redirect_uri_missing", "redirect_uri missing"))?;
    if !is_registered(app, redirect_uri) {
        return Err(page("redirect_uri_mismatch", "redirect_uri must match configuration"));
    }
    let state = params.get("state").map(str::to_owned);
    let refuse = |code, description| {
        let error = OauthError::new(code, description);
        Refusal::Redirect { redirect_uri: redirect_uri.to_owned(), state: state.clone(), error }
    };
    if params.get("response_type") != Some("code") {
        return Err(refuse("unsupported_response_type", "response type not supported"));
    }
    let challenge = params.get("code_challenge").map(str::to_owned);
    match (&challenge, params.get("code_challenge_method")) {
        (None, _) if app.client.requires_pkce => {
            return Err(refuse("invalid_request", "missing required code challenge"));
        }
        // Salesforce has only ever known S256, and takes it for granted.
        (Some(_), Some(method)) if method != "S256" => {
            return Err(refuse("invalid_request", "code challenge method not supported"));
        }
        (Some(challenge), _) if !is_s256(challenge) => {
            return Err(refuse("invalid_request", "invalid code challenge"));
        }
        _ => {}
    }
    let scopes = scopes::parse(params.get("scope"))
        .ok_or(refuse("invalid_scope", "the requested scope is not allowed"))?;
    Ok(Wish {
        client_id: app.client.client_id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        scopes,
        state: state.clone(),
        challenge,
        login_hint: params.get("login_hint").map(str::to_owned),
        needs_login: has_word(params.get("prompt"), "login"),
        needs_consent: has_word(params.get("prompt"), "consent"),
    })
}

/// Returns whether a callback may be used: one of those registered to the letter, or any on this machine.
fn is_registered(app: &App, redirect_uri: &str) -> bool {
    if app.client.callback_urls.iter().any(|url| url == redirect_uri) {
        return true;
    }
    let Ok(url) = Url::parse(redirect_uri) else { return false };
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    is_loopback && url.scheme() == "http" && url.username().is_empty() && url.fragment().is_none()
}

/// Returns whether text is a base64url SHA-256 without padding.
fn is_s256(challenge: &str) -> bool {
    challenge.len() == 43
        && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn has_word(text: Option<&str>, word: &str) -> bool {
    text.is_some_and(|text| text.split_whitespace().any(|given| given == word))
}

/// Shows an error as Salesforce does: the bare pair, as text.
fn error_page(error: OauthError) -> Response {
    let encode =
        |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let body = format!("error={}&error_description={}", encode(error.code), encode(error.description));
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "text/plain;charset=UTF-8")], body).into_response()
}

/// Sends an error to the client's callback.
pub(super) fn redirect_error(redirect_uri: &str, state: Option<&str>, error: OauthError) -> Response {
    redirect_to_client(
        redirect_uri,
        &[("error", error.code), ("error_description", error.description)],
        state,
    )
}

/// Sends a person back to the client.
pub(super) fn redirect_to_client(
    redirect_uri: &str,
    pairs: &[(&str, &str)],
    state: Option<&str>,
) -> Response {
    let Ok(mut url) = Url::parse(redirect_uri) else {
        return error_page(OauthError::new("redirect_uri_mismatch", "redirect_uri must match configuration"));
    };
    url.query_pairs_mut().extend_pairs(pairs).extend_pairs(state.map(|state| ("state", state)));
    redirect(url.as_str())
}

pub(super) fn redirect(address: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, address), (header::CACHE_CONTROL, "no-store")]).into_response()
}
