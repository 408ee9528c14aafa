//! Answers of the token endpoint.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{App, Scopes};
use crate::host::{HostRule, InstanceUrl};
use crate::{Error, ParseError, RecordId, Result, Timestamp};

/// What the token endpoint gave, checked: the host passed the host rule and the signature is right.
#[derive(Clone, Debug)]
pub struct TokenResponse {
    /// The access token. How long it lives is not told; a 401 tells when it has ended.
    pub access_token: SecretString,
    /// The refresh token; after a refresh only where the app rotates them, and then the old one is dead.
    pub refresh_token: Option<SecretString>,
    /// What was granted.
    pub scopes: Scopes,
    /// Where API calls go.
    pub instance_url: InstanceUrl,
    /// The org.
    pub organization_id: RecordId,
    /// The user.
    pub user_id: RecordId,
    /// When it was issued, by the org's clock.
    pub issued_at: Timestamp,
}

#[derive(Deserialize)]
pub(super) struct Wire {
    access_token: SecretString,
    refresh_token: Option<SecretString>,
    signature: Option<String>,
    #[serde(default)]
    scope: String,
    instance_url: String,
    id: String,
    /// Missing where an app signed in with its key.
    issued_at: Option<String>,
}

impl Wire {
    /// Puts our own time in place of one that the org did not tell.
    pub(super) fn issued_now(self, now: Timestamp) -> Self {
        let issued_at = self.issued_at.unwrap_or_else(|| now.as_millis().to_string());
        Self { issued_at: Some(issued_at), ..self }
    }

    /// The token that takes the whole grant with it when it is revoked.
    pub(super) fn granted(&self) -> &SecretString {
        self.refresh_token.as_ref().unwrap_or(&self.access_token)
    }
}

impl TokenResponse {
    pub(super) fn check(wire: Wire, app: &App, rule: &HostRule) -> Result<Self> {
        if let Some(secret) = &app.client_secret {
            check_signature(&wire, secret)?;
        }
        let (organization_id, user_id) = parse_identity_url(&wire.id, rule)?;
        let issued_at = wire.issued_at.as_deref().unwrap_or_default();
        let issued_at = issued_at.parse().map_err(|_| ParseError { expected: "time of issue" })?;
        Ok(Self {
            access_token: wire.access_token,
            refresh_token: wire.refresh_token,
            scopes: Scopes::parse(&wire.scope),
            instance_url: InstanceUrl::parse(&wire.instance_url, rule)?,
            organization_id,
            user_id,
            issued_at: Timestamp::from_millis(issued_at),
        })
    }
}

/// Checks the HMAC-SHA256 of identity URL and time under the app's secret, in constant time.
fn check_signature(wire: &Wire, secret: &SecretString) -> Result<()> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let signed = format!("{}{}", wire.id, wire.issued_at.as_deref().unwrap_or_default());
    let signature = STANDARD.decode(wire.signature.as_deref().unwrap_or_default()).unwrap_or_default();
    hmac::verify(&key, signed.as_bytes(), &signature).map_err(|_| Error::BadSignature)
}

/// Org and user of `https://login.salesforce.com/id/00D…/005…`, whose host passes the host rule too.
pub(crate) fn parse_identity_url(url: &str, rule: &HostRule) -> Result<(RecordId, RecordId)> {
    let error = ParseError { expected: "identity URL" };
    let (origin, ids) = url.split_once("/id/").ok_or(error)?;
    InstanceUrl::parse(origin, rule)?;
    let (organization_id, user_id) = ids.split_once('/').ok_or(error)?;
    Ok((organization_id.parse()?, user_id.parse()?))
}

#[cfg(test)]
mod tests {
    use super::{App, TokenResponse, Wire};
    use crate::host::HostRule;
    use crate::{Error, Result};

    fn app() -> App {
        App { client_id: "key".into(), client_secret: Some("secret".into()) }
    }

    fn wire(instance_url: &str, id: &str) -> Wire {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"secret");
        let signature = ring::hmac::sign(&key, format!("{id}1790000000000").as_bytes());
        let signature = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, signature);
        serde_json::from_value(serde_json::json!({
            "access_token": "00D!token", "signature": signature, "scope": "refresh_token api id", "token_type": "Bearer",
            "instance_url": instance_url, "id": id, "issued_at": "1790000000000",
        }))
        .unwrap()
    }

    fn check(wire: Wire) -> Result<TokenResponse> {
        TokenResponse::check(wire, &app(), &HostRule::default())
    }

    const ID: &str = "https://login.salesforce.com/id/00Dxx0000000001EAA/005xx000001SxyzAAC";

    #[test]
    fn an_answer_is_read_and_shows_no_secret() {
        let token = check(wire("https://acme.my.salesforce.com", ID)).unwrap();

        assert_eq!(token.organization_id.as_str(), "00Dxx0000000001EAA");
        assert_eq!(token.instance_url.host(), "acme.my.salesforce.com");
        assert!(token.refresh_token.is_none());
        assert!(!format!("{token:?}").contains("00D!token"));
    }

    #[test]
    fn a_foreign_host_is_refused() {
        let foreign = "https://evil.example/id/00Dxx0000000001EAA/005xx000001SxyzAAC";
        assert!(matches!(check(wire("https://evil.example", ID)), Err(Error::Host(_))));
        assert!(matches!(check(wire("http://acme.my.salesforce.com", ID)), Err(Error::Host(_))));
        assert!(matches!(check(wire("https://acme.my.salesforce.com", foreign)), Err(Error::Host(_))));
    }

    #[test]
    fn a_changed_identity_is_refused() {
        let mut changed = wire("https://acme.my.salesforce.com", ID);
        changed.id = changed.id.replace("005xx000001SxyzAAC", "005xx000001SxyAAAQ");
        let mut unsigned = wire("https://acme.my.salesforce.com", ID);
        unsigned.signature = None;

        assert!(matches!(check(changed), Err(Error::BadSignature)));
        assert!(matches!(check(unsigned), Err(Error::BadSignature)));
    }
}
