//! Passwords: hashed with Argon2id, a few at a time.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use axum::http::StatusCode;
use model::Random;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::error::ApiError;

/// Each hash takes 19 MiB and a processor for some 30 ms; more at once would let strangers take the machine.
const AT_ONCE: usize = 2;
const FEWEST_CHARACTERS: usize = 10;
/// Nobody remembers more, and hashing it would take long.
const MOST_BYTES: usize = 1_024;
const SALT_BYTES: usize = 16;

/// Hashes passwords and compares them.
#[derive(Debug)]
pub(crate) struct Passwords {
    permits: Semaphore,
    random: Random,
    /// What a password is compared with where the account has none, so that the answer takes as long.
    decoy: String,
}

impl Passwords {
    pub(crate) fn new(random: Random) -> Self {
        let nobodys = SecretString::from(crate::token::new_token(&random));
        let decoy = hash_now(&nobodys, &random.bytes()).unwrap_or_default();
        Self { permits: Semaphore::new(AT_ONCE), random, decoy }
    }

    /// Returns the hash of a new password.
    ///
    /// # Errors
    /// The password is too short or too long.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<String, ApiError> {
        let length = password.expose_secret().chars().count();
        if length < FEWEST_CHARACTERS || password.expose_secret().len() > MOST_BYTES {
            return Err(ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "password.length",
                format!("Choose a password of {FEWEST_CHARACTERS} characters at least."),
            ));
        }
        let salt: [u8; SALT_BYTES] = self.random.bytes();
        self.run(move || hash_now(&password, &salt)).await?.ok_or_else(ApiError::internal)
    }

    /// Whether a password is the one that was hashed. Takes as long where there is none.
    pub(crate) async fn matches(
        &self,
        password: SecretString,
        hash: Option<String>,
    ) -> Result<bool, ApiError> {
        let is_real = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        if password.expose_secret().len() > MOST_BYTES {
            return Ok(false);
        }
        let is_same = self
            .run(move || {
                PasswordHash::new(&hash).is_ok_and(|hash| {
                    Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok()
                })
            })
            .await?;
        Ok(is_same && is_real)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let _permit = self.permits.acquire().await.map_err(|error| ApiError::failed(&error))?;
        tokio::task::spawn_blocking(work).await.map_err(|error| ApiError::failed(&error))
    }
}

fn hash_now(password: &SecretString, salt: &[u8; SALT_BYTES]) -> Option<String> {
    let hashed = Argon2::default().hash_password_with_salt(password.expose_secret().as_bytes(), salt);
    hashed.ok().map(|hash: argon2::password_hash::phc::PasswordHash| hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_same_password_matches() {
        let passwords = Passwords::new(Random::from_number(1));

        let hash = passwords.hash("correct horse".into()).await.unwrap();

        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.matches("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.matches("Correct horse".into(), Some(hash)).await.unwrap());
        assert!(!passwords.matches("correct horse".into(), None).await.unwrap());
        assert_eq!(passwords.hash("too short".into()).await.unwrap_err().code(), "password.length");
    }
}
