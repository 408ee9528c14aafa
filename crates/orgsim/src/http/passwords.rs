//! Users' passwords: whether they have expired, setting and resetting them.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Call;
use crate::errors::{ApiError, json_response};
use crate::id::RecordId;
use crate::json::Node;
use crate::random;
use crate::users::{self, User};
use crate::value::Value;

/// What an administrator needs to change the passwords of others (Help, User Permissions).
const PERMISSIONS: [&str; 3] = ["ManageUsers", "ManageInternalUsers", "ResetPasswords"];

/// Returns whether a path is that of a password, which an expired one keeps nobody from.
pub(super) fn are_asked_for(segments: &[String]) -> bool {
    let [resource, sobject, _, name] = segments else { return false };
    let names = [(resource, "sobjects"), (sobject, "User"), (name, "password")];
    names.iter().all(|(given, expected)| given.eq_ignore_ascii_case(expected))
}

/// Answers `/sobjects/User/{id}/password` (REST API Developer Guide, sObject User Password).
pub(super) fn answer(call: &Call, id: &RecordId) -> Result<Response, ApiError> {
    let app = &call.app;
    let user = users::find_user(&app.org, id).ok_or_else(ApiError::not_found)?;
    match call.method {
        Method::GET | Method::HEAD => {
            let has_expired = app.sign_in.policy().has_expired_password(&user);
            Ok(json_response(StatusCode::OK, &json!({ "isExpired": has_expired })))
        }
        Method::POST => {
            refuse_outsiders(call, &user)?;
            let body = call.json()?;
            let password = body.get("NewPassword").and_then(Node::as_str).unwrap_or_default();
            check(call, &user, password)?;
            set(call, &user, password.to_owned(), false);
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        Method::DELETE => {
            refuse_outsiders(call, &user)?;
            let password = make();
            set(call, &user, password.clone(), true);
            Ok(json_response(StatusCode::OK, &json!({ "NewPassword": password })))
        }
        _ => Err(ApiError::method_not_allowed(call.method.as_str(), "DELETE,GET,HEAD,POST")),
    }
}

/// Everybody may change their own password.
fn refuse_outsiders(call: &Call, user: &User) -> Result<(), ApiError> {
    let rights = call.rights();
    if user.id == call.session.user_id || PERMISSIONS.iter().any(|permission| rights.has(permission)) {
        return Ok(());
    }
    let message = "You do not have permission to set the password of this user.";
    Err(ApiError::new(StatusCode::FORBIDDEN, "INSUFFICIENT_ACCESS", message))
}

/// The password policy that an org has at first (Help, Set Password Policies).
fn check(call: &Call, user: &User, password: &str) -> Result<(), ApiError> {
    const SHORTEST: usize = 8;
    let message = if password.chars().count() < SHORTEST {
        "Your password must be at least 8 characters long."
    } else if !password.chars().any(char::is_alphabetic) || !password.chars().any(char::is_numeric) {
        "Your password must include letters and numbers."
    } else if random::same_secret(password, &users::password_of(&call.app, user.id)) {
        "invalid repeated password"
    } else {
        return Ok(());
    };
    Err(ApiError::bad_request("INVALID_NEW_PASSWORD", message))
}

/// Makes a password that meets the policy.
fn make() -> String {
    /// A letter and a digit in front of random ones.
    const BEGINNING: &str = "a1";
    format!("{BEGINNING}{}", random::letters(12))
}

fn set(call: &Call, user: &User, password: String, is_temporary: bool) {
    let app = &call.app;
    app.sign_in.set_password(user, password, is_temporary);
    let changed = [("LastPasswordChangeDate", Value::DateTime(app.now_ms()))];
    app.org.set_quietly("User", &user.id, &changed);
}
