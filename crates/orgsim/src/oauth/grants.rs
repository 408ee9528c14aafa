//! The grants: each decides whom it issues tokens for, then whether that user may have them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

use super::answer::{Granted, IdToken};
use super::jwt::{Assertion, Validity};
use super::token::Request;
use super::{Client, ClientProof, OauthError, access, client_of, device as devices, scopes};
use crate::app::App;
use crate::audit;
use crate::client_apps::ClientApp;
use crate::random;
use crate::sessions::{CodeRefusal, Issued, RefreshRefusal, Subject};
use crate::sign_in::{AppStatus, PasswordFlow};
use crate::users::{self, Password, User};

const WRONG_SECRET: OauthError = OauthError::new("invalid_client", "invalid client credentials");
const DEAD_TOKEN: OauthError = OauthError::new("invalid_grant", "expired access/refresh token");
const AUTHENTICATION_FAILURE: OauthError = OauthError::new("invalid_grant", "authentication failure");
const NOT_APPROVED: OauthError = OauthError::new("invalid_grant", "user hasn't approved this consumer");
const BAD_ASSERTION: OauthError = OauthError::new("invalid_grant", "invalid assertion");
const BAD_SCOPE: OauthError = OauthError::new("invalid_scope", "the requested scope is not allowed");

/// Redeems an authorization code.
pub(super) fn redeem_code(request: &Request<'_>) -> Result<Granted, OauthError> {
    let client = request.client()?;
    let (app, params) = (request.app, request.params);
    let text =
        params.get("code").ok_or(OauthError::new("invalid_request", "missing required parameter: code"))?;
    let code = app.sessions.redeem_code(text, app.now_ms()).map_err(|refusal| match refusal {
        CodeRefusal::Unknown => OauthError::new("invalid_grant", "invalid authorization code"),
        CodeRefusal::Expired => OauthError::new("invalid_grant", "expired authorization code"),
    })?;
    if code.client_id != client.app.client_id {
        return Err(OauthError::new("invalid_grant", "invalid authorization code"));
    }
    if params.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return Err(OauthError::new("redirect_uri_mismatch", "redirect_uri must match configuration"));
    }
    check_verifier(code.challenge.as_deref(), params.get("code_verifier"))?;
    // Without a secret it is the verifier that shows that this is the client that asked, where the app lets that do.
    let needs_secret = client.app.deployed.as_ref().is_some_and(|deployed| !deployed.is_secret_optional);
    let is_shown = code.challenge.is_some() || !client.app.has_secret;
    if client.proof == ClientProof::IdOnly && (needs_secret || !is_shown) {
        return Err(WRONG_SECRET);
    }
    let subject = Subject { user_id: code.user_id, client_id: code.client_id, scopes: code.scopes };
    request.admit(&subject)?;
    let issued = app.sessions.approve(subject, app.now_ms());
    Ok(granted(client, issued, IdToken::With { nonce: code.nonce }))
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

/// Issues a session for a refresh token.
pub(super) fn refresh(request: &Request<'_>) -> Result<Granted, OauthError> {
    let client = request.client()?;
    let (app, params) = (request.app, request.params);
    let missing = OauthError::new("invalid_request", "missing required parameter: refresh_token");
    let token = params.get("refresh_token").ok_or(missing)?;
    let needs_secret = match &client.app.deployed {
        Some(deployed) => deployed.needs_secret_to_refresh,
        None => client.app.has_secret && app.config.require_secret_for_refresh,
    };
    if client.proof == ClientProof::IdOnly && needs_secret {
        return Err(WRONG_SECRET);
    }
    let subject = app.sessions.find_refresh_token(token);
    let user_id = subject.as_ref().map(|subject| subject.user_id);
    let is_blocked = app.status_of(&client.app.client_id) == AppStatus::Blocked;
    if is_blocked && !user_id.is_some_and(|id| app.uses_any_client(id)) {
        return Err(DEAD_TOKEN);
    }
    // The user is looked at first: a refusal must not use up a token that rotates.
    if let Some(subject) = subject {
        request.admit(&subject)?;
    }
    match app.sessions.refresh(token, &client.app.client_id, app.now_ms()) {
        Ok(issued) => {
            app.log.count(|counters| counters.refreshes += 1);
            Ok(granted(client, issued, IdToken::With { nonce: None }))
        }
        Err(refusal) => {
            if refusal == RefreshRefusal::Reused {
                app.log.count(|counters| counters.refresh_reuses += 1);
            }
            Err(match refusal {
                RefreshRefusal::Over => OauthError::new("invalid_grant", "token validity expired"),
                RefreshRefusal::Unknown | RefreshRefusal::Reused | RefreshRefusal::Idle => DEAD_TOKEN,
            })
        }
    }
}

