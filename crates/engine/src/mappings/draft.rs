//! Mappings that somebody has chosen and not saved yet: the last step of setting up saves them, which starts the first sync.

use model::{IntegrationId, MappingDraft, NewFieldMapping};
use store::{
    Reader,
    integrations::{find_integration_of, lock_integration},
    mapping_drafts::{delete_mapping_draft, find_mapping_draft_in, put_mapping_draft},
};

use super::{check_repetition, property_of};
use crate::{
    engine::Engine,
    error::Result,
    version::{Precondition, draft_version},
};

impl Engine {
    /// Keeps mappings that are not saved yet, unless somebody else has changed them since the person saw them. They are not
    /// held against the org: a draft may name what is still to be mended.
    ///
    /// # Errors
    /// A property does not exist or is fed twice; [`Error::Changed`](crate::Error::Changed).
    pub async fn put_mapping_draft(
        &self,
        reader: &Reader,
        id: IntegrationId,
        mappings: Vec<NewFieldMapping>,
        seen: &Precondition,
    ) -> Result<Option<MappingDraft>> {
        if find_integration_of(self.store(), reader, id).await?.is_none() {
            return Ok(None);
        }
        check_repetition(&mappings)?;
        for mapping in &mappings {
            property_of(mapping)?;
        }
        let draft = MappingDraft { mappings, user_id: reader.user_id(), updated_at: self.clock().now() };
        let mut tx = self.store().begin().await?;
        if lock_integration(&mut tx, id).await?.is_none_or(|locked| locked.deleted_at.is_some()) {
            return Ok(None);
        }
        let before = find_mapping_draft_in(&mut tx, id).await?;
        seen.check(&draft_version(before.as_ref()))?;
        put_mapping_draft(&mut tx, id, &draft).await?;
        tx.commit().await?;
        Ok(Some(draft))
    }

    /// Throws an integration's draft of mappings away. What is saved stays.
    pub async fn delete_mapping_draft(&self, reader: &Reader, id: IntegrationId) -> Result<Option<()>> {
        if find_integration_of(self.store(), reader, id).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.store().begin().await?;
        delete_mapping_draft(&mut tx, id).await?;
        tx.commit().await?;
        Ok(Some(()))
    }
}
