//! Who a token speaks for: the identity URL and userinfo.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};

use super::all_params;
use super::params::Params;
use crate::app::App;
use crate::clock;
use crate::errors::json_response;
use crate::http::{BaseUrl, bearer};
use crate::id::RecordId;
use crate::sessions::Session;
use crate::time_zone::TimeZone;
use crate::users::{self, User};

/// Answers the identity URL (Help, Identity URLs). Its errors are plain text.
pub(super) async fn identity(
    State(app): State<Arc<App>>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    Path((org, user)): Path<(String, String)>,
    query: RawQuery,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    let session = match sign_in(&app, &headers, &all_params(&form, &query)) {
        Ok(session) => session,
        Err(text) => return (StatusCode::FORBIDDEN, text).into_response(),
    };
    if RecordId::parse(&org) != Some(app.org.organization_id()) {
        return (StatusCode::FORBIDDEN, "Wrong_Org").into_response();
    }
    let user_id = RecordId::parse(&user).filter(|id| *id == session.user_id);
    let Some(user) = user_id.and_then(|id| users::find_user(&app.org, &id)) else {
        return (StatusCode::NOT_FOUND, "Bad_Id").into_response();
    };
    json_response(StatusCode::OK, &identity_json(&app, &user, &base_url))
}

/// Answers `/services/oauth2/userinfo`.
pub(super) async fn userinfo(
    State(app): State<Arc<App>>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    query: RawQuery,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    let session = match sign_in(&app, &headers, &all_params(&form, &query)) {
        Ok(session) => session,
        Err(text) => return (StatusCode::FORBIDDEN, text).into_response(),
    };
    let Some(user) = users::find_user(&app.org, &session.user_id) else {
        return (StatusCode::FORBIDDEN, "Bad_OAuth_Token").into_response();
    };
    json_response(StatusCode::OK, &userinfo_json(&app, &user, &base_url))
}

fn sign_in(app: &App, headers: &HeaderMap, params: &Params) -> Result<Session, &'static str> {
    if !headers.contains_key(header::AUTHORIZATION) && params.get("oauth_token").is_none() {
        return Err("Missing_OAuth_Token");
    }
    let token = bearer(headers).or(params.get("oauth_token")).ok_or("Bad_OAuth_Token")?;
    app.sessions.touch(token, app.now_ms()).ok_or("Bad_OAuth_Token")
}

fn identity_json(app: &App, user: &User, base_url: &str) -> Json {
    json!({
        "id": app.identity_url(base_url, &user.id),
        "asserted_user": true,
        "user_id": user.id.as_str(),
        "organization_id": app.org.organization_id().as_str(),
        "username": user.username,
        "nick_name": user.nickname,
        "display_name": user.name,
        "email": user.email,
        "email_verified": true,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "timezone": user.time_zone,
        "photos": photos(base_url),
        "addr_street": null,
        "addr_city": null,
        "addr_state": null,
        "addr_country": null,
        "addr_zip": null,
        "mobile_phone": null,
        "mobile_phone_verified": false,
        "is_lightning_login_user": false,
        "status": { "created_date": null, "body": null },
        "urls": urls(app, user, base_url),
        "active": user.is_active,
        "user_type": "STANDARD",
        "language": user.language,
        "locale": user.locale,
        "utcOffset": utc_offset_ms(user),
        "last_modified_date": clock::format_rest(user.modified_at),
        "is_app_installed": true,
    })
}

fn userinfo_json(app: &App, user: &User, base_url: &str) -> Json {
    let updated_at = clock::format_rest(user.modified_at);
    json!({
        "sub": app.identity_url(base_url, &user.id),
        "user_id": user.id.as_str(),
        "organization_id": app.org.organization_id().as_str(),
        "preferred_username": user.username,
        "nickname": user.nickname,
        "name": user.name,
        "email": user.email,
        "email_verified": true,
        "given_name": user.first_name,
        "family_name": user.last_name,
        "zoneinfo": user.time_zone,
        "photos": photos(base_url),
        "profile": format!("{base_url}/{}", user.id),
        "picture": photo(base_url, 'F'),
        "address": {},
        "is_salesforce_integration_user": false,
        "urls": urls(app, user, base_url),
        "active": user.is_active,
        "user_type": "STANDARD",
        "language": user.language,
        "locale": user.locale,
        "utcOffset": utc_offset_ms(user),
        "updated_at": format!("{}Z", &updated_at[..19]),
    })
}

fn photos(base_url: &str) -> Json {
    json!({ "picture": photo(base_url, 'F'), "thumbnail": photo(base_url, 'T') })
}

fn photo(base_url: &str, size: char) -> String {
    format!("{base_url}/profilephoto/005/{size}")
}

/// Lists the addresses of the APIs. Clients put a version where it says so.
fn urls(app: &App, user: &User, base_url: &str) -> Json {
    let org = app.org.organization_id();
    let soap = |kind: &str| format!("{base_url}/services/Soap/{kind}/{{version}}/{}", &org.as_str()[..15]);
    let data = |path: &str| format!("{base_url}/services/data/v{{version}}/{path}");
    json!({
        "enterprise": soap("c"),
        "metadata": soap("m"),
        "partner": soap("u"),
        "rest": data(""),
        "sobjects": data("sobjects/"),
        "search": data("search/"),
        "query": data("query/"),
        "recent": data("recent/"),
        "tooling_soap": soap("T"),
        "tooling_rest": data("tooling/"),
        "profile": format!("{base_url}/{}", user.id),
        "feeds": data("chatter/feeds"),
        "groups": data("chatter/groups"),
        "users": data("chatter/users"),
        "feed_items": data("chatter/feed-items"),
        "feed_elements": data("chatter/feed-elements"),
        "custom_domain": base_url,
    })
}

/// Returns the offset of the user's standard time, as Salesforce does all year round.
fn utc_offset_ms(user: &User) -> i32 {
    TimeZone::find(&user.time_zone).standard_offset().local_minus_utc() * 1000
}
