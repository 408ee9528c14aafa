//! Pages of sObjects with so many fields that one query cannot name them all.
//!
//! An address is refused from 16,384 bytes on (REST API Developer Guide, Query; the client refuses sooner). The fields are
//! split into parts, each a query over the same window. Records are put together by their id, and only where every part
//! has the same stamp: a record that changed between two queries is read again.

use std::collections::HashMap;

use model::{Filter, KeysetPass, KeysetPoint, KeysetPosition, ReadKind, Watermark};
use salesforce::{MAX_URI_LENGTH, RecordId, Timestamp};

use super::keyset;
use crate::{
    engine::Engine,
    error::{Error, Result},
    json_answer::answer_of,
    page::{RawRecord, list_records, list_records_of},
    rule_context::RuleContext,
    select::Select,
    spool::SpooledPage,
};

/// Bytes of an address beside the fields and the filter: host, path, window, order.
const AROUND: usize = 1_200;
/// What an id takes of an address, with its quotes and what stands between two.
const ID_BYTES: usize = 30;
/// Records that are read by their ids in one query of many fields: they take the place that a window has else.
const IDS_AT_ONCE: usize = 25;
/// How often records that keep changing are read again within a page.
const ROUNDS: usize = 3;
/// A page of many parts has so many records at least.
const FEWEST_ROWS: u64 = 100;

/// A page of records with all fields.
pub(super) struct FetchedPage {
    pub(super) page: SpooledPage,
    /// Whether nothing of the window is left behind it.
    pub(super) is_last: bool,
}

/// One part's records by their ids.
type Part = HashMap<RecordId, RawRecord>;

/// How many queries a page takes.
pub(crate) fn count_parts(context: &RuleContext) -> usize {
    parts_of(context).len()
}

/// How many records the queries of a full read by REST bring.
#[derive(Clone, Debug)]
pub(crate) struct QueryPages {
    /// Records that are asked for at once.
    pub(crate) limit: u64,
    /// Records that an answer holds at most, for each part of the select list.
    pub(crate) parts: Vec<u64>,
}

impl QueryPages {
    pub(crate) fn of(select: &Select, filter: Option<&Filter>, query_rows: u64) -> Self {
        let parts = select.parts(room_beside(filter));
        let limit = rows_a_page(query_rows, parts.len());
        Self { limit, parts: parts.iter().map(|part| part.rows_an_answer(limit)).collect() }
    }

    /// How many queries bring so many records. The last page is known by not being full; of one without records the first
    /// part is enough.
    pub(crate) fn count_queries(&self, rows: u64) -> u64 {
        let first = self.parts[0];
        let of_page = |rows: u64| self.parts.iter().map(|part| rows.div_ceil(*part)).sum::<u64>();
        let is_empty_page_last = rows == 0 || first == self.limit && rows.is_multiple_of(first);
        rows / first * of_page(first) + of_page(rows % first) + u64::from(is_empty_page_last)
    }

    /// So many records, each counted as often as it takes more queries than one of an sObject whose fields fit into one.
    pub(crate) fn weigh(&self, rows: u64) -> u64 {
        rows.saturating_mul(self.parts.iter().map(|part| self.limit.div_ceil(*part)).sum())
    }
}

/// How many records a page of so many parts has.
fn rows_a_page(query_rows: u64, parts: usize) -> u64 {
    match parts {
        1 => query_rows,
        _ => (query_rows / parts as u64).max(FEWEST_ROWS),
    }
}

/// The select lists of the queries that a page takes.
pub(super) fn parts_of(context: &RuleContext) -> Vec<Select> {
    parts_for(&context.select, context.rule.filter.as_ref())
}

/// The bytes that a filter leaves to what else a query names.
fn room_beside(filter: Option<&Filter>) -> usize {
    let filter = filter.map_or(0, |filter| encoded_length(&filter.to_soql()));
    MAX_URI_LENGTH.saturating_sub(AROUND + filter)
}

/// How many ids stand in a query beside the filter of a rule and a select list of so many bytes: at least as many as take
/// the place of a window.
pub(crate) fn ids_beside(filter: Option<&Filter>, select_bytes: usize, most: usize) -> usize {
    (room_beside(filter).saturating_sub(select_bytes) / ID_BYTES).clamp(IDS_AT_ONCE, most)
}

/// Reads records by their ids, as many queries as their fields take. What keeps changing meanwhile is left out.
pub(super) async fn fetch_by_ids(
    engine: &Engine,
    context: &RuleContext,
    ids: Vec<RecordId>,
) -> Result<SpooledPage> {
    let parts = parts_of(context);
    // Neither a window nor deleted records: the ids alone select.
    let position = KeysetPosition {
        from: None,
        until: engine.clock().now(),
        after: None,
        kind: ReadKind::Reload,
        pass: KeysetPass::Records,
        is_weighed: false,
    };
    let records = reread(engine, context, &position, &parts, ids).await?;
    keep(engine, context, &records)
}

