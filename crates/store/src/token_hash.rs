//! Hashes of tokens: what is kept of a session, a key or a link.

use sha2::{Digest, Sha256};

use crate::db::{AsParam, Param};

/// The SHA-256 of a token of 256 random bits. Who reads the database cannot sign in with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Returns the hash of a token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Returns the bytes of the hash.
    pub fn into_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl AsParam for TokenHash {
    const NULL: Param<'static> = Param::Bytes(None);

    fn as_param(&self) -> Param<'_> {
        Param::Bytes(Some(self.0.as_slice().into()))
    }
}
