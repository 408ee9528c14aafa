//! Records, or values of them, that could not be stored as they came, and why.

use model::{SyncRuleId, SyncRunId};
use salesforce::{SObjectName, Timestamp};
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, Tx, decode};

/// Why a record was rejected, or what was changed about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowError {
    /// The rule that read it.
    pub sync_rule_id: SyncRuleId,
    /// The record's id as it came; empty where it has none.
    pub record_id: String,
    /// The field; empty where it is about the whole record.
    pub field: String,
    /// What it is, such as `text.nul`.
    pub code: String,
    /// One sentence, without the value.
    pub message: String,
    /// The run that last met it.
    pub sync_run_id: SyncRunId,
    /// When.
    pub failed_at: Timestamp,
}

#[derive(FromRow)]
struct RowErrorRow {
    record_id: String,
    field: String,
    code: String,
    message: String,
    sync_run_id: String,
    failed_at: i64,
}

/// Stores row errors. One that was met before is renewed, not doubled.
pub async fn put_row_errors(tx: &mut Tx, row_errors: &[RowError]) -> Result<()> {
    let upsert = statement(
        "store a row error",
        "insert into towpath.row_errors (sync_rule_id, record_id, field, code, message, sync_run_id, failed_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (sync_rule_id, record_id, field, code) do update
         set message = excluded.message, sync_run_id = excluded.sync_run_id, failed_at = excluded.failed_at",
    );
    for row_error in row_errors {
        let params = [
            row_error.sync_rule_id.as_param(),
            row_error.record_id.as_param(),
            row_error.field.as_param(),
            row_error.code.as_param(),
            row_error.message.as_param(),
            row_error.sync_run_id.as_param(),
            row_error.failed_at.as_param(),
        ];
        tx.execute(upsert, &params).await?;
    }
    Ok(())
}

/// Returns a rule's row errors, the newest first.
pub async fn list_row_errors(store: &Store, sync_rule_id: SyncRuleId, limit: u32) -> Result<Vec<RowError>> {
    let select = statement(
        "list row errors",
        "select record_id, field, code, message, sync_run_id, failed_at
         from towpath.row_errors
         where sync_rule_id = $1
         order by failed_at desc, record_id, field, code
         limit $2",
    );
    let params = [sync_rule_id.as_param(), limit.as_param()];
    let rows: Vec<RowErrorRow> = store.fetch_all(select, &params).await?;
    rows.into_iter()
        .map(|row| {
            Ok(RowError {
                sync_rule_id,
                record_id: row.record_id,
                field: row.field,
                code: row.code,
                message: row.message,
                sync_run_id: decode::parse("sync run id", &row.sync_run_id)?,
                failed_at: Timestamp::from_millis(row.failed_at),
            })
        })
        .collect()
}

/// Returns the row errors that a run of the reader's workspace met last, and the sObject of each, the newest first.
pub async fn list_row_errors_of(
    store: &Store,
    reader: &Reader,
    sync_run_id: SyncRunId,
    limit: u32,
) -> Result<Vec<(SObjectName, RowError)>> {
    #[derive(FromRow)]
    struct RunErrorRow {
        sync_rule_id: String,
        sobject_name: String,
        record_id: String,
        field: String,
        code: String,
        message: String,
        failed_at: i64,
    }
    let select = statement(
        "list row errors",
        "select errors.sync_rule_id, rules.sobject_name, errors.record_id, errors.field, errors.code, errors.message,
             errors.failed_at
         from towpath.row_errors as errors
         join towpath.sync_rules as rules on rules.sync_rule_id = errors.sync_rule_id
         join towpath.integrations as integrations on integrations.integration_id = rules.integration_id
         where errors.sync_run_id = $1 and integrations.workspace_id = $2
         order by errors.failed_at desc, errors.record_id, errors.field, errors.code
         limit $3",
    );
    let workspace_id = reader.workspace_id();
    let params = [sync_run_id.as_param(), workspace_id.as_param(), limit.as_param()];
    let rows: Vec<RunErrorRow> = store.fetch_all(select, &params).await?;
    let read = |row: RunErrorRow| {
        let row_error = RowError {
            sync_rule_id: decode::parse("sync rule id", &row.sync_rule_id)?,
            record_id: row.record_id,
            field: row.field,
            code: row.code,
            message: row.message,
            sync_run_id,
            failed_at: Timestamp::from_millis(row.failed_at),
        };
        Ok((decode::parse("name of an sObject", &row.sobject_name)?, row_error))
    };
    rows.into_iter().map(read).collect()
}

/// Forgets the row errors of a rule that its last full read did not meet again.
pub async fn delete_row_errors_before(
    tx: &mut Tx,
    sync_rule_id: SyncRuleId,
    failed_before: Timestamp,
) -> Result<u64> {
    let delete = statement(
        "forget row errors",
        "delete from towpath.row_errors
         where sync_rule_id = $1 and failed_at < $2",
    );
    tx.execute(delete, &[sync_rule_id.as_param(), failed_before.as_param()]).await
}
