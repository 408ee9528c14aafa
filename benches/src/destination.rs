//! Where a copy goes, and reading it back without any code of the program that wrote it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::canonical::RowsHash;
use crate::column::Column;
use crate::postgres;

mod csv;
mod postgres_table;
mod sqlite;

/// The kinds of destinations.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DestinationKind {
    /// A folder of CSV files.
    Csv,
    /// A PostgreSQL database.
    Postgres,
    /// One file.
    Sqlite,
}

impl DestinationKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Postgres, Self::Sqlite];
}

impl fmt::Display for DestinationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Csv => "CSV",
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        })
    }
}

/// Where a copy goes.
#[derive(Clone, Debug)]
pub enum Destination {
    /// A folder of CSV files.
    Csv(PathBuf),
    /// The URL of a PostgreSQL database.
    Postgres(String),
    /// One file.
    Sqlite(PathBuf),
}

impl Destination {
    /// Makes an empty destination; files are put into `folder`.
    pub async fn create(kind: DestinationKind, folder: &Path) -> Result<Self> {
        Ok(match kind {
            DestinationKind::Csv => Self::Csv(folder.join("copy")),
            DestinationKind::Postgres => Self::Postgres(postgres::create_database().await?),
            DestinationKind::Sqlite => Self::Sqlite(folder.join("copy.db")),
        })
    }

    /// Frees what [`Destination::create`] took outside its folder.
    pub async fn remove(self) -> Result<()> {
        match self {
            Self::Postgres(url) => postgres::drop_database(&url).await,
            Self::Csv(_) | Self::Sqlite(_) => Ok(()),
        }
    }

    /// Returns what `--to` takes.
    pub fn to_argument(&self) -> String {
        match self {
            Self::Csv(folder) => format!("csv:{}", folder.display()),
            Self::Postgres(url) => url.clone(),
            Self::Sqlite(file) => format!("sqlite:{}", file.display()),
        }
    }

    /// Moves the checkpoints back, so that what changed since then is read once more and found to be the same.
    pub async fn rewind(&self, by: Duration) -> Result<()> {
        let milliseconds = i64::try_from(by.as_millis())?;
        match self {
            Self::Csv(_) => bail!("a folder of CSV files has no checkpoints"),
            Self::Postgres(url) => postgres_table::rewind(url, milliseconds).await,
            Self::Sqlite(file) => sqlite::rewind(file, milliseconds).await,
        }
    }

    /// Hashes the live rows of an sObject in the copy of this name. `columns` holds one of `Id`.
    pub async fn hash(&self, copy_name: &str, sobject: &str, columns: &[Column]) -> Result<RowsHash> {
        match self {
            Self::Csv(folder) => csv::hash(&folder.join(format!("{sobject}.csv")), columns),
            Self::Postgres(url) => postgres_table::hash(url, copy_name, sobject, columns).await,
            Self::Sqlite(file) => sqlite::hash(file, copy_name, sobject, columns).await,
        }
    }
}

/// Returns where the record id stands.
fn id_index(columns: &[Column]) -> Result<usize> {
    let index = columns.iter().position(|column| column.name() == "id");
    index.ok_or_else(|| anyhow::anyhow!("rows cannot be told apart without the column of Id"))
}
