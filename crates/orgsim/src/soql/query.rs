//! A checked query, ready to run.

use super::csv::CsvFormat;
use super::filter::Filter;
use super::json::{JsonWriter, Shape};
use super::order::{SortKey, first_rows};
use super::path::FieldPath;
use crate::org::{OrgView, Row};
use crate::schema::SObject;

/// A checked query. It may run any number of times, on any view of an org with the schema it was checked against.
#[derive(Clone, Debug)]
pub struct Query {
    pub(super) sobject: &'static SObject,
    /// What was selected; nothing for `COUNT()`.
    pub(super) columns: Vec<FieldPath>,
    pub(super) shape: Shape,
    pub(super) filter: Option<Filter>,
    pub(super) order: Vec<SortKey>,
    pub(super) limit: Option<u64>,
    pub(super) offset: Option<u64>,
    pub(super) is_count: bool,
    pub(super) include_deleted: bool,
    pub(super) api_version: u16,
}

impl Query {
    /// Returns the sObject after FROM.
    pub fn sobject(&self) -> &'static SObject {
        self.sobject
    }

    /// Returns whether the query asks for `COUNT()` alone.
    pub fn is_count(&self) -> bool {
        self.is_count
    }

    /// Returns the number after LIMIT.
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// Returns the number after OFFSET. With one, only the first page of the result can be had.
    pub fn offset(&self) -> Option<u64> {
        self.offset
    }

    /// Returns whether the query sorts, which keeps a bulk job from being split.
    pub fn is_ordered(&self) -> bool {
        !self.order.is_empty()
    }

    /// Returns the paths of what was selected, in declared case.
    pub fn columns(&self) -> Vec<String> {
        self.columns.iter().map(FieldPath::name).collect()
    }

    /// Returns the rows of the result in its order. Without ORDER BY that is the order of ids.
    pub fn select_rows(&self, view: &OrgView<'_>) -> Vec<Row> {
        let skip = to_count(self.offset.unwrap_or(0));
        let take = self.limit.map_or(usize::MAX, to_count);
        let rows = self.list_rows(view);
        if self.order.first().is_none_or(SortKey::is_ascending_id) {
            return rows.skip(skip).take(take).collect();
        }
        let mut rows = first_rows(view, rows, &self.order, skip.saturating_add(take));
        rows.drain(..skip.min(rows.len()));
        rows
    }

    /// Returns how many rows the result has.
    pub fn count(&self, view: &OrgView<'_>) -> u64 {
        let skip = to_count(self.offset.unwrap_or(0));
        let take = self.limit.map_or(usize::MAX, to_count);
        self.list_rows(view).skip(skip).take(take).count() as u64
    }

    /// Appends a record as the REST API answers it.
    pub fn write_json(&self, view: &OrgView<'_>, row: &Row, out: &mut Vec<u8>) {
        let writer = JsonWriter { view, api_version: self.api_version };
        writer.write_record(&self.shape, self.sobject, row, out);
    }

    /// Appends the header line of a bulk result.
    pub fn write_csv_header(&self, format: CsvFormat, out: &mut Vec<u8>) {
        format.write_header(&self.columns, out);
    }

    /// Appends a record as a line of a bulk result.
    pub fn write_csv_row(&self, format: CsvFormat, view: &OrgView<'_>, row: &Row, out: &mut Vec<u8>) {
        format.write_row(&self.columns, view, row, out);
    }

    /// Lists what WHERE keeps, by ascending id, testing records only as they are asked for.
    fn list_rows<'q>(&'q self, view: &'q OrgView<'_>) -> Box<dyn Iterator<Item = Row> + 'q> {
        let keeps = move |row: &Row| {
            (self.include_deleted || !view.is_deleted(row))
                && self.filter.as_ref().is_none_or(|filter| filter.keeps(view, row))
        };
        match self.filter.as_ref().and_then(Filter::candidate_ids) {
            Some(ids) => {
                Box::new(ids.into_iter().filter_map(|id| view.find(self.sobject, &id)).filter(keeps))
            }
            None => Box::new(view.rows(self.sobject).filter(keeps)),
        }
    }
}

fn to_count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
