//! Puts the rows of a spooled page into the destination, records and checkpoint in one transaction.
//!
//! One thread parses and encodes; the task that owns the transaction stores what it hands over. A page takes
//! as many transactions as its size asks for, and each moves the checkpoint exactly over the rows that it holds.

use std::{collections::HashSet, ops::ControlFlow};

use model::{
    Checkpoint, GoneEvidence, GoneRecord, GoneWhy, KeysetPass, KeysetPoint, Position, RowStamp, RunCounts,
    Watermark,
};
use salesforce::{RecordId, Timestamp};
use store::{
    Applied, RejectedRow, RowLoad, Tx,
    checkpoints::put_checkpoint,
    read_ids::{IdPurpose, keep_ids, kept_among},
    row_errors::{RowError, delete_row_errors_of, list_failed_ids, put_row_errors},
    sync_runs::add_progress,
    work::Lease,
};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    destination::Batch,
    engine::Engine,
    error::Result,
    kill_point::reach,
    page::{PageRow, for_each_row},
    rule_context::RuleContext,
    spool::SpooledPage,
};

/// A batch is handed over at this size. Three may be in memory at once.
const BATCH_BYTES: usize = 192 * 1024;
/// Or at so many rows, which is what a transaction holds at most.
const BATCH_ROWS: u64 = 5_000;

/// The code of a record that no row of the database can hold.
pub(crate) const TOO_WIDE: &str = "row.too_wide";

/// So many records with row errors are known while a page is applied; those beyond are mended by a later one.
pub(crate) const FAILED_IDS: u32 = 20_000;

/// Where in a page a batch ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PagePoint {
    /// Rows of this page that are in the destination once the batch is.
    pub(crate) rows: u64,
    /// The last of them, as a place in a keyset read.
    pub(crate) last: Option<KeysetPoint>,
    /// Whether the page ends here.
    pub(crate) is_end: bool,
}

/// Rows on their way to the store.
struct Load {
    batch: Batch,
    gone: Vec<GoneRecord>,
    row_errors: Vec<RowError>,
    /// Records that had row errors and were met again.
    met_again: Vec<RecordId>,
    /// Records that pass the rule's filter, where that is noted.
    in_filter: Vec<RowStamp>,
    /// Rows that were looked at and will be counted as read.
    rows_read: u64,
    rejected: u64,
    /// Rows that are left to another read.
    left: u64,
    end: PagePoint,
}

/// Applies what is left of a page after its first `skip` rows. `position_at` says where the read stands at a point of
/// the page. Returns where it stands at the end.
pub(crate) async fn apply_page(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    page: &SpooledPage,
    skip: u64,
    position_at: impl Fn(PagePoint) -> Position,
) -> Result<Position> {
    let (sender, mut loads) = mpsc::channel(1);
    let failed = list_failed_ids(engine.store(), context.rule.id, FAILED_IDS).await?;
    let builder = LoadBuilder::new(context.clone(), engine.clock().now(), skip, sender, failed);
    let reader = read_loads(builder, page.clone(), skip);
    let mut open = None;
    let mut reached = Position::Idle;
    while let Some(load) = loads.recv().await {
        let mut commit = match open.take() {
            Some(commit) => commit,
            None => Commit::begin(engine, lease, context).await?,
        };
        let end = load.end;
        commit.take(context, load).await?;
        if end.is_end || commit.is_due(engine, context) {
            reached = position_at(end);
            commit.finish(engine, lease, context, reached.clone()).await?;
        } else {
            open = Some(commit);
        }
    }
    reader.await.expect("reading a page does not panic")?;
    Ok(reached)
}

/// A transaction under way.
struct Commit {
    tx: Tx,
    begun_at: Timestamp,
    rows: RowLoad,
    /// Records that are to be marked as gone once the rows are stored.
    gone: Vec<GoneRecord>,
    /// Records that had row errors and were met again.
    met_again: Vec<RecordId>,
    row_errors: Vec<RowError>,
    counts: RunCounts,
}

impl Commit {
    async fn begin(engine: &Engine, lease: &Lease, context: &RuleContext) -> Result<Self> {
        let (mut tx, begun_at) = (engine.store().begin().await?, engine.clock().now());
        // The fence comes first, so that a worker that lost its lease does no work that cannot be kept.
        store::work::fence(&mut tx, lease, begun_at).await?;
        Ok(Self {
            tx,
            begun_at,
            rows: context.destination.begin_load(),
            gone: Vec::new(),
            met_again: Vec::new(),
            row_errors: Vec::new(),
            counts: RunCounts::default(),
        })
    }

    fn is_due(&self, engine: &Engine, context: &RuleContext) -> bool {
        let bounds = context.destination.commit_bounds();
        // What is gone and what has an error is written at the end, and takes as long.
        let waiting = self.gone.len() + self.row_errors.len() + self.met_again.len();
        self.counts.rows_read + waiting as u64 >= bounds.rows
            || engine.clock().now().since(self.begun_at) >= bounds.time
    }

