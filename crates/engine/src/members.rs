//! Changes of members: two people who change the same member at once do not undo each other unseen.

use model::{Member, UserId};
use store::{Reader, Tx, members::lock_member};

use crate::{
    engine::Engine,
    error::Result,
    version::{Precondition, member_version},
};

impl Engine {
    /// Begins to change or remove a member, unless somebody else has changed them since the person saw them; `None` where
    /// the workspace has no such member. Its members stay as they are until the transaction ends.
    ///
    /// # Errors
    /// [`crate::Error::Changed`].
    pub async fn begin_member_change(
        &self,
        reader: &Reader,
        id: UserId,
        seen: &Precondition,
    ) -> Result<Option<(Tx, Member)>> {
        let mut tx = self.store().begin().await?;
        let Some(member) = lock_member(&mut tx, reader, id).await? else { return Ok(None) };
        seen.check(&member_version(&member))?;
        Ok(Some((tx, member)))
    }
}
