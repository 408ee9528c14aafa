//! What the results of a job are at the moment.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use tracing::warn;

use super::lines::Lines;
use super::page::{self, Source};
use super::rendering::{Rendering, Workers};
use super::spool::Spool;
use crate::org::Org;

/// A job of no more rows is processed while it is created.
const SMALL_ROWS: usize = 10_000;

/// The results of a job. Whatever they are, they are those of the moment that the job was created at.
#[derive(Debug)]
pub(super) enum Content {
    /// There are none: the job was aborted or is to fail.
    Nothing,
    /// Each page is computed as it is sent.
    Computed(Arc<Source>),
    /// The lines of a large job, which may still be in the making.
    Rendering(Arc<Rendering>),
    /// The lines of a small job.
    Lines(Arc<Lines>),
}

/// Where results are made and kept.
#[derive(Debug, Default)]
pub(super) struct Press {
    pub(super) spool: Spool,
    workers: Arc<Workers>,
}

impl Press {
    /// Makes the lines of a small job, or has those of a large one made.
    pub(super) fn render(&self, org: &Org, source: Arc<Source>) -> Content {
        if source.row_count() <= SMALL_ROWS {
            let rendering = Rendering::new(org, Arc::clone(&source), self.spool.in_memory());
            rendering.work();
            let lines = rendering.outcome().cloned().flatten();
            return lines.map_or(Content::Computed(source), Content::Lines);
        }
        match self.spool.in_file() {
            Ok(shelf) => {
                let rendering = Arc::new(Rendering::new(org, source, shelf));
                self.workers.start(Arc::clone(&rendering));
                Content::Rendering(rendering)
            }
            Err(error) => {
                warn!(%error, "results of a Bulk job are computed as they are sent: there is no temporary file");
                Content::Computed(source)
            }
        }
    }
}

impl Content {
    /// Returns whether there is nothing left to make. What cannot be kept is computed from then on.
    pub(super) fn is_ready(&mut self) -> bool {
        match self {
            Self::Rendering(rendering) => match rendering.outcome() {
                Some(lines) => {
                    if lines.is_none() {
                        self.leave_file();
                    }
                    true
                }
                None => false,
            },
            Self::Nothing | Self::Computed(_) | Self::Lines(_) => true,
        }
    }

    /// Returns how many bytes all lines have that are kept.
    pub(super) fn size(&self) -> u64 {
        self.lines().map_or(0, |lines| lines.size())
    }

    /// Returns whether it takes up room in a file.
    pub(super) fn is_in_file(&self) -> bool {
        matches!(self, Self::Rendering(_))
    }

    /// Gives up a file. Pages are computed from now on.
    pub(super) fn leave_file(&mut self) {
        if let Self::Rendering(rendering) = self {
            let source = Arc::clone(rendering.source());
            *self = Self::Computed(source);
        }
    }

    /// Returns a page of what is ready.
    pub(super) fn stream(&self, org: &Org, rows: Range<usize>) -> Body {
        match (self.lines(), self) {
            (Some(lines), _) => Arc::clone(lines).stream(rows),
            (None, Self::Computed(source)) => page::stream(org, Arc::clone(source), rows),
            (None, Self::Rendering(rendering)) => page::stream(org, Arc::clone(rendering.source()), rows),
            (None, Self::Nothing | Self::Lines(_)) => Body::empty(),
        }
    }

    /// Returns a page that is compressed, if that needs not be done first.
    pub(super) fn stream_gzip(&self, rows: Range<usize>) -> Option<Body> {
        Arc::clone(self.lines()?).stream_gzip(rows)
    }

    fn lines(&self) -> Option<&Arc<Lines>> {
        match self {
            Self::Lines(lines) => Some(lines),
            Self::Rendering(rendering) => rendering.outcome()?.as_ref(),
            Self::Nothing | Self::Computed(_) => None,
        }
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        if let Self::Rendering(rendering) = self {
            rendering.cancel();
        }
    }
}
