//! Queries in SQL.
//!
//! Only columns that the table has are named, each through [`Identifier`]; every value is bound. Both databases give the same
//! answers: text compares by its lower-case form (of ASCII, which is all that SQLite knows) and then by its bytes, and
//! what has no value comes last.

use model::filter::Comparison;
use model::{
    CellValue, Column, ColumnKind, Condition, Direction, GoneRows, Query, QueryColumn, Seek, SortTerm, Test,
};
use salesforce::{FieldType, RecordId};

use super::source::RecordSource;
use super::text_pattern::{Place, TextPattern};
use crate::db::{Dialect, Identifier, Param};
use crate::row_batch::DecimalCell;

/// A statement's text and what is bound to it.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) sql: String,
    pub(super) params: Vec<Param<'static>>,
}

/// Writes the statement for a page: the system's columns, the columns asked for, then those that are sorted by.
pub(super) fn compile_page(
    dialect: Dialect,
    source: &RecordSource,
    columns: &[Column],
    query: &Query,
) -> Compiled {
    let mut compiler = Compiler { dialect, params: Vec::new() };
    let mut conditions = compiler.conditions(source, query);
    if let Some(seek) = &query.after {
        conditions.push(compiler.after(&query.sort, seek));
    }
    let keys = query.sort.iter().map(|term| (term.column.name(), term.column.kind()));
    let columns = columns.iter().map(|column| (column.name.as_str(), column.kind)).chain(keys);
    let list = compiler.select_list(columns);
    let order = compiler.order(&query.sort);
    // One more than is shown tells whether there is a next page.
    let limit = compiler.bind(Param::Int(Some(i64::from(query.limit) + 1)));
    let sql = format!(
        "select {list}\nfrom {} as records\nwhere {}\norder by {order}\nlimit {limit}",
        source.table,
        conditions.join("\n  and ")
    );
    Compiled { sql, params: compiler.params }
}

/// Writes the statement that counts what a query finds, up to a bound.
pub(super) fn compile_count(dialect: Dialect, source: &RecordSource, query: &Query, bound: u64) -> Compiled {
    let mut compiler = Compiler { dialect, params: Vec::new() };
    let conditions = compiler.conditions(source, query);
    let limit = compiler.bind(Param::Int(i64::try_from(bound).ok()));
    let sql = format!(
        "select count(*) as found\nfrom (select 1 as one from {} as records where {} limit {limit}) as hits",
        source.table,
        conditions.join("\n  and ")
    );
    Compiled { sql, params: compiler.params }
}

/// Writes the statement for one record.
pub(super) fn compile_record(dialect: Dialect, source: &RecordSource, id: &RecordId) -> Compiled {
    let mut compiler = Compiler { dialect, params: Vec::new() };
    let columns = source.layout.columns.iter().map(|column| (column.name.as_str(), column.kind));
    let list = compiler.select_list(columns);
    let id = compiler.bind(Param::Text(Some(id.as_str().to_owned().into())));
    let sql = format!("select {list}\nfrom {} as records\nwhere records.\"id\" = {id}", source.table);
    Compiled { sql, params: compiler.params }
}

/// Returns a column in SQL.
///
/// A bare name after `order by` would mean the column of the answer, which PostgreSQL gives as text.
fn column_of(name: &str) -> String {
    format!("records.{}", Identifier::new(name))
}

struct Compiler {
    dialect: Dialect,
    params: Vec<Param<'static>>,
}

/// One expression to sort by, and the bound value of the record to go on after; `None` where that record has none.
struct SortKey {
    expression: String,
    direction: Direction,
    value: Option<String>,
}

impl Compiler {
    fn bind(&mut self, param: Param<'static>) -> String {
        self.params.push(param);
        format!("${}", self.params.len())
    }

    fn bind_text(&mut self, text: String) -> String {
        self.bind(Param::Text(Some(text.into())))
    }

