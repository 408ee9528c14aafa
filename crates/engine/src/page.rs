//! The rows of a spooled page, one after the other, whichever form the page has.

use std::{borrow::Cow, cell::Cell, fmt, io::Read, ops::ControlFlow};

use salesforce::{FieldType, FieldValue, RecordId, Timestamp, ValueError};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    error::{Error, Result},
    json_answer::for_each_record,
    select::{Role, Select, SelectItem},
    spool::{PageFormat, SpooledPage},
};

/// Members of a record that are given room at once.
const MEMBERS: usize = 64;

/// A record as a page holds it.
pub(crate) struct PageRow<'a> {
    pub(crate) id: RecordId,
    /// When it last changed, where the sObject tells.
    pub(crate) stamp: Option<Timestamp>,
    pub(crate) is_deleted: bool,
    /// The record that this one was merged into.
    pub(crate) merged_into: Option<RecordId>,
    cells: &'a Cells<'a>,
    select: &'a Select,
}

impl<'a> PageRow<'a> {
    /// The values of the stored columns, in the layout's order, parsed as they are taken.
    pub(crate) fn values(&self) -> impl Iterator<Item = Result<FieldValue<'a>, ValueError>> + use<'a> {
        let (cells, items) = (self.cells, self.select.items());
        items.iter().enumerate().filter(|(_, item)| item.is_stored).map(|(at, item)| cells.value(at, item))
    }
}

/// A record's values, unparsed.
enum Cells<'a> {
    Csv {
        record: &'a csv::ByteRecord,
        /// All of its values, where they are UTF-8: one look at a record is quicker than one at each value.
        text: Option<&'a str>,
    },
    Json(&'a JsonRecord<'a>),
}

impl<'a> Cells<'a> {
    fn value(&self, at: usize, item: &SelectItem) -> Result<FieldValue<'a>, ValueError> {
        match self {
            Self::Csv { record, text } => csv_value(record, *text, at, item.field_type),
            Self::Json(record) => record
                .member(&item.path, at + 1)
                .map_or(Ok(FieldValue::Null), |raw| FieldValue::from_json(raw, item.field_type)),
        }
    }
}

fn csv_value<'a>(
    record: &'a csv::ByteRecord,
    text: Option<&'a str>,
    at: usize,
    field_type: FieldType,
) -> Result<FieldValue<'a>, ValueError> {
    match text.and_then(|text| text.get(record.range(at)?)) {
        Some(text) => FieldValue::from_csv_text(text, field_type),
        None => FieldValue::from_csv(&record[at], field_type),
    }
}

/// Calls `on_row` for each row of the page after the first `skip`, until it breaks.
///
/// # Errors
/// The page is not what its facts say.
pub(crate) fn for_each_row(
    page: &SpooledPage,
    select: &Select,
    skip: u64,
    on_row: OnRow<'_>,
) -> Result<ControlFlow<()>> {
    let plain = page.open()?;
    match page.facts.format {
        PageFormat::Csv => read_csv(plain, select, skip, on_row),
        PageFormat::Json => read_json(plain, select, skip, on_row),
    }
}

/// The same for the answer of a query that was received as text.
pub(crate) fn for_each_row_of(answer: &str, select: &Select, on_row: OnRow<'_>) -> Result<ControlFlow<()>> {
    read_json(answer.as_bytes(), select, 0, on_row)
}

/// A record of a JSON page as it came.
#[derive(Debug)]
pub(crate) struct RawRecord {
    pub(crate) id: RecordId,
    pub(crate) stamp: Option<Timestamp>,
    /// Its JSON object.
    pub(crate) text: String,
}

/// Reads a JSON page whole.
pub(crate) fn list_records(page: &SpooledPage, select: &Select) -> Result<Vec<RawRecord>> {
    read_records(page.open()?, select)
}

/// The same for the answer of a query that was received as text.
pub(crate) fn list_records_of(answer: &str, select: &Select) -> Result<Vec<RawRecord>> {
    read_records(answer.as_bytes(), select)
}