/// The select lists of the queries that records take which a condition of at most a few ids selects.
pub(crate) fn parts_for(select: &Select, filter: Option<&Filter>) -> Vec<Select> {
    select.parts(room_beside(filter))
}

/// Puts the answers to the queries of all parts together, as one query of all fields would have answered. A record that
/// changed between two of them is left out.
pub(crate) fn join_answers(parts: &[Select], answers: &[&str]) -> Result<String> {
    let mut read = Vec::with_capacity(parts.len());
    for (part, answer) in parts.iter().zip(answers) {
        read.push(list_records_of(answer, part)?);
    }
    let others: Vec<Part> = read.drain(1..).map(by_id).collect();
    let (joined, _) = join(&read[0], &others);
    Ok(answer_of(&joined))
}

/// Bytes of a text in an address.
fn encoded_length(text: &str) -> usize {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'*' | b'-' | b'.' | b'_');
    text.bytes().map(|byte| if is_plain(byte) { 1 } else { 3 }).sum()
}

/// Reads a page part by part, and puts it together.
pub(super) async fn fetch_page(
    engine: &Engine,
    context: &RuleContext,
    position: &KeysetPosition,
    parts: &[Select],
    most_rows: u64,
) -> Result<FetchedPage> {
    let limit = rows_a_page(engine.config().query_rows, parts.len()).min(most_rows);
    let window = keyset::window(position, &context.select);
    let first = keyset::fetch(engine, context, position, &parts[0], window.as_deref(), limit).await?;
    let is_last = first.facts.rows < limit && !first.facts.has_more;
    let first = records_of(first, &parts[0]).await?;
    let Some(last) = first.last() else {
        return Ok(FetchedPage { page: keep(engine, context, &[])?, is_last });
    };
    let through = point_of(last);
    let mut others = Vec::with_capacity(parts.len() - 1);
    for part in &parts[1..] {
        others.push(read_through(engine, context, position, part, through, limit).await?);
    }
    let (mut joined, differing) = join(&first, &others);
    if keyset::is_by_id(position, &context.select) {
        // Read again they come first, so that the page ends where the read has come to.
        let mut again = reread(engine, context, position, parts, differing).await?;
        again.append(&mut joined);
        joined = again;
    }
    // In a window of time, a record that changed has left it: the next read brings it.
    match joined.is_empty() {
        true => Err(Error::PartsDiffer(context.rule.sobject.clone())),
        false => Ok(FetchedPage { page: keep(engine, context, &joined)?, is_last }),
    }
}

/// One part of the records up to a place in the window.
async fn read_through(
    engine: &Engine,
    context: &RuleContext,
    position: &KeysetPosition,
    part: &Select,
    through: KeysetPoint,
    limit: u64,
) -> Result<Part> {
    let mut records = Part::new();
    let mut at = position.clone();
    loop {
        let up_to = up_to(&at, &context.select, through);
        let window = match keyset::window(&at, &context.select) {
            Some(window) => format!("({window} AND {up_to})"),
            None => up_to,
        };
        let page = keyset::fetch(engine, context, &at, part, Some(&window), limit).await?;
        let is_rest = page.facts.rows < limit && !page.facts.has_more;
        let read = records_of(page, part).await?;
        let last = read.last().map(point_of);
        let is_whole = is_rest || last.is_some_and(|last| last.record_id() == through.record_id());
        records.extend(read.into_iter().map(|record| (record.id, record)));
        match last {
            Some(last) if !is_whole => at.after = Some(last),
            _ => return Ok(records),
        }
    }
}

/// Reads records again whose parts differed, each part by their ids, until they agree or have changed too often.
async fn reread(
    engine: &Engine,
    context: &RuleContext,
    position: &KeysetPosition,
    parts: &[Select],
    mut ids: Vec<RecordId>,
) -> Result<Vec<String>> {
    let mut joined = Vec::new();
    for _ in 0..ROUNDS {
        let mut left = Vec::new();
        for some in ids.chunks(IDS_AT_ONCE) {
            let quoted: Vec<_> = some.iter().map(|id| format!("'{id}'")).collect();
            let window = format!("Id IN ({})", quoted.join(", "));
            let mut read = Vec::with_capacity(parts.len());
            for part in parts {
                let page =
                    keyset::fetch(engine, context, position, part, Some(&window), engine.config().query_rows)
                        .await?;
                read.push(records_of(page, part).await?);
            }
            let first = read.remove(0);
            let others: Vec<Part> = read.into_iter().map(by_id).collect();
            let (some, differing) = join(&first, &others);
            joined.extend(some);
            left.extend(differing);
        }
        ids = left;
    }
    Ok(joined)
}

