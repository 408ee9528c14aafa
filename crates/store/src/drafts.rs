//! What somebody has chosen while setting an integration up and not saved yet: one draft of each kind.

use model::{Draft, Draftable, IntegrationId, UserId};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::access::readable;
use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct DraftRow {
    chosen: String,
    user_id: String,
    updated_at: i64,
}

impl DraftRow {
    /// `None` where an older program wrote what cannot be read: nothing but choices that were not saved is lost with it.
    fn into_draft<T: Draftable>(self) -> Result<Option<Draft<T>>> {
        let Ok(chosen) = decode::from_json(T::KIND, &self.chosen) else {
            tracing::warn!(kind = T::KIND, "a draft that cannot be read counts as none");
            return Ok(None);
        };
        let user_id = decode::parse("user id", &self.user_id)?;
        Ok(Some(Draft { chosen, user_id, updated_at: Timestamp::from_millis(self.updated_at) }))
    }
}

/// Returns an integration's draft; `None` where there is none or the reader may not see it.
pub async fn find_draft<T: Draftable>(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
) -> Result<Option<Draft<T>>> {
    let sql = format!(
        "select chosen, user_id, updated_at
         from towpath.drafts
         where integration_id = $1 and kind = $2
           and integration_id in (select i.integration_id from towpath.integrations i where {})",
        readable("i", 3, 4)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [integration_id.as_param(), T::KIND.as_param(), workspace_id.as_param(), member.as_param()];
    let row: Option<DraftRow> = store.fetch_optional(statement("find a draft", &sql), &params).await?;
    row.map_or(Ok(None), DraftRow::into_draft)
}

/// The same as the transaction sees it, of any workspace.
pub async fn find_draft_in<T: Draftable>(
    tx: &mut Tx,
    integration_id: IntegrationId,
) -> Result<Option<Draft<T>>> {
    let select = statement(
        "find a draft",
        "select chosen, user_id, updated_at
         from towpath.drafts
         where integration_id = $1 and kind = $2",
    );
    let row: Option<DraftRow> =
        tx.fetch_optional(select, &[integration_id.as_param(), T::KIND.as_param()]).await?;
    row.map_or(Ok(None), DraftRow::into_draft)
}

/// Stores an integration's draft in place of the one it has.
pub async fn put_draft<T: Draftable>(
    tx: &mut Tx,
    integration_id: IntegrationId,
    draft: &Draft<T>,
) -> Result<()> {
    let upsert = statement(
        "store a draft",
        "insert into towpath.drafts (integration_id, kind, chosen, user_id, updated_at)
         values ($1, $2, $3, $4, $5)
         on conflict (integration_id, kind) do update
         set chosen = excluded.chosen, user_id = excluded.user_id, updated_at = excluded.updated_at",
    );
    let chosen = decode::to_json(&draft.chosen);
    let params = [
        integration_id.as_param(),
        T::KIND.as_param(),
        chosen.as_param(),
        draft.user_id.as_param(),
        draft.updated_at.as_param(),
    ];
    tx.execute(upsert, &params).await.map(|_| ())
}

/// Throws an integration's draft away.
pub async fn delete_draft<T: Draftable>(tx: &mut Tx, integration_id: IntegrationId) -> Result<()> {
    let delete = statement(
        "delete a draft",
        "delete from towpath.drafts
         where integration_id = $1 and kind = $2",
    );
    tx.execute(delete, &[integration_id.as_param(), T::KIND.as_param()]).await.map(|_| ())
}

/// Throws an integration's draft away where this person changed it last; that of somebody else stays.
pub async fn delete_own_draft<T: Draftable>(
    tx: &mut Tx,
    integration_id: IntegrationId,
    user_id: UserId,
) -> Result<()> {
    let delete = statement(
        "delete a person's draft",
        "delete from towpath.drafts
         where integration_id = $1 and kind = $2 and user_id = $3",
    );
    let params = [integration_id.as_param(), T::KIND.as_param(), user_id.as_param()];
    tx.execute(delete, &params).await.map(|_| ())
}
