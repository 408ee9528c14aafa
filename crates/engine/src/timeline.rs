//! What people and orgs did to an integration as a whole or to a group, for the timeline.

use model::{Integration, IntegrationId, TimelineEntry, TimelineId, TimelineKind, UserId, WorkspaceId};
use salesforce::SObjectName;
use store::{Tx, timeline::add_timeline_entries};

use crate::{engine::Engine, error::Result};

/// One thing that happened.
#[derive(Clone, Debug)]
pub(crate) struct Happened<'a> {
    pub(crate) kind: TimelineKind,
    /// Who did it; `None` where nobody did, or it happened in the org.
    pub(crate) user_id: Option<UserId>,
    pub(crate) sobject: Option<&'a SObjectName>,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl Happened<'_> {
    /// What a member did, of which nothing more is to be said.
    pub(crate) fn by(user_id: UserId, kind: TimelineKind) -> Self {
        Self { kind, user_id: Some(user_id), sobject: None, before: None, after: None }
    }

    /// What happened in the org, with the code that tells it.
    pub(crate) fn in_org(kind: TimelineKind, code: Option<&str>) -> Self {
        Self { kind, user_id: None, sobject: None, before: None, after: code.map(str::to_owned) }
    }
}

impl Engine {
    /// Adds to the timeline of an integration, in the transaction that does it.
    pub(crate) async fn tell(
        &self,
        tx: &mut Tx,
        integration: &Integration,
        happened: Happened<'_>,
    ) -> Result<()> {
        self.add_entry(tx, integration.workspace_id, Some(integration.id), happened).await
    }

    /// Adds to the timeline of a workspace what is about no integration. Everybody there reads it.
    pub(crate) async fn tell_workspace(
        &self,
        tx: &mut Tx,
        workspace_id: WorkspaceId,
        happened: Happened<'_>,
    ) -> Result<()> {
        self.add_entry(tx, workspace_id, None, happened).await
    }

    async fn add_entry(
        &self,
        tx: &mut Tx,
        workspace_id: WorkspaceId,
        integration_id: Option<IntegrationId>,
        happened: Happened<'_>,
    ) -> Result<()> {
        let entry = TimelineEntry {
            id: TimelineId::new(self.clock(), self.random()),
            workspace_id,
            integration_id,
            sync_rule_id: None,
            sobject: happened.sobject.cloned(),
            field: None,
            kind: happened.kind,
            user_id: happened.user_id,
            before: happened.before,
            after: happened.after,
            happened_at: self.clock().now(),
        };
        Ok(add_timeline_entries(tx, &[entry]).await?)
    }
}
