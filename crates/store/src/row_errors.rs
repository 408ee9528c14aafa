//! Records, or values of them, that could not be stored as they came, and why.

use model::{IntegrationId, SyncRuleId, SyncRunId};
use salesforce::{RecordId, SObjectName, Timestamp};
use sqlx::FromRow;

use crate::access::readable;
use crate::db::{AsParam, Param, statement};
use crate::{Reader, Result, Store, Tx, decode};

/// Records named in one statement.
const IDS_AT_ONCE: usize = 500;

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

impl RowErrorRow {
    fn into_row_error(self, sync_rule_id: SyncRuleId) -> Result<RowError> {
        Ok(RowError {
            sync_rule_id,
            record_id: self.record_id,
            field: self.field,
            code: self.code,
            message: self.message,
            sync_run_id: decode::parse("sync run id", &self.sync_run_id)?,
            failed_at: Timestamp::from_millis(self.failed_at),
        })
    }
}

/// Stores row errors. One that was met before is renewed, not doubled.
pub async fn put_row_errors(tx: &mut Tx, row_errors: &[RowError]) -> Result<()> {
    let upsert = statement(
        "store a row error",
        "insert into towpath.row_errors (sync_rule_id, record_id, field, code, message, sync_run_id, failed_at,
             first_failed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)
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
    rows.into_iter().map(|row| row.into_row_error(sync_rule_id)).collect()
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
    let sql = format!(
        "select errors.sync_rule_id, rules.sobject_name, errors.record_id, errors.field, errors.code, errors.message,
             errors.failed_at
         from towpath.row_errors as errors
         join towpath.sync_rules as rules on rules.sync_rule_id = errors.sync_rule_id
         join towpath.integrations as integrations on integrations.integration_id = rules.integration_id
         where errors.sync_run_id = $1 and {}
         order by errors.failed_at desc, errors.record_id, errors.field, errors.code
         limit $4",
        readable("integrations", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [sync_run_id.as_param(), workspace_id.as_param(), member.as_param(), limit.as_param()];
    let rows: Vec<RunErrorRow> = store.fetch_all(statement("list row errors", &sql), &params).await?;
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

/// What the row errors of one sObject and one code have in common.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowErrorKind {
    /// The sObject.
    pub sobject: SObjectName,
    /// What it is, such as `text.nul`.
    pub code: String,
    /// One sentence, of one of them.
    pub message: String,
    /// How many records have it.
    pub records: u64,
    /// Since when the first of them has it.
    pub since: Timestamp,
    /// When one was met last.
    pub failed_at: Timestamp,
    /// Some of the records by their ids, those met last first.
    pub examples: Vec<String>,
}

/// So many kinds are told apart: there are a few codes, and integrations have some dozens of sObjects.
const MOST_KINDS: u32 = 100;

/// Returns what is wrong with records of an integration that the reader may read, each kind once, that of most records
/// first, with at most so many examples.
pub async fn list_row_error_kinds(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
    examples: u32,
) -> Result<Vec<RowErrorKind>> {
    #[derive(FromRow)]
    struct KindRow {
        sync_rule_id: String,
        sobject_name: String,
        code: String,
        message: String,
        records: i64,
        since: i64,
        failed_at: i64,
    }
    let sql = format!(
        "select errors.sync_rule_id, rules.sobject_name, errors.code, max(errors.message) as message,
             count(distinct errors.record_id) as records,
             min(coalesce(errors.first_failed_at, errors.failed_at)) as since, max(errors.failed_at) as failed_at
         from towpath.row_errors as errors
         join towpath.sync_rules as rules on rules.sync_rule_id = errors.sync_rule_id
         join towpath.integrations as integrations on integrations.integration_id = rules.integration_id
         where integrations.integration_id = $1 and {}
         group by errors.sync_rule_id, rules.sobject_name, errors.code
         order by records desc, rules.sobject_name, errors.code
         limit $4",
        readable("integrations", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params =
        [integration_id.as_param(), workspace_id.as_param(), member.as_param(), MOST_KINDS.as_param()];
    let rows: Vec<KindRow> = store.fetch_all(statement("list kinds of row errors", &sql), &params).await?;
    let mut kinds = Vec::with_capacity(rows.len());
    for row in rows {
        let sync_rule_id = decode::parse("sync rule id", &row.sync_rule_id)?;
        kinds.push(RowErrorKind {
            sobject: decode::parse("name of an sObject", &row.sobject_name)?,
            examples: list_examples(store, sync_rule_id, &row.code, examples).await?,
            code: row.code,
            message: row.message,
            records: decode::count("count of records", row.records)?,
            since: Timestamp::from_millis(row.since),
            failed_at: Timestamp::from_millis(row.failed_at),
        });
    }
    Ok(kinds)
}

async fn list_examples(
    store: &Store,
    sync_rule_id: SyncRuleId,
    code: &str,
    limit: u32,
) -> Result<Vec<String>> {
    #[derive(FromRow)]
    struct IdRow {
        record_id: String,
    }
    let select = statement(
        "list records with a row error",
        "select record_id
         from towpath.row_errors
         where sync_rule_id = $1 and code = $2 and record_id <> ''
         group by record_id
         order by max(failed_at) desc, record_id
         limit $3",
    );
    let params = [sync_rule_id.as_param(), Param::Text(Some(code.into())), limit.as_param()];
    let rows: Vec<IdRow> = store.fetch_all(select, &params).await?;
    Ok(rows.into_iter().map(|row| row.record_id).collect())
}

/// Returns records of a rule that have a row error of a code, those met last first.
pub async fn list_failed_ids_of(
    store: &Store,
    sync_rule_id: SyncRuleId,
    code: &str,
    limit: u32,
) -> Result<Vec<RecordId>> {
    let ids = list_examples(store, sync_rule_id, code, limit).await?;
    Ok(ids.into_iter().filter_map(|id| id.parse().ok()).collect())
}

/// Returns records of a rule that have row errors, those met last first.
pub async fn list_failed_ids(store: &Store, sync_rule_id: SyncRuleId, limit: u32) -> Result<Vec<RecordId>> {
    #[derive(FromRow)]
    struct IdRow {
        record_id: String,
    }
    let select = statement(
        "list records with row errors",
        "select record_id
         from towpath.row_errors
         where sync_rule_id = $1
         group by record_id
         order by max(failed_at) desc, record_id
         limit $2",
    );
    let rows: Vec<IdRow> = store.fetch_all(select, &[sync_rule_id.as_param(), limit.as_param()]).await?;
    // What came without an id that can be read is not met again by it.
    Ok(rows.into_iter().filter_map(|row| row.record_id.parse().ok()).collect())
}

/// Returns those of some records that have a row error of a code.
pub async fn failed_among(
    tx: &mut Tx,
    sync_rule_id: SyncRuleId,
    code: &str,
    ids: &[RecordId],
) -> Result<Vec<RecordId>> {
    #[derive(FromRow)]
    struct IdRow {
        record_id: String,
    }
    let mut failed = Vec::new();
    for ids in ids.chunks(IDS_AT_ONCE) {
        let places: Vec<String> = (0..ids.len()).map(|at| format!("${}", at + 3)).collect();
        let sql = format!(
            "select distinct record_id
             from towpath.row_errors
             where sync_rule_id = $1 and code = $2 and record_id in ({})
             order by record_id",
            places.join(", ")
        );
        let mut params = vec![sync_rule_id.as_param(), Param::Text(Some(code.into()))];
        params.extend(ids.iter().map(AsParam::as_param));
        let rows: Vec<IdRow> = tx.fetch_all(statement("look for row errors", &sql), &params).await?;
        for row in rows {
            failed.push(decode::parse("record id", &row.record_id)?);
        }
    }
    Ok(failed)
}

/// Forgets the row errors of records that were met again. What is still wrong with them is stored anew.
pub async fn delete_row_errors_of(tx: &mut Tx, sync_rule_id: SyncRuleId, ids: &[RecordId]) -> Result<()> {
    let delete = statement(
        "forget row errors",
        "delete from towpath.row_errors
         where sync_rule_id = $1 and record_id = $2",
    );
    for id in ids {
        tx.execute(delete, &[sync_rule_id.as_param(), id.as_param()]).await?;
    }
    Ok(())
}

/// Forgets the row errors of records that were read well at an instant, but those that were met since.
pub async fn delete_row_errors_read_at(
    tx: &mut Tx,
    sync_rule_id: SyncRuleId,
    ids: &[RecordId],
    read_at: Timestamp,
) -> Result<()> {
    let delete = statement(
        "forget row errors",
        "delete from towpath.row_errors
         where sync_rule_id = $1 and record_id = $2 and failed_at < $3",
    );
    for id in ids {
        tx.execute(delete, &[sync_rule_id.as_param(), id.as_param(), read_at.as_param()]).await?;
    }
    Ok(())
}

/// Returns what is known to be wrong with a record that a rule read.
pub async fn list_row_errors_about(
    store: &Store,
    sync_rule_id: SyncRuleId,
    record_id: RecordId,
) -> Result<Vec<RowError>> {
    let select = statement(
        "list row errors",
        "select record_id, field, code, message, sync_run_id, failed_at
         from towpath.row_errors
         where sync_rule_id = $1 and record_id = $2
         order by field, code",
    );
    let rows: Vec<RowErrorRow> =
        store.fetch_all(select, &[sync_rule_id.as_param(), record_id.as_param()]).await?;
    rows.into_iter().map(|row| row.into_row_error(sync_rule_id)).collect()
}

/// Forgets the row errors of one code that were last met before an instant: who looked at all records of the rule since
/// then has not met them again.
pub async fn delete_row_errors_before(
    tx: &mut Tx,
    sync_rule_id: SyncRuleId,
    code: &str,
    failed_before: Timestamp,
) -> Result<u64> {
    let delete = statement(
        "forget row errors",
        "delete from towpath.row_errors
         where sync_rule_id = $1 and code = $2 and failed_at < $3",
    );
    let params = [sync_rule_id.as_param(), code.as_param(), failed_before.as_param()];
    tx.execute(delete, &params).await
}
