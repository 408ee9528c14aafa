//! Who a token speaks for: the identity URL and userinfo.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};

use super::answer::Format;
use super::params::Params;
use super::{all_params, is_script_name};
use crate::app::App;
use crate::clock;
use crate::errors::json_response;
use crate::http::{BaseUrl, NEWEST_VERSION, bearer};
use crate::id::RecordId;
use crate::sessions::Session;
use crate::time_zone::TimeZone;
use crate::users::{self, User};
use crate::xml;

/// Answers the identity URL (Help, Identity URLs). Its errors are plain text.
pub(super) async fn identity(
    State(app): State<Arc<App>>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    Path((org, user)): Path<(String, String)>,
    query: RawQuery,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    let params = all_params(&headers, &form, &query);
    let session = match sign_in(&app, &headers, &params) {
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
    let mut body = identity_json(&app, &user, &base_url);
    if session.scopes.iter().any(|scope| scope == "custom_permissions") {
        body["custom_permissions"] = json!({});
    }
    if let Some(version) = params.get("version") {
        fill_version(&mut body["urls"], version);
    }
    answer(&body, &headers, &params)
}

/// Answers `/services/oauth2/userinfo`.
pub(super) async fn userinfo(
    State(app): State<Arc<App>>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    query: RawQuery,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    let session = match sign_in(&app, &headers, &all_params(&headers, &form, &query)) {
        Ok(session) => session,
        Err(text) => return (StatusCode::FORBIDDEN, text).into_response(),
    };
    let Some(user) = users::find_user(&app.org, &session.user_id) else {
        return (StatusCode::FORBIDDEN, "Bad_OAuth_Token").into_response();
    };
    let mut body = userinfo_json(&app, &user, &base_url);
    if session.scopes.iter().any(|scope| matches!(scope.as_str(), "phone" | "full")) {
        add_phone(&mut body, &user);
    }
    json_response(StatusCode::OK, &body)
}

fn sign_in(app: &App, headers: &HeaderMap, params: &Params) -> Result<Session, &'static str> {
    if !headers.contains_key(header::AUTHORIZATION) && params.get("oauth_token").is_none() {
        return Err("Missing_OAuth_Token");
    }
    let token = bearer(headers).or(params.get("oauth_token")).ok_or("Bad_OAuth_Token")?;
    app.find_session(token, app.now_ms()).ok_or("Bad_OAuth_Token")
}

/// Puts a version into the addresses where they leave one open.
fn fill_version(urls: &mut Json, version: &str) {
    let is_number = version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let version = match version {
        "latest" => Some(format!("{}.0", NEWEST_VERSION / 10)),
        number => is_number.then(|| number.to_owned()),
    };
    let (Some(urls), Some(version)) = (urls.as_object_mut(), version) else { return };
    for url in urls.values_mut() {
        *url = Json::from(url.as_str().unwrap_or_default().replace("{version}", &version));
    }
}

/// Answers in JSON, in a script, or in XML for who asks for that (Help, Identity URLs).
fn answer(body: &Json, headers: &HeaderMap, params: &Params) -> Response {
    if let Some(callback) = params.get("callback").filter(|name| is_script_name(name)) {
        let script = format!("{callback}({body});");
        return ([(header::CONTENT_TYPE, "application/javascript;charset=UTF-8")], script).into_response();
    }
    if Format::of(headers, params) != Format::Xml {
        return json_response(StatusCode::OK, body);
    }
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <user xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{}</user>",
        write_xml(body)
    );
    (StatusCode::OK, [(header::CONTENT_TYPE, "application/xml;charset=UTF-8")], text).into_response()
}

fn write_xml(value: &Json) -> String {
    match value {
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| match value {
                Json::Null => format!("<{name} xsi:nil=\"true\"/>"),
                value => format!("<{name}>{}</{name}>", write_xml(value)),
            })
            .collect(),
        Json::String(text) => xml::escape(text),
        other => other.to_string(),
    }
}

fn add_phone(info: &mut Json, user: &User) {
    info["phone_number"] = or_null(&user.phone);
    info["phone_number_verified"] = json!(false);
}

/// Makes what an id token says of a user beside when, by whom and for whom it was issued.
pub(super) fn id_token_claims(app: &App, user: &User, base_url: &str) -> Json {
    let mut info = userinfo_json(app, user, base_url);
    add_phone(&mut info, user);
    let names = [
        "sub",
        "zoneinfo",
        "email_verified",
        "address",
        "profile",
        "phone_number_verified",
        "preferred_username",
        "given_name",
        "locale",
        "picture",
        "updated_at",
        "nickname",
        "name",
        "phone_number",
        "family_name",
        "email",
    ];
    names.iter().map(|name| ((*name).to_owned(), info[*name].clone())).collect()
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
        "addr_street": or_null(&user.street),
        "addr_city": or_null(&user.city),
        "addr_state": or_null(&user.state),
        "addr_country": or_null(&user.country),
        "addr_zip": or_null(&user.postal_code),
        "mobile_phone": or_null(&user.mobile_phone),
        "mobile_phone_verified": false,
        "is_lightning_login_user": false,
        "status": { "created_date": null, "body": null },
        "urls": urls(app, user, base_url),
        "active": user.is_active,
        "user_type": type_name(&user.user_type),
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
        "address": address(user),
        "is_salesforce_integration_user": user.is_integration,
        "urls": urls(app, user, base_url),
        "active": user.is_active,
        "user_type": type_name(&user.user_type),
        "language": user.language,
        "locale": user.locale,
        "utcOffset": utc_offset_ms(user),
        "updated_at": format!("{}Z", &updated_at[..19]),
    })
}

/// Writes a type of users as identities have it: `CSN_ONLY` for `CsnOnly`.
fn type_name(user_type: &str) -> String {
    let letters: Vec<char> = user_type.chars().collect();
    let mut name = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let follows_small = at > 0 && letters[at - 1].is_ascii_lowercase();
        let ends_capitals =
            at > 0 && !follows_small && letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && (follows_small || ends_capitals) {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

/// Empty fields are null.
fn or_null(text: &str) -> Json {
    if text.is_empty() { Json::Null } else { Json::from(text) }
}

/// Lists those parts of an address that are there (OpenID Connect Core, section 5.1.1).
fn address(user: &User) -> Json {
    let parts = [
        ("street_address", &user.street),
        ("locality", &user.city),
        ("region", &user.state),
        ("postal_code", &user.postal_code),
        ("country", &user.country),
    ];
    let there = parts.into_iter().filter(|(_, text)| !text.is_empty());
    there.map(|(name, text)| (name.to_owned(), Json::from(text.as_str()))).collect()
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
