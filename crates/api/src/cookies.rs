//! Our cookies: the session, and the bindings of connect flows to a browser.

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use model::ConnectFlowId;
use secrecy::SecretString;

use crate::config::ApiConfig;

/// So many walks to Salesforce may be under way in one browser. Browsers send all cookies with every request.
const MOST_FLOWS: usize = 8;

/// The name of one of our cookies. Browsers take a name with this prefix only over https, from the very host that sets it.
fn full_name(name: &str, config: &ApiConfig) -> String {
    if config.has_secure_cookies() { format!("__Host-{name}") } else { name.to_owned() }
}

/// Who is signed in.
const SESSION: &str = "towpath_session";
/// Which browser began to connect an org; the flow's id follows.
const CONNECT: &str = "towpath_connect_";

/// Returns the token of the session, where the browser has one.
pub(crate) fn find_session_cookie(headers: &HeaderMap, config: &ApiConfig) -> Option<String> {
    let name = full_name(SESSION, config);
    CookieJar::from_headers(headers).get(&name).map(|cookie| cookie.value().to_owned())
}

/// Returns the `Set-Cookie` header of a session.
pub(crate) fn set_session_cookie(
    token: String,
    seconds: u64,
    config: &ApiConfig,
) -> (header::HeaderName, HeaderValue) {
    set_cookie(full_name(SESSION, config), token, seconds, config)
}

/// Returns the `Set-Cookie` header that ends a session.
pub(crate) fn remove_session_cookie(config: &ApiConfig) -> (header::HeaderName, HeaderValue) {
    set_session_cookie(String::new(), 0, config)
}

/// Returns the tokens of the connect flows that the browser began.
pub(crate) fn list_flow_tokens(headers: &HeaderMap, config: &ApiConfig) -> Vec<SecretString> {
    let beginning = full_name(CONNECT, config);
    let jar = CookieJar::from_headers(headers);
    let tokens = jar.iter().filter(|cookie| cookie.name().starts_with(&beginning)).take(MOST_FLOWS * 2);
    tokens.map(|cookie| SecretString::from(cookie.value().to_owned())).collect()
}

/// Returns the `Set-Cookie` headers that bind a flow to the browser, and let go of the oldest of too many.
pub(crate) fn bind_flow(
    headers: &HeaderMap,
    flow: ConnectFlowId,
    token: &str,
    seconds: u64,
    config: &ApiConfig,
) -> Vec<(header::HeaderName, HeaderValue)> {
    let beginning = full_name(CONNECT, config);
    let mut names: Vec<_> = CookieJar::from_headers(headers)
        .iter()
        .map(|cookie| cookie.name().to_owned())
        .filter(|name| name.starts_with(&beginning))
        .collect();
    // A flow's id begins with its time.
    names.sort_unstable();
    let too_many = (names.len() + 1).saturating_sub(MOST_FLOWS);
    let own = set_cookie(format!("{beginning}{flow}"), token.to_owned(), seconds, config);
    let ended = names.into_iter().take(too_many).map(|name| set_cookie(name, String::new(), 0, config));
    std::iter::once(own).chain(ended).collect()
}

/// Returns the `Set-Cookie` header that lets go of a flow.
pub(crate) fn unbind_flow(flow: ConnectFlowId, config: &ApiConfig) -> (header::HeaderName, HeaderValue) {
    set_cookie(full_name(&format!("{CONNECT}{flow}"), config), String::new(), 0, config)
}

/// Returns the `Set-Cookie` header of one of our cookies. Lax, not Strict: Salesforce sends people back to us.
fn set_cookie(
    name: String,
    value: String,
    seconds: u64,
    config: &ApiConfig,
) -> (header::HeaderName, HeaderValue) {
    let cookie = Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .secure(config.has_secure_cookies())
        .same_site(SameSite::Lax)
        .build();
    let text = format!("{cookie}; Max-Age={seconds}");
    // Tokens are letters, digits, hyphens and underscores, and no other name of a cookie is sent back than came as one.
    (header::SET_COOKIE, HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("")))
}
