//! The login page.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use url::form_urlencoded;

use super::params::Params;
use super::{all_params, authorize, consent, page};
use crate::app::App;
use crate::random;
use crate::users::{self, User};

pub(super) const PATH: &str = "/login";

/// Returns the address of the login page that leads to an authorization.
pub(super) fn address(source: &str) -> String {
    let start: String = form_urlencoded::byte_serialize(consent::address(source).as_bytes()).collect();
    format!("{PATH}?ec=302&startURL={start}")
}

/// Shows the login page.
pub(super) async fn show(State(app): State<Arc<App>>, query: RawQuery) -> Response {
    let params = all_params(&[], &query);
    let start = params.get("startURL").unwrap_or_default();
    let hint = consent::source_of(start).and_then(|source| app.browser.find_wish(source)?.login_hint);
    form(StatusCode::OK, start, &hint.unwrap_or_default(), None)
}

/// Takes username and password.
pub(super) async fn submit(State(app): State<Arc<App>>, body: Bytes) -> Response {
    let params = Params::read(&body, "");
    let (username, start) =
        (params.get("username").unwrap_or_default(), params.get("startURL").unwrap_or_default());
    let Some(user) = check_password(&app, username, params.get("password").unwrap_or_default()) else {
        let alert = "Please check your username and password.";
        return form(StatusCode::OK, start, username, Some(alert));
    };
    let Some(source) = consent::source_of(start) else {
        let done =
            "<h1>You are signed in</h1><p>Go back to the app that you came from and connect again.</p>";
        return with_cookie(
            page::html(StatusCode::OK, "Signed in", done),
            &app.browser.sign_in(user.id, "", app.now_ms()),
        );
    };
    let cookie = app.browser.sign_in(user.id, source, app.now_ms());
    with_cookie(authorize::redirect(&consent::address(source)), &cookie)
}

/// Ends a person's session.
pub(super) async fn logout(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let cookie = app.browser.sign_out(&headers);
    with_cookie(page::html(StatusCode::OK, "Signed out", "<h1>You are signed out</h1>"), &cookie)
}

/// Finds the user with that name whom the password lets in. All users of the org share one.
pub(super) fn check_password(app: &App, username: &str, password: &str) -> Option<User> {
    let is_right = random::same_secret(password, &app.secrets.password);
    let main = app.main_user();
    let user = if main.username.eq_ignore_ascii_case(username.trim()) {
        Some(main)
    } else {
        users::find_user_named(&app.org, username)
    };
    user.filter(|user| is_right && user.is_active)
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

fn form(status: StatusCode, start: &str, username: &str, alert: Option<&str>) -> Response {
    let alert = alert.map(|alert| format!("<p class=\"alert\" role=\"alert\">{}</p>\n", page::escape(alert)));
    let body = format!(
        "<h1>Sign in</h1>\n{}\
         <form method=\"post\" action=\"{PATH}\">\n\
         <input type=\"hidden\" name=\"startURL\" value=\"{}\">\n\
         <label>Username <input type=\"text\" name=\"username\" id=\"username\" value=\"{}\" autocomplete=\"username\" required autofocus></label>\n\
         <label>Password <input type=\"password\" name=\"password\" id=\"password\" autocomplete=\"current-password\" required></label>\n\
         <button type=\"submit\" id=\"Login\" name=\"Login\">Log In</button>\n</form>\n\
         <p class=\"quiet\">This is orgsim. Its username and password stand on the line it printed at its start, \
         and on <a href=\"/\">its own page</a>.</p>",
        alert.unwrap_or_default(),
        page::escape(start),
        page::escape(username),
    );
    page::html(status, "Login", &body)
}
