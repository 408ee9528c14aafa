//! Connect flows: a member's walks through Salesforce's consent page, or sign-ins of the app itself in its place.

use salesforce::{RecordId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::text_enum::text_enums;
use crate::{
    ConnectFlowId, GrantKind, GroupId, IntegrationId, OrgId, Problem, SessionId, UserId, WorkspaceId,
};

text_enums! {
    /// What kind of org it is.
    Environment {
        /// Signs in at `login.salesforce.com`.
        Production = "production",
        /// Signs in at `test.salesforce.com`.
        Sandbox = "sandbox",
        /// Signs in at its own My Domain. No org stays of this kind: it says what it is once it is connected.
        Custom = "custom",
        /// A simulated org on this machine.
        Simulated = "simulated",
    }

    /// How far a connect flow has come.
    ConnectFlowStatus {
        /// The person is on Salesforce's pages.
        Waiting = "waiting",
        /// The person came back; Salesforce is being asked for the grant.
        Exchanging = "exchanging",
        /// The grant is there. Whether it is the right org is for the person to say.
        Authorized = "authorized",
        /// The integration has the grant.
        Finished = "finished",
        /// It ended with a problem; nothing of it is left.
        Failed = "failed",
        /// The person gave it up.
        Cancelled = "cancelled",
        /// Nobody finished it in time.
        Expired = "expired",
    }
}

/// What a connect flow is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ConnectPurpose {
    /// A new integration of this name.
    New {
        /// What people will call it.
        name: String,
        /// The group that it will belong to; the own group of whoever makes it where none is named.
        group_id: Option<GroupId>,
    },
    /// Another grant for an integration that there is.
    Reconnect {
        /// Which.
        integration_id: IntegrationId,
    },
    /// The member's own grant for an org that the workspace has connected.
    Personal {
        /// Which.
        org_id: OrgId,
    },
}

/// One walk through Salesforce's consent page. Its secrets are the store's and never stand here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConnectFlow {
    /// Its id.
    pub id: ConnectFlowId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Who walks.
    pub user_id: UserId,
    /// In which signed-in browser. Whoever signs in without a page needs none.
    pub session_id: Option<SessionId>,
    /// What for.
    pub purpose: ConnectPurpose,
    /// How the grant is given.
    pub grant: GrantKind,
    /// The user to sign in, where the app names one.
    pub username: Option<String>,
    /// What kind of org was chosen.
    pub environment: Environment,
    /// The origin at which the person signs in. The code is exchanged there and nowhere else.
    pub login_host: String,
    /// The address that Salesforce sends the person back to.
    pub redirect_uri: String,
    /// The client id of the app that asks.
    pub client_id: String,
    /// How far it has come.
    pub status: ConnectFlowStatus,
    /// Why it failed.
    pub problem: Option<Problem>,
    /// The integration that has the grant now.
    pub integration_id: Option<IntegrationId>,
    /// The integration that stands in the way: it has the org already.
    pub existing_integration_id: Option<IntegrationId>,
    /// The org and the user that the grant turned out to be for.
    pub found: Option<FoundOrg>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

impl ConnectFlow {
    /// Whether the person, or the exchange, may still change it.
    pub fn is_open(&self) -> bool {
        matches!(
            self.status,
            ConnectFlowStatus::Waiting | ConnectFlowStatus::Exchanging | ConnectFlowStatus::Authorized
        )
    }
}

/// The org and the user that a grant is for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FoundOrg {
    /// Salesforce's own id of the org.
    pub organization_id: RecordId,
    /// Its name.
    pub name: String,
    /// Its edition, such as `Enterprise Edition`; empty where the org did not say.
    pub edition: String,
    /// Whether it is a sandbox.
    pub is_sandbox: bool,
    /// Where its API is.
    pub instance_url: String,
    /// The user.
    pub user_id: RecordId,
    /// The user's name in Salesforce.
    pub username: String,
    /// The name that people see.
    pub display_name: String,
    /// The scopes granted, separated by spaces.
    pub scopes: String,
    /// When the grant was issued.
    pub issued_at: Timestamp,
}
