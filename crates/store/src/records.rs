//! Records for people and programs: pages of a query, single records, and what tables there are.

mod compile;
mod source;
mod text_pattern;

use std::time::Duration;

use chrono::NaiveDate;
use model::{CellValue, ColumnKind, GoneWhy, IntegrationId, Query, QueryColumn, RecordLayout, Seek, Source};
use rust_decimal::Decimal;
use salesforce::{RecordId, SObjectName, Timestamp};
use sqlx::FromRow;

use crate::db::{RawCell, RawRow, TimedReader, statement};
use crate::{Error, Reader, Result, Store, decode};

use compile::{Compiled, compile_count, compile_page, compile_record};

pub use source::{RecordColumn, RecordSource, find_record_source};

/// What a query finds is counted up to here; nobody pages further, and counting costs a look at each record.
pub const COUNT_BOUND: u64 = 100_000;
/// How long a statement may take before it is stopped.
const READ_LIMIT: Duration = Duration::from_secs(5);
/// The number of hits is worth less than the hits.
const COUNT_LIMIT: Duration = Duration::from_secs(2);

/// A page of records.
#[derive(Clone, Debug)]
pub struct RecordPage {
    /// The columns of the values.
    pub columns: Vec<RecordColumn>,
    /// The records, in the query's order.
    pub rows: Vec<Record>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Seek>,
    /// How many records the query finds in all; at least so many, where that is not exact.
    pub total: u64,
    /// Whether the total is exact. Beyond [`COUNT_BOUND`], and where counting takes too long, it is not.
    pub total_is_exact: bool,
}

/// A stored record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// When it was last written here.
    pub synced_at: Timestamp,
    /// Which way it came.
    pub source: Source,
    /// When and why it went; `None` while it lives.
    pub gone: Option<Gone>,
    /// Its values, in the order of the columns.
    pub values: Vec<CellValue>,
}

/// When and why a record went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Gone {
    /// When we learned of it.
    pub at: Timestamp,
    /// Why.
    pub why: GoneWhy,
    /// The record it was merged into.
    pub merged_into: Option<RecordId>,
}

/// An sObject's records in short.
#[derive(Clone, Debug)]
pub struct RecordTableSummary {
    /// The sObject.
    pub sobject: SObjectName,
    /// What people call it.
    pub label: String,
    /// The columns.
    pub layout: RecordLayout,
    /// How many records live; `None` where counting takes too long.
    pub rows: Option<u64>,
    /// How many are gone; `None` where counting takes too long.
    pub gone_rows: Option<u64>,
}

#[derive(FromRow)]
struct FoundRow {
    found: i64,
}

#[derive(FromRow)]
struct CountsRow {
    stored: i64,
    gone: i64,
}

/// Returns a page of an sObject's records; `None` where there are none or the reader may not see them.
///
/// Fails with [`Error::TooSlow`] where it takes too long, and with [`Error::LayoutChanged`] where the query was made for
/// another layout than the table now has.
pub async fn list_records(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
    sobject: &SObjectName,
    query: &Query,
) -> Result<Option<RecordPage>> {
    let Some(source) = find_record_source(store, reader, integration_id, sobject).await? else {
        return Ok(None);
    };
    check_columns(&source, query)?;
    let columns = chosen_columns(&source, query);
    let kinds: Vec<ColumnKind> = columns.iter().map(|column| column.column.kind).collect();
    let plain: Vec<_> = columns.iter().map(|column| column.column.clone()).collect();
    let mut timed = store.db().timed_reader().await?;
    let Compiled { sql, params } = compile_page(timed.dialect(), &source, &plain, query);
    let mut raw: Vec<RawRow> = timed.fetch_all(statement("read records", &sql), &params, READ_LIMIT).await?;
    let has_more = raw.len() > query.limit as usize;
    raw.truncate(query.limit as usize);

    let sort_kinds = query.sort.iter().map(|term| term.column.kind());
    let kinds: Vec<ColumnKind> = kinds.into_iter().chain(sort_kinds).collect();
    let mut rows = raw.into_iter().map(|raw| record(raw, &kinds)).collect::<Result<Vec<_>>>()?;
    // What is sorted by stands behind the columns.
    let mut keys = Vec::new();
    for row in &mut rows {
        keys = row.values.split_off(columns.len());
    }
    let next = rows.last().filter(|_| has_more).map(|last| Seek { keys, id: last.id });
    let (total, total_is_exact) = count_found(&mut timed, &source, query, rows.len()).await?;
    Ok(Some(RecordPage { columns, rows, next, total, total_is_exact }))
}

