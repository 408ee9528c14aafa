//! Records that are gone, and those that are not.

use model::{ColumnKind, GoneRecord, IntegrationId, RowStamp, StoredStamp, SyncRunId};
use salesforce::{RecordId, SObjectName, Timestamp};
use sqlx::FromRow;

use crate::db::{AsParam, Identifier, Param, RawCell, RawRow, statement};
use crate::sync_rules::sobject_key;
use crate::{RecordTable, Result, Store, Tx, decode};

/// Records named in one statement: four parameters each, well within both databases' bounds.
const AT_ONCE: usize = 500;

#[derive(FromRow)]
struct IdRow {
    id: String,
}

/// Marks records as gone, with the evidence. Their values stay as they were last seen.
///
/// A record whose stored version is newer than the evidence stays as it is. One that is gone already keeps the instant at
/// which it went, and takes on stronger evidence: deleted, merged or purged over the others. Returns the records that
/// changed.
pub async fn mark_gone(
    tx: &mut Tx,
    table: &RecordTable,
    gone: &[GoneRecord],
    at: Timestamp,
) -> Result<Vec<RecordId>> {
    let mut marked = Vec::new();
    for records in gone.chunks(AT_ONCE) {
        let sql = mark_statement(table, records.len());
        let at = at.to_string();
        let stamps: Vec<Option<String>> =
            records.iter().map(|record| record.system_modstamp.map(|stamp| stamp.to_string())).collect();
        let mut params = vec![at.as_param()];
        for (record, stamp) in records.iter().zip(&stamps) {
            params.extend([
                record.id.as_param(),
                Param::Text(Some(record.why.as_str().into())),
                record.merged_into.as_param(),
                stamp.as_param(),
            ]);
        }
        let rows: Vec<IdRow> = tx.fetch_all(statement("mark records as gone", &sql), &params).await?;
        for row in rows {
            marked.push(decode::parse("record id", &row.id)?);
        }
    }
    Ok(marked)
}

/// Keeps how we know that records are gone, in the transaction that marks them. What a person who opened a record came upon
/// belongs to no run.
pub async fn put_gone_evidence(
    tx: &mut Tx,
    integration_id: IntegrationId,
    sobject: &SObjectName,
    sync_run_id: Option<SyncRunId>,
    gone: &[&GoneRecord],
    at: Timestamp,
) -> Result<()> {
    let sobject = sobject_key(sobject);
    for gone in gone.chunks(AT_ONCE) {
        let rows: Vec<String> = (0..gone.len())
            .map(|row| format!("($1, $2, ${}, ${}, ${}, $3, $4)", 5 + row * 3, 6 + row * 3, 7 + row * 3))
            .collect();
        let sql = format!(
            "insert into towpath.gone_evidence (integration_id, sobject, record_id, why, evidence, sync_run_id, found_at)
             values {}
             on conflict (integration_id, sobject, record_id) do update
             set why = excluded.why, evidence = excluded.evidence, sync_run_id = excluded.sync_run_id,
                 found_at = excluded.found_at",
            rows.join(", ")
        );
        let mut params =
            vec![integration_id.as_param(), sobject.as_param(), sync_run_id.as_param(), at.as_param()];
        for record in gone {
            params.extend([
                record.id.as_param(),
                Param::Text(Some(record.why.as_str().into())),
                Param::Text(Some(record.evidence.as_str().into())),
            ]);
        }
        tx.execute(statement("keep the evidence of gone records", &sql), &params).await?;
    }
    Ok(())
}

/// Writes the statement for so many records. In both databases the columns of a list of values are called `column1`
/// and so on.
fn mark_statement(table: &RecordTable, records: usize) -> String {
    let shape = table.shape();
    let rows: Vec<String> = (0..records)
        .map(|row| {
            let first = 2 + row * 4;
            format!("(${}, ${}, ${}, ${})", first, first + 1, first + 2, first + 3)
        })
        .collect();
    let stamp = shape.stamp.map(|stamp| Identifier::new(&shape.columns[stamp].name));
    let evidence = shape.dialect.instant("gone.column4");
    let (raise, not_newer) = match stamp {
        None => (String::new(), String::new()),
        Some(stamp) => (
            format!(", {stamp} = case when gone.column4 is null then kept.{stamp} else {evidence} end"),
            format!(
                "\n  and (
      gone.column4 is null
      or kept.{stamp} is null
      or kept.{stamp} <= {evidence}
  )"
            ),
        ),
    };
    format!(
        "update {} as kept
set \"_gone_at\" = coalesce(kept.\"_gone_at\", {}), \"_gone_why\" = gone.column2, \"_merged_into\" = gone.column3{raise}
from (values {}) as gone
where kept.\"id\" = gone.column1
  and (
      kept.\"_gone_at\" is null
      or kept.\"_gone_why\" in ('absent', 'hidden', 'filtered') and gone.column2 in ('deleted', 'merged', 'purged')
      or kept.\"_gone_why\" = 'deleted' and gone.column2 in ('merged', 'purged')
  ){not_newer}
returning \"id\"",
        shape.name,
        shape.dialect.instant("$1"),
        rows.join(", ")
    )
}

