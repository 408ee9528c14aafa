//! The body on its way to the socket: compressed, cut where a fault says so, and counted once it is through.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::StreamExt;
use futures_util::stream::{self, Fuse};

use crate::app::App;
use crate::faults::{FaultKind, FaultSpec};
use crate::log::Served;

/// The most bytes handed over at once, so that other tasks get their turn.
const CHUNK_BYTES: usize = 64 * 1024;

/// Time for what was sent to leave our buffers before the connection is torn down.
pub(super) const FLUSH_PAUSE: Duration = Duration::from_millis(200);

/// Where a body is cut if the fault does not say.
const DEFAULT_CUT_BYTES: u64 = 1_000;

/// How long a stalled body is silent if the fault does not say.
const DEFAULT_STALL_MS: u64 = 60_000;

/// What happens to a body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum BodyFault {
    None,
    Cut { after: u64, is_clean: bool },
    CutBeforeEnd,
    Stall { after: u64, pause: Duration },
}

impl BodyFault {
    /// Picks the fault that acts on the body.
    pub(crate) fn of(faults: &[FaultSpec]) -> Self {
        faults.iter().find_map(Self::read).unwrap_or(Self::None)
    }

    fn read(fault: &FaultSpec) -> Option<Self> {
        match fault.kind {
            FaultKind::Truncate => {
                Some(Self::Cut { after: fault.bytes.unwrap_or(DEFAULT_CUT_BYTES), is_clean: fault.clean })
            }
            FaultKind::CutBeforeEnd => Some(Self::CutBeforeEnd),
            FaultKind::Stall => {
                let pause = Duration::from_millis(fault.delay_ms.unwrap_or(DEFAULT_STALL_MS));
                Some(Self::Stall { after: fault.bytes.unwrap_or(0), pause })
            }
            _ => None,
        }
    }
}

/// A body being sent.
pub(crate) struct Outgoing {
    /// Fused: once it has ended there may still be the end of the compression to send.
    source: Fuse<BodyDataStream>,
    gzip: Option<GzEncoder<Vec<u8>>>,
    fault: BodyFault,
    pending: Bytes,
    sent: u64,
    is_over: bool,
    is_whole: bool,
    app: Arc<App>,
    number: u64,
    served: Option<Served>,
}

impl Outgoing {
    pub(crate) fn new(app: Arc<App>, number: u64, body: Body, served: Option<Served>) -> Self {
        Self {
            source: body.into_data_stream().fuse(),
            gzip: None,
            fault: BodyFault::None,
            pending: Bytes::new(),
            sent: 0,
            is_over: false,
            is_whole: false,
            app,
            number,
            served,
        }
    }

    pub(crate) fn compressed(mut self) -> Self {
        self.gzip = Some(GzEncoder::new(Vec::new(), Compression::fast()));
        self
    }

    pub(crate) fn befallen_by(mut self, fault: BodyFault) -> Self {
        self.fault = fault;
        self
    }

    pub(crate) fn into_body(self) -> Body {
        Body::from_stream(stream::unfold(self, |mut outgoing| async {
            let item = outgoing.next().await?;
            Some((item, outgoing))
        }))
    }

    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.is_over {
            return None;
        }
        let room = self.room_before_fault().await;
        if room == 0 {
            return self.cut().await;
        }
        if self.pending.is_empty() {
            match self.encode_next().await {
                Some(Ok(bytes)) => self.pending = bytes,
                Some(Err(error)) => return Some(Err(error)),
                None => return self.end().await,
            }
        }
        let chunk = self.pending.split_to(self.pending.len().min(CHUNK_BYTES).min(room));
        self.sent += chunk.len() as u64;
        Some(Ok(chunk))
    }

    /// Returns how many bytes may be sent before a fault acts, and lives through a stall.
    async fn room_before_fault(&mut self) -> usize {
        let (BodyFault::Cut { after, .. } | BodyFault::Stall { after, .. }) = self.fault else {
            return usize::MAX;
        };
        let room = after.saturating_sub(self.sent);
        if let BodyFault::Stall { pause, .. } = self.fault
            && room == 0
        {
            self.fault = BodyFault::None;
            tokio::time::sleep(pause).await;
            return usize::MAX;
        }
        usize::try_from(room).unwrap_or(usize::MAX)
    }

    async fn cut(&mut self) -> Option<io::Result<Bytes>> {
        self.is_over = true;
        if matches!(self.fault, BodyFault::Cut { is_clean: true, .. }) {
            return None;
        }
        tokio::time::sleep(FLUSH_PAUSE).await;
        Some(Err(io::Error::other("the body is cut on purpose")))
    }

    async fn end(&mut self) -> Option<io::Result<Bytes>> {
        // A body that is shorter than the place of the cut loses its end all the same.
        if matches!(self.fault, BodyFault::CutBeforeEnd | BodyFault::Cut { .. }) {
            return self.cut().await;
        }
        self.is_over = true;
        self.is_whole = true;
        None
    }

    /// Returns the next bytes as they go on the wire; never an empty piece.
    async fn encode_next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            match self.source.next().await {
                Some(Err(error)) => return Some(Err(io::Error::other(error))),
                Some(Ok(bytes)) => {
                    let Some(gzip) = &mut self.gzip else {
                        if bytes.is_empty() {
                            continue;
                        }
                        return Some(Ok(bytes));
                    };
                    if let Err(error) = gzip.write_all(&bytes) {
                        return Some(Err(error));
                    }
                    let encoded = std::mem::take(gzip.get_mut());
                    if !encoded.is_empty() {
                        return Some(Ok(encoded.into()));
                    }
                }
                None => return self.gzip.take().map(|gzip| gzip.finish().map(Bytes::from)),
            }
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        let whole = self.served.as_ref().filter(|_| self.is_whole);
        self.app.log.sent(self.number, self.sent, whole);
        if self.is_whole {
            self.app.log.completed(self.number);
        }
    }
}
