//! Who a token belongs to.

use std::sync::Arc;

use serde::Deserialize;

use super::TokenResponse;
use crate::http::{Http, Request};
use crate::{RecordId, Result};

/// The user behind a token (Salesforce Help, Identity URLs).
#[derive(Clone, Debug, Deserialize)]
pub struct Identity {
    /// The org.
    pub organization_id: RecordId,
    /// The user.
    pub user_id: RecordId,
    /// The user name, unique in all of Salesforce.
    pub username: String,
    /// The name people see.
    #[serde(default)]
    pub display_name: String,
    /// The e-mail address.
    #[serde(default)]
    pub email: String,
    /// The IANA time zone, which SOQL's date literals follow.
    pub timezone: Option<String>,
    /// The language.
    pub language: Option<String>,
    /// The locale.
    pub locale: Option<String>,
    /// `STANDARD` for licensed users.
    pub user_type: Option<String>,
    /// Whether the user may log in.
    #[serde(default)]
    pub active: bool,
}

/// Asks the org who the token belongs to. Needs the scope `id`, `api` or `full`.
///
/// The org is asked at its own host: the log-in host of the identity URL may answer with a redirect.
pub async fn identity(http: &Http, token: &TokenResponse) -> Result<Identity> {
    let request = Request::get(format!("/id/{}/{}", token.organization_id, token.user_id));
    let origin = token.instance_url.origin();
    http.send(origin, &request, Some(&token.access_token), &Arc::default())
        .await?
        .accepted()
        .await?
        .json()
        .await
}
