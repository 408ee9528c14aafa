//! Records that are gone, and those that are not.

use model::GoneRecord;
use salesforce::{RecordId, Timestamp};
use sqlx::FromRow;

use crate::db::{AsParam, Identifier, Param, statement};
use crate::{RecordTable, Result, Store, Tx, decode};

/// Records named in one statement: four parameters each, well within both databases' bounds.
const AT_ONCE: usize = 500;

#[derive(FromRow)]
struct IdRow {
    id: String,
}

/// Marks records as gone, with the evidence. Their values stay as they were last seen.
///
/// A record whose stored version is newer than the evidence stays as it is. One that left the filter left it with a
/// change, so a stored version of the same instant was read by the filter and stays too. One that is gone already keeps
/// the instant at which it went, and takes on stronger evidence: deleted, merged or purged over the others. Returns how
/// many records changed.
pub async fn mark_gone(tx: &mut Tx, table: &RecordTable, gone: &[GoneRecord], at: Timestamp) -> Result<u64> {
    let mut marked = 0;
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
        marked += tx.execute(statement("mark records as gone", &sql), &params).await?;
    }
    Ok(marked)
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
      or kept.{stamp} < {evidence}
      or kept.{stamp} = {evidence} and gone.column2 <> 'filtered'
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
  ){not_newer}",
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
