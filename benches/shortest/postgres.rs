//! The shortest path to a PostgreSQL table: download, inflate, parse, COPY, and nothing else.

mod download;

use std::error::Error;
use std::io::Write;
use std::pin::pin;

use bytes::{BufMut, Bytes, BytesMut};
use csv::ByteRecord;
use download::{Job, Pages, read_task};
use futures_util::SinkExt;
use serde::Deserialize;
use tokio_postgres::{Client, NoTls};

/// Which rows to copy into which table.
#[derive(Deserialize)]
struct Task {
    #[serde(flatten)]
    job: Job,
    /// The URL of a database.
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

/// As much is sent at a time.
const CHUNK_BYTES: usize = 64 * 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let task: Task = read_task()?;
    let (client, connection) = tokio_postgres::connect(&task.destination, NoTls).await?;
    tokio::spawn(connection);
    let rows = if task.upsert {
        upsert(&client, &task).await?
    } else {
        for statement in &task.create {
            client.batch_execute(statement).await?;
        }
        copy(&client, &task, &task.table).await?
    };
    Ok(writeln!(std::io::stdout(), "{rows}")?)
}

/// By way of a table that nobody else sees, in one statement.
async fn upsert(client: &Client, task: &Task) -> Result<u64, Box<dyn Error>> {
    let names = names(task);
    let all = names.join(", ");
    let set = names.iter().map(|name| format!("{name} = excluded.{name}")).collect::<Vec<_>>().join(", ");
    let table = &task.table;
    client
        .batch_execute(&format!("create temporary table load as select {all} from {table} with no data"))
        .await?;
    copy(client, task, "load").await?;
    let merge = format!(
        "insert into {table} ({all}) select {all} from load on conflict (\"id\") do update set {set}"
    );
    Ok(client.execute(&merge, &[]).await?)
}

fn names(task: &Task) -> Vec<String> {
    task.columns.iter().chain(&task.constants).map(|(name, _)| format!("\"{name}\"")).collect()
}

async fn copy(client: &Client, task: &Task, table: &str) -> Result<u64, Box<dyn Error>> {
    let statement = format!("copy {table} ({}) from stdin", names(task).join(", "));
    let mut constants = BytesMut::new();
    for (_, value) in &task.constants {
        constants.put_u8(b'\t');
        push_text(value.as_bytes(), &mut constants);
    }
    constants.put_u8(b'\n');

    let mut sink = pin!(client.copy_in::<_, Bytes>(&statement).await?);
    let mut pages = Pages::open(&task.job).await?;
    let mut record = ByteRecord::new();
    let mut buffer = BytesMut::new();
    while let Some(mut reader) = pages.next().await? {
        while reader.read_byte_record(&mut record)? {
            push_row(&record, &mut buffer);
            buffer.extend_from_slice(&constants);
            if buffer.len() >= CHUNK_BYTES {
                sink.send(buffer.split().freeze()).await?;
            }
        }
    }
    sink.send(buffer.freeze()).await?;
    Ok(sink.finish().await?)
}

fn push_row(record: &ByteRecord, buffer: &mut BytesMut) {
    for (index, value) in record.iter().enumerate() {
        if index > 0 {
            buffer.put_u8(b'\t');
        }
        if value.is_empty() {
            buffer.extend_from_slice(b"\\N");
        } else {
            push_text(value, buffer);
        }
    }
}

/// The text format of COPY: four characters have a meaning of their own.
fn push_text(value: &[u8], buffer: &mut BytesMut) {
    for part in value.split_inclusive(|byte| matches!(byte, b'\\' | b'\t' | b'\n' | b'\r')) {
        let (last, plain) = part.split_last().unwrap_or((&b' ', b""));
        let escape = match last {
            b'\\' => b"\\\\",
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            _ => {
                buffer.extend_from_slice(part);
                continue;
            }
        };
        buffer.extend_from_slice(plain);
        buffer.extend_from_slice(escape);
    }
}
