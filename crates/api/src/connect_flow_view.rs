//! A connect flow as people and programs see it.

use model::{ConnectFlow, ConnectFlowStatus, ConnectPurpose, GrantKind};
use serde::{Deserialize, Serialize};
use store::Reader;
use store::integrations::find_integration_of;
use store::orgs::find_org_of;
use utoipa::ToSchema;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::problem::ProblemBody;

/// How Towpath signs in.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SignInKind {
    /// A person consents on Salesforce's page.
    #[default]
    Consent,
    /// The app signs a user in with a private key, whose certificate it has.
    JwtBearer,
    /// The app signs in as its own Run As user, with its secret.
    ClientCredentials,
    /// With an access token that somebody handed over, which nothing renews.
    AccessToken,
}

/// One walk through Salesforce's consent page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectFlowBody {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub kind: ConnectFlowKindBody,
    /// How the grant is given.
    pub sign_in: SignInKind,
    /// The name of the integration.
    pub name: String,
    /// The group that a new integration is for; null for the own group of whoever makes it.
    #[schema(required)]
    pub group_id: Option<String>,
    /// The host of the sign-in page.
    pub environment_host: String,
    /// How far it has come.
    pub status: ConnectFlowStatusBody,
    /// Why it failed.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
    /// The org that was found.
    #[schema(required)]
    pub org: Option<ConnectFlowOrg>,
    /// The Salesforce user who consented.
    #[schema(required)]
    pub user: Option<ConnectFlowUser>,
    /// The scopes that were granted.
    pub scopes: Vec<String>,
    /// The integration, once there is one.
    #[schema(required)]
    pub integration_id: Option<String>,
    /// The integration that already uses this org, where that is why it failed.
    #[schema(required)]
    pub existing_integration: Option<IntegrationRef>,
    /// The connection of that integration, to which another can be added.
    #[schema(required)]
    pub existing_connection_id: Option<String>,
    /// When it ends by itself.
    pub expires_at: Instant,
}

/// What a walk is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConnectFlowKindBody {
    /// A new integration.
    New,
    /// New credentials for an integration.
    Reconnect,
    /// A member's own access.
    Personal,
}

/// How far a walk has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConnectFlowStatusBody {
    /// The person is at Salesforce.
    Waiting,
    /// Salesforce granted it; the person has to say that it is the right org, or that another user may take over.
    Authorized,
    /// The integration is connected.
    Finished,
    /// It went wrong, and nothing was kept.
    Failed,
    /// It was called off.
    Cancelled,
    /// It took too long.
    Expired,
}

/// The org that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectFlowOrg {
    /// Salesforce's id of it.
    pub organization_id: String,
    /// Its name.
    pub name: String,
    /// Its edition, in Salesforce's words.
    #[schema(required)]
    pub edition: Option<String>,
    /// Whether it is a sandbox.
    pub is_sandbox: bool,
    /// Where its API is.
    pub instance_url: String,
}

/// The Salesforce user who consented.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectFlowUser {
    /// The user name.
    pub username: String,
    /// The name people see.
    #[schema(required)]
    pub display_name: Option<String>,
}

/// An integration, by name.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub(crate) struct IntegrationRef {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A flow as its member may see it.
pub(crate) async fn flow_body(
    app: &AppState,
    reader: &Reader,
    flow: ConnectFlow,
) -> Result<ConnectFlowBody, ApiError> {
    let existing = match flow.existing_integration_id {
        Some(id) => find_integration_of(app.store(), reader, id).await?,
        None => None,
    };
    let (kind, name) = match &flow.purpose {
        ConnectPurpose::New { name, .. } => (ConnectFlowKindBody::New, name.clone()),
        ConnectPurpose::Reconnect { integration_id } => {
            let integration = find_integration_of(app.store(), reader, *integration_id).await?;
            let name = integration.map(|integration| integration.name).unwrap_or_default();
            (ConnectFlowKindBody::Reconnect, name)
        }
        ConnectPurpose::Personal { org_id } => {
            let org = find_org_of(app.store(), reader, *org_id).await?;
            (ConnectFlowKindBody::Personal, org.map(|org| org.name).unwrap_or_default())
        }
    };
    let group_id = match &flow.purpose {
        ConnectPurpose::New { group_id, .. } => group_id.map(|group| group.to_string()),
        ConnectPurpose::Reconnect { .. } | ConnectPurpose::Personal { .. } => None,
    };
    let scopes = flow.found.as_ref().map(|found| found.scopes.as_str()).unwrap_or_default();
    Ok(ConnectFlowBody {
        id: flow.id.to_string(),
        kind,
        sign_in: flow.grant.into(),
        name,
        group_id,
        environment_host: flow
            .login_host
            .split_once("://")
            .map_or(&*flow.login_host, |(_, host)| host)
            .to_owned(),
        status: flow.status.into(),
        problem: flow
            .problem
            .map(|problem| ProblemBody::from(problem).naming(&app.config().egress_addresses)),
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        user: flow.found.as_ref().map(|found| ConnectFlowUser {
            username: found.username.clone(),
            display_name: some_text(&found.display_name),
        }),
        org: flow.found.map(|found| ConnectFlowOrg {
            organization_id: found.organization_id.to_string(),
            edition: some_text(&found.edition),
            name: found.name,
            is_sandbox: found.is_sandbox,
            instance_url: found.instance_url,
        }),
        integration_id: flow.integration_id.map(|id| id.to_string()),
        existing_connection_id: existing.as_ref().map(|existing| existing.connection_id.to_string()),
        existing_integration: existing
            .map(|integration| IntegrationRef { id: integration.id.to_string(), name: integration.name }),
        expires_at: flow.expires_at.into(),
    })
}

fn some_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl From<GrantKind> for SignInKind {
    fn from(grant: GrantKind) -> Self {
        match grant {
            GrantKind::AuthorizationCode => Self::Consent,
            GrantKind::JwtBearer => Self::JwtBearer,
            GrantKind::ClientCredentials => Self::ClientCredentials,
            GrantKind::AccessToken => Self::AccessToken,
        }
    }
}

impl From<ConnectFlowStatus> for ConnectFlowStatusBody {
    fn from(status: ConnectFlowStatus) -> Self {
        match status {
            // For a person it is one wait, at Salesforce and for its answer.
            ConnectFlowStatus::Waiting | ConnectFlowStatus::Exchanging => Self::Waiting,
            ConnectFlowStatus::Authorized => Self::Authorized,
            ConnectFlowStatus::Finished => Self::Finished,
            ConnectFlowStatus::Failed => Self::Failed,
            ConnectFlowStatus::Cancelled => Self::Cancelled,
            ConnectFlowStatus::Expired => Self::Expired,
        }
    }
}
