//! What can go wrong with the store.

use std::path::PathBuf;
use std::time::Duration;

use salesforce::Retry;

use crate::instances::Instance;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Something the store attempted did not work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of a database is not one.
    #[error("expected sqlite:FILE or postgres://…, not this address of a database")]
    Url,
    /// The database does not answer, or the file cannot be opened.
    #[error("cannot open the database {database}")]
    Open {
        /// Which, without a password.
        database: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The control tables cannot be created or changed.
    #[error("cannot bring the control tables up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// A newer program has been here.
    #[error(
        "this database was written by a newer version of Towpath (schema {found}, this program knows {known}); use that version, or another database"
    )]
    NewerSchema {
        /// The schema in the database.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// Another instance may be using the control tables as they are.
    #[error(
        "the control tables of another instance's database are older than this program's, and are not upgraded"
    )]
    SchemaOfOther(Instance),
    /// A statement failed.
    #[error("cannot {attempt}")]
    Statement {
        /// What it was for.
        attempt: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// SQLite refused a bulk load.
    #[error("cannot store records: SQLite answers {code} ({message})")]
    Sqlite {
        /// SQLite's extended result code.
        code: i32,
        /// SQLite's words for it.
        message: String,
    },
    /// The transaction was given up while a bulk load was under way.
    #[error("the transaction has already ended")]
    TransactionEnded,
    /// Another worker took over; what this one did since is not committed.
    #[error("the lease has passed to another worker")]
    LeaseLost,
    /// A read was stopped because it took too long.
    #[error("the answer took too long and was given up")]
    TooSlow,
    /// A record table changed between the look at its layout and the read.
    #[error("the table of these records has just changed")]
    LayoutChanged,
    /// A stored value does not read back.
    #[error("cannot understand the stored {what}")]
    Stored {
        /// What it is.
        what: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no key, and a secret has to be sealed or opened.
    #[error("a key is needed to keep secrets, and none was given")]
    NoKey,
    /// The database holds secrets sealed with a key that the keyring does not have.
    #[error("secrets in this database are sealed with key {0}, which is not in the key file")]
    UnknownKey(String),
    /// A sealed value does not open: it was changed, or moved from another row.
    #[error("cannot open the sealed {column} of {row}")]
    Unsealable {
        /// The column it was found in.
        column: &'static str,
        /// The row it was found in.
        row: String,
    },
    /// A key file is missing, malformed or too open.
    #[error("cannot use the key file {path}: {problem}")]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
        /// The operating system's answer, if it is that.
        #[source]
        source: Option<std::io::Error>,
    },
    /// A file of a CSV folder cannot be written.
    #[error("cannot write {path}")]
    Csv {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of a CSV folder is shorter than what was committed of it.
    #[error("{path} has {found} bytes, but {committed} were written before; start this copy anew")]
    CsvCut {
        /// The file.
        path: PathBuf,
        /// Its length.
        found: u64,
        /// The committed length.
        committed: u64,
    },
}

const DISK_FULL: Retry = Retry::WhenFixed("make room on the disk");
/// A database that restarts is back after about this time.
const RESTART: Retry = Retry::Later(Some(Duration::from_secs(2)));

impl Error {
    /// Whether trying again helps. This is the only place of this crate that decides.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Open { source, .. } | Self::Statement { source, .. } => retry_sqlx(source),
            Self::Sqlite { code, .. } => retry_sqlite(*code),
            Self::Migrate(_) => Retry::WhenFixed("look at the database; a migration failed"),
            Self::LeaseLost | Self::TransactionEnded => Retry::Later(None),
            Self::TooSlow => Retry::WhenFixed("search or sort by less, or filter more"),
            Self::LayoutChanged => Retry::Now,
            Self::Url => Retry::WhenFixed("check the address of the database"),
            Self::NewerSchema { .. } => Retry::WhenFixed("use the newer version of Towpath"),
            Self::SchemaOfOther(_) => Retry::WhenFixed("adopt the database"),
            Self::NoKey | Self::UnknownKey(_) | Self::KeyFile { .. } => {
                Retry::WhenFixed("check the key file")
            }
            Self::Unsealable { .. } => Retry::Reauth,
            Self::Csv { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => DISK_FULL,
            Self::Csv { .. } => Retry::WhenFixed("check the folder"),
            Self::CsvCut { .. } => Retry::WhenFixed("delete the folder and copy again"),
            Self::Stored { .. } => Retry::Bug,
        }
    }
}

fn retry_sqlx(error: &sqlx::Error) -> Retry {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => RESTART,
        sqlx::Error::Database(database) => {
            match database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
                Some(postgres) => retry_postgres(postgres.code()),
                None => database.code().and_then(|code| code.parse().ok()).map_or(Retry::Bug, retry_sqlite),
            }
        }
        _ => Retry::Bug,
    }
}

/// Decides by SQLSTATE (PostgreSQL, Appendix A).
fn retry_postgres(code: &str) -> Retry {
    match code {
        "53100" => DISK_FULL,
        "40001" | "40P01" | "55P03" => Retry::Now,
        // A transaction was silent for too long.
        "25P03" => RESTART,
        // The server that was written to has become a standby (failover); the next connection finds the new primary.
        "25006" => RESTART,
        _ if ["08", "53", "57"].contains(&&code[..2]) => RESTART,
        _ if ["28", "3D"].contains(&&code[..2]) => Retry::WhenFixed("check the database and its user"),
        // A row of many short values does not fit a page.
        "54000" | "54011" => Retry::WhenFixed("select fewer fields; a record is too wide for PostgreSQL"),
        "42501" => Retry::WhenFixed("give the database user the right to create schemas and tables"),
        _ => Retry::Bug,
    }
}

/// Decides by the primary result code, the lowest byte (SQLite, Result and Error Codes).
fn retry_sqlite(code: i32) -> Retry {
    match code & 0xff {
        5 | 6 => Retry::Later(None),
        13 => DISK_FULL,
        8 | 10 | 14 => Retry::WhenFixed("check the database file and its folder"),
        11 | 26 => Retry::WhenFixed("the database file is damaged; restore it"),
        _ => Retry::Bug,
    }
}
