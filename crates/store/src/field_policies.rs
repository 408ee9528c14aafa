//! How sync rules treat fields beside their selection.

use model::{FieldPolicy, FieldSelection, SyncRuleId};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::access::readable;
use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct PolicyRow {
    field_policy: String,
}

impl PolicyRow {
    fn read(self) -> Result<FieldPolicy> {
        decode::from_json("field policy", &self.field_policy)
    }
}

const POLICY: &str = "select field_policy
     from towpath.sync_rules
     where sync_rule_id = $1";

/// Returns how a rule treats fields; what is usual where there is no such rule.
pub async fn find_field_policy(store: &Store, sync_rule_id: SyncRuleId) -> Result<FieldPolicy> {
    let select = statement("find a field policy", POLICY);
    let row: Option<PolicyRow> = store.fetch_optional(select, &[sync_rule_id.as_param()]).await?;
    row.map_or_else(|| Ok(FieldPolicy::default()), PolicyRow::read)
}

/// The same as the transaction sees it.
pub async fn find_field_policy_in(tx: &mut Tx, sync_rule_id: SyncRuleId) -> Result<FieldPolicy> {
    let select = statement("find a field policy", POLICY);
    let row: Option<PolicyRow> = tx.fetch_optional(select, &[sync_rule_id.as_param()]).await?;
    row.map_or_else(|| Ok(FieldPolicy::default()), PolicyRow::read)
}

/// Returns how a rule of the reader's workspace treats fields.
pub async fn find_field_policy_of(
    store: &Store,
    reader: &Reader,
    sync_rule_id: SyncRuleId,
) -> Result<Option<FieldPolicy>> {
    let sql = format!(
        "select r.field_policy
         from towpath.sync_rules r
         join towpath.integrations i on i.integration_id = r.integration_id
         where r.sync_rule_id = $1 and {} and i.deleted_at is null",
        readable("i", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [sync_rule_id.as_param(), workspace_id.as_param(), member.as_param()];
    let row: Option<PolicyRow> =
        store.fetch_optional(statement("find a field policy", &sql), &params).await?;
    row.map(PolicyRow::read).transpose()
}

/// Stores how a rule treats fields.
pub async fn put_field_policy(
    tx: &mut Tx,
    sync_rule_id: SyncRuleId,
    policy: &FieldPolicy,
    now: Timestamp,
) -> Result<()> {
    let update = statement(
        "store a field policy",
        "update towpath.sync_rules
         set field_policy = $2, updated_at = $3
         where sync_rule_id = $1",
    );
    let policy = decode::to_json(policy);
    tx.execute(update, &[sync_rule_id.as_param(), policy.as_param(), now.as_param()]).await.map(|_| ())
}

/// Stores which fields a rule copies, where nothing else about it changes.
pub async fn put_selection(
    tx: &mut Tx,
    sync_rule_id: SyncRuleId,
    selection: &FieldSelection,
    now: Timestamp,
) -> Result<()> {
    let update = statement(
        "store a selection of fields",
        "update towpath.sync_rules
         set fields = $2, updated_at = $3
         where sync_rule_id = $1",
    );
    let selection = decode::to_json(selection);
    tx.execute(update, &[sync_rule_id.as_param(), selection.as_param(), now.as_param()]).await.map(|_| ())
}
