//! Queries from their text, checked against a layout.

use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use salesforce::{RecordId, Timestamp};
use serde_json::Value;

use super::period::{self, Days, parse_period};
use super::{Direction, QueryColumn, QueryError, Seek, SortTerm};
use crate::filter::Comparison;
use crate::{CellValue, ColumnKind, Condition, GoneRows, Operator, Query, RecordLayout, Test, TimeZone};

/// Fields that an error names; an sObject may have hundreds.
const FIELDS_NAMED: usize = 40;
/// Characters of a wrong word that an error repeats.
const WORD_SHOWN: usize = 40;

/// A query as a person or a program writes it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct QueryText {
    /// Text to look for; empty text looks for nothing.
    pub search: Option<String>,
    /// Conditions, `field:operator:value`.
    pub filters: Vec<String>,
    /// Fields to sort by, `-amount,name`.
    pub sort: Option<String>,
    /// Fields to answer with, `name,amount`.
    pub fields: Option<String>,
    /// `without`, `with` or `only` records that are gone.
    pub gone: Option<String>,
    /// How many records to answer with.
    pub limit: Option<u32>,
    /// The position after which to go on.
    pub after: Option<Seek>,
}

impl Query {
    /// Parses a query for the record table of a layout. Days are those of the zone.
    pub fn parse(
        text: QueryText,
        layout: &RecordLayout,
        zone: TimeZone,
        now: Timestamp,
    ) -> Result<Self, QueryError> {
        let parser = Parser { layout, zone, now };
        if text.filters.len() > Self::MAX_CONDITIONS {
            return Err(QueryError::TooMany);
        }
        let conditions: Result<Vec<_>, _> =
            text.filters.iter().map(|filter| parser.parse_condition(filter)).collect();
        let query = Self {
            search: parse_search(text.search)?,
            conditions: conditions?,
            sort: text.sort.map_or(Ok(Vec::new()), |sort| parser.parse_sort(&sort))?,
            fields: text.fields.map(|fields| parser.parse_fields(&fields)).transpose()?,
            gone: text
                .gone
                .map_or(Ok(GoneRows::Without), |gone| gone.parse().map_err(|_| QueryError::Gone))?,
            limit: text.limit.unwrap_or(Self::DEFAULT_LIMIT),
            after: text.after,
        };
        if !(1..=Self::MAX_LIMIT).contains(&query.limit) {
            return Err(QueryError::Limit);
        }
        if query.after.as_ref().is_some_and(|seek| !seek.fits(&query.sort)) {
            return Err(QueryError::Position);
        }
        Ok(query)
    }
}

impl Seek {
    /// Returns whether it is a position in records that are sorted so.
    fn fits(&self, sort: &[SortTerm]) -> bool {
        self.keys.len() == sort.len()
            && self.keys.iter().zip(sort).all(|(key, term)| key.fits(term.column.kind))
    }
}

fn parse_search(search: Option<String>) -> Result<Option<String>, QueryError> {
    let search = search.map(|search| search.trim().to_owned()).filter(|search| !search.is_empty());
    match search {
        Some(search) if search.contains('\0') || search.chars().count() > Query::MAX_SEARCH => {
            Err(QueryError::Search)
        }
        search => Ok(search),
    }
}

struct Parser<'l> {
    layout: &'l RecordLayout,
    zone: TimeZone,
    now: Timestamp,
}

