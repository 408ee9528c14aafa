//! The end of setting up: mappings and who has access are saved together, or nothing is.

use model::{ChosenSharing, IntegrationId, NewFieldMapping, Sharing};
use store::{
    Reader,
    drafts::{delete_draft, delete_own_draft, find_draft_in},
    groups::list_groups_in,
    integrations::{find_integration_of, lock_integration},
};

use crate::{
    engine::Engine,
    error::Result,
    version::{Precondition, draft_version},
};

/// What somebody saw and chose while setting up.
#[derive(Clone, Debug, Default)]
pub struct SetUp {
    /// The mappings, and the version of those that they take the place of; `None` where those that are saved stay.
    pub mappings: Option<(Vec<NewFieldMapping>, Precondition)>,
    /// The draft of mappings that was seen, which ends with this; of one that nobody saw only the person's own does.
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
        let draft = find_draft_in::<Vec<NewFieldMapping>>(&mut tx, id).await?;
        set_up.draft_seen.check(&draft_version(draft.as_ref()))?;
        if let Some((mappings, seen)) = set_up.mappings {
            self.put_mappings_in(&mut tx, reader, &integration, mappings, &seen).await?;
            match set_up.draft_seen {
                // It is what was saved, whoever chose it.
                Precondition::Version(_) => delete_draft::<Vec<NewFieldMapping>>(&mut tx, id).await?,
                _ => delete_own_draft::<Vec<NewFieldMapping>>(&mut tx, id, reader.user_id()).await?,
            }
        }
        match set_up.sharing {
            Some((sharing, seen)) => {
                self.share_in(&mut tx, reader, (&integration, &known), sharing, &seen).await?;
                delete_draft::<ChosenSharing>(&mut tx, id).await?;
            }
            // What a colleague has chosen meanwhile, and this person did not save, stays.
            None => delete_own_draft::<ChosenSharing>(&mut tx, id, reader.user_id()).await?,
        }
        tx.commit().await?;
        self.wake_workers();
        Ok(Some(()))
    }
}
