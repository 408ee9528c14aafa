//! Giving a token back.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::host::LoginHost;
use crate::http::{Http, Request};
use crate::{Error, Result};

/// Revokes a token (Salesforce Help, Revoke OAuth Tokens). A refresh token takes its access tokens with it.
///
/// A token that is dead already counts as revoked.
pub async fn revoke(http: &Http, login_host: &LoginHost, token: &SecretString) -> Result<()> {
    let request = Request::form("/services/oauth2/revoke", &[("token", token.expose_secret())]);
    let answer = http.send(login_host.origin(), &request, None, &Arc::default()).await?;
    match answer.accepted_by_oauth().await {
        Err(Error::OAuth { source, .. })
            if matches!(source.code.as_str(), "invalid_token" | "unsupported_token_type") =>
        {
            Ok(())
        }
        answer => answer.map(drop),
    }
}