impl Parser<'_> {
    /// Finds a column by the name of its field or its own. Case does not count.
    fn find_column(&self, name: &str) -> Result<QueryColumn, QueryError> {
        if name.eq_ignore_ascii_case(QueryColumn::ID) {
            return Ok(QueryColumn { name: QueryColumn::ID.to_owned(), kind: ColumnKind::Text });
        }
        let columns = self.layout.columns.iter();
        let mut found = columns.filter(|column| {
            column.name.eq_ignore_ascii_case(name) || column.path.eq_ignore_ascii_case(name)
        });
        match found.next() {
            Some(column) => Ok(QueryColumn { name: column.name.clone(), kind: column.kind }),
            None => Err(self.unknown_field(name)),
        }
    }

    fn unknown_field(&self, name: &str) -> QueryError {
        let paths: Vec<&str> = std::iter::once("Id")
            .chain(self.layout.columns.iter().map(|column| column.path.as_str()))
            .take(FIELDS_NAMED)
            .collect();
        let more = if self.layout.columns.len() < FIELDS_NAMED { "" } else { " and others" };
        QueryError::UnknownField {
            field: shortened(name),
            sobject: self.layout.sobject.to_string(),
            known: paths.join(", ") + more,
        }
    }

    fn parse_sort(&self, text: &str) -> Result<Vec<SortTerm>, QueryError> {
        let mut terms: Vec<SortTerm> = Vec::new();
        for word in text.split(',').map(str::trim) {
            let (name, direction) = match word.strip_prefix('-') {
                Some(name) => (name, Direction::Descending),
                None => (word, Direction::Ascending),
            };
            if name.is_empty() || terms.len() == Query::MAX_SORT_TERMS {
                return Err(QueryError::Sort);
            }
            let column = self.find_column(name)?;
            if terms.iter().any(|term| term.column == column) {
                return Err(QueryError::Sort);
            }
            terms.push(SortTerm { column, direction });
        }
        Ok(terms)
    }

    fn parse_fields(&self, text: &str) -> Result<Vec<QueryColumn>, QueryError> {
        let mut columns: Vec<QueryColumn> = Vec::new();
        for name in text.split(',').map(str::trim) {
            if name.is_empty() {
                return Err(QueryError::Fields);
            }
            let column = self.find_column(name)?;
            if columns.contains(&column) {
                return Err(QueryError::Fields);
            }
            columns.push(column);
        }
        Ok(columns)
    }

    fn parse_condition(&self, text: &str) -> Result<Condition, QueryError> {
        if text.len() > Query::MAX_CONDITION {
            return Err(QueryError::TooMany);
        }
        let (name, rest) = text.split_once(':').ok_or(QueryError::Filter)?;
        let (word, value) = match rest.split_once(':') {
            Some((word, value)) => (word, Some(value)),
            None => (rest, None),
        };
        let column = self.find_column(name)?;
        let operator: Operator = word.parse().map_err(|_| QueryError::UnknownOperator {
            operator: shortened(word),
            field: name.to_owned(),
            kind: column.kind,
        })?;
        if !Operator::allowed_for(column.kind).contains(&operator) {
            return Err(QueryError::Misfit { operator, field: name.to_owned(), kind: column.kind });
        }
        let test = match (operator, value) {
            (Operator::IsNull, None | Some("")) => Test::IsNull,
            (Operator::NotNull, None | Some("")) => Test::NotNull,
            (Operator::IsNull | Operator::NotNull, Some(_)) | (_, None) => return Err(QueryError::Filter),
            (operator, Some(value)) => self
                .parse_test(&column, operator, value)
                .map_err(|expected| QueryError::Value { field: name.to_owned(), expected })?,
        };
        Ok(Condition { column, test })
    }

    /// Reads the value of an operator that fits the column. An error tells what is expected.
    fn parse_test(&self, column: &QueryColumn, operator: Operator, text: &str) -> Result<Test, &'static str> {
        let comparison = match operator {
            Operator::Eq => Comparison::Equal,
            Operator::Ne => Comparison::NotEqual,
            Operator::Lt => Comparison::Less,
            Operator::Lte => Comparison::LessOrEqual,
            Operator::Gt => Comparison::Greater,
            Operator::Gte => Comparison::GreaterOrEqual,
            Operator::Contains => return parse_text(text).map(Test::Contains),
            Operator::Starts => return parse_text(text).map(Test::Starts),
            Operator::In => return parse_values(column, text).map(Test::OneOf),
            Operator::Within => {
                let days = parse_period(text, self.zone.date_at(self.now)).ok_or(period::ALLOWED)?;
                let (from, until) = self.bounds(column.kind, days);
                return Ok(Test::Within(from, until));
            }
            Operator::IsNull => return Ok(Test::IsNull),
            Operator::NotNull => return Ok(Test::NotNull),
        };
        if column.kind == ColumnKind::Instant
            && let Some(date) = parse_date(text)
        {
            return self.compare_with_day(comparison, date);
        }
        Ok(Test::Compare(comparison, parse_value(column, text)?))
    }

    /// Compares an instant with a whole day of the zone.
    fn compare_with_day(&self, comparison: Comparison, date: NaiveDate) -> Result<Test, &'static str> {
        let until = date.succ_opt().ok_or(DATE_TIME)?;
        let (from, until) = self.bounds(ColumnKind::Instant, Days { from: date, until });
        Ok(match comparison {
            Comparison::Equal => Test::Within(from, until),
            Comparison::NotEqual => Test::Outside(from, until),
            Comparison::Less => Test::Compare(Comparison::Less, from),
            Comparison::LessOrEqual => Test::Compare(Comparison::Less, until),
            Comparison::Greater => Test::Compare(Comparison::GreaterOrEqual, until),
            Comparison::GreaterOrEqual => Test::Compare(Comparison::GreaterOrEqual, from),
        })
    }

    fn bounds(&self, kind: ColumnKind, days: Days) -> (CellValue, CellValue) {
        if kind == ColumnKind::Date {
            return (CellValue::Date(days.from), CellValue::Date(days.until));
        }
        let instant = |date| CellValue::Instant(self.zone.start_of(date));
        (instant(days.from), instant(days.until))
    }
}