/// Returns a record with all its columns, and those; `None` where there is none or the reader may not see it.
pub async fn find_record(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
    sobject: &SObjectName,
    id: RecordId,
) -> Result<Option<(RecordSource, Record)>> {
    let Some(source) = find_record_source(store, reader, integration_id, sobject).await? else {
        return Ok(None);
    };
    let kinds: Vec<ColumnKind> = source.layout.columns.iter().map(|column| column.kind).collect();
    let mut timed = store.db().timed_reader().await?;
    let Compiled { sql, params } = compile_record(timed.dialect(), &source, &id);
    let mut rows: Vec<RawRow> =
        timed.fetch_all(statement("read a record", &sql), &params, READ_LIMIT).await?;
    let found = rows.pop().map(|raw| record(raw, &kinds)).transpose()?;
    Ok(found.map(|record| (source, record)))
}

/// Returns an integration's record tables, by sObject; none where the reader may not see it.
pub async fn list_record_tables(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
) -> Result<Vec<RecordTableSummary>> {
    let mut summaries = Vec::new();
    for source in source::list_record_sources(store, reader, integration_id).await? {
        let counts = count_rows(store, &source).await?;
        summaries.push(RecordTableSummary {
            sobject: source.layout.sobject.clone(),
            label: source.label,
            layout: source.layout,
            rows: counts.map(|(rows, _)| rows),
            gone_rows: counts.map(|(_, gone_rows)| gone_rows),
        });
    }
    Ok(summaries)
}

