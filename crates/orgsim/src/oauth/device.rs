//! The device flow: a program without a browser shows a code, and its user enters it elsewhere (Help, OAuth 2.0 Device Flow).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value as Json, json};

use super::browser::Login;
use super::params::Params;
use super::{OauthError, access, all_params, authorize, consent, login, page, scopes};
use crate::app::App;
use crate::client_apps::ClientApp;
use crate::random;
use crate::sessions::Subject;
use crate::users;

/// Where people enter the code.
pub(super) const PATH: &str = "/setup/connect";

/// How long a code may be entered.
const LIFETIME_MS: i64 = 10 * 60_000;

/// How many seconds a client waits between two questions.
const INTERVAL_S: i64 = 5;

/// As many codes may wait at once; the oldest are forgotten.
const MAX_WAITING: usize = 1_000;

/// How a request of a device stands.
#[derive(Clone, Debug)]
enum Decision {
    Waiting,
    Denied,
    Allowed(Subject),
}

#[derive(Clone, Debug)]
struct Waiting {
    user_code: String,
    client_id: String,
    scopes: Vec<String>,
    since_ms: i64,
    asked_at_ms: Option<i64>,
    decision: Decision,
}

/// All devices that wait for a person, by their device code.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    waiting: Mutex<HashMap<String, Waiting>>,
}

impl Devices {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find_by_user_code(&self, user_code: &str, now_ms: i64) -> Option<Waiting> {
        let waiting = self.lock();
        let fits = |device: &&Waiting| {
            device.user_code.eq_ignore_ascii_case(user_code.trim())
                && now_ms - device.since_ms < LIFETIME_MS
                && matches!(device.decision, Decision::Waiting)
        };
        waiting.values().find(fits).cloned()
    }

    fn decide(&self, user_code: &str, decision: Decision) {
        let mut waiting = self.lock();
        if let Some(device) = waiting.values_mut().find(|device| device.user_code == user_code) {
            device.decision = decision;
        }
    }
}

/// Gives a device its codes.
pub(super) fn start(
    app: &App,
    client: &ClientApp,
    params: &Params,
    base_url: &str,
) -> Result<Json, OauthError> {
    if client.deployed.as_ref().is_some_and(|deployed| !deployed.has_device_flow) {
        return Err(OauthError::new("unsupported_grant_type", "grant type not supported"));
    }
    let scopes = scopes::parse(client, params.get("scope"))
        .ok_or(OauthError::new("invalid_scope", "the requested scope is not allowed"))?;
    let now_ms = app.now_ms();
    let device_code = random::letters(80);
    let user_code = random::letters(24).to_uppercase()[..8].to_owned();
    let mut waiting = app.devices.lock();
    waiting.retain(|_, device| now_ms - device.since_ms < 2 * LIFETIME_MS);
    if waiting.len() >= MAX_WAITING {
        let oldest = waiting.iter().min_by_key(|(_, device)| device.since_ms).map(|(code, _)| code.clone());
        oldest.and_then(|code| waiting.remove(&code));
    }
    waiting.insert(
        device_code.clone(),
        Waiting {
            user_code: user_code.clone(),
            client_id: client.client_id.clone(),
            scopes,
            since_ms: now_ms,
            asked_at_ms: None,
            decision: Decision::Waiting,
        },
    );
    Ok(json!({
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": format!("{base_url}{PATH}"),
        "interval": INTERVAL_S,
    }))
}

/// Answers a device that asks whether its user has decided.
pub(super) fn poll(app: &App, client: &ClientApp, params: &Params) -> Result<Subject, OauthError> {
    let unknown = OauthError::new("invalid_grant", "invalid device code");
    let code = params.get("code").or(params.get("device_code")).ok_or(unknown)?;
    let now_ms = app.now_ms();
    let mut waiting = app.devices.lock();
    let device =
        waiting.get_mut(code).filter(|device| device.client_id == client.client_id).ok_or(unknown)?;
    if now_ms - device.since_ms >= LIFETIME_MS {
        return Err(OauthError::new("invalid_grant", "expired device code"));
    }
    let asked_before = device.asked_at_ms.replace(now_ms);
    match device.decision.clone() {
        Decision::Waiting if asked_before.is_some_and(|at| now_ms - at < (INTERVAL_S - 1) * 1000) => {
            Err(OauthError::new("slow_down", "polling too fast"))
        }
        Decision::Waiting => Err(OauthError::new("authorization_pending", "waiting for user approval")),
        Decision::Denied => {
            waiting.remove(code);
            Err(OauthError::new("access_denied", "end-user denied authorization"))
        }
        Decision::Allowed(subject) => {
            waiting.remove(code);
            Ok(subject)
        }
    }
}

