//! The end of setting up: mappings and who has access are saved together, or nothing is.

use model::{IntegrationId, NewFieldMapping, ShareDraft, Sharing};
use store::{
    Reader,
    groups::list_groups_in,
    integrations::{find_integration_of, lock_integration},
    mapping_drafts::find_mapping_draft_in,
    share_drafts::{delete_share_draft, find_share_draft_in, put_share_draft},
};

use crate::{
    engine::Engine,
    error::Result,
    version::{Precondition, draft_version, share_draft_version},
};

/// What somebody saw and chose while setting up.
#[derive(Clone, Debug, Default)]
pub struct SetUp {
    /// The mappings, and the version of those that they take the place of; `None` where those that are saved stay.
    pub mappings: Option<(Vec<NewFieldMapping>, Precondition)>,
    /// The draft of mappings that was seen.
    pub draft_seen: Precondition,
    /// Who shall have access, and the version of who has; `None` where that stays.
    pub sharing: Option<(Sharing, Precondition)>,
}

impl Engine {
    /// Saves what was chosen in one step. Nobody gains access, and nothing begins, where any of it is refused.
    ///
    /// # Errors
    /// As [`Engine::put_field_mappings`] and [`Engine::share`]; [`crate::Error::Changed`] where somebody else has changed
    /// the mappings, their draft or who has access since the person saw them.
    pub async fn finish_set_up(
        &self,
        reader: &Reader,
        id: IntegrationId,
        set_up: SetUp,
    ) -> Result<Option<()>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        if let Some((mappings, _)) = &set_up.mappings {
            self.check_mappings(&integration, mappings).await?;
        }
        let mut tx = self.store().begin().await?;
        // The groups come before the schedule and the integration, wherever all are held.
        let known = list_groups_in(&mut tx, reader).await?;
        self.wake_schedule(&mut tx, id).await?;
        let locked = lock_integration(&mut tx, id).await?;
        let Some(integration) = locked.filter(|locked| locked.deleted_at.is_none()) else { return Ok(None) };
        let draft = find_mapping_draft_in(&mut tx, id).await?;
        set_up.draft_seen.check(&draft_version(draft.as_ref()))?;
        if let Some((mappings, seen)) = set_up.mappings {
            self.put_mappings_in(&mut tx, reader, &integration, mappings, &seen).await?;
        }
        if let Some((sharing, seen)) = set_up.sharing {
            self.share_in(&mut tx, reader, (&integration, &known), sharing, &seen).await?;
        }
        delete_share_draft(&mut tx, id).await?;
        tx.commit().await?;
        self.wake_workers();
        Ok(Some(()))
    }

    /// Keeps who shall have access without saving it, unless somebody else has changed the draft since the person saw it.
    ///
    /// # Errors
    /// [`crate::Error::Changed`].
    pub async fn put_share_draft(
        &self,
        reader: &Reader,
        id: IntegrationId,
        (sharing, chosen_on): (Sharing, String),
        seen: &Precondition,
    ) -> Result<Option<ShareDraft>> {
        if find_integration_of(self.store(), reader, id).await?.is_none() {
            return Ok(None);
        }
        let (user_id, updated_at) = (reader.user_id(), self.clock().now());
        let draft = ShareDraft { sharing, seen: chosen_on, user_id, updated_at };
        let mut tx = self.store().begin().await?;
        if lock_integration(&mut tx, id).await?.is_none_or(|locked| locked.deleted_at.is_some()) {
            return Ok(None);
        }
        let before = find_share_draft_in(&mut tx, id).await?;
        seen.check(&share_draft_version(before.as_ref()))?;
        put_share_draft(&mut tx, id, &draft).await?;
        tx.commit().await?;
        Ok(Some(draft))
    }

    /// Throws the draft of who shall have access away. Who has access keeps it.
    pub async fn delete_share_draft(&self, reader: &Reader, id: IntegrationId) -> Result<Option<()>> {
        if find_integration_of(self.store(), reader, id).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.store().begin().await?;
        delete_share_draft(&mut tx, id).await?;
        tx.commit().await?;
        Ok(Some(()))
    }
}
