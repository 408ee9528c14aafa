//! Field mappings that somebody has chosen and not saved yet.

use model::{IntegrationId, MappingDraft};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::access::readable;
use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct MappingDraftRow {
    mappings: String,
    user_id: String,
    updated_at: i64,
}

impl TryFrom<MappingDraftRow> for MappingDraft {
    type Error = crate::Error;

    fn try_from(row: MappingDraftRow) -> Result<Self> {
        Ok(Self {
            mappings: decode::from_json("mappings", &row.mappings)?,
            user_id: decode::parse("user id", &row.user_id)?,
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

/// Returns an integration's draft; `None` where there is none or the reader may not see it.
pub async fn find_mapping_draft(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
) -> Result<Option<MappingDraft>> {
    let sql = format!(
        "select mappings, user_id, updated_at
         from towpath.mapping_drafts
         where integration_id = $1
           and integration_id in (select i.integration_id from towpath.integrations i where {})",
        readable("i", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [integration_id.as_param(), workspace_id.as_param(), member.as_param()];
    let select = statement("find a draft of mappings", &sql);
    let row: Option<MappingDraftRow> = store.fetch_optional(select, &params).await?;
    row.map(MappingDraft::try_from).transpose()
}

/// The same as the transaction sees it, of any workspace.
pub async fn find_mapping_draft_in(
    tx: &mut Tx,
    integration_id: IntegrationId,
) -> Result<Option<MappingDraft>> {
    let select = statement(
        "find a draft of mappings",
        "select mappings, user_id, updated_at
         from towpath.mapping_drafts
         where integration_id = $1",
    );
    let row: Option<MappingDraftRow> = tx.fetch_optional(select, &[integration_id.as_param()]).await?;
    row.map(MappingDraft::try_from).transpose()
}

/// Stores an integration's draft in place of the one it has.
pub async fn put_mapping_draft(
    tx: &mut Tx,
    integration_id: IntegrationId,
    draft: &MappingDraft,
) -> Result<()> {
    let upsert = statement(
        "store a draft of mappings",
        "insert into towpath.mapping_drafts (integration_id, mappings, user_id, updated_at)
         values ($1, $2, $3, $4)
         on conflict (integration_id) do update
         set mappings = excluded.mappings, user_id = excluded.user_id, updated_at = excluded.updated_at",
    );
    let mappings = decode::to_json(&draft.mappings);
    let params = [
        integration_id.as_param(),
        mappings.as_param(),
        draft.user_id.as_param(),
        draft.updated_at.as_param(),
    ];
    tx.execute(upsert, &params).await.map(|_| ())
}

/// Throws an integration's draft away.
pub async fn delete_mapping_draft(tx: &mut Tx, integration_id: IntegrationId) -> Result<()> {
    let delete = statement(
        "delete a draft of mappings",
        "delete from towpath.mapping_drafts
         where integration_id = $1",
    );
    tx.execute(delete, &[integration_id.as_param()]).await.map(|_| ())
}
