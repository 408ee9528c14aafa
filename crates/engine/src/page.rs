//! The rows of a spooled page, one after the other, whichever form the page has.

use std::{borrow::Cow, collections::HashMap, fmt, io::Read, ops::ControlFlow};

use salesforce::{FieldValue, RecordId, Timestamp, ValueError};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    error::{Error, Result},
    select::{Role, Select, SelectItem},
    spool::{PageFormat, SpooledPage},
};

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
    Csv(&'a csv::ByteRecord),
    Json(&'a JsonRecord<'a>),
}

impl<'a> Cells<'a> {
    fn value(&self, at: usize, item: &SelectItem) -> Result<FieldValue<'a>, ValueError> {
        match self {
            Self::Csv(record) => FieldValue::from_csv(&record[at], item.field_type),
            Self::Json(record) => json_member(record, &item.path)
                .map_or(Ok(FieldValue::Null), |raw| FieldValue::from_json(raw, item.field_type)),
        }
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
    read_json(Box::new(std::io::Cursor::new(answer.to_owned())), select, 0, on_row)
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
    #[derive(Deserialize)]
    struct Answer {
        records: Vec<Box<RawValue>>,
    }
    let plain = std::io::BufReader::with_capacity(64 * 1024, page.open()?);
    let cut = |source: serde_json::Error| Error::PageCut { source: source.into() };
    let answer: Answer = serde_json::from_reader(plain).map_err(cut)?;
    let read = |text: &RawValue| {
        let record: JsonRecord<'_> = serde_json::from_str(text.get()).map_err(cut)?;
        let cells = Cells::Json(&record);
        let row = page_row(select, &cells)?;
        Ok(RawRecord { id: row.id, stamp: row.stamp, text: text.get().to_owned() })
    };
    answer.records.iter().map(|text| read(text)).collect()
}

type OnRow<'f> = &'f mut dyn FnMut(PageRow<'_>) -> ControlFlow<()>;

fn read_csv(
    plain: Box<dyn Read + Send>,
    select: &Select,
    skip: u64,
    on_row: OnRow<'_>,
) -> Result<ControlFlow<()>> {
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
        if on_row(page_row(select, &Cells::Csv(&record))?).is_break() {
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

fn read_json(
    plain: Box<dyn Read + Send>,
    select: &Select,
    skip: u64,
    on_row: OnRow<'_>,
) -> Result<ControlFlow<()>> {
    let mut records = Records { select, skip, on_row, end: Ok(ControlFlow::Continue(())) };
    let mut json = serde_json::Deserializer::from_reader(std::io::BufReader::with_capacity(64 * 1024, plain));
    let parsed = Answer { records: &mut records }.deserialize(&mut json);
    match (records.end, parsed) {
        (Ok(ControlFlow::Continue(())), Err(source)) => Err(Error::PageCut { source: source.into() }),
        (end, _) => end,
    }
}

/// The answer of the query resource, of which only `records` is looked at, record by record.
struct Answer<'a, 'b> {
    records: &'a mut Records<'b>,
}

impl<'de> DeserializeSeed<'de> for Answer<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Answer<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer of a query")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "records" {
                map.next_value_seed(&mut *self.records)?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Records<'b> {
    select: &'b Select,
    skip: u64,
    on_row: OnRow<'b>,
    /// How the reading ended, which a serde error could not carry.
    end: Result<ControlFlow<()>>,
}

impl<'de> DeserializeSeed<'de> for &mut Records<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for &mut Records<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(text) = seq.next_element::<Box<RawValue>>()? {
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            let record: JsonRecord<'_> = serde_json::from_str(text.get()).map_err(A::Error::custom)?;
            self.end = page_row(self.select, &Cells::Json(&record)).map(&mut *self.on_row);
            if !matches!(self.end, Ok(ControlFlow::Continue(()))) {
                return Err(A::Error::custom("stopped by the reader"));
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct JsonRecord<'a>(#[serde(borrow)] HashMap<Cow<'a, str>, &'a RawValue>);

/// Finds `Name` or, through a parent record that may be null, `Owner.Type`.
fn json_member<'a>(record: &JsonRecord<'a>, path: &str) -> Option<&'a RawValue> {
    let Some((parent, rest)) = path.split_once('.') else {
        return record.0.get(path).copied();
    };
    let parent: Option<JsonRecord<'a>> = serde_json::from_str(record.0.get(parent)?.get()).ok()?;
    json_member(&parent?, rest)
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
