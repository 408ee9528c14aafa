//! The real differences between the two databases.

use std::fmt;

use model::{ColumnKind, Slug};
use sqlx::AssertSqlSafe;

/// Which database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Returns a statement's text for this database.
    ///
    /// Control tables are written `towpath.work`: a schema on PostgreSQL, a prefix on SQLite. `/*skip locked*/` keeps
    /// several workers of one PostgreSQL server from waiting for each other; SQLite has one writer.
    pub(super) fn sql(self, sql: &str) -> AssertSqlSafe<String> {
        // All statements are this crate's own text; names of record tables in them went through `Identifier`.
        AssertSqlSafe(match self {
            Self::Sqlite => sql.replace("towpath.", "towpath_"),
            Self::Postgres => sql.replace("/*skip locked*/", "for update skip locked"),
        })
    }

    /// Returns the statement that tells where this database is: its file, or its number in the cluster.
    pub(crate) fn place_of_database(self) -> &'static str {
        match self {
            Self::Sqlite => "select file as place\nfrom pragma_database_list\nwhere name = 'main'",
            Self::Postgres => {
                "select cast(oid as text) as place\nfrom pg_database\nwhere datname = current_database()"
            }
        }
    }

    /// Returns the statement that finds the table of instances, where there is one.
    pub(crate) fn table_of_instances(self) -> &'static str {
        match self {
            Self::Sqlite => "select name as place\nfrom sqlite_schema\nwhere name = 'towpath_instances'",
            Self::Postgres => {
                "select cast(table_name as text) as place\nfrom information_schema.tables\nwhere table_schema = 'towpath' and table_name = 'instances'"
            }
        }
    }

    /// Returns the statements that tell whether the user may ask for the number of PostgreSQL's cluster, and that number.
    pub(crate) fn cluster_of_database(self) -> Option<(&'static str, &'static str)> {
        let may_ask = "select case when has_function_privilege('pg_control_system()', 'execute') then 'yes' else 'no' end as place";
        let ask = "select cast(system_identifier as text) as place\nfrom pg_control_system()";
        (self == Self::Postgres).then_some((may_ask, ask))
    }

    /// Returns the name of a record table, the only place that does so.
    pub(crate) fn record_table(self, slug: &Slug, table: &str) -> String {
        match self {
            Self::Sqlite => Identifier::new(&format!("{slug}__{table}")).to_string(),
            Self::Postgres => format!("{}.{}", Identifier::new(slug.as_str()), Identifier::new(table)),
        }
    }

    /// Returns the statement that makes room for an integration's record tables, where there is one.
    pub(crate) fn create_schema(self, slug: &Slug) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(format!("create schema if not exists {}", Identifier::new(slug.as_str()))),
        }
    }

    /// Returns the type of a key column.
    pub(crate) fn key_type(self) -> &'static str {
        match self {
            Self::Sqlite => "text",
            Self::Postgres => "text collate \"C\"",
        }
    }

    /// Returns the type of a column.
    ///
    /// A decimal of SQLite has none: with a numeric affinity, exact text would be turned into a binary fraction.
    pub(crate) fn column_type(self, kind: ColumnKind) -> &'static str {
        match (self, kind) {
            (_, ColumnKind::Text) => "text",
            (Self::Sqlite, ColumnKind::Boolean | ColumnKind::Integer) => "integer",
            (Self::Sqlite, ColumnKind::Decimal) => "",
            (Self::Sqlite, ColumnKind::Date | ColumnKind::Instant) => "text",
            (Self::Postgres, ColumnKind::Boolean) => "boolean",
            (Self::Postgres, ColumnKind::Integer) => "bigint",
            (Self::Postgres, ColumnKind::Decimal) => "numeric",
            (Self::Postgres, ColumnKind::Date) => "date",
            (Self::Postgres, ColumnKind::Instant) => "timestamptz",
        }
    }

    /// Returns the expression that makes an instant of a record table from 24 characters of UTC text.
    pub(crate) fn instant(self, text: &str) -> String {
        match self {
            Self::Sqlite => text.to_owned(),
            Self::Postgres => format!("cast({text} as timestamptz)"),
        }
    }

    /// Returns the expression that reads a column of a record table exactly, as what a raw row can hold.
    ///
    /// PostgreSQL gives a decimal as text, a date as days and an instant as milliseconds after 1970 began. SQLite gives
    /// what it stores.
    pub(crate) fn cell(self, column: &str, kind: ColumnKind) -> String {
        match (self, kind) {
            (Self::Postgres, ColumnKind::Decimal) => format!("cast({column} as text)"),
            (Self::Postgres, ColumnKind::Date) => format!("cast({column} - date '1970-01-01' as bigint)"),
            (Self::Postgres, ColumnKind::Instant) => {
                format!("cast(extract(epoch from {column}) * 1000 as bigint)")
            }
            _ => column.to_owned(),
        }
    }

    /// Returns the expression that makes a value of a column's kind from a placeholder.
    pub(crate) fn value(self, placeholder: &str, kind: ColumnKind) -> String {
        match (self, kind) {
            (Self::Postgres, ColumnKind::Decimal) => format!("cast({placeholder} as numeric)"),
            (Self::Postgres, ColumnKind::Date) => {
                format!("(date '1970-01-01' + cast({placeholder} as integer))")
            }
            // Whole seconds and the rest: PostgreSQL multiplies intervals as binary fractions, which hold no more digits.
            (Self::Postgres, ColumnKind::Instant) => format!(
                "(timestamptz 'epoch' + {placeholder} / 1000 * interval '1 second' \
                 + {placeholder} % 1000 * interval '1 millisecond')"
            ),
            (Self::Postgres, ColumnKind::Boolean) => format!("({placeholder} = 1)"),
            _ => placeholder.to_owned(),
        }
    }

    /// Returns a text column as its bytes compare.
    pub(crate) fn bytes(self, column: &str) -> String {
        match self {
            Self::Sqlite => column.to_owned(),
            Self::Postgres => format!("{column} collate \"C\""),
        }
    }

    /// Returns the rows that one parameter holds as JSON, an array for each: the first value of each is
    /// `listed.value ->> 0`.
    ///
    /// A parameter for each value instead takes the square of their number on SQLite, where sqlx has each looked up among
    /// all by its name.
    pub(crate) fn listed(self, placeholder: &str) -> String {
        match self {
            Self::Sqlite => format!("json_each({placeholder}) as listed"),
            Self::Postgres => {
                format!("json_array_elements(cast({placeholder} as json)) as listed (value)")
            }
        }
    }

    /// Returns the statements that widen a column of a record table to another kind.
    pub(crate) fn widen_column(
        self,
        table: &str,
        name: &str,
        from: ColumnKind,
        to: ColumnKind,
    ) -> Vec<String> {
        let column = Identifier::new(name);
        let wide = self.column_type(to);
        let value = self.widened(&column.to_string(), from, to);
        match self {
            Self::Postgres => {
                vec![format!("alter table {table} alter column {column} type {wide} using {value}")]
            }
            // SQLite cannot change a column's type in place. Nothing depends on the order of columns.
            Self::Sqlite => {
                let temporary = Identifier::new("_widened");
                vec![
                    format!("alter table {table} add column {temporary} {wide}"),
                    format!("update {table} set {temporary} = {value}"),
                    format!("alter table {table} drop column {column}"),
                    format!("alter table {table} rename column {temporary} to {column}"),
                ]
            }
        }
    }

    /// Returns the expression for a column's old value in its new kind, in the same form as a new value has.
    fn widened(self, column: &str, from: ColumnKind, to: ColumnKind) -> String {
        match (self, from, to) {
            (Self::Sqlite, _, ColumnKind::Decimal) => column.to_owned(),
            (Self::Sqlite, ColumnKind::Boolean, _) => {
                format!("case {column} when 1 then 'true' when 0 then 'false' end")
            }
            (Self::Sqlite, ..) => format!("cast({column} as text)"),
            (Self::Postgres, _, ColumnKind::Decimal) => format!("{column}::numeric"),
            (Self::Postgres, ColumnKind::Decimal, _) => format!("trim_scale({column})::text"),
            (Self::Postgres, ColumnKind::Instant, _) => {
                format!("to_char({column} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')")
            }
            (Self::Postgres, ColumnKind::Date, _) => format!("to_char({column}, 'YYYY-MM-DD')"),
            (Self::Postgres, ..) => format!("{column}::text"),
        }
    }
}

/// A name in SQL, which prints itself in quotes.
///
/// Names come from API names in lower case, slugs, and this crate; none holds anything but letters, digits and
/// underscores, and the constructor drops whatever else there may be.
pub(crate) struct Identifier(String);

impl Identifier {
    pub(crate) fn new(name: &str) -> Self {
        Self(
            name.chars().filter(|character| character.is_ascii_alphanumeric() || *character == '_').collect(),
        )
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_dialect_knows_where_tables_are() {
        let slug = Slug::parse("acme").unwrap();

        assert_eq!(Dialect::Sqlite.record_table(&slug, "case"), "\"acme__case\"");
        assert_eq!(Dialect::Postgres.record_table(&slug, "case"), "\"acme\".\"case\"");
        assert_eq!(
            Dialect::Sqlite.sql("select work_id from towpath.work").0,
            "select work_id from towpath_work"
        );
    }

    #[test]
    fn an_identifier_cannot_be_left() {
        assert_eq!(Identifier::new("a\"; drop table b; --").to_string(), "\"adroptableb\"");
    }
}
