//! What a grant has to be before anything is kept of it.

use model::{ConnectFlow, FoundOrg, GrantKind};
use salesforce::{
    AccessToken, Client, Session,
    oauth::{Scopes, TokenResponse, identity},
};
use secrecy::SecretString;
use serde::Deserialize;
use store::connect_flows::FlowGrant;

use super::start::fingerprint_of;
use crate::{
    backoff::call_again,
    connect::PINNED_VERSION,
    engine::Engine,
    error::{Error, Result},
};

/// Without these nothing can be copied.
const REQUIRED: [&str; 2] = ["api", "refresh_token"];
/// More than anybody should lend: whoever holds such a token can do what the user can in a browser.
pub(crate) const REFUSED: [&str; 3] = ["full", "web", "visualforce"];

const ORGANIZATION: &str = "SELECT Name, OrganizationType, IsSandbox FROM Organization LIMIT 1";

/// A grant that passed, and what it is for.
pub(super) struct CheckedGrant {
    pub(super) found: FoundOrg,
    pub(super) access_token: SecretString,
    /// Only a person's consent gives one.
    pub(super) refresh_token: Option<SecretString>,
    pub(super) client_secret: Option<SecretString>,
    pub(super) private_key: Option<SecretString>,
    pub(super) fingerprint: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Organization {
    name: String,
    organization_type: Option<String>,
    #[serde(default)]
    is_sandbox: bool,
}

impl Engine {
    /// Checks the scopes, asks the org who the user is, and what the org is called.
    ///
    /// The host and the signature were checked as the answer was read.
    pub(super) async fn check_grant(
        &self,
        flow: &ConnectFlow,
        response: TokenResponse,
        grant: FlowGrant,
    ) -> Result<CheckedGrant> {
        let is_consent = flow.grant == GrantKind::AuthorizationCode;
        match is_consent {
            true => check_scopes(&response.scopes)?,
            // The scopes of the app come whole, whatever is asked for: the connection check tells where they are too wide.
            false if !response.scopes.contains("api") && !response.scopes.contains("full") => {
                return Err(Error::ScopesMissing("api".to_owned()));
            }
            false => (),
        }
        if is_consent && response.refresh_token.is_none() {
            return Err(Error::ScopesMissing("refresh_token".to_owned()));
        }
        let user = call_again(self.random(), || identity(self.http(), &response))
            .await
            .map_err(Error::call("ask the org who signed in"))?;
        if user.organization_id != response.organization_id || user.user_id != response.user_id {
            return Err(Error::IdentityDiffers);
        }
        let organization = self.ask_organization(&response).await?;
        tracing::info!(connect_flow.id = %flow.id, "an org granted access");
        let found = FoundOrg {
            organization_id: response.organization_id,
            name: organization.name,
            edition: organization.organization_type.unwrap_or_default(),
            is_sandbox: organization.is_sandbox,
            instance_url: response.instance_url.origin().to_owned(),
            user_id: response.user_id,
            username: user.username,
            display_name: user.display_name,
            scopes: response.scopes.to_string(),
            issued_at: response.issued_at,
        };
        Ok(CheckedGrant {
            found,
            fingerprint: fingerprint_of(response.refresh_token.as_ref().unwrap_or(&response.access_token)),
            access_token: response.access_token,
            refresh_token: response.refresh_token,
            client_secret: grant.client_secret,
            private_key: grant.private_key,
        })
    }

    async fn ask_organization(&self, response: &TokenResponse) -> Result<Organization> {
        let token = AccessToken {
            secret: response.access_token.clone(),
            instance_url: response.instance_url.clone(),
            generation: 1,
        };
        let pinned = Client::new(self.http().clone(), Session::fixed(token), PINNED_VERSION);
        let version = call_again(self.random(), || pinned.negotiate_version(PINNED_VERSION))
            .await
            .map_err(Error::call("ask the org for its API versions"))?;
        let client = pinned.with_version(version);
        let page = call_again(self.random(), || client.query(ORGANIZATION))
            .await
            .map_err(Error::call("ask the org for its name"))?;
        let mut organizations: Vec<Organization> = page.into_records()?;
        Ok(organizations.pop().unwrap_or_else(|| Organization {
            name: response.instance_url.host().to_owned(),
            ..Organization::default()
        }))
    }
}

fn check_scopes(scopes: &Scopes) -> Result<()> {
    let missing = scopes.missing(&REQUIRED);
    if !missing.is_empty() {
        return Err(Error::ScopesMissing(missing.join(", ")));
    }
    // Salesforce knows no other name for these.
    let refused: Vec<_> = scopes.iter().filter(|scope| REFUSED.contains(scope)).collect();
    match refused.is_empty() {
        true => Ok(()),
        false => Err(Error::ScopesTooWide(refused.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_and_too_much_are_refused() {
        for (scopes, expected) in [
            ("api refresh_token id", ""),
            ("api offline_access openid chatter_api", ""),
            ("api id", "scope.missing"),
            ("refresh_token id", "scope.missing"),
            ("api refresh_token full", "scope.too_wide"),
            ("api refresh_token web", "scope.too_wide"),
            ("api refresh_token visualforce", "scope.too_wide"),
        ] {
            let checked = check_scopes(&Scopes::parse(scopes));
            let code = checked.err().map(|error| error.problem().code).unwrap_or_default();
            assert_eq!(code, expected, "{scopes}");
        }
    }
}
