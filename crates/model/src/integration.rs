//! Integrations: named configurations on a connection.

use salesforce::Timestamp;

use crate::text_enum::text_enums;
use crate::{ConnectionId, IntegrationId, Slug, UserId, WorkspaceId};

text_enums! {
    /// What an integration may write in its org.
    Mode {
        /// Nothing.
        ReadOnly = "read_only",
        /// Links back to us.
        PushLink = "push_link",
        /// Records.
        ReadWrite = "read_write",
    }
}

/// A named configuration on one service connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Integration {
    /// Its id.
    pub id: IntegrationId,
    /// The workspace it belongs to.
    pub workspace_id: WorkspaceId,
    /// The connection it reads through.
    pub connection_id: ConnectionId,
    /// Its name in SQL.
    pub slug: Slug,
    /// What people call it.
    pub name: String,
    /// What it may write.
    pub mode: Mode,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it is paused.
    pub paused_at: Option<Timestamp>,
    /// Who paused it.
    pub paused_by: Option<UserId>,
    /// When it was deleted, where its records were kept.
    pub deleted_at: Option<Timestamp>,
}
