//! The text of the statements that load a record table, written once for each layout.

use super::TableColumn;
use crate::db::{Dialect, Identifier};

/// Pieces of the statements that load a record table.
#[derive(Debug)]
pub(crate) struct Statements {
    /// All columns of a batch, in its order: the id, the fields, then when and from where.
    column_list: String,
    /// The same columns of `fresh`.
    fresh_list: String,
    /// PostgreSQL: which records of `fresh` change something of `kept`, the record that is there.
    changes: String,
    /// What happens to a record that is already there.
    on_conflict: String,
    /// The column that says which of two versions of a record is newer, where there is one.
    stamp: Option<String>,
    name: String,
    upsert: String,
    /// Where only some columns of known records are filled: what stands around the load in the statement that does it.
    update: Option<(String, String)>,
}

impl Statements {
    pub(super) fn new(dialect: Dialect, name: &str, columns: &[TableColumn], stamp: Option<usize>) -> Self {
        let quoted: Vec<String> =
            columns.iter().map(|column| Identifier::new(&column.name).to_string()).collect();
        let all = std::iter::once("\"id\"")
            .chain(quoted.iter().map(String::as_str))
            .chain(["\"_synced_at\"", "\"_source\""])
            .collect::<Vec<_>>();
        let column_list = all.join(", ");
        let fresh: Vec<_> = all.iter().map(|column| format!("fresh.{column}")).collect();
        let stamp = stamp.map(|stamp| quoted[stamp].as_str());
        let on_conflict = on_conflict(dialect, &quoted, stamp);
        let values: String = (0..=columns.len()).map(|index| format!("?{}, ", index + 3)).collect();
        let upsert =
            format!("insert into {name} as kept ({column_list})\nvalues ({values}?1, ?2)\n{on_conflict}");
        Self {
            column_list,
            fresh_list: fresh.join(", "),
            changes: changes(dialect, &quoted, stamp, "fresh"),
            on_conflict,
            stamp: stamp.map(str::to_owned),
            name: name.to_owned(),
            upsert,
            update: None,
        }
    }

    /// Statements that fill columns of records that are there, and leave out those that have changed since: they are read
    /// again whole. A record that is the same is not touched.
    pub(super) fn of_columns(
        dialect: Dialect,
        name: &str,
        columns: &[TableColumn],
        stamp: Option<usize>,
    ) -> Self {
        let mut statements = Self::new(dialect, name, columns, stamp);
        let quoted = |at: usize| Identifier::new(&columns[at].name).to_string();
        let filled: Vec<usize> = (0..columns.len()).filter(|at| Some(*at) != stamp).collect();
        let list = |value: &dyn Fn(usize) -> String| {
            filled.iter().map(|at| value(*at)).collect::<Vec<_>>().join(", ")
        };
        // SQLite gives each value a number: when, from where, the id, then the columns.
        let placeholder = |at: usize| format!("?{}", at + 4);
        let assigned = list(&|at| format!("{} = {}", quoted(at), placeholder(at)));
        let same_stamp = stamp.map_or_else(String::new, |at| {
            let (column, value) = (quoted(at), placeholder(at));
            format!("\n  and ({column} is {value} or {column} is null or {value} is null)")
        });
        let (kept, fresh) = (list(&|at| quoted(at)), list(&placeholder));
        let (left, right) =
            if filled.len() == 1 { (kept, fresh) } else { (format!("({kept})"), format!("({fresh})")) };
        statements.upsert = format!(
            "update {name}\nset {assigned}, \"_synced_at\" = ?1, \"_source\" = ?2\nwhere \"id\" = ?3{same_stamp}\n  and {left} is not {right}"
        );
        let assigned = list(&|at| format!("{0} = fresh.{0}", quoted(at)));
        let same_stamp = stamp.map_or_else(String::new, |at| {
            let column = quoted(at);
            format!(
                "\n  and (kept.{column} = fresh.{column} or kept.{column} is null or fresh.{column} is null)"
            )
        });
        let of = |table: &str| list(&|at| format!("{table}.{}", quoted(at)));
        statements.update = Some((
            format!(
                "update {name} as kept\nset {assigned}, \"_synced_at\" = fresh.\"_synced_at\", \"_source\" = fresh.\"_source\""
            ),
            format!(
                "where kept.\"id\" = fresh.\"id\"{same_stamp}\n  and row({}) is distinct from row({})",
                of("kept"),
                of("fresh")
            ),
        ));
        statements
    }

    /// PostgreSQL: takes a batch into the table itself, or into the temporary table of a load.
    pub(crate) fn copy_into(&self, table: &str) -> String {
        format!("copy {table} ({}) from stdin (format binary)", self.column_list)
    }

