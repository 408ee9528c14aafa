//! Which integrations a reader may read: those of the whole workspace, those of the reader's groups, and those that were
//! shared with one of them. Who manages integrations reads all of the workspace.

use model::IntegrationId;
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store};

/// The condition under which an integration, by its alias in a statement, may be read. The two parameters, by their
/// numbers, are the reader's workspace and [`Reader::confined_to`].
///
/// Every statement that answers a reader with something of an integration has it.
pub(crate) fn readable(integration: &str, workspace: u8, member: u8) -> String {
    format!(
        "({integration}.workspace_id = ${workspace} and (${member} is null
             or ({integration}.group_id is null and {integration}.deleted_at is null)
             or {integration}.group_id in (
                 select own.group_id from towpath.group_members own where own.user_id = ${member}
             )
             or {integration}.integration_id in (
                 select lent.integration_id
                 from towpath.shares lent
                 join towpath.group_members receiver on receiver.group_id = lent.group_id
                 where receiver.user_id = ${member}
             )))"
    )
}

/// How a reader comes to read an integration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// By a role, or because it belongs to a group of the reader's or to the whole workspace.
    Own,
    /// Another group shared it with one of the reader's. It is not theirs to change, stop or pass on.
    Received,
}

/// Returns how the reader comes to read an integration; `None` where the reader may not, or there is none.
pub async fn find_access(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
) -> Result<Option<Access>> {
    #[derive(FromRow)]
    struct OwnRow {
        is_own: i64,
    }
    let sql = format!(
        "select cast(case when $3 is null or i.group_id is null or i.group_id in (
             select own.group_id from towpath.group_members own where own.user_id = $3
         ) then 1 else 0 end as bigint) as is_own
         from towpath.integrations i
         where i.integration_id = $1 and i.deleted_at is null and {}",
        readable("i", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [integration_id.as_param(), workspace_id.as_param(), member.as_param()];
    let row: Option<OwnRow> =
        store.fetch_optional(statement("find who may read an integration", &sql), &params).await?;
    Ok(row.map(|row| if row.is_own == 1 { Access::Own } else { Access::Received }))
}
