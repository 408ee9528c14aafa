//! The lines of a job's results, made while it was processed, so that sending them costs next to nothing.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use flate2::Crc;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, stream};

use super::gzip::{self, Packer};
use super::spool::{Place, Shelf};

/// So many pieces are read at a time by who sends a page: one while another leaves.
const PIECES_AHEAD: usize = 2;

/// All lines of a job, and where each of them is.
#[derive(Debug)]
pub(super) struct Lines {
    header: Bytes,
    pieces: Vec<Piece>,
    shelf: Arc<Shelf>,
}

/// Lines that were put down together.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) first_row: usize,
    /// Where each line ends, counted from the begin of the piece.
    pub(super) ends: Box<[u32]>,
    pub(super) place: Place,
    /// The same lines compressed, where they are in a file.
    pub(super) packed: Option<Packed>,
}

/// A piece as part of a gzip stream.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) place: Place,
    pub(super) length: usize,
    /// That of the lines.
    pub(super) crc: Crc,
}

impl Piece {
    fn end_row(&self) -> usize {
        self.first_row + self.ends.len()
    }

    /// Returns which bytes those of some rows are that are in this piece.
    fn find(&self, rows: &Range<usize>) -> Range<usize> {
        let begin_of = |row: usize| match row.saturating_sub(self.first_row) {
            0 => 0,
            before => self.ends.get(before - 1).map_or(0, |end| *end as usize),
        };
        begin_of(rows.start)..begin_of(rows.end.min(self.end_row()))
    }

    /// Returns whether all lines of the piece are among some rows.
    fn is_within(&self, rows: &Range<usize>) -> bool {
        rows.start <= self.first_row && self.end_row() <= rows.end
    }
}

impl Lines {
    /// Puts pieces together, which may come in any order.
    pub(super) fn new(header: Vec<u8>, mut pieces: Vec<Piece>, shelf: Arc<Shelf>) -> Self {
        pieces.sort_unstable_by_key(|piece| piece.first_row);
        Self { header: header.into(), pieces, shelf }
    }

    /// Returns how many bytes all lines have.
    pub(super) fn size(&self) -> u64 {
        let ends = self.pieces.iter().filter_map(|piece| piece.ends.last());
        self.header.len() as u64 + ends.map(|end| u64::from(*end)).sum::<u64>()
    }

    /// Returns a page as a body that reads it piece by piece.
    pub(super) fn stream(self: Arc<Self>, rows: Range<usize>) -> Body {
        let header = self.header.clone();
        let pieces = self.each(rows, |piece, rows, shelf| shelf.read(&piece.place, piece.find(rows)));
        // Compression asks once more after the last piece.
        Body::from_stream(stream::iter([Ok(header)]).chain(pieces).fuse())
    }

    /// Returns a page compressed, if pieces of it are so already.
    pub(super) fn stream_gzip(self: Arc<Self>, rows: Range<usize>) -> Option<Body> {
        self.shelf.is_file().then(|| {
            let header = stream::iter([pack(&self.header)]);
            let parts = header.chain(self.each(rows, read_packed)).boxed();
            let stream = Packing { parts, whole: Crc::new(), is_over: false };
            let rest = stream::unfold(stream, |mut stream| async { Some((stream.next().await?, stream)) });
            Body::from_stream(stream::iter([Ok(Bytes::from_static(&gzip::START))]).chain(rest).fuse())
        })
    }

    /// Reads each piece that has some of the rows, in their order, where waiting for a file holds up nobody.
    fn each<T: Send + 'static>(
        self: Arc<Self>,
        rows: Range<usize>,
        read: fn(&Piece, &Range<usize>, &Shelf) -> io::Result<T>,
    ) -> impl Stream<Item = io::Result<T>> + Send {
        let is_file = self.shelf.is_file();
        let readings = self.find(&rows).map(move |at| {
            let (lines, rows) = (Arc::clone(&self), rows.clone());
            let reading = move || read(&lines.pieces[at], &rows, &lines.shelf);
            async move {
                if !is_file {
                    return reading();
                }
                tokio::task::spawn_blocking(reading).await.map_err(io::Error::other)?
            }
        });
        stream::iter(readings).buffered(PIECES_AHEAD)
    }

    /// Returns the places of the pieces that rows are in.
    fn find(&self, rows: &Range<usize>) -> Range<usize> {
        if rows.is_empty() {
            return 0..0;
        }
        let first = self.pieces.partition_point(|piece| piece.end_row() <= rows.start);
        first..self.pieces.partition_point(|piece| piece.first_row < rows.end)
    }
}

/// Reads what of a piece belongs to some rows as a part of a gzip stream.
fn read_packed(piece: &Piece, rows: &Range<usize>, shelf: &Shelf) -> io::Result<Part> {
    match &piece.packed {
        Some(packed) if piece.is_within(rows) => {
            let mut crc = Crc::new();
            crc.combine(&packed.crc);
            Ok(Part { bytes: shelf.read(&packed.place, 0..packed.length)?, crc })
        }
        _ => pack(&shelf.read(&piece.place, piece.find(rows))?),
    }
}

fn pack(bytes: &[u8]) -> io::Result<Part> {
    Ok(Part { bytes: Packer::new().pack(bytes)?.into(), crc: gzip::sum(bytes) })
}

/// A part of a gzip stream and the checksum of what it holds.
struct Part {
    bytes: Bytes,
    crc: Crc,
}

/// A gzip stream being put together.
struct Packing {
    parts: BoxStream<'static, io::Result<Part>>,
    whole: Crc,
    is_over: bool,
}

impl Packing {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.is_over {
            return None;
        }
        match self.parts.next().await {
            Some(part) => Some(part.map(|part| {
                self.whole.combine(&part.crc);
                part.bytes
            })),
            None => {
                self.is_over = true;
                Some(Ok(gzip::end(&self.whole).into()))
            }
        }
    }
}
