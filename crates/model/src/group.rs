//! Groups of members.

use salesforce::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{GroupId, WorkspaceId};

/// Members who work together. A group owns integrations, once Salesforce is switched on for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Its name, unique in the workspace.
    pub name: String,
    /// Since when its integrations may be connected; `None` where that is switched off.
    pub salesforce_on_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whose an integration is, and which other groups may read it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Sharing {
    /// The group that owns it; `None` where it belongs to the whole workspace, and everybody there reads it.
    pub group_id: Option<GroupId>,
    /// The groups that it is shared with, by their ids.
    pub receivers: Vec<GroupId>,
}
