//! Our two cookies: the session, and the binding of a connect flow to a browser.

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

use crate::config::ApiConfig;

/// Which cookie.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CookieName {
    /// Who is signed in.
    Session,
    /// Which browser began to connect an org.
    Connect,
}

impl CookieName {
    /// The name. Browsers take a name with this prefix only over https, from the very host that sets it.
    pub(crate) fn text(self, config: &ApiConfig) -> &'static str {
        match (self, config.has_secure_cookies()) {
            (Self::Session, true) => "__Host-towpath_session",
            (Self::Session, false) => "towpath_session",
            (Self::Connect, true) => "__Host-towpath_connect",
            (Self::Connect, false) => "towpath_connect",
        }
    }
}

/// Returns the value of one of our cookies.
pub(crate) fn find_cookie(headers: &HeaderMap, name: CookieName, config: &ApiConfig) -> Option<String> {
    CookieJar::from_headers(headers).get(name.text(config)).map(|cookie| cookie.value().to_owned())
}

/// Returns the `Set-Cookie` header that sets one of our cookies. Lax, not Strict: Salesforce sends people back to us.
pub(crate) fn set_cookie(
    name: CookieName,
    value: String,
    seconds: u64,
    config: &ApiConfig,
) -> (header::HeaderName, HeaderValue) {
    let cookie = Cookie::build((name.text(config), value))
        .path("/")
        .http_only(true)
        .secure(config.has_secure_cookies())
        .same_site(SameSite::Lax)
        .build();
    let text = format!("{cookie}; Max-Age={seconds}");
    // Tokens are letters, digits, hyphens and underscores.
    (header::SET_COOKIE, HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("")))
}

/// Returns the `Set-Cookie` header that removes one of our cookies.
pub(crate) fn remove_cookie(name: CookieName, config: &ApiConfig) -> (header::HeaderName, HeaderValue) {
    set_cookie(name, String::new(), 0, config)
}