/// Signs an app in as its execution user: the administrator, unless it was deployed with another.
pub(super) fn client_credentials(request: &Request<'_>) -> Result<Granted, OauthError> {
    let client = request.client_with_proof()?;
    let app = request.app;
    if request.is_at_login_host {
        return Err(OauthError::new("invalid_grant", "request not supported on this domain"));
    }
    let user = match &client.app.deployed {
        Some(deployed) => deployed.runs_as.as_ref().and_then(|username| users::find_login(app, username)),
        None => app.sign_in.policy().client_credentials_user.then(|| app.main_user()),
    };
    let user = user.ok_or(OauthError::new("invalid_grant", "no client credentials user enabled"))?;
    // This flow has no refresh token: the secret serves as one.
    let scopes = without_refresh(request, &client.app)?;
    if let Some(error) = access::refuse_token(app, &user, &client.app.client_id) {
        return Err(error);
    }
    let subject = Subject { user_id: user.id, client_id: client.app.client_id.clone(), scopes };
    request.admit(&subject)?;
    Ok(granted(client, app.sessions.open(subject, app.now_ms()), IdToken::Without))
}

/// Signs in by username and password, the security token behind it.
pub(super) fn password(request: &Request<'_>) -> Result<Granted, OauthError> {
    let (app, params) = (request.app, request.params);
    let policy = app.sign_in.policy();
    let user = users::find_login(app, params.get("username").unwrap_or_default());
    let is_allowed = match policy.password_flow {
        PasswordFlow::Nobody => false,
        PasswordFlow::Administrator => user.as_ref().is_none_or(|user| user.id == app.org.user_id()),
        PasswordFlow::Everyone => true,
    };
    if !is_allowed {
        return Err(OauthError::new("unsupported_grant_type", "grant type not supported"));
    }
    let client = request.client_with_proof()?;
    // External client apps have no such flow (Help, External Client Apps and Connected Apps).
    if client.app.deployed.is_some() {
        return Err(OauthError::new("unsupported_grant_type", "grant type not supported"));
    }
    let user = user.ok_or(AUTHENTICATION_FAILURE)?;
    match users::check_password(app, &user, params.get("password").unwrap_or_default()) {
        Password::WithToken => {}
        Password::WithoutToken if policy.trusted_network => {}
        Password::WithoutToken | Password::Wrong => {
            request.refused.set(Some((user.id, audit::INVALID_PASSWORD)));
            return Err(AUTHENTICATION_FAILURE);
        }
    }
    if let Some(error) = access::refuse_token(app, &user, &client.app.client_id) {
        return Err(error);
    }
    let scopes = without_refresh(request, &client.app)?;
    let subject = Subject { user_id: user.id, client_id: client.app.client_id.clone(), scopes };
    request.admit(&subject)?;
    Ok(granted(client, app.sessions.open(subject, app.now_ms()), IdToken::Without))
}

/// Issues tokens to a device whose user has approved.
pub(super) fn device(request: &Request<'_>) -> Result<Granted, OauthError> {
    let client = request.client()?;
    let subject = devices::poll(request.app, &client.app, request.params)?;
    request.admit(&subject)?;
    let issued = request.app.sessions.approve(subject, request.app.now_ms());
    Ok(granted(client, issued, IdToken::With { nonce: None }))
}

