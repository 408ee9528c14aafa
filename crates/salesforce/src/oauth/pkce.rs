//! Proof that who exchanges a code is who asked for it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};

/// A verifier and its challenge (RFC 7636). Salesforce knows the method S256 only.
#[derive(Clone, Debug)]
pub struct Pkce {
    verifier: SecretString,
    challenge: String,
}

impl Pkce {
    /// Makes a verifier of 86 characters from 64 random bytes of the caller's.
    pub fn generate(random: &[u8; 64]) -> Self {
        Self::from_verifier(URL_SAFE_NO_PAD.encode(random).into())
    }

    /// The pair of a verifier that was stored while the user was on the consent page.
    pub fn from_verifier(verifier: SecretString) -> Self {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.expose_secret().as_bytes()));
        Self { verifier, challenge }
    }

    /// What the exchange shows.
    pub fn verifier(&self) -> &SecretString {
        &self.verifier
    }

    /// What the consent page is given.
    pub fn challenge(&self) -> &str {
        &self.challenge
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::Pkce;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let pkce = Pkce::from_verifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());

        assert_eq!(pkce.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(Pkce::generate(&[255; 64]).verifier().expose_secret().len(), 86);
    }
}