    async fn take(&mut self, context: &RuleContext, load: Load) -> Result<()> {
        let applied = context.destination.take(&mut self.tx, &mut self.rows, load.batch).await?;
        keep_ids(&mut self.tx, context.rule.id, IdPurpose::InFilter, &load.in_filter).await?;
        self.gone.extend(load.gone);
        self.met_again.extend(load.met_again);
        self.row_errors.extend(load.row_errors);
        self.counts += counts_of(applied);
        self.counts += RunCounts {
            rows_read: load.rows_read,
            unchanged: load.left,
            rejected: load.rejected,
            ..RunCounts::default()
        };
        Ok(())
    }

    async fn finish(
        mut self,
        engine: &Engine,
        lease: &Lease,
        context: &RuleContext,
        position: Position,
    ) -> Result<()> {
        let now = engine.clock().now();
        let loaded = self.rows.finish(&mut self.tx).await?;
        let left = without_kept(&mut self.tx, context, self.gone).await?;
        let gone = context.mark_gone(&mut self.tx, &left, now).await?;
        let mended = mended(context, self.met_again, &left);
        delete_row_errors_of(&mut self.tx, context.rule.id, &mended).await?;
        self.row_errors.extend(too_wide_errors(engine, context, &loaded.too_wide));
        put_row_errors(&mut self.tx, &self.row_errors).await?;
        self.counts += counts_of(loaded.applied);
        self.counts += RunCounts { gone, rejected: loaded.too_wide.len() as u64, ..RunCounts::default() };
        self.counts += context.client.take_spent();
        let checkpoint = Checkpoint { position, complete_until: None };
        context.destination.flush(&mut self.tx, lease, now).await?;
        put_checkpoint(&mut self.tx, lease, context.rule.id, &checkpoint, now).await?;
        add_progress(&mut self.tx, context.run_id, context.rule.id, &self.counts).await?;
        let kill_at = engine.kill_at();
        reach(kill_at, "page.before_commit");
        if !left.is_empty() {
            reach(kill_at, "gone.before_commit");
        }
        self.tx.commit().await?;
        reach(kill_at, "page.after_commit");
        if !left.is_empty() {
            reach(kill_at, "gone.after_commit");
        }
        Ok(())
    }
}

fn counts_of(applied: Applied) -> RunCounts {
    let Applied { inserted, updated, unchanged } = applied;
    RunCounts { inserted, updated, unchanged, ..RunCounts::default() }
}

/// The reasons why records are not stored that no page of the database has room for.
fn too_wide_errors(engine: &Engine, context: &RuleContext, ids: &[RecordId]) -> Vec<RowError> {
    let error = |id: &RecordId| RowError {
        sync_rule_id: context.rule.id,
        record_id: id.to_string(),
        field: String::new(),
        code: TOO_WIDE.to_owned(),
        message: "the record has more values than a row of PostgreSQL can hold".to_owned(),
        sync_run_id: context.run_id,
        failed_at: engine.clock().now(),
    };
    ids.iter().map(error).collect()
}

/// The records whose row errors are over: those that were read again, and those that went.
fn mended(context: &RuleContext, met_again: Vec<RecordId>, gone: &[GoneRecord]) -> Vec<RecordId> {
    if context.pass == KeysetPass::Records || met_again.is_empty() {
        return met_again;
    }
    let gone: HashSet<_> = gone.iter().map(|record| record.id).collect();
    met_again.into_iter().filter(|id| gone.contains(id)).collect()
}

/// Leaves out records that changed and passed the filter in this read, whether they could be stored or not: those have
/// not left it. Stamps alone do not tell, since many orgs give whole seconds.
async fn without_kept(tx: &mut Tx, context: &RuleContext, gone: Vec<GoneRecord>) -> Result<Vec<GoneRecord>> {
    let left = gone.iter().filter(|record| record.why == GoneWhy::Filtered).map(|record| record.id);
    let left: Vec<_> = left.collect();
    let kept = kept_among(tx, context.rule.id, IdPurpose::InFilter, &left).await?;
    let kept: HashSet<_> = kept.into_iter().collect();
    let is_gone = |record: &GoneRecord| record.why != GoneWhy::Filtered || !kept.contains(&record.id);
    Ok(gone.into_iter().filter(is_gone).collect())
}

/// Starts the thread that turns the page into loads.
fn read_loads(mut builder: LoadBuilder, page: SpooledPage, skip: u64) -> JoinHandle<Result<()>> {
    tokio::task::spawn_blocking(move || {
        let select = builder.context.select.clone();
        // A break means that the storing side has failed; it says why.
        if for_each_row(&page, &select, skip, &mut |row| builder.take(&row))?.is_continue() {
            let _ = builder.hand_over(Hand::Last);
        }
        Ok(())
    })
}

/// Whether a load is the last of its page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Hand {
    More,
    Last,
}