/// Signs in the user whom an assertion names, which the app's registered key has signed.
pub(super) fn jwt_bearer(request: &Request<'_>) -> Result<Granted, OauthError> {
    let app = request.app;
    let missing = OauthError::new("invalid_request", "missing required parameter: assertion");
    let text = request.params.get("assertion").ok_or(missing)?;
    let assertion = Assertion::parse(text).ok_or(BAD_ASSERTION)?;
    let claims = &assertion.claims;
    let unknown = OauthError::new("invalid_client_id", "client identifier invalid");
    let client_app = app.find_client(&claims.issuer).ok_or(unknown)?;
    if !assertion.is_of(app, &client_app) {
        return Err(BAD_ASSERTION);
    }
    match claims.validity(app.now_ms()) {
        Validity::Good => {}
        Validity::Expired => return Err(OauthError::new("invalid_grant", "expired assertion")),
        Validity::TooLong => return Err(BAD_ASSERTION),
    }
    if !request.is_audience(&claims.audience) {
        return Err(OauthError::new("invalid_grant", "audience is invalid"));
    }
    let user = users::find_login(app, &claims.subject).ok_or(NOT_APPROVED)?;
    if let Some(error) = access::refuse_token(app, &user, &client_app.client_id) {
        return Err(error);
    }
    if !access::has_consented(app, &user, &client_app.client_id) {
        return Err(NOT_APPROVED);
    }
    let scopes = without_refresh(request, &client_app)?;
    let subject = Subject { user_id: user.id, client_id: client_app.client_id.clone(), scopes };
    request.admit(&subject)?;
    let issued = app.sessions.open(subject, app.now_ms());
    Ok(Granted { client: client_app, issued, id_token: IdToken::Without, is_signed: false })
}

fn granted(client: Client, issued: Issued, id_token: IdToken) -> Granted {
    Granted { client: client.app, issued, id_token, is_signed: true }
}

/// Reads the scopes asked for, without the one for refresh tokens, which some grants never give.
fn without_refresh(request: &Request<'_>, client: &ClientApp) -> Result<Vec<String>, OauthError> {
    let scopes = scopes::parse(client, request.params.get("scope")).ok_or(BAD_SCOPE)?;
    let is_kept = |scope: &String| scope != "refresh_token" && scope != "offline_access";
    Ok(scopes.into_iter().filter(is_kept).collect())
}

impl Request<'_> {
    fn client(&self) -> Result<Client, OauthError> {
        client_of(self.app, self.headers, self.params, self.base_url)
    }

    fn client_with_proof(&self) -> Result<Client, OauthError> {
        let client = self.client()?;
        if client.proof == ClientProof::IdOnly { Err(WRONG_SECRET) } else { Ok(client) }
    }

    /// Checks that nothing stands in the way of this user's sign-in.
    fn admit(&self, subject: &Subject) -> Result<(), OauthError> {
        let user = users::find_user(&self.app.org, &subject.user_id);
        let user = user.unwrap_or_else(|| User::nobody(subject.user_id));
        self.app.sign_in.check(&user, self.app.now_ms()).map_err(|obstacle| {
            self.refused.set(Some((user.id, audit::status_of(obstacle, &user))));
            access::token_error(obstacle)
        })
    }

    /// Returns whether an assertion is meant for this org.
    fn is_audience(&self, audience: &[String]) -> bool {
        is_audience(audience, self.app, self.base_url)
    }
}

/// Returns whether an assertion names this org, by a login host or an address of its own, or the token endpoint there.
pub(super) fn is_audience(audience: &[String], app: &App, base_url: &str) -> bool {
    let own = &app.default_base_url;
    // This machine has two names, and clients take the one that they were told.
    let by_name = own.replace("://127.0.0.1:", "://localhost:");
    let by_number = own.replace("://localhost:", "://127.0.0.1:");
    names_one_of(audience, &["https://login.salesforce.com", base_url, own, &by_name, &by_number])
}

fn names_one_of(audience: &[String], hosts: &[&str]) -> bool {
    audience.iter().any(|given| {
        let given = given.trim_end_matches('/');
        let given = given.strip_suffix("/services/oauth2/token").unwrap_or(given);
        hosts.iter().any(|host| host.eq_ignore_ascii_case(given))
    })
}

#[cfg(test)]
mod tests {
    use super::{check_verifier, names_one_of};

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

    #[test]
    fn an_audience_is_a_host_or_its_token_endpoint() {
        let hosts = ["https://login.salesforce.com", "http://localhost:1"];
        for (given, expected) in [
            ("https://login.salesforce.com", true),
            ("https://login.salesforce.com/", true),
            ("http://localhost:1/services/oauth2/token", true),
            ("https://test.salesforce.com", false),
            ("", false),
        ] {
            assert_eq!(names_one_of(&[given.to_owned()], &hosts), expected, "{given}");
        }
    }
}
