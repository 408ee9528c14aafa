//! A checked query, ready to run.

use std::ops::Bound;
use std::sync::Arc;

use super::children::{Child, Family};
use super::column::Column;
use super::csv::CsvFormat;
use super::error::SoqlError;
use super::expression::Expression;
use super::filter::Filter;
use super::group::{self, Grouping};
use super::json::{JsonWriter, Shape, Times};
use super::order::{SortKey, first_rows};
use super::path::Step;
use super::xml;
use crate::org::{OrgView, Row};
use crate::rights::{Deed, Rights, Visibility};
use crate::schema::{Api, SObject};

/// A checked query. It may run any number of times, on any view of an org with the schema it was checked against.
#[derive(Clone, Debug)]
pub struct Query {
    pub(super) sobject: &'static SObject,
    /// What was selected; nothing for `COUNT()` and grouped queries.
    pub(super) columns: Vec<Column>,
    pub(super) children: Vec<Child>,
    pub(super) shape: Shape,
    pub(super) filter: Option<Filter>,
    pub(super) grouping: Option<Grouping>,
    pub(super) order: Vec<SortKey>,
    pub(super) limit: Option<u64>,
    pub(super) offset: Option<u64>,
    pub(super) is_count: bool,
    pub(super) view_mark: Option<ViewMark>,
    pub(super) include_deleted: bool,
    pub(super) api: Api,
    pub(super) api_version: u16,
    /// Which records the running user reaches, where that is not all.
    pub(super) visibility: Option<Visibility>,
    pub(super) rights: Arc<Rights>,
}

/// What `FOR VIEW` and `FOR REFERENCE` ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ViewMark {
    /// The records count as viewed, and so as referred to.
    Viewed,
    /// The records count as referred to.
    Referenced,
}

/// How children that do not fit into an answer can be had later.
pub struct ChildPages<'a> {
    /// The most children of one record in the answer.
    pub page_rows: usize,
    /// Keeps the children that a subquery found of one record and returns the URL of the next page. The subquery is
    /// named as [`Query::child`] takes it.
    pub keep: &'a dyn Fn(&[usize], &[Row]) -> String,
}

impl Query {
    /// Returns the rights that the query is run with.
    pub(crate) fn rights(&self) -> &Rights {
        &self.rights
    }

