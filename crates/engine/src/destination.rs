//! Where records go: a record table of the store, or a file of a CSV folder.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use model::{
    GoneRecord, Integration, ReadKind, RecordLayout, Source, SyncRule, SyncRuleId, drift::KeptTable,
};
use salesforce::{FieldValue, RecordId, Timestamp, ValueError, describe::SObjectDescribe};
use store::{
    Applied, ApplyMode, CsvFile, CsvRows, Pushed, RecordTable, RejectedRow, RowBatch, RowLoad, Tx,
    find_csv_length, find_kept_table, find_record_table,
    integrations::find_integration,
    list_live_ids, mark_gone, put_csv_length,
    sobject_describes::{find_sobject_describe, put_sobject_describe},
    work::Lease,
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    plan::lay_out,
    shape::{Shaped, Shaping},
};

/// Where the records of a rule go. Clones are the same destination.
#[derive(Clone, Debug)]
pub(crate) enum Destination {
    /// A table that keeps records from read to read.
    Table { table: RecordTable, mode: ApplyMode },
    /// A file that is written anew by each read.
    Csv { file: Arc<Mutex<Option<CsvFile>>>, rule_id: SyncRuleId, file_name: String },
}

/// A destination that is ready for a read to begin.
pub(crate) struct Prepared {
    pub(crate) destination: Destination,
    /// The columns that reads fill.
    pub(crate) layout: RecordLayout,
    /// Whether it was there before, so that it may hold what earlier reads brought.
    pub(crate) is_filled: bool,
    /// What reading everything would be.
    pub(crate) full_read: ReadKind,
}

/// Encoded records on their way there.
#[derive(Debug)]
pub(crate) enum Batch {
    Table(RowBatch),
    Csv(CsvRows),
}

/// How much is put into one transaction.
pub(crate) struct CommitBounds {
    pub(crate) rows: u64,
    pub(crate) time: Duration,
}

impl Destination {
    /// A database's transaction stays short, so that people's writes wait little. A file has to be made durable before
    /// its length is committed, which is worth more rows.
    pub(crate) fn commit_bounds(&self) -> CommitBounds {
        match self {
            Self::Table { .. } => CommitBounds { rows: 5_000, time: Duration::from_millis(200) },
            Self::Csv { .. } => CommitBounds { rows: 250_000, time: Duration::from_secs(5) },
        }
    }

    pub(crate) fn new_batch(&self, source: Source, read_at: Timestamp) -> Batch {
        match self {
            Self::Table { table, .. } => Batch::Table(table.new_batch(source, read_at)),
            Self::Csv { .. } => Batch::Csv(CsvRows::default()),
        }
    }

    /// What a transaction stores, to be finished before it commits.
    pub(crate) fn begin_load(&self) -> RowLoad {
        match self {
            Self::Table { mode, .. } => RowLoad::new(*mode),
            // A file takes what it is given at once.
            Self::Csv { .. } => RowLoad::new(ApplyMode::FirstLoad),
        }
    }

    /// Takes a batch. Returns what became of the records that are stored already.
    pub(crate) async fn take(&self, tx: &mut Tx, load: &mut RowLoad, batch: Batch) -> Result<Applied> {
        match (self, batch) {
            (Self::Table { .. }, Batch::Table(mut rows)) => Ok(load.take(tx, &mut rows).await?),
            (Self::Csv { file, .. }, Batch::Csv(rows)) => {
                open(file)?.append(&rows)?;
                Ok(Applied { inserted: rows.len() as u64, updated: 0, unchanged: 0 })
            }
            _ => unreachable!("a destination makes its own batches"),
        }
    }

    /// Marks records as gone, and returns those that were not before.
    pub(crate) async fn mark_gone(
        &self,
        tx: &mut Tx,
        gone: &[GoneRecord],
        at: Timestamp,
    ) -> Result<Vec<RecordId>> {
        match self {
            Self::Table { table, .. } => Ok(mark_gone(tx, table, gone, at).await?),
            Self::Csv { .. } => Ok(Vec::new()),
        }
    }

