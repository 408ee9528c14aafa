//! Deleting an integration, with its copy or without.

use model::{IntegrationId, TimelineKind};
use store::{
    Reader,
    integrations::{
        count_copy, count_users_of, delete_schedule_of, delete_sync_work_of, find_integration_of,
        lock_integration, remove_integration, retire_integration,
    },
    sync_rules::list_sync_rules,
};

use crate::{
    engine::Engine,
    error::Result,
    handle::{DataChoice, Deleted, Deletion, GrantEnd},
    timeline::Happened,
    version::{Precondition, name_version},
};

impl Engine {
    /// Says what deleting an integration would take away.
    pub async fn deletion_of(&self, reader: &Reader, id: IntegrationId) -> Result<Option<Deletion>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        let size = count_copy(self.store(), &integration).await?;
        let mut tx = self.store().begin().await?;
        let users = count_users_of(&mut tx, integration.connection_id).await?;
        tx.roll_back().await?;
        Ok(Some(Deletion { rows: size.rows, sobjects: size.sobjects, revokes_grant: users <= 1 }))
    }

    /// Deletes an integration: its work stops, its records stay or go, and its grant is given back where nothing else
    /// uses it.
    ///
    /// # Errors
    /// [`crate::Error::Changed`] where it has another name than the person saw.
    pub async fn delete_integration(
        &self,
        reader: &Reader,
        id: IntegrationId,
        data: DataChoice,
        seen: &Precondition,
    ) -> Result<Option<Deleted>> {
        if find_integration_of(self.store(), reader, id).await?.is_none() {
            return Ok(None);
        }
        let rules = list_sync_rules(self.store(), id).await?;
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        delete_schedule_of(&mut tx, id).await?;
        let locked = lock_integration(&mut tx, id).await?;
        let Some(integration) = locked.filter(|integration| integration.deleted_at.is_none()) else {
            return Ok(None);
        };
        seen.check(&name_version(&integration.name))?;
        // Work comes before what it writes, as in every slice: whoever commits before keeps what was committed, and nobody
        // after.
        delete_sync_work_of(&mut tx, id).await?;
        self.stop_runs(&mut tx, id, now).await?;
        let rows_removed = match data {
            DataChoice::Keep => {
                retire_integration(&mut tx, id, now).await?;
                0
            }
            DataChoice::Remove => remove_integration(&mut tx, &integration).await?,
        };
        let fate = match data {
            DataChoice::Keep => "its records stay".to_owned(),
            DataChoice::Remove => format!("its {rows_removed} records were removed"),
        };
        let deleted = Happened {
            before: Some(integration.name.clone()),
            after: Some(fate),
            ..Happened::by(reader.user_id(), TimelineKind::IntegrationDeleted)
        };
        self.tell(&mut tx, &integration, deleted).await?;
        let connection_id = integration.connection_id;
        let is_last = count_users_of(&mut tx, connection_id).await? == 0;
        let subject = connection_id.to_string();
        if is_last {
            self.want_revoked(&mut tx, &subject).await?;
        }
        tx.commit().await?;
        rules.iter().for_each(|rule| self.spool().clear(rule.id));
        let grant = match is_last {
            false => GrantEnd::StillUsed,
            true if self.revoke_now(&subject).await => GrantEnd::Revoked,
            true => GrantEnd::Pending,
        };
        Ok(Some(Deleted { rows_removed, grant }))
    }
}