/// Returns those of some records that are stored and not gone.
pub async fn live_ids_among(tx: &mut Tx, table: &RecordTable, ids: &[RecordId]) -> Result<Vec<RecordId>> {
    let mut live = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let placeholders: Vec<String> = (1..=some.len()).map(|number| format!("${number}")).collect();
        let sql = format!(
            "select \"id\"\nfrom {}\nwhere \"_gone_at\" is null and \"id\" in ({})\norder by \"id\"",
            table.name(),
            placeholders.join(", ")
        );
        let params: Vec<Param<'_>> = some.iter().map(AsParam::as_param).collect();
        let rows: Vec<IdRow> = tx.fetch_all(statement("look for records", &sql), &params).await?;
        for row in rows {
            live.push(decode::parse("record id", &row.id)?);
        }
    }
    Ok(live)
}

/// Returns the ids of records that are not gone, in the order of their bytes, after one and up to a number.
pub async fn list_live_ids(
    store: &Store,
    table: &RecordTable,
    after: Option<RecordId>,
    limit: u32,
) -> Result<Vec<RecordId>> {
    let sql = format!(
        "select \"id\"\nfrom {}\nwhere \"_gone_at\" is null and \"id\" > $1\norder by \"id\"\nlimit $2",
        table.name()
    );
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let params = [after.as_param(), limit.as_param()];
    let rows: Vec<IdRow> = store.fetch_all(statement("list records", &sql), &params).await?;
    rows.iter().map(|row| decode::parse("record id", &row.id)).collect()
}

/// Returns ids and stamps of stored records, gone ones too, in the order of the ids' bytes: after one, up to and with
/// another, and at most so many.
pub async fn list_stamps(
    store: &Store,
    table: &RecordTable,
    after: Option<RecordId>,
    through: Option<RecordId>,
    limit: u32,
) -> Result<Vec<StoredStamp>> {
    let sql = format!(
        "select \"id\", {}, \"_gone_why\"
from {}
where \"id\" > $1 and ($2 is null or \"id\" <= $2)
order by \"id\"
limit $3",
        stamp_cell(table),
        table.name()
    );
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let params = [after.as_param(), through.as_param(), limit.as_param()];
    let rows: Vec<RawRow> = store.fetch_all(statement("list stamps of records", &sql), &params).await?;
    rows.into_iter().map(stored_stamp).collect()
}

/// Returns ids and stamps of those of some records that are stored, gone ones too.
pub async fn list_stamps_of(
    store: &Store,
    table: &RecordTable,
    ids: &[RecordId],
) -> Result<Vec<StoredStamp>> {
    let mut found = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let places: Vec<String> = (1..=some.len()).map(|number| format!("${number}")).collect();
        let sql = format!(
            "select \"id\", {}, \"_gone_why\"\nfrom {}\nwhere \"id\" in ({})\norder by \"id\"",
            stamp_cell(table),
            table.name(),
            places.join(", ")
        );
        let params: Vec<Param<'_>> = some.iter().map(AsParam::as_param).collect();
        let rows: Vec<RawRow> = store.fetch_all(statement("list stamps of records", &sql), &params).await?;
        for row in rows {
            found.push(stored_stamp(row)?);
        }
    }
    Ok(found)
}

/// The expression for a record's stamp, as an instant where the column holds instants.
fn stamp_cell(table: &RecordTable) -> String {
    let shape = table.shape();
    match shape.stamp.map(|stamp| &shape.columns[stamp]) {
        Some(column) => shape.dialect.cell(&Identifier::new(&column.name).to_string(), ColumnKind::Instant),
        None => "null".to_owned(),
    }
}

fn stored_stamp(row: RawRow) -> Result<StoredStamp> {
    let mut cells = row.0.into_iter();
    let mut next = || cells.next().unwrap_or(RawCell::Null);
    let id = match next() {
        RawCell::Text(id) => decode::parse("record id", &id)?,
        _ => return Err(decode::misread("record id")),
    };
    let stamp = match next() {
        RawCell::Null => None,
        RawCell::Int(millis) => Some(Timestamp::from_millis(millis)),
        RawCell::Text(text) => Some(decode::parse("stamp of a record", &text)?),
        RawCell::Bool(_) | RawCell::Real(_) => return Err(decode::misread("stamp of a record")),
    };
    Ok(StoredStamp { row: RowStamp { id, stamp }, is_gone: next() != RawCell::Null })
}

/// Returns how many records are not gone.
pub async fn count_live_rows(store: &Store, table: &RecordTable) -> Result<u64> {
    #[derive(FromRow)]
    struct CountRow {
        live: i64,
    }
    let sql = format!("select count(*) as live\nfrom {}\nwhere \"_gone_at\" is null", table.name());
    let row: Option<CountRow> = store.fetch_optional(statement("count records", &sql), &[]).await?;
    decode::count("number of records", row.map_or(0, |row| row.live))
}