/// Puts records together whose parts have one stamp, in the order of the first part. Returns the ids of the others too.
fn join(first: &[RawRecord], others: &[Part]) -> (Vec<String>, Vec<RecordId>) {
    let (mut joined, mut differing) = (Vec::with_capacity(first.len()), Vec::new());
    for record in first {
        let rest: Option<Vec<_>> = others
            .iter()
            .map(|part| part.get(&record.id).filter(|other| other.stamp == record.stamp))
            .collect();
        match rest {
            Some(rest) => {
                let members: Vec<_> =
                    std::iter::once(record).chain(rest).map(|part| members(&part.text)).collect();
                joined.push(format!("{{{}}}", members.join(",")));
            }
            None => differing.push(record.id),
        }
    }
    (joined, differing)
}

/// The members of a JSON object, without its braces. A record has its `attributes` at least.
fn members(object: &str) -> &str {
    object.trim().trim_start_matches('{').strip_suffix('}').unwrap_or(object)
}

fn by_id(records: Vec<RawRecord>) -> Part {
    records.into_iter().map(|record| (record.id, record)).collect()
}

fn point_of(record: &RawRecord) -> KeysetPoint {
    match record.stamp {
        Some(system_modstamp) => KeysetPoint::Stamp(Watermark { system_modstamp, record_id: record.id }),
        None => KeysetPoint::Id(record.id),
    }
}

/// The condition that ends a window at a place.
fn up_to(position: &KeysetPosition, select: &Select, through: KeysetPoint) -> String {
    let stamp = select.stamp().filter(|_| !keyset::is_by_id(position, select));
    let by_time = |stamp: &str, at: Timestamp, id: RecordId| {
        let at = at.to_soql();
        format!("({stamp} < {at} OR ({stamp} = {at} AND Id <= '{id}'))")
    };
    match (stamp, through) {
        (Some(stamp), KeysetPoint::Stamp(last)) => by_time(stamp, last.system_modstamp, last.record_id),
        (_, last) => format!("Id <= '{}'", last.record_id()),
    }
}

async fn records_of(page: SpooledPage, select: &Select) -> Result<Vec<RawRecord>> {
    let select = select.clone();
    let read = tokio::task::spawn_blocking(move || {
        let records = list_records(&page, &select);
        page.remove();
        records
    });
    read.await.expect("reading a page does not panic")
}

/// Puts a page of records that were put together beside those that are received.
fn keep(engine: &Engine, context: &RuleContext, records: &[String]) -> Result<SpooledPage> {
    engine.spool().keep_records(context.rule.id, "joined", records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: u32, stamp: i64, text: &str) -> RawRecord {
        let id = format!("001{id:012}AAA").parse().expect("an id");
        RawRecord { id, stamp: Some(Timestamp::from_millis(stamp)), text: text.to_owned() }
    }

    #[test]
    fn queries_are_counted_as_a_full_read_makes_them() {
        let count = |limit, parts: &[u64], rows: &[u64]| {
            let pages = QueryPages { limit, parts: parts.to_vec() };
            rows.iter().map(|rows| pages.count_queries(*rows)).collect::<Vec<_>>()
        };

        assert_eq!(count(2_000, &[2_000], &[0, 1, 1_999, 2_000, 4_001]), [1, 1, 1, 2, 3]);
        // The org says whether an answer that it cut is the last.
        assert_eq!(count(2_000, &[200], &[0, 200, 201, 1_000]), [1, 1, 2, 5]);
        assert_eq!(count(666, &[666, 666, 666], &[0, 666, 667]), [1, 4, 6]);
        // The first part decides what a page holds, and the others take as many answers as they need for it.
        assert_eq!(count(1_000, &[200, 1_000], &[0, 200, 201]), [1, 2, 4]);
        assert_eq!(count(1_000, &[1_000, 200], &[0, 200, 201, 1_000]), [1, 2, 3, 7]);
    }

    #[test]
    fn only_parts_of_one_stamp_make_a_record() {
        let first = [record(1, 5, r#"{"A":1}"#), record(2, 5, r#"{"A":2}"#), record(3, 5, r#"{"A":3}"#)];
        let second = by_id(vec![record(1, 5, r#"{"B":"}"}"#), record(2, 6, r#"{"B":2}"#)]);

        let (joined, differing) = join(&first, &[second]);

        assert_eq!(joined, [r#"{"A":1,"B":"}"}"#]);
        assert_eq!(differing, [first[1].id, first[2].id]);
    }
}
