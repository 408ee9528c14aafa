//! The little of the Connect API that clients ask who and where they are (Connect REST API Developer Guide, Organization and
//! Users).

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value as Json, json};

use super::Call;
use crate::clock;
use crate::errors::{ApiError, json_response};
use crate::id::RecordId;
use crate::users::{self, User};

/// Answers what is below `/chatter` and `/connect`; nothing if it is not there.
pub(super) fn answer(call: &Call, names: &[&str], given: &[&str]) -> Option<Result<Response, ApiError>> {
    let body = match (names, given) {
        (["chatter" | "connect", "organization"], _) => Ok(organization(call)),
        (["chatter"], _) => Ok(directory(call)),
        (["chatter" | "connect", "users", _], [.., id]) => find(call, id).map(|user| describe(call, &user)),
        _ => return None,
    };
    Some(call.only_reads().and(body).map(|body| json_response(StatusCode::OK, &body)))
}

fn directory(call: &Call) -> Json {
    let path = format!("{}/chatter", call.version_path());
    json!({ "organization": format!("{path}/organization"), "users": format!("{path}/users") })
}

fn find(call: &Call, id: &str) -> Result<User, ApiError> {
    let id = match id.eq_ignore_ascii_case("me") {
        true => Some(call.session.user_id),
        false => RecordId::parse(id),
    };
    id.and_then(|id| users::find_user(&call.app.org, &id)).ok_or_else(ApiError::not_found)
}

fn organization(call: &Call) -> Json {
    let user = users::find_user(&call.app.org, &call.session.user_id);
    json!({
        "accessTimeout": 120,
        "features": {
            "chatter": true,
            "chatterActivity": false,
            "chatterMessages": false,
            "chatterTopics": false,
            "defaultCurrencyIsoCode": "USD",
            "files": true,
            "multiCurrency": false,
            "people": true,
            "trendingTopics": false,
        },
        "maintenanceInfo": [],
        "name": users::organization_name(&call.app.org),
        "orgId": call.app.org.organization_id().as_str(),
        "userSettings": {
            "canFollow": true,
            "currencySymbol": "$",
            "externalUser": false,
            "hasAccessToInternalOrg": true,
            "timeZone": { "name": user.map(|user| user.time_zone).unwrap_or_default() },
            "userDefaultCurrencyIsoCode": "USD",
            "userId": call.session.user_id.as_str(),
            "userLocale": users::find_user(&call.app.org, &call.session.user_id).map(|user| user.locale),
        },
    })
}

fn describe(call: &Call, user: &User) -> Json {
    let path = format!("{}/chatter/users/{}", call.version_path(), user.id);
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let address = [&user.street, &user.city, &user.state, &user.postal_code, &user.country];
    let lines: Vec<&str> = address.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect();
    json!({
        "aboutMe": null,
        "address": {
            "city": text(&user.city),
            "country": text(&user.country),
            "formattedAddress": lines.join("\n"),
            "state": text(&user.state),
            "street": text(&user.street),
            "zip": text(&user.postal_code),
        },
        "communityNickname": user.nickname,
        "companyName": users::organization_name(&call.app.org),
        "displayName": user.name,
        "email": user.email,
        "firstName": text(&user.first_name),
        "id": user.id.as_str(),
        "isActive": user.is_active,
        "isInThisCommunity": true,
        "lastName": user.last_name,
        "managerId": null,
        "managerName": null,
        "name": user.name,
        "phoneNumbers": phone_numbers(user),
        "title": null,
        "type": "User",
        "url": path,
        "userType": "Internal",
        "username": user.username,
        "lastModifiedDate": clock::format_rest(user.modified_at),
    })
}

fn phone_numbers(user: &User) -> Vec<Json> {
    let numbers = [("Work", &user.phone), ("Mobile", &user.mobile_phone)];
    let given = numbers.into_iter().filter(|(_, number)| !number.is_empty());
    given.map(|(kind, number)| json!({ "label": kind, "phoneNumber": number, "type": kind })).collect()
}
