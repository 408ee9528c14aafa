//! Changing the workspace, told on its timeline in the transaction that does it.

use model::{TimelineKind, Workspace};
use store::{
    Reader,
    workspaces::{lock_workspace, update_workspace},
};

use crate::{
    engine::Engine,
    error::Result,
    timeline::Happened,
    version::{Precondition, workspace_version},
};

/// What somebody changes about the workspace. What is not said stays.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct WorkspaceChange {
    /// Its new name.
    pub name: Option<String>,
    /// Its new IANA time zone: its days begin at midnight there from now on.
    pub time_zone: Option<String>,
}

impl Engine {
    /// Gives the reader's workspace another name or time zone, unless somebody else has changed it since the person saw it.
    /// `None` where there is no such workspace.
    ///
    /// # Errors
    /// [`crate::Error::Changed`].
    pub async fn change_workspace(
        &self,
        reader: &Reader,
        change: WorkspaceChange,
        seen: &Precondition,
    ) -> Result<Option<Workspace>> {
        let mut tx = self.store().begin().await?;
        let Some(before) = lock_workspace(&mut tx, reader).await? else { return Ok(None) };
        seen.check(&workspace_version(&before))?;
        let name = change.name.unwrap_or_else(|| before.name.clone());
        let time_zone = change.time_zone.unwrap_or_else(|| before.time_zone.clone());
        update_workspace(&mut tx, reader, &name, &time_zone).await?;
        let after = Workspace { name, time_zone, ..before.clone() };
        for (kind, old, new) in [
            (TimelineKind::WorkspaceRenamed, before.name, &after.name),
            (TimelineKind::WorkspaceMoved, before.time_zone, &after.time_zone),
        ] {
            if old != *new {
                let by = Happened::by(reader.user_id(), kind);
                let happened = Happened { before: Some(old), after: Some(new.clone()), ..by };
                self.tell_workspace(&mut tx, after.id, happened).await?;
            }
        }
        tx.commit().await?;
        Ok(Some(after))
    }
}
