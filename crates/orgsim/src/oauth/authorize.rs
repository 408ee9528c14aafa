//! The authorize endpoint: checks what a client asks for before any person sees it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::{Host, Url, form_urlencoded};

use super::browser::{ResponseType, Wish};
use super::params::Params;
use super::{OauthError, all_params, consent, login, page, scopes};
use crate::app::App;
use crate::client_apps::ClientApp;
use crate::http::BaseUrl;

/// The callback that every app may use: a page of the org itself (Help, OAuth 2.0 User-Agent Flow).
pub(super) const SUCCESS_PATH: &str = "/services/oauth2/success";

/// Where an error is told.
#[derive(Debug)]
enum Refusal {
    /// To the person: the client is not known to be who it says, so nothing is sent to its address.
    Page(OauthError),
    /// To the client.
    Redirect { redirect_uri: String, state: Option<String>, response: ResponseType, error: OauthError },
}

/// Answers `/services/oauth2/authorize` (Help, OAuth 2.0 Web Server Flow for Web App Integration).
pub(super) async fn authorize(
    State(app): State<Arc<App>>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    (method, query, headers): (Method, RawQuery, HeaderMap),
    form: Bytes,
) -> Response {
    if !matches!(method, Method::GET | Method::POST | Method::HEAD) {
        return error_page(OauthError::new("invalid_request", "must use HTTP GET or POST"));
    }
    let params = all_params(&headers, &form, &query);
    let wish = match read_wish(&app, &params, &base_url) {
        Ok(wish) => wish,
        Err(Refusal::Page(error)) => return error_page(error),
        Err(Refusal::Redirect { redirect_uri, state, response, error }) => {
            return redirect_error(&redirect_uri, state.as_deref(), response, error);
        }
    };
    let login = app.browser.find_login(&headers, app.now_ms()).filter(|_| !wish.needs_login);
    let is_silent = params.get("immediate") == Some("true") || has_word(params.get("prompt"), "none");
    if is_silent {
        let ready = login.filter(|login| consent::is_needless(&app, login.user_id, &wish));
        return match ready {
            Some(login) => consent::admit_and_grant(&app, login.user_id, &wish, &base_url),
            None => refuse(
                &wish,
                OauthError::new("immediate_unsuccessful", "immediate authorization could not complete"),
            ),
        };
    }
    let source = app.browser.wait(wish, app.now_ms());
    let next = if login.is_some() { consent::address(&source) } else { login::address(&source) };
    redirect(&next)
}

/// Shows that an app that has no page of its own is connected.
pub(super) async fn success() -> Response {
    let body = "<h1>Connected</h1><p>You may close this page.</p>";
    page::html(StatusCode::OK, "Connected", body)
}

fn read_wish(app: &App, params: &Params, base_url: &str) -> Result<Wish, Refusal> {
    let page = |code, description| Refusal::Page(OauthError::new(code, description));
    let client = params.get("client_id").and_then(|id| app.find_client(id));
    let client = client.ok_or(page("invalid_client_id", "client identifier invalid"))?;
    // Where only one is registered it need not be named.
    let only = match client.callback_urls.as_slice() {
        [only] => Some(only.as_str()),
        _ => None,
    };
    let redirect_uri =
        params.get("redirect_uri").or(only).ok_or(page("redirect_uri_missing", "redirect_uri missing"))?;
    if !is_registered(&client, redirect_uri, base_url) {
        return Err(page("redirect_uri_mismatch", "redirect_uri must match configuration"));
    }
    let state = params.get("state").map(str::to_owned);
    let response = params.get("response_type").and_then(ResponseType::parse);
    let refuse = |code, description| {
        let error = OauthError::new(code, description);
        let response = response.unwrap_or(ResponseType::Code);
        Refusal::Redirect { redirect_uri: redirect_uri.to_owned(), state: state.clone(), response, error }
    };
    let Some(response) = response else {
        return Err(refuse("unsupported_response_type", "response type not supported"));
    };
    let challenge = params.get("code_challenge").map(str::to_owned);
    match (&challenge, params.get("code_challenge_method")) {
        (None, _) if client.requires_pkce && response == ResponseType::Code => {
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
    let scopes = scopes::parse(&client, params.get("scope"))
        .ok_or(refuse("invalid_scope", "the requested scope is not allowed"))?;
    Ok(Wish {
        client_id: client.client_id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        scopes,
        state: state.clone(),
        response,
        nonce: params.get("nonce").map(str::to_owned),
        challenge,
        login_hint: params.get("login_hint").map(str::to_owned),
        // There is no page of accounts to choose from: who is to choose signs in anew.
        needs_login: ["login", "select_account"].iter().any(|word| has_word(params.get("prompt"), word)),
        needs_consent: has_word(params.get("prompt"), "consent"),
    })
}

/// Returns whether a callback may be used: one of those registered to the letter, or any on this machine, which only
/// apps from the start may use unasked.
fn is_registered(client: &ClientApp, redirect_uri: &str, base_url: &str) -> bool {
    let is_own = redirect_uri.strip_prefix(base_url) == Some(SUCCESS_PATH);
    if is_own || client.callback_urls.iter().any(|url| url == redirect_uri) {
        return true;
    }
    client.deployed.is_none() && Url::parse(redirect_uri).is_ok_and(|url| is_loopback(&url))
}

/// Returns whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
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
pub(super) fn error_page(error: OauthError) -> Response {
    let encode =
        |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let body = format!("error={}&error_description={}", encode(error.code), encode(error.description));
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "text/plain;charset=UTF-8")], body).into_response()
}

/// Sends an error to the callback of the client that asked. Where the client itself is unknown, by now, nothing is sent to
/// its address: the person is shown it.
pub(super) fn refuse(wish: &Wish, error: OauthError) -> Response {
    if error.code == "invalid_client_id" {
        return error_page(error);
    }
    redirect_error(&wish.redirect_uri, wish.state.as_deref(), wish.response, error)
}

fn redirect_error(
    redirect_uri: &str,
    state: Option<&str>,
    response: ResponseType,
    error: OauthError,
) -> Response {
    redirect_to_client(redirect_uri, &error.members(), state, response)
}

/// Sends a person back to the client: in the query string if it wants a code, else in the fragment.
pub(super) fn redirect_to_client(
    redirect_uri: &str,
    pairs: &[(&str, String)],
    state: Option<&str>,
    response: ResponseType,
) -> Response {
    let Ok(mut url) = Url::parse(redirect_uri) else {
        return error_page(OauthError::new("redirect_uri_mismatch", "redirect_uri must match configuration"));
    };
    let state = state.map(|state| ("state", state));
    if response == ResponseType::Code {
        url.query_pairs_mut().extend_pairs(pairs).extend_pairs(state);
    } else {
        let fragment =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).extend_pairs(state).finish();
        url.set_fragment(Some(&fragment));
    }
    redirect(url.as_str())
}

pub(super) fn redirect(address: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, address), (header::CACHE_CONTROL, "no-store")]).into_response()
}
