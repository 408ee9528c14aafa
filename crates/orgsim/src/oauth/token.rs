//! The token endpoint.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::{digest, hmac};

use super::params::Params;
use super::{ClientProof, OauthError, all_params, client_of, form_response, login, members_response, scopes};
use crate::app::App;
use crate::faults::FaultKind;
use crate::http::{BaseUrl, Played};
use crate::random;
use crate::sessions::{CodeRefusal, Issued, RefreshRefusal, Subject};
use crate::users;

/// Answers `/services/oauth2/token`. The error texts are those of Help, OAuth 2.0 Refresh Token Flow and its siblings.
pub(super) async fn token(
    State(app): State<Arc<App>>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    Extension(Played(faults)): Extension<Played>,
    method: Method,
    query: RawQuery,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    app.log.count(|counters| counters.token_calls += 1);
    if method != Method::POST {
        return OauthError::new("invalid_request", "must use HTTP POST").into_response();
    }
    let params = all_params(&form, &query);
    let moved = faults.iter().find(|fault| fault.kind == FaultKind::InstanceUrl);
    let instance_url = moved.and_then(|fault| fault.location.as_deref()).unwrap_or(&base_url);
    let (status, members) = match issue(&app, &headers, &params) {
        Ok(issued) => (StatusCode::OK, token_members(&app, &issued, &base_url, instance_url)),
        Err(error) => (StatusCode::BAD_REQUEST, error.members().to_vec()),
    };
    // JSON is what nearly everybody asks for; the other form is that of redirects.
    match params.get("format") {
        Some("urlencoded") => form_response(status, &members),
        _ => members_response(status, &members),
    }
}

fn issue(app: &App, headers: &HeaderMap, params: &Params) -> Result<Issued, OauthError> {
    let grant = params
        .get("grant_type")
        .ok_or(OauthError::new("unsupported_grant_type", "grant type not supported"))?;
    let issued = match grant {
        "authorization_code" => redeem_code(app, client_of(app, headers, params)?, params)?,
        "refresh_token" => refresh(app, client_of(app, headers, params)?, params)?,
        "client_credentials" => client_credentials(app, client_of(app, headers, params)?, params)?,
        "password" if app.config.allow_password_flow => {
            password(app, client_of(app, headers, params)?, params)?
        }
        _ => return Err(OauthError::new("unsupported_grant_type", "grant type not supported")),
    };
    let user = users::find_user(&app.org, &issued.subject.user_id);
    if user.is_some_and(|user| !user.is_active) {
        app.sessions.revoke(&issued.access_token);
        return Err(OauthError::new("invalid_grant", "inactive user"));
    }
    Ok(issued)
}

fn redeem_code(app: &App, proof: ClientProof, params: &Params) -> Result<Issued, OauthError> {
    let text =
        params.get("code").ok_or(OauthError::new("invalid_request", "missing required parameter: code"))?;
    let code = app.sessions.redeem_code(text, app.now_ms()).map_err(|refusal| match refusal {
        CodeRefusal::Unknown => OauthError::new("invalid_grant", "invalid authorization code"),
        CodeRefusal::Expired => OauthError::new("invalid_grant", "expired authorization code"),
    })?;
    if params.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return Err(OauthError::new("redirect_uri_mismatch", "redirect_uri must match configuration"));
    }
    check_verifier(code.challenge.as_deref(), params.get("code_verifier"))?;
    // Without a secret it is the verifier that shows that this is the client that asked.
    if proof == ClientProof::IdOnly && code.challenge.is_none() {
        return Err(OauthError::new("invalid_client", "invalid client credentials"));
    }
    let subject = Subject { user_id: code.user_id, client_id: code.client_id, scopes: code.scopes };
    Ok(app.sessions.approve(subject, app.now_ms()))
}

fn check_verifier(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), OauthError> {
    let is_right = match (challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
            random::same_secret(&URL_SAFE_NO_PAD.encode(hash), challenge)
        }
        _ => false,
    };
    if is_right { Ok(()) } else { Err(OauthError::new("invalid_grant", "invalid code verifier")) }
}

