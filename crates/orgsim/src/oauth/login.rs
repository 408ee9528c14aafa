//! The login page.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use url::form_urlencoded;

use super::params::Params;
use super::{access, all_params, authorize, consent, device, off_thread, page};
use crate::app::App;
use crate::audit::{self, Login};
use crate::http::{AtLoginHost, BaseUrl};
use crate::sign_in::Obstacle;
use crate::users::{self, Password, User};

pub(super) const PATH: &str = "/login";

/// Returns the address of the login page that leads to an authorization.
pub(super) fn address(source: &str) -> String {
    address_to(&consent::address(source))
}

/// Returns the address of the login page that leads to another page of the org.
pub(super) fn address_to(path: &str) -> String {
    let start: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
    format!("{PATH}?ec=302&startURL={start}")
}

/// Shows the login page.
pub(super) async fn show(State(app): State<Arc<App>>, query: RawQuery, headers: HeaderMap) -> Response {
    let params = all_params(&headers, &[], &query);
    let start = params.get("startURL").unwrap_or_default();
    let hint = consent::source_of(start).and_then(|source| app.browser.find_wish(source)?.login_hint);
    form(StatusCode::OK, start, &hint.unwrap_or_default(), None)
}

/// Takes username and password.
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    Extension(AtLoginHost(is_at_login_host)): Extension<AtLoginHost>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    body: Bytes,
) -> Response {
    off_thread(move || sign_in(&app, is_at_login_host, &base_url, &Params::read(&body, ""))).await
}

fn sign_in(app: &App, is_at_login_host: bool, base_url: &str, params: &Params) -> Response {
    let (username, start) =
        (params.get("username").unwrap_or_default(), params.get("startURL").unwrap_or_default());
    let source = consent::source_of(start);
    let policy = app.sign_in.policy();
    let refuse = |alert| form(StatusCode::OK, start, username, Some(alert));
    if is_at_login_host && policy.my_domain_only {
        return refuse("Your administrator wants you to sign in at your company's own domain.");
    }
    let user = users::find_login(app, username);
    // A browser is known by its person: it needs no security token.
    let given = params.get("password").unwrap_or_default();
    let note = |user: &User, status| {
        let login = Login {
            user_id: user.id,
            login_type: "Application",
            login_sub_type: Some("UI Username-Password"),
            status,
            application: "Browser",
            api: None,
            base_url,
        };
        audit::note_login(app, &login);
    };
    let Some(user) = user.filter(|user| {
        let is_right = users::check_password(app, user, given) != Password::Wrong;
        if !is_right {
            note(user, audit::INVALID_PASSWORD);
        }
        is_right
    }) else {
        return refuse("Please check your username and password.");
    };
    if let Err(obstacle) = app.sign_in.check(&user, app.now_ms()) {
        note(&user, audit::status_of(obstacle, &user));
        return match (obstacle, source.and_then(|source| app.browser.take_wish(source))) {
            (Obstacle::InactiveOrg | Obstacle::RateExceeded, Some(wish)) => {
                authorize::refuse(&wish, access::authorize_error(obstacle))
            }
            (Obstacle::IpRestricted | Obstacle::LoginHours, _) => {
                refuse("Your location or login time may be restricted. Contact your administrator for help.")
            }
            _ => refuse("Please check your username and password, or ask your administrator."),
        };
    }
    note(&user, audit::SUCCESS);
    let cookie = app.browser.sign_in(user.id, source.unwrap_or_default(), app.now_ms());
    let response = match source {
        Some(source) => authorize::redirect(&consent::address(source)),
        // Only this one other page is led to, so that no address from outside can be.
        None if start.starts_with(&format!("{}?user_code=", device::PATH)) => authorize::redirect(start),
        None => {
            let done =
                "<h1>You are signed in</h1><p>Go back to the app that you came from and connect again.</p>";
            page::html(StatusCode::OK, "Signed in", done)
        }
    };
    with_cookie(response, &cookie)
}

/// Sets a cookie.
pub(super) fn with_cookie(mut response: Response, cookie: &str) -> Response {
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