/// Gathers rows until a load is full.
struct LoadBuilder {
    context: RuleContext,
    read_at: Timestamp,
    sender: mpsc::Sender<Load>,
    batch: Batch,
    gone: Vec<GoneRecord>,
    row_errors: Vec<RowError>,
    met_again: Vec<RecordId>,
    in_filter: Vec<RowStamp>,
    failed: HashSet<RecordId>,
    rows_seen: u64,
    rows_read: u64,
    rejected: u64,
    left: u64,
    last: Option<KeysetPoint>,
}

impl LoadBuilder {
    fn new(
        context: RuleContext,
        read_at: Timestamp,
        skip: u64,
        sender: mpsc::Sender<Load>,
        failed: Vec<RecordId>,
    ) -> Self {
        let batch = context.destination.new_batch(context.source, read_at);
        Self {
            context,
            read_at,
            sender,
            batch,
            gone: Vec::new(),
            row_errors: Vec::new(),
            met_again: Vec::new(),
            in_filter: Vec::new(),
            failed: failed.into_iter().collect(),
            rows_seen: skip,
            rows_read: 0,
            rejected: 0,
            left: 0,
            last: None,
        }
    }

    fn take(&mut self, row: &PageRow<'_>) -> ControlFlow<()> {
        self.rows_seen += 1;
        self.last = Some(keyset_point(row));
        if self.failed.contains(&row.id) {
            self.met_again.push(row.id);
        }
        if self.context.notes_filter && !row.is_deleted {
            self.in_filter.push(RowStamp { id: row.id, stamp: row.stamp });
        }
        match (self.context.pass, row.is_deleted) {
            (_, true) => self.gone.push(deleted(row)),
            // The record changed, and the filtered read did not bring it.
            (KeysetPass::ChangedIds | KeysetPass::Scope, false) => {
                self.gone.push(gone(row, GoneWhy::Filtered, GoneEvidence::OutsideFilter));
            }
            (KeysetPass::Records, false) => self.push(row),
        }
        if self.batch.byte_len() >= BATCH_BYTES || self.rows_seen.is_multiple_of(BATCH_ROWS) {
            return self.hand_over(Hand::More);
        }
        ControlFlow::Continue(())
    }

    fn push(&mut self, row: &PageRow<'_>) {
        self.rows_read += 1;
        if self.context.only_before.is_some_and(|bound| row.stamp.is_some_and(|stamp| stamp >= bound)) {
            self.left += 1;
            return;
        }
        match self.batch.push(row.id, row.values()) {
            Ok(store::Pushed::Whole) => {}
            Ok(store::Pushed::NulDropped { columns }) => {
                let message = "characters U+0000 were dropped from the text";
                for column in columns {
                    self.row_errors.push(self.row_error(row.id, column, "text.nul", message.to_owned()));
                }
            }
            Err(RejectedRow { column, reason }) => {
                self.rejected += 1;
                self.row_errors.push(self.row_error(row.id, column, "value.unreadable", reason.to_string()));
            }
        }
    }

    fn row_error(&self, id: RecordId, column: usize, code: &str, message: String) -> RowError {
        RowError {
            sync_rule_id: self.context.rule.id,
            record_id: id.to_string(),
            field: self.context.layout.columns[column].path.clone(),
            code: code.to_owned(),
            message,
            sync_run_id: self.context.run_id,
            failed_at: self.read_at,
        }
    }

    fn hand_over(&mut self, hand: Hand) -> ControlFlow<()> {
        let fresh = self.context.destination.new_batch(self.context.source, self.read_at);
        let load = Load {
            batch: std::mem::replace(&mut self.batch, fresh),
            gone: std::mem::take(&mut self.gone),
            row_errors: std::mem::take(&mut self.row_errors),
            met_again: std::mem::take(&mut self.met_again),
            in_filter: std::mem::take(&mut self.in_filter),
            rows_read: std::mem::take(&mut self.rows_read),
            rejected: std::mem::take(&mut self.rejected),
            left: std::mem::take(&mut self.left),
            end: PagePoint { rows: self.rows_seen, last: self.last, is_end: hand == Hand::Last },
        };
        match self.sender.blocking_send(load) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

fn keyset_point(row: &PageRow<'_>) -> KeysetPoint {
    match row.stamp {
        Some(system_modstamp) => KeysetPoint::Stamp(Watermark { system_modstamp, record_id: row.id }),
        None => KeysetPoint::Id(row.id),
    }
}

/// A merge leaves the loser in the recycle bin with the winner's id (Object Reference, Account, MasterRecordId).
pub(crate) fn deleted(row: &PageRow<'_>) -> GoneRecord {
    let why = if row.merged_into.is_some() { GoneWhy::Merged } else { GoneWhy::Deleted };
    gone(row, why, GoneEvidence::RecycleBin)
}

fn gone(row: &PageRow<'_>, why: GoneWhy, evidence: GoneEvidence) -> GoneRecord {
    GoneRecord { id: row.id, why, evidence, merged_into: row.merged_into, system_modstamp: row.stamp }
}