    /// Returns the sObject after FROM.
    pub fn sobject(&self) -> &'static SObject {
        self.sobject
    }

    /// Returns whether the query asks for `COUNT()` alone.
    pub fn is_count(&self) -> bool {
        self.is_count
    }

    /// Returns whether the result is made of groups, which [`Query::write_groups`] writes, rather than records.
    pub fn is_grouped(&self) -> bool {
        self.grouping.is_some()
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

    /// Returns whether the records found count as viewed.
    pub fn view_mark(&self) -> Option<ViewMark> {
        self.view_mark
    }

    /// Returns the names of what was selected, in declared case.
    pub fn columns(&self) -> Vec<String> {
        self.columns.iter().map(Column::name).collect()
    }

    /// Finds a child subquery: places among the subqueries, from the outermost query inwards.
    pub fn child(&self, places: &[usize]) -> Option<&Self> {
        places.iter().try_fold(self, |query, place| query.children.get(*place).map(|child| &child.query))
    }

    /// Returns the rows of the result in its order. Without ORDER BY that is the order of ids.
    pub fn select_rows(&self, view: &OrgView<'_>) -> Vec<Row> {
        let filter = self.filter_for(view);
        if let Some(rows) = self.rows_by_time(view, filter.as_ref()) {
            let keeps = |row: &Row| self.keeps(view, filter.as_ref(), row);
            let (skip, take) = self.bounds();
            return rows.filter(keeps).skip(skip).take(take).collect();
        }
        self.cut(view, self.list_rows(view, filter.as_ref()))
    }

    /// Returns the first rows of the result among those that pass a test.
    pub(super) fn select_rows_that(
        &self,
        view: &OrgView<'_>,
        passes: impl Fn(&Row) -> bool,
        most: usize,
    ) -> Vec<Row> {
        let filter = self.filter_for(view);
        let mut limited = self.clone();
        limited.limit = Some(self.limit.unwrap_or(u64::MAX).min(most as u64));
        limited.cut(view, self.list_rows(view, filter.as_ref()).filter(passes))
    }

    /// Returns how many rows the result has.
    pub fn count(&self, view: &OrgView<'_>) -> u64 {
        let filter = self.filter_for(view);
        let (skip, take) = self.bounds();
        self.list_rows(view, filter.as_ref()).skip(skip).take(take).count() as u64
    }

    /// Appends a record as the REST API answers it, with all its children.
    pub fn write_json(&self, view: &OrgView<'_>, row: &Row, out: &mut Vec<u8>) {
        let pages = ChildPages { page_rows: usize::MAX, keep: &|_, _| String::new() };
        self.write_records(view, &[*row], &pages, out);
    }

    /// Appends a record as results of Bulk API 1.0 in JSON have it: dates and instants are milliseconds since 1970.
    pub fn write_epoch_json(&self, view: &OrgView<'_>, row: &Row, out: &mut Vec<u8>) {
        let pages = ChildPages { page_rows: usize::MAX, keep: &|_, _| String::new() };
        let family = Family::find(view, self.sobject, &self.children, &[*row]);
        let writer = JsonWriter {
            view,
            api: self.api,
            api_version: self.api_version,
            pages: &pages,
            times: Times::Epoch,
        };
        writer.write_records(self, &[*row], &family, &mut Vec::new(), out);
    }

    /// Appends a record as results of Bulk API 1.0 in XML have it.
    pub fn write_xml_row(&self, view: &OrgView<'_>, row: &Row, out: &mut Vec<u8>) {
        xml::write_row(self.sobject, &self.columns, view, row, out);
    }

    /// Appends records as the REST API answers them, with commas between.
    pub fn write_records(&self, view: &OrgView<'_>, rows: &[Row], pages: &ChildPages<'_>, out: &mut Vec<u8>) {
        let family = Family::find(view, self.sobject, &self.children, rows);
        let writer =
            JsonWriter { view, api: self.api, api_version: self.api_version, pages, times: Times::Text };
        writer.write_records(self, rows, &family, &mut Vec::new(), out);
    }

    /// Appends the groups of a grouped query, with commas between, and returns how many there are.
    pub fn write_groups(&self, view: &OrgView<'_>, out: &mut Vec<u8>) -> Result<usize, SoqlError> {
        let Some(grouping) = &self.grouping else { return Ok(0) };
        let filter = self.filter_for(view);
        let groups = grouping.run(view, self.list_rows(view, filter.as_ref()));
        let (skip, take) = self.bounds();
        let groups: Vec<_> = groups.iter().skip(skip).take(take).collect();
        group::check_count(groups.len())?;
        for (at, group) in groups.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            grouping.write_json(group, out);
        }
        Ok(groups.len())
    }

    /// Appends the header line of a bulk result.
    pub fn write_csv_header(&self, format: CsvFormat, out: &mut Vec<u8>) {
        format.write_header(&self.columns, out);
    }

    /// Appends a record as a line of a bulk result.
    pub fn write_csv_row(&self, format: CsvFormat, view: &OrgView<'_>, row: &Row, out: &mut Vec<u8>) {
        format.write_row(&self.columns, view, row, out);
    }

    /// Lists all sObjects whose records have a say in the result, some of them more than once.
    pub(crate) fn sobjects(&self) -> Vec<&'static SObject> {
        let parents = self.ways().into_iter().flatten().filter_map(|step| step.parent);
        let children = self.children.iter().flat_map(|child| child.query.sobjects());
        [self.sobject].into_iter().chain(parents).chain(children).collect()
    }

    /// Lists the constants that WHERE compares values with, as text.
    pub(crate) fn compared_texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        self.filter.iter().for_each(|filter| filter.list_texts(&mut texts));
        texts
    }

    /// Lists the ways to parents that the query goes.
    pub(super) fn ways(&self) -> Vec<&[Step]> {
        let mut ways: Vec<&[Step]> = self.order.iter().map(|key| key.expression.steps()).collect();
        self.columns.iter().for_each(|column| column.list_steps(&mut ways));
        let mut expressions = Vec::new();
        self.filter.iter().for_each(|filter| filter.list_expressions(&mut expressions));
        if let Some(grouping) = &self.grouping {
            expressions.extend(&grouping.keys);
            expressions.extend(grouping.aggregates.iter().map(|aggregate| &aggregate.expression));
        }
        ways.extend(expressions.into_iter().map(Expression::steps));
        ways
    }

    /// Returns WHERE with its subqueries replaced by what they find now.
    pub(super) fn filter_for(&self, view: &OrgView<'_>) -> Option<Filter> {
        self.filter.as_ref().map(|filter| filter.resolve(view))
    }

    /// Sorts what WHERE keeps and applies LIMIT and OFFSET.
    pub(super) fn cut(&self, view: &OrgView<'_>, rows: impl Iterator<Item = Row>) -> Vec<Row> {
        let (skip, take) = self.bounds();
        if self.order.first().is_none_or(SortKey::is_ascending_id) {
            return rows.skip(skip).take(take).collect();
        }
        let mut rows = first_rows(view, rows, &self.order, skip.saturating_add(take));
        rows.drain(..skip.min(rows.len()));
        rows
    }

    /// Lists what a condition keeps, by ascending id, testing records only as they are asked for.
    pub(super) fn list_rows<'q>(
        &'q self,
        view: &'q OrgView<'_>,
        filter: Option<&'q Filter>,
    ) -> Box<dyn Iterator<Item = Row> + 'q> {
        let keeps = move |row: &Row| self.keeps(view, filter, row);
        match self.candidates(view, filter) {
            Some(rows) => Box::new(rows.into_iter().filter(keeps)),
            None => {
                let told = filter.filter(|_| !self.sobject.is_virtual);
                let ids = told.map_or((Bound::Unbounded, Bound::Unbounded), Filter::id_bounds);
                Box::new(view.rows_between(self.sobject, ids).filter(keeps))
            }
        }
    }

    /// Lists the records outside of which a condition keeps none, by ascending id, where their ids or an index tell them.
    pub(super) fn candidates(&self, view: &OrgView<'_>, filter: Option<&Filter>) -> Option<Vec<Row>> {
        let filter = filter?;
        let ids = if self.sobject.is_virtual { None } else { filter.candidate_ids() };
        match ids {
            Some(ids) => Some(ids.iter().filter_map(|id| view.find(self.sobject, id)).collect()),
            None => filter.candidates(view, self.sobject),
        }
    }

    /// Returns whether a record is in the result, but for LIMIT and OFFSET.
    pub(super) fn keeps(&self, view: &OrgView<'_>, filter: Option<&Filter>, row: &Row) -> bool {
        let compared = |expression: &Expression| expression.compared(view, row);
        let is_visible = |visibility: &Visibility| visibility.allows(view, self.sobject, row, Deed::Read);
        (self.include_deleted || !view.is_hidden(row))
            && filter.is_none_or(|filter| filter.holds(&compared))
            && self.visibility.as_ref().is_none_or(is_visible)
    }

    fn bounds(&self) -> (usize, usize) {
        (to_count(self.offset.unwrap_or(0)), self.limit.map_or(usize::MAX, to_count))
    }
}

fn to_count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