fn read_records(plain: impl Read, select: &Select) -> Result<Vec<RawRecord>> {
    let mut records = Vec::new();
    for_each_record(plain, |text| {
        let record = JsonRecord::parse(text)?;
        let cells = Cells::Json(&record);
        let row = page_row(select, &cells)?;
        records.push(RawRecord { id: row.id, stamp: row.stamp, text: text.get().to_owned() });
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(records)
}

type OnRow<'f> = &'f mut dyn FnMut(PageRow<'_>) -> ControlFlow<()>;

fn read_csv(plain: impl Read, select: &Select, skip: u64, on_row: OnRow<'_>) -> Result<ControlFlow<()>> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).buffer_capacity(64 * 1024).from_reader(plain);
    let mut record = csv::ByteRecord::new();
    if !reader.read_byte_record(&mut record).map_err(csv_error)? || !has_header(&record, select) {
        return Err(Error::UnexpectedColumns);
    }
    for _ in 0..skip {
        reader.read_byte_record(&mut record).map_err(csv_error)?;
    }
    while reader.read_byte_record(&mut record).map_err(csv_error)? {
        if record.len() != select.items().len() {
            return Err(Error::UnexpectedColumns);
        }
        let text = std::str::from_utf8(record.as_slice()).ok();
        if on_row(page_row(select, &Cells::Csv { record: &record, text })?).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn has_header(record: &csv::ByteRecord, select: &Select) -> bool {
    record.len() == select.items().len()
        && record
            .iter()
            .zip(select.items())
            .all(|(name, item)| name.eq_ignore_ascii_case(item.path.as_bytes()))
}

fn csv_error(source: csv::Error) -> Error {
    Error::PageCut { source: std::io::Error::other(source) }
}

fn read_json(plain: impl Read, select: &Select, mut skip: u64, on_row: OnRow<'_>) -> Result<ControlFlow<()>> {
    let done = for_each_record(plain, |text| {
        if skip > 0 {
            skip -= 1;
            return Ok(ControlFlow::Continue(()));
        }
        let record = JsonRecord::parse(text)?;
        Ok(on_row(page_row(select, &Cells::Json(&record))?))
    })?;
    Ok(if done.is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
}

/// The members of a JSON object in the order they came.
struct JsonRecord<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// Where the last one was found.
    last: Cell<usize>,
}

impl<'a> JsonRecord<'a> {
    fn parse(text: &'a RawValue) -> Result<Self> {
        serde_json::from_str(text.get()).map_err(|source| Error::PageCut { source: source.into() })
    }

    /// Finds `Name` or, through a parent record that may be null, `Owner.Type`.
    fn member(&self, path: &str, likely: usize) -> Option<&'a RawValue> {
        let (name, rest) = path.split_once('.').map_or((path, None), |(parent, rest)| (parent, Some(rest)));
        let found = self.find(name, likely)?;
        match rest {
            None => Some(found),
            Some(rest) => {
                let parent: Option<JsonRecord<'a>> = serde_json::from_str(found.get()).ok()?;
                parent?.member(rest, 1)
            }
        }
    }

    /// Members mostly come in the order in which they were asked for, behind the attributes; so the one at `likely` is looked
    /// at first. In a record that was put together from several they stand elsewhere, and still in that order; so the search
    /// goes on from the last one. From the first on, it would pass half of 800 members for each of them.
    fn find(&self, name: &str, likely: usize) -> Option<&'a RawValue> {
        let is_it = |(found, _): &(Cow<'a, str>, _)| found == name;
        let at = if self.members.get(likely).is_some_and(is_it) {
            likely
        } else {
            let (before, rest) = self.members.split_at(self.last.get());
            let later = rest.iter().position(is_it).map(|at| before.len() + at);
            later.or_else(|| before.iter().position(is_it))?
        };
        self.last.set(at);
        Some(self.members[at].1)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for JsonRecord<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = JsonRecord<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        /// A name that is copied only where it has escapes.
        #[derive(Deserialize)]
        struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

        let mut members = Vec::with_capacity(MEMBERS);
        while let Some((Name(name), value)) = map.next_entry()? {
            members.push((name, value));
        }
        Ok(JsonRecord { members, last: Cell::new(0) })
    }
}

/// When a record last changed. One that cannot be read would send a keyset read back to where it began.
fn stamp_of(select: &Select, cells: &Cells<'_>) -> Result<Option<Timestamp>> {
    let mut items = select.items().iter().enumerate();
    let Some((at, item)) = items.find(|(_, item)| item.role == Role::Stamp) else { return Ok(None) };
    match cells.value(at, item) {
        Ok(FieldValue::DateTime(stamp)) => Ok(Some(stamp)),
        Ok(FieldValue::Null) => Ok(None),
        _ => Err(Error::UnexpectedColumns),
    }
}

/// Reads what the engine itself must know of a record.
fn page_row<'a>(select: &'a Select, cells: &'a Cells<'a>) -> Result<PageRow<'a>> {
    let value = |role| {
        let (at, item) = select.items().iter().enumerate().find(|(_, item)| item.role == role)?;
        cells.value(at, item).ok()
    };
    let id_of = |role| match value(role) {
        Some(FieldValue::Text(text)) => text.parse::<RecordId>().ok(),
        _ => None,
    };
    Ok(PageRow {
        id: id_of(Role::Id).ok_or(Error::UnexpectedColumns)?,
        stamp: stamp_of(select, cells)?,
        is_deleted: value(Role::IsDeleted) == Some(FieldValue::Bool(true)),
        merged_into: id_of(Role::MergedInto),
        cells,
        select,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_looked_for_from_the_last_one_on() {
        let text =
            r#"{"attributes":{},"Id":"1","A":2,"attributes":{},"Id":"3","B":4,"Owner":{"Type":5,"Id":6}}"#;
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        let record = JsonRecord::parse(&raw).unwrap();
        let member = |path, likely| record.member(path, likely).map(RawValue::get);

        assert_eq!(member("Id", 1), Some(r#""1""#));
        assert_eq!(member("B", 3), Some("4"));
        assert_eq!(member("Owner.Id", 4), Some("6"));
        assert_eq!(member("C", 5), None);
        assert_eq!(member("A", 6), Some("2"));
        // The second one stands behind it.
        assert_eq!(member("Id", 9), Some(r#""3""#));
    }

    #[test]
    fn bytes_that_are_text_only_together_spoil_their_values_alone() {
        // The two bytes of an `é` stand in two values; without the line between them they would be text.
        let record = csv::ByteRecord::from(vec![&b"a\xc3"[..], b"\xa9b", b"c"]);
        let text = std::str::from_utf8(record.as_slice()).ok();

        let values: Vec<_> = (0..3).map(|at| csv_value(&record, text, at, FieldType::String)).collect();

        assert_eq!(text, Some("aébc"));
        assert_eq!(values, [Err(ValueError::Text), Err(ValueError::Text), Ok(FieldValue::Text("c".into()))]);
    }
}