    /// Makes what was applied durable as far as the transaction alone does not.
    pub(crate) async fn flush(&self, tx: &mut Tx, lease: &Lease, now: Timestamp) -> Result<()> {
        let Self::Csv { file, rule_id, file_name } = self else { return Ok(()) };
        let length = open(file)?.sync()?;
        Ok(put_csv_length(tx, lease, *rule_id, file_name, length, now).await?)
    }

    /// Puts the outcome of a whole read in place of the one before.
    pub(crate) fn finish(&self) -> Result<()> {
        let Self::Csv { file, .. } = self else { return Ok(()) };
        match lock(file).take() {
            Some(file) => Ok(file.finish()?),
            None => Ok(()),
        }
    }
}

impl Batch {
    pub(crate) fn push<'v>(
        &mut self,
        id: RecordId,
        values: impl IntoIterator<Item = Result<FieldValue<'v>, ValueError>>,
    ) -> Result<Pushed, RejectedRow> {
        match self {
            Self::Table(rows) => rows.push(id, values),
            Self::Csv(rows) => rows.push(id, values),
        }
    }

    pub(crate) fn byte_len(&self) -> usize {
        match self {
            Self::Table(rows) => rows.byte_len(),
            Self::Csv(rows) => rows.byte_len(),
        }
    }
}

fn lock(file: &Mutex<Option<CsvFile>>) -> MutexGuard<'_, Option<CsvFile>> {
    file.lock().expect("nothing panics while it holds a file")
}

/// The open file. One slice at a time writes it.
fn open(file: &Mutex<Option<CsvFile>>) -> Result<OpenFile<'_>> {
    let guard = lock(file);
    if guard.is_none() { Err(Error::FileClosed) } else { Ok(OpenFile(guard)) }
}

struct OpenFile<'a>(MutexGuard<'a, Option<CsvFile>>);

impl std::ops::Deref for OpenFile<'_> {
    type Target = CsvFile;

    fn deref(&self) -> &CsvFile {
        self.0.as_ref().expect("checked when it was opened")
    }
}

impl std::ops::DerefMut for OpenFile<'_> {
    fn deref_mut(&mut self) -> &mut CsvFile {
        self.0.as_mut().expect("checked when it was opened")
    }
}

impl Engine {
    /// Stores the describe and readies the destination for a read that begins.
    pub(crate) async fn prepare_destination(
        &self,
        lease: &Lease,
        rule: &SyncRule,
        describe: &SObjectDescribe,
    ) -> Result<Prepared> {
        let integration = self.integration_of(rule).await?;
        if let Some(folder) = self.csv_folder() {
            let layout = lay_out(describe, &rule.fields)?;
            let (file, length) = folder.create_file(&rule.sobject, &layout)?;
            let destination = Destination::csv(rule, Some(file));
            let now = self.clock().now();
            let mut tx = self.store().begin().await?;
            destination.commit_length(&mut tx, lease, length, now).await?;
            put_sobject_describe(&mut tx, integration.connection_id, describe, now).await?;
            tx.commit().await?;
            reach(self.kill_at(), "describe.stored");
            reach(self.kill_at(), "table.altered");
            return Ok(Prepared { destination, layout, is_filled: false, full_read: ReadKind::FirstLoad });
        }
        let shaped = self.shape_table(lease, rule, &integration, describe, Shaping::ForNewRead).await?;
        let Shaped { table, layout, was_there } = shaped;
        let is_empty = list_live_ids(self.store(), &table, None, 1).await?.is_empty();
        let full_read = if is_empty { ReadKind::FirstLoad } else { ReadKind::Reload };
        let destination = Destination::table(table, Some(full_read));
        Ok(Prepared { destination, layout, is_filled: was_there, full_read })
    }

