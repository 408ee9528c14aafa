//! Signed JSON: assertions that clients send, id tokens that the org sends (RFC 7515, RFC 7519).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

use crate::app::App;
use crate::client_apps::ClientApp;
use crate::keys::RsaKey;

/// How far ahead an assertion may expire, with a little for clocks and rounding. Help, OAuth 2.0 JWT Bearer Flow, asks for
/// three minutes; clients that write five are let in.
const MAX_LIFETIME_S: i64 = 5 * 60 + 5;
/// How far clocks may differ. CumulusCI writes the second in which it signs, and Salesforce lets that pass; how much more it
/// would is not documented.
const CLOCK_SKEW_S: i64 = 30;

/// Times beyond this are milliseconds: in seconds they would be thousands of years ahead.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

/// What an assertion says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Claims {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) audience: Vec<String>,
    expires_at_s: Option<i64>,
}

/// An assertion taken apart, not yet verified.
#[derive(Debug)]
pub(super) struct Assertion<'a> {
    pub(super) claims: Claims,
    signed: &'a str,
    signature: Vec<u8>,
    is_rs256: bool,
}

/// How an assertion's time is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Validity {
    Good,
    Expired,
    /// It has no expiry, or one too far ahead.
    TooLong,
}

impl<'a> Assertion<'a> {
    /// Takes the compact form apart.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.trim().rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let (header, claims) = (read_part(header)?, read_part(claims)?);
        let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
        let audience = match &claims["aud"] {
            Json::String(one) => vec![one.clone()],
            Json::Array(many) => many.iter().filter_map(|one| Some(one.as_str()?.to_owned())).collect(),
            _ => Vec::new(),
        };
        Some(Self {
            claims: Claims {
                issuer: text("iss"),
                subject: text("sub"),
                audience,
                expires_at_s: read_seconds(&claims["exp"]),
            },
            signed,
            signature: decode(signature)?,
            is_rs256: header["alg"] == "RS256",
        })
    }

    /// Returns whether an app has signed it: by the key of its certificate, or by that which the org made for its own app.
    pub(super) fn is_of(&self, app: &App, client: &ClientApp) -> bool {
        match &client.deployed {
            Some(deployed) => deployed.certificate.as_ref().is_some_and(|certificate| {
                self.is_rs256 && certificate.verify(self.signed.as_bytes(), &self.signature)
            }),
            None => client.has_secret && app.registered_key().is_some_and(|key| self.is_signed_by(key)),
        }
    }

    fn is_signed_by(&self, key: &RsaKey) -> bool {
        self.is_rs256 && key.verify(self.signed.as_bytes(), &self.signature)
    }
}

impl Claims {
    pub(super) fn validity(&self, now_ms: i64) -> Validity {
        let now_s = now_ms / 1000;
        match self.expires_at_s {
            // The sf command line writes milliseconds, and means its own time. Salesforce lets that pass.
            Some(at) if at >= FIRST_MILLISECONDS => match (at / 1000 - now_s).abs() {
                0..=MAX_LIFETIME_S => Validity::Good,
                _ => Validity::TooLong,
            },
            Some(at) if at <= now_s - CLOCK_SKEW_S => Validity::Expired,
            Some(at) if at <= now_s + MAX_LIFETIME_S => Validity::Good,
            _ => Validity::TooLong,
        }
    }
}

/// Signs claims in the compact form.
pub(super) fn sign(key: &RsaKey, key_id: &str, claims: &Json) -> String {
    let header = json!({ "kid": key_id, "typ": "JWT", "alg": "RS256" });
    let encode = |part: &Json| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(&header), encode(claims));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes())))
}

fn read_part(text: &str) -> Option<Json> {
    serde_json::from_slice(&decode(text)?).ok().filter(Json::is_object)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

/// Reads seconds since 1970. Some clients write them as text.
fn read_seconds(value: &Json) -> Option<i64> {
    match value {
        Json::Number(number) => number.as_i64().or(number.as_f64().map(|seconds| seconds as i64)),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Assertion, Validity, sign};
    use crate::keys::Keys;

    #[test]
    fn what_is_signed_is_read_back() {
        let keys = Keys::default();
        let token = sign(keys.get(), "1", &json!({ "iss": "a", "sub": "b", "aud": ["c"], "exp": "180" }));
        let assertion = Assertion::parse(&token).unwrap();

        assert!(assertion.is_signed_by(keys.get()));
        let claims = &assertion.claims;
        assert_eq!((claims.issuer.as_str(), claims.subject.as_str()), ("a", "b"));
        assert_eq!(claims.audience, ["c"]);
        let times = [0, 209_999, 210_000, -130_000].map(|now_ms| claims.validity(now_ms));
        assert_eq!(times, [Validity::Good, Validity::Good, Validity::Expired, Validity::TooLong]);
        let now_ms = 1_795_298_645_000;
        let milliseconds = json!({ "iss": "a", "exp": now_ms + 300 });
        let of_the_command_line = sign(keys.get(), "1", &milliseconds);
        let claims = Assertion::parse(&of_the_command_line).unwrap().claims;
        let times = [now_ms + 1_000, now_ms - 320_000].map(|now_ms| claims.validity(now_ms));
        assert_eq!(times, [Validity::Good, Validity::TooLong]);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let forged = format!("{signed}x.{signature}");
        assert!(Assertion::parse(&forged).is_none_or(|forged| !forged.is_signed_by(keys.get())));
    }

    #[test]
    fn what_is_no_assertion_is_refused() {
        for text in ["", "a", "a.b", "a.b.c", "e30.W10.", "..", "e30"] {
            assert!(Assertion::parse(text).is_none(), "{text}");
        }
    }
}
