//! A folder of CSV files as destination: one file for each sObject, a full copy each time.
//!
//! What was committed of a file is kept in a store beside it, so that a killed copy goes on where it stopped: the file
//! is cut back to the committed length, and rows after it are written again.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use model::{RecordLayout, SyncRuleId};
use salesforce::{FieldValue, RecordId, SObjectName, Timestamp, ValueError};
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::row_batch::{Pushed, RejectedRow};
use crate::work::{Lease, fence};
use crate::{Error, Result, Store, StoreUrl, Tx, decode};

/// Where the folder keeps its own state.
const STATE_FOLDER: &str = ".towpath";

/// A folder of CSV files.
#[derive(Clone, Debug)]
pub struct CsvFolder {
    path: PathBuf,
}

impl CsvFolder {
    /// Opens a folder, made where it is missing.
    pub fn open(path: &Path) -> Result<Self> {
        let state = path.join(STATE_FOLDER);
        fs::create_dir_all(&state).map_err(|source| Error::Csv { path: state, source })?;
        Ok(Self { path: path.to_owned() })
    }

    /// Returns the address of the store that keeps the folder's state.
    pub fn state_url(&self) -> StoreUrl {
        StoreUrl::sqlite(&self.path.join(STATE_FOLDER).join("state.db"))
    }

    /// Begins an sObject's file anew, with its header: the id and the columns by their API names. Returns it with the
    /// length to commit.
    pub fn create_file(&self, sobject: &SObjectName, layout: &RecordLayout) -> Result<(CsvFile, u64)> {
        let mut csv_file = self.open_part(sobject)?;
        csv_file.cut_to(0)?;
        let names = layout.columns.iter().map(|column| column.path.as_str());
        let header = std::iter::once("Id").chain(names).collect::<Vec<_>>().join(",");
        csv_file.write(format!("{header}\n").as_bytes())?;
        let length = csv_file.sync()?;
        Ok((csv_file, length))
    }

    /// Opens an sObject's file again at the length that was committed of it. Returns `None` where the whole file is in
    /// its place already: a process died between putting it there and noting it.
    pub fn resume_at(&self, sobject: &SObjectName, committed: u64) -> Result<Option<CsvFile>> {
        if !self.part(sobject).exists()
            && fs::metadata(self.whole(sobject)).is_ok_and(|whole| whole.len() == committed)
        {
            return Ok(None);
        }
        let mut csv_file = self.open_part(sobject)?;
        let metadata = csv_file.file.metadata().map_err(|source| csv_file.failed(source))?;
        if metadata.len() < committed {
            return Err(Error::CsvCut { path: csv_file.part, found: metadata.len(), committed });
        }
        csv_file.cut_to(committed)?;
        Ok(Some(csv_file))
    }

    fn whole(&self, sobject: &SObjectName) -> PathBuf {
        self.path.join(format!("{sobject}.csv"))
    }

    fn part(&self, sobject: &SObjectName) -> PathBuf {
        self.path.join(format!("{sobject}.csv.part"))
    }

    fn open_part(&self, sobject: &SObjectName) -> Result<CsvFile> {
        let (whole, part) = (self.whole(sobject), self.part(sobject));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&part);
        match file {
            Ok(file) => Ok(CsvFile { file, part, whole, length: 0 }),
            Err(source) => Err(Error::Csv { path: part, source }),
        }
    }
}

/// Records in the form in which a CSV file takes them.
#[derive(Debug, Default)]
pub struct CsvRows {
    bytes: Vec<u8>,
    rows: usize,
}

impl CsvRows {
    /// Adds a record: its id, and its values in the order of the layout's columns. A record one of whose values is an
    /// error is left out whole.
    pub fn push<'v>(
        &mut self,
        id: RecordId,
        values: impl IntoIterator<Item = Result<FieldValue<'v>, ValueError>>,
    ) -> Result<Pushed, RejectedRow> {
        let before = self.bytes.len();
        self.bytes.extend_from_slice(id.as_bytes());
        for (column, value) in values.into_iter().enumerate() {
            self.bytes.push(b',');
            match value {
                Ok(value) => push_value(&mut self.bytes, &value),
                Err(reason) => {
                    self.bytes.truncate(before);
                    return Err(RejectedRow { column, reason });
                }
            }
        }
        self.bytes.push(b'\n');
        self.rows += 1;
        Ok(Pushed::Whole)
    }

    /// Returns how many records there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Returns how many bytes they take.
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }
}