/// Returns how many records of a table live and how many are gone; `None` where counting takes too long.
async fn count_rows(store: &Store, source: &RecordSource) -> Result<Option<(u64, u64)>> {
    let sql = format!("select count(*) as stored, count(\"_gone_at\") as gone\nfrom {}", source.table);
    let mut timed = store.db().timed_reader().await?;
    match timed.fetch_all::<CountsRow>(statement("count records", &sql), &[], COUNT_LIMIT).await {
        Ok(rows) => {
            let (stored, gone) = rows.first().map_or((0, 0), |row| (row.stored, row.gone));
            let gone = decode::count("number of records", gone)?;
            Ok(Some((decode::count("number of records", stored)? - gone, gone)))
        }
        Err(Error::TooSlow) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn count_found(
    timed: &mut TimedReader,
    source: &RecordSource,
    query: &Query,
    shown: usize,
) -> Result<(u64, bool)> {
    let Compiled { sql, params } = compile_count(timed.dialect(), source, query, COUNT_BOUND + 1);
    match timed.fetch_all::<FoundRow>(statement("count records", &sql), &params, COUNT_LIMIT).await {
        Ok(rows) => {
            let found = decode::count("number of records", rows.first().map_or(0, |row| row.found))?;
            Ok((found.min(COUNT_BOUND), found <= COUNT_BOUND))
        }
        Err(Error::TooSlow) => Ok((shown as u64, false)),
        Err(error) => Err(error),
    }
}

/// Refuses a query that names what the table does not have, or no longer in that form.
fn check_columns(source: &RecordSource, query: &Query) -> Result<()> {
    let named = query.conditions.iter().map(|condition| &condition.column);
    let sorted = query.sort.iter().map(|term| &term.column);
    let mut all = named.chain(sorted).chain(query.fields.iter().flatten());
    if all.all(|column| source.has(column.name(), column.kind())) {
        Ok(())
    } else {
        Err(Error::LayoutChanged)
    }
}

/// Returns the columns of the answer. The id stands beside them.
fn chosen_columns(source: &RecordSource, query: &Query) -> Vec<RecordColumn> {
    match &query.fields {
        None => source.columns().collect(),
        Some(fields) => fields
            .iter()
            .filter(|field| !field.is_id())
            .filter_map(|field: &QueryColumn| {
                source.columns().find(|column| column.column.name == field.name())
            })
            .collect(),
    }
}

fn record(raw: RawRow, kinds: &[ColumnKind]) -> Result<Record> {
    let mut cells = raw.0.into_iter();
    let mut next = || cells.next().unwrap_or(RawCell::Null);
    let id = required_text(next())?;
    let synced_at = optional_instant(next())?.ok_or_else(misread)?;
    let source = required_text(next())?;
    let (gone_at, gone_why, merged_into) = (optional_instant(next())?, next(), next());
    let gone = match gone_at {
        None => None,
        Some(at) => Some(Gone {
            at,
            why: decode::parse("reason of a record that is gone", &required_text(gone_why)?)?,
            merged_into: match merged_into {
                RawCell::Text(id) => Some(decode::parse("record id", &id)?),
                _ => None,
            },
        }),
    };
    Ok(Record {
        id: decode::parse("record id", &id)?,
        synced_at,
        source: decode::parse("source of a record", &source)?,
        gone,
        values: cells.zip(kinds).map(|(cell, kind)| value(cell, *kind)).collect::<Result<_>>()?,
    })
}

/// Turns what a database gives into the value that was stored.
fn value(cell: RawCell, kind: ColumnKind) -> Result<CellValue> {
    Ok(match (kind, cell) {
        (_, RawCell::Null) => CellValue::Null,
        (ColumnKind::Text, RawCell::Text(text)) => CellValue::Text(text),
        (ColumnKind::Boolean, RawCell::Bool(value)) => CellValue::Bool(value),
        (ColumnKind::Boolean, RawCell::Int(number)) => CellValue::Bool(number != 0),
        (ColumnKind::Integer, RawCell::Int(number)) => CellValue::Int(number),
        (ColumnKind::Decimal, RawCell::Int(number)) => CellValue::Decimal(Decimal::from(number)),
        // The shortest digits that give this binary fraction are those of the decimal it was made from.
        (ColumnKind::Decimal, RawCell::Real(number)) => decimal(&number.to_string())?,
        (ColumnKind::Decimal, RawCell::Text(digits)) => decimal(&digits)?,
        (ColumnKind::Date, RawCell::Text(text)) => CellValue::Date(decode::parse("date", &text)?),
        (ColumnKind::Date, RawCell::Int(days)) => {
            let date = chrono::Duration::try_days(days)
                .and_then(|days| NaiveDate::default().checked_add_signed(days));
            CellValue::Date(date.ok_or_else(misread)?)
        }
        (ColumnKind::Instant, cell) => optional_instant(cell)?.map_or(CellValue::Null, CellValue::Instant),
        _ => return Err(misread()),
    })
}

fn decimal(digits: &str) -> Result<CellValue> {
    let decimal: Decimal = decode::parse("decimal", digits)?;
    Ok(CellValue::Decimal(decimal.normalize()))
}

fn optional_instant(cell: RawCell) -> Result<Option<Timestamp>> {
    match cell {
        RawCell::Null => Ok(None),
        RawCell::Int(millis) => Ok(Some(Timestamp::from_millis(millis))),
        RawCell::Text(text) => decode::parse("instant", &text).map(Some),
        RawCell::Bool(_) | RawCell::Real(_) => Err(misread()),
    }
}

fn required_text(cell: RawCell) -> Result<String> {
    match cell {
        RawCell::Text(text) => Ok(text),
        _ => Err(misread()),
    }
}

fn misread() -> Error {
    Error::Stored { what: "value of a record", source: "it is of another type than its column".into() }
}
