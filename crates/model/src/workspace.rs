//! Workspaces and the orgs they know.

use salesforce::{RecordId, Timestamp};

use crate::{Environment, OrgId, WorkspaceId};

/// One tenant of a Towpath server. Nothing crosses workspaces.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// Its IANA time zone.
    pub time_zone: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One Salesforce tenant that a workspace knows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Org {
    /// Our id of it.
    pub id: OrgId,
    /// The workspace that knows it.
    pub workspace_id: WorkspaceId,
    /// Salesforce's own id of it.
    pub organization_id: RecordId,
    /// Its name in Salesforce.
    pub name: String,
    /// What kind of org it is; never [`Environment::Custom`].
    pub environment: Environment,
    /// When we first saw it.
    pub created_at: Timestamp,
}
