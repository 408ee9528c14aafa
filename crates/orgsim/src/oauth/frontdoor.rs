//! From a token to a signed-in browser (Help, Single-Access UI Bridge API; and the older `frontdoor.jsp`).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;
use url::form_urlencoded;

use super::answer::Format;
use super::{OauthError, all_params, authorize, login, members_response, no_store};
use crate::app::App;
use crate::errors::json_response;
use crate::http::{BaseUrl, bearer};
use crate::sessions::Session;

pub(super) const PATH: &str = "/secur/frontdoor.jsp";

/// Answers `/services/oauth2/singleaccess`: an address, good for once, that signs a browser in.
pub(super) async fn single_access(
    State(app): State<Arc<App>>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    query: RawQuery,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    let params = all_params(&headers, &form, &query);
    let token = params.get("access_token").or(bearer(&headers)).unwrap_or_default();
    let Some(session) = app.find_session(token, app.now_ms()).filter(may_browse) else {
        let error = OauthError::new("invalid_grant", "expired access/refresh token");
        return members_response(StatusCode::FORBIDDEN, &error.members(), Format::Json);
    };
    let once = app.browser.let_in(session.user_id, app.now_ms());
    let start = params.get("redirect_uri").unwrap_or("/");
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("otp", &once)
        .append_pair("startURL", start)
        .finish();
    let address = format!("{base_url}{PATH}?{query}");
    no_store(json_response(StatusCode::OK, &json!({ "frontdoor_uri": address })))
}

/// Signs a browser in by an address just given out, or by a session id.
pub(super) async fn enter(
    State(app): State<Arc<App>>,
    query: RawQuery,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    let params = all_params(&headers, &form, &query);
    let now_ms = app.now_ms();
    let user_id = match (params.get("otp"), params.get("sid")) {
        (Some(once), _) => app.browser.take_entrance(once, now_ms),
        (None, Some(token)) => {
            app.find_session(token, now_ms).filter(may_browse).map(|session| session.user_id)
        }
        (None, None) => None,
    };
    let start = params.get("startURL").or(params.get("retURL")).unwrap_or("/");
    let Some(user_id) = user_id else {
        return authorize::redirect(&login::address_to(start));
    };
    // Only pages of the org are led to: `//host` and `\host` would be another's.
    let is_own = start.starts_with('/') && !start.starts_with("//") && !start.contains('\\');
    let cookie = app.browser.sign_in(user_id, "", now_ms);
    login::with_cookie(authorize::redirect(if is_own { start } else { "/" }), &cookie)
}

fn may_browse(session: &Session) -> bool {
    session.scopes.iter().any(|scope| matches!(scope.as_str(), "web" | "full"))
}
