//! What somebody has chosen and not saved yet: the last step of setting up saves it, which starts the first sync.

use model::{Draft, Draftable, IntegrationId, NewFieldMapping};
use store::{
    Reader, Tx,
    drafts::{delete_draft, find_draft_in, put_draft},
    integrations::{find_integration_of, lock_integration},
};

use crate::{
    engine::Engine,
    error::Result,
    mappings::check_properties,
    version::{Precondition, draft_version},
};

impl Engine {
    /// Keeps mappings that are not saved yet, as [`Engine::put_draft`]. They are not held against the org: a draft may name
    /// what is still to be mended.
    ///
    /// # Errors
    /// A property does not exist or is fed twice; [`Error::Changed`](crate::Error::Changed).
    pub async fn put_mapping_draft(
        &self,
        reader: &Reader,
        id: IntegrationId,
        mappings: Vec<NewFieldMapping>,
        seen: &Precondition,
    ) -> Result<Option<Draft<Vec<NewFieldMapping>>>> {
        if find_integration_of(self.store(), reader, id).await?.is_none() {
            return Ok(None);
        }
        check_properties(&mappings)?;
        self.put_draft(reader, id, mappings, seen).await
    }

    /// Keeps what is not saved yet, unless somebody else has changed the draft since the person saw it.
    ///
    /// # Errors
    /// [`Error::Changed`](crate::Error::Changed).
    pub async fn put_draft<T: Draftable>(
        &self,
        reader: &Reader,
        id: IntegrationId,
        chosen: T,
        seen: &Precondition,
    ) -> Result<Option<Draft<T>>> {
        let Some(mut tx) = self.begin_draft_change::<T>(reader, id, seen).await? else { return Ok(None) };
        let draft = Draft { chosen, user_id: reader.user_id(), updated_at: self.clock().now() };
        put_draft(&mut tx, id, &draft).await?;
        tx.commit().await?;
        Ok(Some(draft))
    }

    /// Throws a draft away, unless somebody else has changed it since the person saw it. What is saved stays.
    ///
    /// # Errors
    /// [`Error::Changed`](crate::Error::Changed).
    pub async fn delete_draft<T: Draftable>(
        &self,
        reader: &Reader,
        id: IntegrationId,
        seen: &Precondition,
    ) -> Result<Option<()>> {
        let Some(mut tx) = self.begin_draft_change::<T>(reader, id, seen).await? else { return Ok(None) };
        delete_draft::<T>(&mut tx, id).await?;
        tx.commit().await?;
        Ok(Some(()))
    }

    async fn begin_draft_change<T: Draftable>(
        &self,
        reader: &Reader,
        id: IntegrationId,
        seen: &Precondition,
    ) -> Result<Option<Tx>> {
        if find_integration_of(self.store(), reader, id).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.store().begin().await?;
        if lock_integration(&mut tx, id).await?.is_none_or(|locked| locked.deleted_at.is_some()) {
            return Ok(None);
        }
        let before = find_draft_in::<T>(&mut tx, id).await?;
        seen.check(&draft_version(before.as_ref()))?;
        Ok(Some(tx))
    }
}
