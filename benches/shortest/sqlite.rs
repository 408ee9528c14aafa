//! The shortest path to a SQLite table: download, inflate, parse, prepared inserts, and nothing else.

mod download;

use std::error::Error;
use std::io::Write;

use csv::StringRecord;
use download::{Job, Pages, read_task};
use rusqlite::{Connection, Statement};
use serde::Deserialize;

/// Which rows to copy into which table.
#[derive(Deserialize)]
struct Task {
    #[serde(flatten)]
    job: Job,
    /// A file.
    destination: String,
    /// Statements that make the table.
    create: Vec<String>,
    table: String,
    /// The names of the query's columns, and what they hold.
    columns: Vec<(String, String)>,
    /// Columns that have the same value in every row.
    constants: Vec<(String, String)>,
    /// Whether the table is there, and its rows are to be replaced.
    upsert: bool,
}

/// What a column holds.
#[derive(Clone, Copy)]
enum Kind {
    Boolean,
    Number,
    Text,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let task: Task = read_task()?;
    let connection = Connection::open(&task.destination)?;
    connection.execute_batch("pragma journal_mode = wal; pragma synchronous = normal")?;
    for statement in task.create.iter().filter(|_| !task.upsert) {
        connection.execute_batch(statement)?;
    }
    let rows = copy(&connection, &task).await?;
    Ok(writeln!(std::io::stdout(), "{rows}")?)
}

async fn copy(connection: &Connection, task: &Task) -> Result<u64, Box<dyn Error>> {
    let names: Vec<_> =
        task.columns.iter().chain(&task.constants).map(|(name, _)| format!("\"{name}\"")).collect();
    let places = vec!["?"; names.len()].join(", ");
    let set = names.iter().map(|name| format!("{name} = excluded.{name}")).collect::<Vec<_>>().join(", ");
    let on_conflict =
        if task.upsert { format!(" on conflict (\"id\") do update set {set}") } else { String::new() };
    let mut insert = connection.prepare(&format!(
        "insert into {} ({}) values ({places}){on_conflict}",
        task.table,
        names.join(", ")
    ))?;
    // They stay bound from row to row.
    for (index, (_, value)) in task.constants.iter().enumerate() {
        insert.raw_bind_parameter(task.columns.len() + index + 1, value)?;
    }
    let kinds: Vec<Kind> = task.columns.iter().map(|(_, kind)| to_kind(kind)).collect();

    let mut pages = Pages::open(&task.job).await?;
    let mut record = StringRecord::new();
    let mut rows = 0;
    while let Some(mut reader) = pages.next().await? {
        let transaction = connection.unchecked_transaction()?;
        while reader.read_record(&mut record)? {
            bind(&mut insert, &kinds, &record)?;
            insert.raw_execute()?;
            rows += 1;
        }
        transaction.commit()?;
    }
    Ok(rows)
}

fn to_kind(name: &str) -> Kind {
    match name {
        "boolean" => Kind::Boolean,
        "number" => Kind::Number,
        _ => Kind::Text,
    }
}

fn bind(insert: &mut Statement<'_>, kinds: &[Kind], record: &StringRecord) -> Result<(), Box<dyn Error>> {
    for (index, (kind, value)) in kinds.iter().zip(record).enumerate() {
        let place = index + 1;
        match kind {
            _ if value.is_empty() => insert.raw_bind_parameter(place, rusqlite::types::Null)?,
            Kind::Boolean => insert.raw_bind_parameter(place, value == "true")?,
            Kind::Number => match value.parse::<i64>() {
                Ok(whole) => insert.raw_bind_parameter(place, whole)?,
                Err(_) => insert.raw_bind_parameter(place, value.parse::<f64>()?)?,
            },
            Kind::Text => insert.raw_bind_parameter(place, value)?,
        }
    }
    Ok(())
}