    /// PostgreSQL: takes a batch into the record table.
    pub(crate) fn copy(&self) -> String {
        self.copy_into(&self.name)
    }

    /// PostgreSQL: makes the temporary table of a load, which goes with the transaction.
    pub(crate) fn create_temporary(&self, temporary: &str) -> String {
        format!(
            "create temporary table {temporary} on commit drop as\nselect {}\nfrom {}\nwith no data",
            self.column_list, self.name
        )
    }

    /// PostgreSQL: moves a load from its temporary table, and counts.
    ///
    /// A record inserted by this statement has no deleting transaction (`xmax`).
    pub(crate) fn merge(&self, temporary: &str) -> String {
        self.merge_from(&format!("select {}\nfrom {temporary}", self.column_list))
    }

    /// PostgreSQL: the same for a load in which a record stands twice. The newer counts, and of two as new the last.
    pub(crate) fn merge_distinct(&self, temporary: &str) -> String {
        let newest =
            self.stamp.as_ref().map(|stamp| format!("{stamp} desc nulls last, ")).unwrap_or_default();
        self.merge_from(&format!(
            "select distinct on (\"id\") {}\nfrom {temporary}\norder by \"id\", {newest}ctid desc",
            self.column_list
        ))
    }

    fn merge_from(&self, select: &str) -> String {
        if let Some((update, condition)) = &self.update {
            return format!(
                "with merged as (\n{update}\nfrom ({select}) as fresh\n{condition}\nreturning 1 as one\n)\n\
                 select cast(0 as bigint) as inserted, count(*) as updated\nfrom merged"
            );
        }
        // A conflict locks the record, which writes to its page even where nothing changes. So those that are the same are
        // left out before.
        format!(
            "with merged as (\ninsert into {0} as kept ({1})\nselect {2}\nfrom ({select}) as fresh\n\
             left join {0} as kept on kept.\"id\" = fresh.\"id\"\nwhere kept.\"id\" is null or {3}\n{4}\n\
             returning (xmax = 0) as is_new\n)\n\
             select count(*) filter (where is_new) as inserted, count(*) filter (where not is_new) as updated\n\
             from merged",
            self.name, self.column_list, self.fresh_list, self.changes, self.on_conflict
        )
    }

    /// SQLite: stores one record. The first two parameters are when and from where, then the id and the fields.
    pub(crate) fn upsert(&self) -> &str {
        &self.upsert
    }
}

/// Writes what happens to a record that is already there.
///
/// It is left alone where it is newer than what comes, or the same; so an unchanged record keeps its `_synced_at`. One
/// that was gone and comes back lives again.
fn on_conflict(dialect: Dialect, columns: &[String], stamp: Option<&str>) -> String {
    let mut assignments: Vec<String> =
        columns.iter().map(|column| format!("{column} = excluded.{column}")).collect();
    assignments
        .extend(["_synced_at", "_source"].map(|column| format!("\"{column}\" = excluded.\"{column}\"")));
    assignments
        .extend(["_gone_at", "_gone_why", "_merged_into"].map(|column| format!("\"{column}\" = null")));
    let changes = changes(dialect, columns, stamp, "excluded");
    format!("on conflict (\"id\") do update\nset {}\nwhere {changes}", assignments.join(", "))
}

/// Writes whether a record of the table `fresh` changes the one that is there, `kept`.
fn changes(dialect: Dialect, columns: &[String], stamp: Option<&str>, fresh: &str) -> String {
    let not_older = stamp.map_or_else(String::new, |stamp| {
        format!(
            "(kept.{stamp} is null or {fresh}.{stamp} is null or kept.{stamp} <= {fresh}.{stamp})\n  and "
        )
    });
    // What changed has another stamp, and nothing else is compared then.
    let (first, rest): (Vec<&str>, Vec<&str>) =
        columns.iter().map(String::as_str).partition(|column| Some(*column) == stamp);
    let of = |table: &str| {
        first.iter().chain(&rest).map(|column| format!("{table}.{column}")).collect::<Vec<_>>().join(", ")
    };
    let (old, new) = (of("kept"), of(fresh));
    let differs = match dialect {
        _ if columns.is_empty() => String::new(),
        Dialect::Postgres => format!(" or row({old}) is distinct from row({new})"),
        Dialect::Sqlite if columns.len() == 1 => format!(" or {old} is not {new}"),
        Dialect::Sqlite => format!(" or ({old}) is not ({new})"),
    };
    format!("{not_older}(kept.\"_gone_at\" is not null{differs})")
}