const WHOLE: &str = "a whole number";
const DATE_TIME: &str = "a date such as 2026-01-31, or a date-time such as 2026-01-31T12:00:00Z";

fn parse_value(column: &QueryColumn, text: &str) -> Result<CellValue, &'static str> {
    match column.kind {
        ColumnKind::Text if column.is_id() => {
            let id = RecordId::from_str(text).map_err(|_| "an id of 15 or 18 characters")?;
            Ok(CellValue::Text(id.as_str().to_owned()))
        }
        ColumnKind::Text => parse_text(text).map(CellValue::Text),
        ColumnKind::Boolean => text.parse().map(CellValue::Bool).map_err(|_| "true or false"),
        ColumnKind::Integer => text.parse().map(CellValue::Int).map_err(|_| WHOLE),
        ColumnKind::Decimal => {
            let decimal = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
            decimal
                .map(|decimal| CellValue::Decimal(decimal.normalize()))
                .map_err(|_| "a number of at most 28 digits, such as 1000 or 9.5")
        }
        ColumnKind::Date => parse_date(text).map(CellValue::Date).ok_or("a date such as 2026-01-31"),
        ColumnKind::Instant => text.parse().map(CellValue::Instant).map_err(|_| DATE_TIME),
    }
}

/// Reads a text that may stand in a column. None there is empty, and none holds U+0000.
fn parse_text(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || text.contains('\0') {
        return Err("a text that is not empty");
    }
    Ok(text.to_owned())
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let date: NaiveDate = text.parse().ok()?;
    // Both databases write these years in four digits.
    (text.len() == 10 && (1..=9_998).contains(&date.year())).then_some(date)
}

/// Reads the JSON array of an `in`.
fn parse_values(column: &QueryColumn, json: &str) -> Result<Vec<CellValue>, &'static str> {
    const EXPECTED: &str = "a JSON array of 1 to 200 values of the field, such as [\"New\",\"Won\"]";
    let raw: Vec<Box<serde_json::value::RawValue>> = serde_json::from_str(json).map_err(|_| EXPECTED)?;
    if raw.is_empty() || raw.len() > Query::MAX_VALUES {
        return Err(EXPECTED);
    }
    let values = raw.iter().map(|raw| match serde_json::from_str(raw.get()) {
        Ok(Value::String(text)) => parse_value(column, &text),
        // The digits as they are written: a parsed number is a binary fraction.
        Ok(Value::Number(_)) if column.kind != ColumnKind::Text => parse_value(column, raw.get()),
        _ => Err(EXPECTED),
    });
    values.collect()
}

fn shortened(word: &str) -> String {
    word.chars().filter(|character| !character.is_control()).take(WORD_SHOWN).collect()
}
