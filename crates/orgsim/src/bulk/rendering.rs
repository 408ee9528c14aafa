//! Making the lines of a job's results while it is processed, a large one's on all cores.

use std::collections::VecDeque;
use std::io;
use std::num::NonZero;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::runtime::Handle;
use tracing::warn;

use super::gzip::{self, Packer};
use super::lines::{Lines, Packed, Piece};
use super::page::Source;
use super::spool::Shelf;
use crate::org::Org;

/// So many rows are one worker's at a time. Less would be too little of narrow rows to be read at once. Pages of 5,000, 10,000 or
/// 50,000 rows begin and end with a block, so that none of what is compressed needs to be compressed anew for them.
const BLOCK_ROWS: usize = 5_000;

/// A piece is put down once it is that large, so that a worker's memory is flat however wide rows are.
const PIECE_BYTES: usize = 512 * 1024;

/// Lines being made. Any number of workers may be at it.
#[derive(Debug)]
pub(super) struct Rendering {
    org: Org,
    source: Arc<Source>,
    shelf: Arc<Shelf>,
    /// The first row that nobody has taken yet.
    next_row: AtomicUsize,
    done: Mutex<Done>,
    /// The lines; `None` if they cannot be kept.
    outcome: OnceLock<Option<Arc<Lines>>>,
    is_cancelled: AtomicBool,
}

#[derive(Debug, Default)]
struct Done {
    pieces: Vec<Piece>,
    rows: usize,
}

impl Rendering {
    pub(super) fn new(org: &Org, source: Arc<Source>, shelf: Shelf) -> Self {
        Self {
            org: org.clone(),
            source,
            shelf: Arc::new(shelf),
            next_row: AtomicUsize::new(0),
            done: Mutex::default(),
            outcome: OnceLock::new(),
            is_cancelled: AtomicBool::new(false),
        }
    }

    pub(super) fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Returns the lines once all are made; inside, `None` if they cannot be kept.
    pub(super) fn outcome(&self) -> Option<&Option<Arc<Lines>>> {
        self.outcome.get()
    }

    /// Lets workers stop at their next line.
    pub(super) fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Makes lines until none are left to make.
    pub(super) fn work(&self) {
        // What goes wrong here must not leave a job that never ends.
        let worked = catch_unwind(AssertUnwindSafe(|| self.make_lines()));
        let error = match worked {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(_) => io::Error::other("a line could not be made"),
        };
        self.cancel();
        // Another worker may have failed before this one.
        if self.outcome.set(None).is_ok() {
            warn!(%error, "results of a Bulk job are computed as they are sent, for they cannot be kept");
        }
    }

    fn make_lines(&self) -> io::Result<()> {
        let view = self.source.view(&self.org);
        let mut piece = OpenPiece::new();
        while let Some(rows) = self.take_block() {
            let mut pieces = Vec::new();
            piece.begin(rows.start);
            for row in rows.clone() {
                if self.is_cancelled() {
                    return Ok(());
                }
                self.source.write_line(&view, row, &mut piece.bytes);
                piece.end_line()?;
                if piece.bytes.len() >= PIECE_BYTES {
                    pieces.push(piece.put_down(&self.shelf)?);
                    piece.begin(row + 1);
                }
            }
            if !piece.bytes.is_empty() {
                pieces.push(piece.put_down(&self.shelf)?);
            }
            self.finish_block(rows.len(), pieces);
        }
        // There may have been no rows at all.
        self.finish_block(0, Vec::new());
        Ok(())
    }

    fn take_block(&self) -> Option<Range<usize>> {
        let rows = self.source.row_count();
        let start = self.next_row.fetch_add(BLOCK_ROWS, Ordering::Relaxed);
        (start < rows && !self.is_cancelled()).then(|| start..(start + BLOCK_ROWS).min(rows))
    }