/// Shows the page on which the code is entered and then, to who is signed in, decided on.
pub(super) async fn show(State(app): State<Arc<App>>, query: RawQuery, headers: HeaderMap) -> Response {
    let params = all_params(&headers, &[], &query);
    let Some(user_code) = params.get("user_code") else {
        return ask_for_code(None);
    };
    let Some(device) = app.devices.find_by_user_code(user_code, app.now_ms()) else {
        return ask_for_code(Some("The code is not right, or not valid any more."));
    };
    let Some(login) = app.browser.find_login(&headers, app.now_ms()) else {
        return authorize::redirect(&login::address_to(&format!("{PATH}?user_code={}", device.user_code)));
    };
    let client_name =
        app.find_client(&device.client_id).map(|client| client.name.clone()).unwrap_or_default();
    ask_to_allow(&app, &device, &client_name, &login)
}

/// Takes the decision.
pub(super) async fn submit(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let params = Params::read(&body, "");
    let user_code = params.get("user_code").unwrap_or_default();
    let Some(device) = app.devices.find_by_user_code(user_code, app.now_ms()) else {
        return ask_for_code(Some("The code is not right, or not valid any more."));
    };
    let Some(login) = app.browser.find_login(&headers, app.now_ms()) else {
        return authorize::redirect(&login::address_to(&format!("{PATH}?user_code={}", device.user_code)));
    };
    if params.get("decision").is_none() {
        return authorize::redirect(&format!("{PATH}?user_code={}", device.user_code));
    }
    if !random::same_secret(params.get("form_token").unwrap_or_default(), &login.form_token) {
        return consent::gone();
    }
    let user = users::find_user(&app.org, &login.user_id);
    let refusal = user.and_then(|user| access::refuse_approval(&app, &user, &device.client_id, false));
    let decision = match (params.get("decision"), refusal) {
        (Some("allow"), None) => Decision::Allowed(Subject {
            user_id: login.user_id,
            client_id: device.client_id.clone(),
            scopes: device.scopes.clone(),
        }),
        _ => Decision::Denied,
    };
    app.devices.decide(&device.user_code, decision);
    if let Some(error) = refusal {
        return authorize::error_page(error);
    }
    let done = "<h1>Done</h1><p>You may close this page and go back to your device.</p>";
    page::html(StatusCode::OK, "Done", done)
}

fn ask_for_code(alert: Option<&str>) -> Response {
    let alert = alert.map(|alert| format!("<p class=\"alert\" role=\"alert\">{}</p>\n", page::escape(alert)));
    let body = format!(
        "<h1>Connect a device</h1>\n{}<form method=\"get\" action=\"{PATH}\">\n\
         <label>Code <input type=\"text\" name=\"user_code\" id=\"user_code\" autocomplete=\"off\" required autofocus></label>\n\
         <button type=\"submit\" id=\"save\">Connect</button>\n</form>",
        alert.unwrap_or_default(),
    );
    page::html(StatusCode::OK, "Connect a device", &body)
}

fn ask_to_allow(app: &App, device: &Waiting, client_name: &str, login: &Login) -> Response {
    let user = users::find_user(&app.org, &login.user_id).map(|user| user.username).unwrap_or_default();
    let wishes: String = scopes::describe(&device.scopes)
        .iter()
        .map(|sentence| format!("<li>{}</li>\n", page::escape(sentence)))
        .collect();
    let body = format!(
        "<h1>Allow access?</h1>\n<p><strong>{}</strong> on a device with the code {} asks to:</p>\n<ul>\n{wishes}</ul>\n\
         <p>You are signed in as <strong>{}</strong>.</p>\n\
         <form method=\"post\" action=\"{PATH}\">\n\
         <input type=\"hidden\" name=\"user_code\" value=\"{}\">\n\
         <input type=\"hidden\" name=\"form_token\" value=\"{}\">\n\
         <button type=\"submit\" name=\"decision\" value=\"allow\" id=\"oaapprove\">Allow</button>\n\
         <button type=\"submit\" name=\"decision\" value=\"deny\" id=\"oadeny\">Deny</button>\n</form>",
        page::escape(client_name),
        page::escape(&device.user_code),
        page::escape(&user),
        page::escape(&device.user_code),
        page::escape(&login.form_token),
    );
    page::html(StatusCode::OK, "Allow access", &body)
}
