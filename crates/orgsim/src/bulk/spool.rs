//! Where results are kept until somebody downloads them: small ones in memory, others in temporary files.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use serde::Serialize;

/// As many bytes of results are held in memory by all jobs together.
const MAX_MEMORY_BYTES: u64 = 64 * 1024 * 1024;

/// As many bytes of results are in temporary files of all jobs together: some ten times a million wide records.
const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024 * 1024;

/// The room there is for the results of all jobs.
#[derive(Debug)]
pub(super) struct Spool {
    memory: Room,
    files: Room,
}

/// How much the results of all jobs take up.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct ResultBytes {
    /// In memory.
    pub memory: u64,
    /// In temporary files.
    pub files: u64,
}

impl Default for Spool {
    fn default() -> Self {
        Self { memory: Room::new(MAX_MEMORY_BYTES), files: Room::new(MAX_FILE_BYTES) }
    }
}

impl Spool {
    #[cfg(test)]
    pub(super) fn with_room(memory: u64, files: u64) -> Self {
        Self { memory: Room::new(memory), files: Room::new(files) }
    }

    pub(super) fn used(&self) -> ResultBytes {
        ResultBytes { memory: self.memory.used(), files: self.files.used() }
    }

    /// Returns whether so much lies in files that the next large job may not find room.
    pub(super) fn is_half_full(&self) -> bool {
        self.files.used() > MAX_FILE_BYTES / 2
    }

    /// Returns a place in memory.
    pub(super) fn in_memory(&self) -> Shelf {
        Shelf { file: None, share: self.memory.share() }
    }

    /// Returns a place in a temporary file that has no name, so that it is gone with this process however that ends.
    pub(super) fn in_file(&self) -> io::Result<Shelf> {
        let file = tempfile::tempfile()?;
        Ok(Shelf { file: Some(OpenFile { file, end: AtomicU64::new(0) }), share: self.files.share() })
    }
}

/// Room that several share.
#[derive(Debug)]
struct Room {
    used: Arc<AtomicU64>,
    most: u64,
}

impl Room {
    fn new(most: u64) -> Self {
        Self { used: Arc::default(), most }
    }

    fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    fn share(&self) -> Share {
        Share { used: Arc::clone(&self.used), most: self.most, taken: AtomicU64::new(0) }
    }
}

/// One's part of a room, given back when it is dropped.
#[derive(Debug)]
struct Share {
    used: Arc<AtomicU64>,
    most: u64,
    taken: AtomicU64,
}

impl Share {
    fn take(&self, bytes: usize) -> io::Result<()> {
        let bytes = bytes as u64;
        let fits = |used: u64| used.checked_add(bytes).filter(|used| *used <= self.most);
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
            .map_err(|_| io::Error::other("the results of all jobs take up too much"))?;
        self.taken.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.used.fetch_sub(*self.taken.get_mut(), Ordering::Relaxed);
    }
}

/// Where the results of one job are kept.
#[derive(Debug)]
pub(super) struct Shelf {
    file: Option<OpenFile>,
    share: Share,
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    /// Where the next piece goes.
    end: AtomicU64,
}

/// Where a piece of results is.
#[derive(Debug)]
pub(super) enum Place {
    Memory(Bytes),
    File(u64),
}

impl Shelf {
    /// Puts a piece down. Fails if there is no room for it.
    pub(super) fn put(&self, piece: &[u8]) -> io::Result<Place> {
        self.share.take(piece.len())?;
        let Some(file) = &self.file else { return Ok(Place::Memory(Bytes::copy_from_slice(piece))) };
        let start = file.end.fetch_add(piece.len() as u64, Ordering::Relaxed);
        file.file.write_all_at(piece, start)?;
        Ok(Place::File(start))
    }

    /// Returns whether pieces are put into a file.
    pub(super) fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// Reads some bytes of a piece.
    pub(super) fn read(&self, place: &Place, bytes: Range<usize>) -> io::Result<Bytes> {
        let start = match place {
            Place::Memory(all) => return Ok(all.slice(bytes)),
            Place::File(start) => start + bytes.start as u64,
        };
        let file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let mut read = vec![0; bytes.len()];
        file.file.read_exact_at(&mut read, start)?;
        Ok(read.into())
    }
}