fn refresh(app: &App, proof: ClientProof, params: &Params) -> Result<Issued, OauthError> {
    let missing = OauthError::new("invalid_request", "missing required parameter: refresh_token");
    let token = params.get("refresh_token").ok_or(missing)?;
    if proof == ClientProof::IdOnly && app.config.require_secret_for_refresh {
        return Err(OauthError::new("invalid_client", "invalid client credentials"));
    }
    match app.sessions.refresh(token, &app.client.client_id, app.now_ms()) {
        Ok(issued) => {
            app.log.count(|counters| counters.refreshes += 1);
            Ok(issued)
        }
        Err(refusal) => {
            if refusal == RefreshRefusal::Reused {
                app.log.count(|counters| counters.refresh_reuses += 1);
            }
            Err(OauthError::new("invalid_grant", "expired access/refresh token"))
        }
    }
}

fn client_credentials(app: &App, proof: ClientProof, params: &Params) -> Result<Issued, OauthError> {
    if proof != ClientProof::Secret {
        return Err(OauthError::new("invalid_client", "invalid client credentials"));
    }
    let scopes = scopes::parse(params.get("scope"))
        .ok_or(OauthError::new("invalid_scope", "the requested scope is not allowed"))?;
    // This flow has no refresh token: the secret serves as one.
    let scopes =
        scopes.into_iter().filter(|scope| scope != "refresh_token" && scope != "offline_access").collect();
    let subject = Subject { user_id: app.org.user_id(), client_id: app.client.client_id.clone(), scopes };
    Ok(app.sessions.open(subject, app.now_ms()))
}

fn password(app: &App, proof: ClientProof, params: &Params) -> Result<Issued, OauthError> {
    if proof != ClientProof::Secret {
        return Err(OauthError::new("invalid_client", "invalid client credentials"));
    }
    let given = params.get("password").unwrap_or_default();
    let password = given.strip_suffix(&app.secrets.security_token).unwrap_or(given);
    let user = login::check_password(app, params.get("username").unwrap_or_default(), password)
        .ok_or(OauthError::new("invalid_grant", "authentication failure"))?;
    let scopes = ["api", "id", "web"].map(str::to_owned).to_vec();
    let subject = Subject { user_id: user.id, client_id: app.client.client_id.clone(), scopes };
    Ok(app.sessions.open(subject, app.now_ms()))
}

/// Lists what a token answer holds, in the order in which Salesforce writes it.
fn token_members(
    app: &App,
    issued: &Issued,
    base_url: &str,
    instance_url: &str,
) -> Vec<(&'static str, String)> {
    let id = app.identity_url(base_url, &issued.subject.user_id);
    let issued_at = app.now_ms().to_string();
    let mut members = vec![("access_token", issued.access_token.clone())];
    members.extend(issued.refresh_token.clone().map(|token| ("refresh_token", token)));
    members.extend([
        ("signature", sign(&app.client.client_secret, &id, &issued_at)),
        ("scope", issued.subject.scopes.join(" ")),
        ("instance_url", instance_url.to_owned()),
        ("id", id),
        ("token_type", "Bearer".to_owned()),
        ("issued_at", issued_at),
    ]);
    members
}

/// Signs the identity URL, so that a client can tell that nobody changed it.
fn sign(client_secret: &str, id: &str, issued_at: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, client_secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, format!("{id}{issued_at}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::check_verifier;

    #[test]
    fn a_verifier_matches_its_challenge_only() {
        // The pair of RFC 7636, appendix B.
        let challenge = Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let verifier = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");

        assert!(check_verifier(challenge, verifier).is_ok());
        assert!(check_verifier(None, None).is_ok());
        for (challenge, verifier) in [(challenge, None), (None, verifier), (challenge, Some("x"))] {
            assert_eq!(check_verifier(challenge, verifier).unwrap_err().description, "invalid code verifier");
        }
    }
}
