//! The private key of an app's certificate, and what it signs.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde_json::json;

use crate::Timestamp;
use crate::host::LoginHost;

/// Salesforce takes assertions that expire within three minutes.
const LIVES_S: i64 = 3 * 60;

/// Why a text is no key to sign with.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It has no block of PEM that holds a private key.
    #[error("it holds no private key in PEM, which begins with -----BEGIN PRIVATE KEY-----")]
    NotPem,
    /// It is a certificate or a public key.
    #[error("it is a certificate or public key: the private key that belongs to it is needed")]
    Public,
    /// It needs a password, which nobody could give in the middle of the night.
    #[error("it is encrypted with a password: store it without, as openssl pkey -in key.pem does")]
    Encrypted,
    /// It is not an RSA key of two to eight thousand bits.
    #[error("it is not an RSA key of at least 2048 bits, the only kind that Salesforce takes")]
    NotRsa,
}

/// An RSA key whose certificate an app has (Salesforce Help, OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration).
#[derive(Debug)]
pub struct SigningKey(RsaKeyPair);

impl SigningKey {
    /// Reads a private key in PEM, in the form of PKCS#8 or PKCS#1. What stands around it is passed over.
    ///
    /// # Errors
    /// It is no such key.
    pub fn parse(pem: &SecretString) -> Result<Self, KeyError> {
        let pem = pem.expose_secret();
        if let Some(der) = read_block(pem, "PRIVATE KEY")? {
            return RsaKeyPair::from_pkcs8(der.expose_secret()).map(Self).map_err(|_| KeyError::NotRsa);
        }
        if let Some(der) = read_block(pem, "RSA PRIVATE KEY")? {
            return RsaKeyPair::from_der(der.expose_secret()).map(Self).map_err(|_| KeyError::NotRsa);
        }
        let begins = |label: &str| pem.contains(&format!("-----BEGIN {label}-----"));
        match () {
            () if begins("ENCRYPTED PRIVATE KEY") => Err(KeyError::Encrypted),
            () if begins("CERTIFICATE") || begins("PUBLIC KEY") => Err(KeyError::Public),
            () if begins("EC PRIVATE KEY") => Err(KeyError::NotRsa),
            () => Err(KeyError::NotPem),
        }
    }

    /// A signed statement of an app that it acts as a user, good for three minutes at one host (RFC 7523).
    pub(super) fn assert(
        &self,
        client_id: &str,
        username: &str,
        audience: &LoginHost,
        now: Timestamp,
    ) -> SecretString {
        let expires_at_s = now.as_millis().div_euclid(1_000) + LIVES_S;
        let claims =
            json!({"iss": client_id, "sub": username, "aud": audience.origin(), "exp": expires_at_s});
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", part(r#"{"alg":"RS256"}"#), part(&claims.to_string()));
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("the signature has the length of the modulus");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)).into()
    }
}

/// The bytes between the lines that begin and end a block.
fn read_block(pem: &str, label: &str) -> Result<Option<SecretSlice<u8>>, KeyError> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let Some((_, rest)) = pem.split_once(&begin) else { return Ok(None) };
    let (text, _) = rest.split_once(&end).ok_or(KeyError::NotPem)?;
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(KeyError::Encrypted);
    }
    let text: SecretString = text.split_whitespace().collect::<String>().into();
    let bytes = STANDARD.decode(text.expose_secret()).map_err(|_| KeyError::NotPem)?;
    Ok(Some(bytes.into()))
}

#[cfg(test)]
mod tests {
    use super::{KeyError, SigningKey};

    #[test]
    fn what_is_no_private_key_says_what_it_is() {
        for (pem, expected) in [
            ("", KeyError::NotPem),
            ("-----BEGIN PRIVATE KEY-----\nMIIE", KeyError::NotPem),
            ("-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----", KeyError::NotPem),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", KeyError::NotRsa),
            ("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", KeyError::NotRsa),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", KeyError::Public),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA", KeyError::Encrypted),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAA\n-----END RSA PRIVATE KEY-----",
                KeyError::Encrypted,
            ),
        ] {
            assert_eq!(SigningKey::parse(&pem.into()).unwrap_err(), expected, "{pem}");
        }
    }
}
