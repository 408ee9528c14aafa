//! Sessions, time and limits by the control API.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

use super::{answer, done};
use crate::app::App;
use crate::audit;
use crate::errors::ApiError;
use crate::limits::Limit;
use crate::sessions::{RefreshValidity, TokenPolicy};
use crate::sign_in::SignInPolicy;

/// Tells how many approvals there are, and what happens to refresh tokens.
pub(super) async fn sessions(State(app): State<Arc<App>>) -> Json<Value> {
    let policy = app.sessions.policy();
    Json(json!({
        "approvals": app.sessions.count_approvals(),
        "rotate_refresh_tokens": policy.rotates,
        "revoke_family_on_reuse": policy.revokes_on_reuse,
        "session_timeout_ms": policy.session_timeout_ms,
    }))
}

/// Tells how the switches of sign-in stand.
pub(super) async fn sign_in(State(app): State<Arc<App>>) -> Json<SignInPolicy> {
    Json(app.sign_in.policy())
}

/// Changes the switches named, and leaves the others as they are.
pub(super) async fn set_sign_in(
    State(app): State<Arc<App>>,
    Json(body): Json<Map<String, Value>>,
) -> Response {
    let mut merged = serde_json::to_value(app.sign_in.policy()).unwrap_or_default();
    if let Some(members) = merged.as_object_mut() {
        members.extend(body);
    }
    match serde_json::from_value::<SignInPolicy>(merged) {
        Ok(policy) => {
            app.sign_in.set_policy(policy.clone());
            answer(Ok(policy))
        }
        Err(error) => answer::<SignInPolicy>(Err(ApiError::bad_request("INVALID_INPUT", error.to_string()))),
    }
}

pub(super) async fn expire_sessions(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({ "expired": app.sessions.expire_all() }))
}

/// Ends every approval, and forgets what people approved.
pub(super) async fn revoke_approvals(State(app): State<Arc<App>>) -> Json<Value> {
    app.browser.forget_approvals();
    Json(json!({ "revoked": app.sessions.revoke_all() }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokensBody {
    rotate_refresh_tokens: Option<bool>,
    revoke_family_on_reuse: Option<bool>,
    session_timeout_ms: Option<i64>,
    refresh_token_policy: Option<String>,
}

pub(super) async fn set_token_policy(State(app): State<Arc<App>>, Json(body): Json<TokensBody>) -> Response {
    let policy = app.sessions.policy();
    let validity = match body.refresh_token_policy.as_deref().map(RefreshValidity::parse) {
        None => policy.validity,
        Some(Some(validity)) => validity,
        Some(None) => {
            let message = "refresh_token_policy is infinite, zero, specific_inactivity:30:DAYS or specific_lifetime:30:DAYS";
            return answer::<()>(Err(ApiError::bad_request("INVALID_INPUT", message)));
        }
    };
    app.sessions.set_policy(TokenPolicy {
        rotates: body.rotate_refresh_tokens.unwrap_or(policy.rotates),
        revokes_on_reuse: body.revoke_family_on_reuse.unwrap_or(policy.revokes_on_reuse),
        session_timeout_ms: body.session_timeout_ms.filter(|ms| *ms > 0).unwrap_or(policy.session_timeout_ms),
        validity,
    });
    done()
}

pub(super) async fn expire_cursors(State(app): State<Arc<App>>) -> Response {
    app.cursors.clear();
    done()
}

#[derive(Debug, Serialize)]
pub(super) struct ClockBody {
    now_ms: i64,
}

pub(super) async fn clock(State(app): State<Arc<App>>) -> Json<ClockBody> {
    Json(ClockBody { now_ms: app.now_ms() })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetClockBody {
    now_ms: Option<i64>,
    advance_ms: Option<i64>,
}

pub(super) async fn set_clock(State(app): State<Arc<App>>, Json(body): Json<SetClockBody>) -> Response {
    match (body.now_ms, body.advance_ms) {
        (Some(now_ms), None) => app.clock.set(now_ms),
        (None, Some(advance_ms)) => app.clock.advance(advance_ms),
        _ => {
            let error = ApiError::bad_request("INVALID_INPUT", "give either now_ms or advance_ms");
            return answer::<ClockBody>(Err(error));
        }
    }
    audit::forget_old(&app.org, app.now_ms());
    answer(Ok(ClockBody { now_ms: app.now_ms() }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsBody {
    used: Option<u64>,
    max: Option<u64>,
    enforce: Option<bool>,
    exhausted: Option<BTreeSet<Limit>>,
    /// The quota of each app; null takes it away.
    #[serde(default, deserialize_with = "present")]
    per_app_max: Option<Option<u64>>,
}

/// Tells null from what is left out.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(value).map(Some)
}

pub(super) async fn set_limits(State(app): State<Arc<App>>, Json(body): Json<LimitsBody>) -> Json<Value> {
    if let Some(max) = body.max {
        app.usage.set_max(max);
    }
    if let Some(used) = body.used {
        app.usage.set_used(used, app.now_ms());
    }
    if let Some(is_enforced) = body.enforce {
        app.usage.enforce(is_enforced);
    }
    if let Some(max) = body.per_app_max {
        app.app_quota.set_max(max);
    }
    if let Some(limits) = body.exhausted {
        app.org.set_full(limits.contains(&Limit::Storage));
        app.exhausted.set(limits);
    }
    let (used, max) = app.usage.used_and_max(app.now_ms());
    Json(
        json!({ "used": used, "max": max, "exhausted": app.exhausted.list(), "per_app_max": app.app_quota.max() }),
    )
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplicationBody {
    covered_until_ms: Option<i64>,
}

/// Holds `latestDateCovered` at an instant, or lets it go again.
pub(super) async fn hold_replication(
    State(app): State<Arc<App>>,
    Json(body): Json<ReplicationBody>,
) -> Response {
    *app.covered_until.lock().unwrap_or_else(PoisonError::into_inner) = body.covered_until_ms;
    done()
}