    /// The layout and the destination of a read that is under way, from the describe that it began with.
    pub(crate) async fn find_destination(
        &self,
        rule: &SyncRule,
        describe: &SObjectDescribe,
        kind: Option<ReadKind>,
    ) -> Result<(RecordLayout, Destination)> {
        let integration = self.integration_of(rule).await?;
        if let Some(folder) = self.csv_folder() {
            let committed = find_csv_length(self.store(), rule.id).await?.unwrap_or(0);
            let file = folder.resume_at(&rule.sobject, committed)?;
            return Ok((lay_out(describe, &rule.fields)?, Destination::csv(rule, file)));
        }
        let gone = || Error::RuleGone(rule.id.to_string());
        let known = self.find_shaped_table(&integration, rule, describe).await?.ok_or_else(gone)?;
        let ShapedTable { kept, layout, table } = known;
        if !kind.is_some_and(ReadKind::is_of_fields) {
            return Ok((layout, Destination::table(table, kind)));
        }
        let is_read =
            |name: &String| kept.columns.iter().any(|kept| kept.name == *name && kept.is_being_read);
        let layout = layout.narrowed(|column| is_read(&column.name));
        let table = table.for_columns_of(&layout);
        Ok((layout, Destination::table(table, kind)))
    }

    /// The describe and the record table with which a rule was read last; `None` where it never was.
    pub(crate) async fn find_read(
        &self,
        integration: &Integration,
        rule: &SyncRule,
    ) -> Result<Option<(SObjectDescribe, ShapedTable)>> {
        let stored = find_sobject_describe(self.store(), integration.connection_id, &rule.sobject).await?;
        let Some((describe, _)) = stored else { return Ok(None) };
        let shaped = self.find_shaped_table(integration, rule, &describe).await?;
        Ok(shaped.map(|shaped| (describe, shaped)))
    }

    /// The record table of a rule as it was shaped last; `None` where there is none yet.
    pub(crate) async fn find_shaped_table(
        &self,
        integration: &Integration,
        rule: &SyncRule,
        describe: &SObjectDescribe,
    ) -> Result<Option<ShapedTable>> {
        let Some(kept) = find_kept_table(self.store(), integration, &rule.sobject).await? else {
            return Ok(None);
        };
        let layout = match RecordLayout::from_kept(describe.name().clone(), &kept.columns) {
            Some(layout) => layout,
            // The table was made before its columns were remembered as they are now.
            None => lay_out(describe, &rule.fields)?,
        };
        let table = find_record_table(self.store(), integration, &layout).await?;
        Ok(table.map(|table| ShapedTable { kept, layout, table }))
    }

    pub(crate) async fn integration_of(&self, rule: &SyncRule) -> Result<Integration> {
        let integration = find_integration(self.store(), rule.integration_id).await?;
        integration.ok_or_else(|| Error::RuleGone(rule.id.to_string()))
    }
}

/// A record table, what is remembered of its columns, and the layout of those that are filled.
pub(crate) struct ShapedTable {
    pub(crate) kept: KeptTable,
    pub(crate) layout: RecordLayout,
    pub(crate) table: RecordTable,
}

impl Destination {
    fn table(table: RecordTable, kind: Option<ReadKind>) -> Self {
        let mode = if kind == Some(ReadKind::FirstLoad) { ApplyMode::FirstLoad } else { ApplyMode::Upsert };
        Self::Table { table, mode }
    }

    fn csv(rule: &SyncRule, file: Option<CsvFile>) -> Self {
        let file_name = format!("{}.csv", rule.sobject);
        Self::Csv { file: Arc::new(Mutex::new(file)), rule_id: rule.id, file_name }
    }

    async fn commit_length(&self, tx: &mut Tx, lease: &Lease, length: u64, now: Timestamp) -> Result<()> {
        let Self::Csv { rule_id, file_name, .. } = self else { return Ok(()) };
        Ok(put_csv_length(tx, lease, *rule_id, file_name, length, now).await?)
    }
}
