//! Getting, renewing and giving back an org's tokens (Salesforce Help, OAuth Authorization Flows).
//!
//! Authorization code with PKCE, refresh token, client credentials and JWT bearer. Tokens travel only in form bodies and in the
//! `Authorization` header.

mod authorize;
mod grants;
mod identity;
mod pkce;
mod revoke;
mod scopes;
mod signing_key;
mod token;

use secrecy::SecretString;

pub use authorize::{AuthorizeRequest, authorize_url};
pub use grants::{client_credentials, exchange_code, jwt_bearer, refresh};
pub use identity::{Identity, identity};
pub use pkce::Pkce;
pub use revoke::revoke;
pub use scopes::Scopes;
pub use signing_key::{KeyError, SigningKey};
pub use token::TokenResponse;
pub(crate) use token::parse_identity_url;

/// A connected app or external client app.
#[derive(Clone, Debug)]
pub struct App {
    /// Its consumer key.
    pub client_id: String,
    /// Its consumer secret; a public app has none.
    pub client_secret: Option<SecretString>,
}