/// A CSV file that is being written.
#[derive(Debug)]
pub struct CsvFile {
    file: File,
    part: PathBuf,
    whole: PathBuf,
    length: u64,
}

impl CsvFile {
    /// Adds records. They are not durable yet.
    pub fn append(&mut self, rows: &CsvRows) -> Result<()> {
        self.write(&rows.bytes)
    }

    /// Makes all records added so far durable. Returns the length to commit.
    pub fn sync(&mut self) -> Result<u64> {
        self.file.sync_data().map_err(|source| self.failed(source))?;
        Ok(self.length)
    }

    /// Makes the file whole: durable, and in the place of the one before it.
    pub fn finish(mut self) -> Result<()> {
        self.sync()?;
        fs::rename(&self.part, &self.whole).map_err(|source| self.failed(source))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|source| self.failed(source))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn cut_to(&mut self, length: u64) -> Result<()> {
        let cut = self.file.set_len(length).and_then(|()| self.file.seek(SeekFrom::Start(length)));
        cut.map_err(|source| self.failed(source))?;
        self.length = length;
        Ok(())
    }

    fn failed(&self, source: std::io::Error) -> Error {
        Error::Csv { path: self.part.clone(), source }
    }
}

/// Appends a value as RFC 4180 wants it: quoted where it holds a comma, a quote or a line end. Null is empty.
fn push_value(buffer: &mut Vec<u8>, value: &FieldValue<'_>) {
    let written = match value {
        FieldValue::Null => Ok(()),
        FieldValue::Bool(value) => write!(buffer, "{value}"),
        FieldValue::Int(value) => write!(buffer, "{value}"),
        FieldValue::Decimal(value) => write!(buffer, "{}", value.normalize()),
        FieldValue::Date(value) => write!(buffer, "{value}"),
        FieldValue::DateTime(value) => buffer.write_all(&value.to_text()),
        FieldValue::Text(text) => {
            push_text(buffer, text);
            Ok(())
        }
    };
    written.expect("a vector takes all that is written");
}

fn push_text(buffer: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let needs_quotes = memchr::memchr3(b',', b'"', b'\n', bytes).is_some()
        || memchr::memchr(b'\r', bytes).is_some()
        || text.starts_with(' ')
        || text.ends_with(' ');
    if !needs_quotes {
        buffer.extend_from_slice(text.as_bytes());
        return;
    }
    buffer.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            buffer.push(b'"');
        }
        buffer.push(byte);
    }
    buffer.push(b'"');
}

/// Stores how much of a rule's file is committed, in the transaction that stores its checkpoint.
pub async fn put_csv_length(
    tx: &mut Tx,
    lease: &Lease,
    sync_rule_id: SyncRuleId,
    file_name: &str,
    length: u64,
    now: Timestamp,
) -> Result<()> {
    fence(tx, lease, now).await?;
    let upsert = statement(
        "store the length of a CSV file",
        "insert into towpath.csv_files (sync_rule_id, file_name, byte_length, updated_at)
         values ($1, $2, $3, $4)
         on conflict (sync_rule_id) do update
         set file_name = excluded.file_name, byte_length = excluded.byte_length, updated_at = excluded.updated_at",
    );
    let params = [sync_rule_id.as_param(), file_name.as_param(), length.as_param(), now.as_param()];
    tx.execute(upsert, &params).await.map(|_| ())
}

/// Returns how much of a rule's file is committed.
pub async fn find_csv_length(store: &Store, sync_rule_id: SyncRuleId) -> Result<Option<u64>> {
    #[derive(FromRow)]
    struct LengthRow {
        byte_length: i64,
    }
    let select = statement(
        "find the length of a CSV file",
        "select byte_length\nfrom towpath.csv_files\nwhere sync_rule_id = $1",
    );
    let row: Option<LengthRow> = store.fetch_optional(select, &[sync_rule_id.as_param()]).await?;
    row.map(|row| decode::count("length of a CSV file", row.byte_length)).transpose()
}
