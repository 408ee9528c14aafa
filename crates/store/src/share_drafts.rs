//! Who shall have access to an integration, as somebody has chosen it and not saved yet.

use model::{IntegrationId, ShareDraft, Sharing};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::access::readable;
use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct ShareDraftRow {
    group_id: Option<String>,
    receivers: String,
    seen: String,
    user_id: String,
    updated_at: i64,
}

impl TryFrom<ShareDraftRow> for ShareDraft {
    type Error = crate::Error;

    fn try_from(row: ShareDraftRow) -> Result<Self> {
        let receivers = row.receivers.split_whitespace().map(|id| decode::parse("group id", id));
        Ok(Self {
            sharing: Sharing {
                group_id: decode::parse_optional("group id", row.group_id.as_deref())?,
                receivers: receivers.collect::<Result<_>>()?,
            },
            seen: row.seen,
            user_id: decode::parse("user id", &row.user_id)?,
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

/// Returns an integration's draft; `None` where there is none or the reader may not see it.
pub async fn find_share_draft(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
) -> Result<Option<ShareDraft>> {
    let sql = format!(
        "select group_id, receivers, seen, user_id, updated_at
         from towpath.share_drafts
         where integration_id = $1
           and integration_id in (select i.integration_id from towpath.integrations i where {})",
        readable("i", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [integration_id.as_param(), workspace_id.as_param(), member.as_param()];
    let select = statement("find a draft of shares", &sql);
    let row: Option<ShareDraftRow> = store.fetch_optional(select, &params).await?;
    row.map(ShareDraft::try_from).transpose()
}

/// The same as the transaction sees it, of any workspace.
pub async fn find_share_draft_in(tx: &mut Tx, integration_id: IntegrationId) -> Result<Option<ShareDraft>> {
    let select = statement(
        "find a draft of shares",
        "select group_id, receivers, seen, user_id, updated_at
         from towpath.share_drafts
         where integration_id = $1",
    );
    let row: Option<ShareDraftRow> = tx.fetch_optional(select, &[integration_id.as_param()]).await?;
    row.map(ShareDraft::try_from).transpose()
}

/// Stores an integration's draft in place of the one it has.
pub async fn put_share_draft(tx: &mut Tx, integration_id: IntegrationId, draft: &ShareDraft) -> Result<()> {
    let upsert = statement(
        "store a draft of shares",
        "insert into towpath.share_drafts (integration_id, group_id, receivers, seen, user_id, updated_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (integration_id) do update
         set group_id = excluded.group_id, receivers = excluded.receivers, seen = excluded.seen,
             user_id = excluded.user_id, updated_at = excluded.updated_at",
    );
    let receivers: Vec<_> = draft.sharing.receivers.iter().map(ToString::to_string).collect();
    let receivers = receivers.join(" ");
    let params = [
        integration_id.as_param(),
        draft.sharing.group_id.as_param(),
        receivers.as_param(),
        draft.seen.as_param(),
        draft.user_id.as_param(),
        draft.updated_at.as_param(),
    ];
    tx.execute(upsert, &params).await.map(|_| ())
}

/// Throws an integration's draft away.
pub async fn delete_share_draft(tx: &mut Tx, integration_id: IntegrationId) -> Result<()> {
    let delete = statement(
        "delete a draft of shares",
        "delete from towpath.share_drafts
         where integration_id = $1",
    );
    tx.execute(delete, &[integration_id.as_param()]).await.map(|_| ())
}