    fn select_list<'c>(&self, columns: impl Iterator<Item = (&'c str, ColumnKind)>) -> String {
        let system = [
            ("id", ColumnKind::Text),
            ("_synced_at", ColumnKind::Instant),
            ("_source", ColumnKind::Text),
            ("_gone_at", ColumnKind::Instant),
            ("_gone_why", ColumnKind::Text),
            ("_merged_into", ColumnKind::Text),
        ];
        let cells: Vec<String> = system
            .into_iter()
            .chain(columns)
            .map(|(name, kind)| self.dialect.cell(&column_of(name), kind))
            .collect();
        cells.join(", ")
    }

    fn conditions(&mut self, source: &RecordSource, query: &Query) -> Vec<String> {
        let gone = match query.gone {
            GoneRows::Without => "records.\"_gone_at\" is null",
            GoneRows::Only => "records.\"_gone_at\" is not null",
            GoneRows::With => "true",
        };
        let mut conditions = vec![gone.to_owned()];
        conditions.extend(query.conditions.iter().map(|condition| self.condition(condition)));
        conditions.extend(query.search.as_ref().map(|search| self.search(source, search)));
        conditions
    }

    /// Looks for a text in every text of a record but the ids of other records, which say nothing to people.
    fn search(&mut self, source: &RecordSource, search: &str) -> String {
        let texts = source.layout.columns.iter().filter(|column| {
            column.kind == ColumnKind::Text
                && !matches!(column.field_type, FieldType::Reference | FieldType::Id)
                && !column.path.contains('.')
        });
        let pattern = TextPattern::new(self.dialect, search, Place::Anywhere);
        let bound = self.bind_text(pattern.as_str().to_owned());
        let mut found: Vec<String> =
            texts.map(|column| pattern.condition(self.dialect, &column_of(&column.name), &bound)).collect();
        if let Ok(id) = search.parse::<RecordId>() {
            let id = self.bind_text(id.as_str().to_owned());
            found.push(format!("records.\"id\" = {id}"));
        }
        // Never so: it keeps the condition whole where there is no text to look into.
        found.push(format!("{bound} is null"));
        format!("({})", found.join(" or "))
    }

    fn holds(&mut self, column: &str, text: &str, place: Place) -> String {
        let pattern = TextPattern::new(self.dialect, text, place);
        let bound = self.bind_text(pattern.as_str().to_owned());
        pattern.condition(self.dialect, column, &bound)
    }

    fn lower(&self, column: &str) -> String {
        format!("lower({})", self.dialect.bytes(column))
    }

    fn condition(&mut self, condition: &Condition) -> String {
        let column = &condition.column;
        let name = column_of(column.name());
        match &condition.test {
            Test::IsNull => format!("{name} is null"),
            Test::NotNull => format!("{name} is not null"),
            Test::Contains(text) => self.holds(&name, text, Place::Anywhere),
            Test::Starts(text) => self.holds(&name, text, Place::Start),
            Test::Compare(Comparison::NotEqual, value) => {
                let differs = self.compare(column, "<>", value);
                format!("({differs} or {name} is null)")
            }
            Test::Compare(comparison, value) => self.compare(column, symbol(*comparison), value),
            Test::OneOf(values) => {
                let equals: Vec<String> =
                    values.iter().map(|value| self.compare(column, "=", value)).collect();
                format!("({})", equals.join(" or "))
            }
            Test::Within(from, until) => {
                let (from, until) = (self.compare(column, ">=", from), self.compare(column, "<", until));
                format!("({from} and {until})")
            }
            Test::Outside(from, until) => {
                let (before, after) = (self.compare(column, "<", from), self.compare(column, ">=", until));
                format!("({before} or {after} or {name} is null)")
            }
        }
    }

    /// Compares a column with a value, neither of which is null.
    fn compare(&mut self, column: &QueryColumn, symbol: &str, value: &CellValue) -> String {
        let name = column_of(column.name());
        let is_equality = matches!(symbol, "=" | "<>");
        match (column.kind(), value) {
            (ColumnKind::Text, CellValue::Text(text)) if !column.is_id() => {
                let value = self.bind_text(text.to_ascii_lowercase());
                format!("{} {symbol} {value}", self.lower(&name))
            }
            // An integer, a fraction and a text of one value never stand side by side, so equal is the same form.
            (ColumnKind::Decimal, value) if self.dialect == Dialect::Sqlite && !is_equality => {
                let value = self.bind_value(value);
                format!("(cast({name} as real), {name}) {symbol} (cast({value} as real), {value})")
            }
            (kind, value) => {
                let value = self.bind_value(value);
                format!("{name} {symbol} {}", self.dialect.value(&value, kind))
            }
        }
    }

    /// Binds a value in the form in which the database keeps it, or takes it.
    fn bind_value(&mut self, value: &CellValue) -> String {
        let dialect = self.dialect;
        self.bind(match (dialect, value) {
            (_, CellValue::Null) => Param::Text(None),
            (_, CellValue::Bool(value)) => Param::Int(Some(i64::from(*value))),
            (_, CellValue::Int(value)) => Param::Int(Some(*value)),
            (_, CellValue::Text(text)) => Param::Text(Some(text.clone().into())),
            (Dialect::Sqlite, CellValue::Decimal(decimal)) => match DecimalCell::of(decimal) {
                DecimalCell::Integer(integer) => Param::Int(Some(integer)),
                DecimalCell::Real(real) => Param::Real(Some(real)),
                DecimalCell::Text(text) => Param::Text(Some(text.into())),
            },
            (Dialect::Sqlite, CellValue::Date(date)) => Param::Text(Some(date.to_string().into())),
            (Dialect::Sqlite, CellValue::Instant(instant)) => Param::Text(Some(instant.to_string().into())),
            (Dialect::Postgres, CellValue::Decimal(decimal)) => Param::Text(Some(decimal.to_string().into())),
            (Dialect::Postgres, CellValue::Date(date)) => {
                Param::Int(Some(date.signed_duration_since(chrono::NaiveDate::default()).num_days()))
            }
            (Dialect::Postgres, CellValue::Instant(instant)) => Param::Int(Some(instant.as_millis())),
        })
    }

    /// Returns the expressions that a column is sorted by.
    fn sort_expressions(&self, column: &QueryColumn) -> Vec<String> {
        let name = column_of(column.name());
        match column.kind() {
            _ if column.is_id() => vec![name],
            ColumnKind::Text => vec![self.lower(&name), self.dialect.bytes(&name)],
            ColumnKind::Decimal if self.dialect == Dialect::Sqlite => {
                vec![format!("cast({name} as real)"), name]
            }
            _ => vec![name],
        }
    }

    /// Returns the expressions for a value, to compare with those of [`Self::sort_expressions`].
    fn sort_values(&mut self, column: &QueryColumn, value: &CellValue) -> Vec<String> {
        match (column.kind(), value) {
            (ColumnKind::Text, CellValue::Text(text)) if !column.is_id() => {
                vec![self.bind_text(text.to_ascii_lowercase()), self.bind_text(text.clone())]
            }
            (ColumnKind::Decimal, value) if self.dialect == Dialect::Sqlite => {
                let value = self.bind_value(value);
                vec![format!("cast({value} as real)"), value]
            }
            (kind, value) => {
                let value = self.bind_value(value);
                vec![self.dialect.value(&value, kind)]
            }
        }
    }

    fn order(&self, sort: &[SortTerm]) -> String {
        let mut order: Vec<String> = sort
            .iter()
            .flat_map(|term| {
                let direction = match term.direction {
                    Direction::Ascending => "asc",
                    Direction::Descending => "desc",
                };
                let expressions = self.sort_expressions(&term.column).into_iter();
                expressions.map(move |expression| format!("{expression} {direction} nulls last"))
            })
            .collect();
        if !sort.iter().any(|term| term.column.is_id()) {
            order.push("records.\"id\" asc".to_owned());
        }
        order.join(", ")
    }

    /// Writes the condition that holds for the records that come after one.
    fn after(&mut self, sort: &[SortTerm], seek: &Seek) -> String {
        let mut keys = Vec::new();
        for (term, value) in sort.iter().zip(&seek.keys) {
            let expressions = self.sort_expressions(&term.column);
            let values = match value {
                CellValue::Null => vec![None; expressions.len()],
                value => self.sort_values(&term.column, value).into_iter().map(Some).collect(),
            };
            keys.extend(expressions.into_iter().zip(values).map(|(expression, value)| SortKey {
                expression,
                direction: term.direction,
                value,
            }));
        }
        let id = self.bind_text(seek.id.as_str().to_owned());
        keys.into_iter().rev().fold(format!("records.\"id\" > {id}"), |rest, key| {
            let SortKey { expression, direction, value } = key;
            match (value, direction) {
                // Nothing comes after what has no value, but others that have none.
                (None, _) => format!("({expression} is null and {rest})"),
                (Some(value), Direction::Ascending) => format!(
                    "({expression} > {value} or {expression} is null or ({expression} = {value} and {rest}))"
                ),
                (Some(value), Direction::Descending) => format!(
                    "({expression} < {value} or {expression} is null or ({expression} = {value} and {rest}))"
                ),
            }
        })
    }
}

fn symbol(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}
