//! Pausing, resuming and renaming integrations.

use model::{Integration, IntegrationId, TimelineKind, UserId};
use salesforce::Timestamp;
use store::{
    Reader,
    integrations::{
        delete_sync_work_of, find_integration_of, lock_integration, rename_integration, set_paused,
    },
    sync_rules::set_all_due,
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    timeline::Happened,
    version::{Precondition, name_version},
};

impl Engine {
    /// Pauses an integration. The runs that are under way end as stopped; their checkpoints stay.
    pub async fn pause(&self, reader: &Reader, id: IntegrationId) -> Result<Option<Integration>> {
        if find_integration_of(self.store(), reader, id).await?.is_none() {
            return Ok(None);
        }
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        let Some(integration) = lock_integration(&mut tx, id).await? else { return Ok(None) };
        if integration.paused_at.is_none() {
            set_paused(&mut tx, id, Some((now, reader.user_id()))).await?;
            delete_sync_work_of(&mut tx, id).await?;
            self.stop_runs(&mut tx, id, now).await?;
            let paused = Happened::by(reader.user_id(), TimelineKind::IntegrationPaused);
            self.tell(&mut tx, &integration, paused).await?;
            tx.commit().await?;
        }
        find_integration_of(self.store(), reader, id).await.map_err(Error::from)
    }

    /// Resumes an integration. Its next run begins at once and goes on from the checkpoints.
    pub async fn resume(&self, reader: &Reader, id: IntegrationId) -> Result<Option<Integration>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        let nobody: Option<(Timestamp, UserId)> = None;
        let mut tx = self.store().begin().await?;
        self.wake_schedule(&mut tx, id).await?;
        set_paused(&mut tx, id, nobody).await?;
        set_all_due(&mut tx, id).await?;
        if integration.paused_at.is_some() {
            let resumed = Happened::by(reader.user_id(), TimelineKind::IntegrationResumed);
            self.tell(&mut tx, &integration, resumed).await?;
        }
        tx.commit().await?;
        self.wake_workers();
        find_integration_of(self.store(), reader, id).await.map_err(Error::from)
    }

    /// Gives an integration another name. Its slug stays.
    ///
    /// # Errors
    /// [`Error::Changed`] where it has another name than the person saw.
    pub async fn rename(
        &self,
        reader: &Reader,
        id: IntegrationId,
        name: &str,
        seen: &Precondition,
    ) -> Result<Option<Integration>> {
        if find_integration_of(self.store(), reader, id).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.store().begin().await?;
        let Some(integration) = lock_integration(&mut tx, id).await? else { return Ok(None) };
        seen.check(&name_version(&integration.name))?;
        if integration.name != name {
            rename_integration(&mut tx, id, name).await?;
            let renamed = Happened {
                before: Some(integration.name.clone()),
                after: Some(name.to_owned()),
                ..Happened::by(reader.user_id(), TimelineKind::IntegrationRenamed)
            };
            self.tell(&mut tx, &integration, renamed).await?;
        }
        tx.commit().await?;
        find_integration_of(self.store(), reader, id).await.map_err(Error::from)
    }
}