    fn finish_block(&self, rows: usize, pieces: Vec<Piece>) {
        let mut done = self.done();
        done.pieces.extend(pieces);
        done.rows += rows;
        if done.rows == self.source.row_count() && self.outcome.get().is_none() {
            let mut header = Vec::new();
            self.source.write_start(&mut header);
            let lines = Lines::new(header, std::mem::take(&mut done.pieces), Arc::clone(&self.shelf));
            // Nobody else sets it while this is locked, but for who has failed.
            let _ = self.outcome.set(Some(Arc::new(lines)));
        }
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    /// Returns whether there is nothing left to take.
    fn is_handed_out(&self) -> bool {
        self.is_cancelled() || self.next_row.load(Ordering::Relaxed) >= self.source.row_count()
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A piece being written, whose memory is used again for the next one.
struct OpenPiece {
    first_row: usize,
    bytes: Vec<u8>,
    ends: Vec<u32>,
    packer: Packer,
}

impl OpenPiece {
    fn new() -> Self {
        Self { first_row: 0, bytes: Vec::new(), ends: Vec::new(), packer: Packer::new() }
    }

    fn begin(&mut self, first_row: usize) {
        self.first_row = first_row;
        self.bytes.clear();
        self.ends.clear();
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.ends.push(u32::try_from(self.bytes.len()).map_err(io::Error::other)?);
        Ok(())
    }

    /// Puts the piece down; into a file compressed as well, for most clients want it so.
    fn put_down(&mut self, shelf: &Shelf) -> io::Result<Piece> {
        let place = shelf.put(&self.bytes)?;
        let packed = if shelf.is_file() {
            let bytes = self.packer.pack(&self.bytes)?;
            let crc = gzip::sum(&self.bytes);
            Some(Packed { place: shelf.put(&bytes)?, length: bytes.len(), crc })
        } else {
            None
        };
        Ok(Piece { first_row: self.first_row, ends: self.ends.as_slice().into(), place, packed })
    }
}

/// Who makes lines of large jobs: one worker for each core, at one job after the other.
#[derive(Debug, Default)]
pub(super) struct Workers {
    state: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    renderings: VecDeque<Arc<Rendering>>,
    workers: usize,
}

impl Workers {
    /// Sets workers to make lines, once those that came before are made.
    pub(super) fn start(self: &Arc<Self>, rendering: Arc<Rendering>) {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let mut waiting = self.lock();
        waiting.renderings.push_back(rendering);
        for _ in waiting.workers..cores {
            waiting.workers += 1;
            let workers = Arc::clone(self);
            Handle::current().spawn_blocking(move || workers.work());
        }
    }

    fn work(&self) {
        while let Some(rendering) = self.next() {
            rendering.work();
        }
    }

    /// Returns what is to be done next. A worker that gets nothing is one less.
    fn next(&self) -> Option<Arc<Rendering>> {
        let mut waiting = self.lock();
        while waiting.renderings.front().is_some_and(|rendering| rendering.is_handed_out()) {
            waiting.renderings.pop_front();
        }
        let next = waiting.renderings.front().cloned();
        if next.is_none() {
            waiting.workers -= 1;
        }
        next
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use axum::body::to_bytes;

    use super::super::page::{self, Format, Source};
    use super::super::spool::{ResultBytes, Spool};
    use super::{BLOCK_ROWS, Rendering};
    use crate::org::{Org, OrgConfig};
    use crate::schema::Api;
    use crate::soql::{self, Context, Locale};
    use crate::time_zone::TimeZone;

    fn source(contacts: u32) -> (Org, Arc<Source>) {
        let counts = BTreeMap::from([("Contact".to_owned(), contacts)]);
        let org = Org::new(OrgConfig { seed: 7, counts, now_ms: 1_795_298_645_000 });
        let context = Context {
            user_id: org.user_id(),
            rights: org.rights(org.user_id(), 1_795_298_645_000),
            now_ms: 1_795_298_645_000,
            time_zone: TimeZone::UTC,
            locale: Locale::find("en_US"),
            fiscal_start: 1,
            api: Api::Data,
            api_version: 660,
            include_deleted: false,
            bulk: true,
        };
        let text = "SELECT Id, Name, Email, Description FROM Contact";
        let query = soql::prepare(org.schema(), text, &context).unwrap();
        let view = org.read_for(query.rights());
        let rows = query.select_rows(&view).into();
        let source = Source::new(&view, query, Format::default().into(), rows);
        drop(view);
        (org, Arc::new(source))
    }

    #[tokio::test]
    async fn any_rows_of_what_several_made_are_as_if_computed() {
        let (org, source) = source(BLOCK_ROWS as u32 * 2 + 9);
        let spool = Spool::default();
        let rendering = Rendering::new(&org, Arc::clone(&source), spool.in_file().unwrap());

        std::thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(|| rendering.work()))));

        let lines = rendering.outcome().cloned().flatten().unwrap();
        for rows in [0..source.row_count(), 0..0, 0..1, 4_000..5_200, 4_999..5_001, 10_008..10_009] {
            let computed = page::stream(&org, Arc::clone(&source), rows.clone());
            let made = Arc::clone(&lines).stream(rows.clone());

            let (computed, made) = (to_bytes(computed, usize::MAX).await, to_bytes(made, usize::MAX).await);
            assert!(computed.unwrap() == made.unwrap(), "{rows:?}");
        }
    }

    #[test]
    fn what_finds_no_room_leaves_none_taken() {
        let (org, source) = source(BLOCK_ROWS as u32);
        let spool = Spool::with_room(50_000, 100_000);

        for shelf in [spool.in_memory(), spool.in_file().unwrap()] {
            let rendering = Rendering::new(&org, Arc::clone(&source), shelf);
            rendering.work();

            assert!(rendering.outcome().unwrap().is_none());
        }
        assert_eq!(spool.used(), ResultBytes { memory: 0, files: 0 });
    }

    #[test]
    fn what_is_cancelled_has_no_outcome() {
        let (org, source) = source(10);
        let spool = Spool::default();
        let rendering = Rendering::new(&org, source, spool.in_memory());

        rendering.cancel();
        rendering.work();

        assert!(rendering.outcome().is_none());
        assert_eq!(spool.used().memory, 0);
    }
}
