//! The bytes of an answer, as they come.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{Meter, failure};
use crate::{Error, Result};

/// A body that is read piece by piece. A cut is an error, never an end.
#[derive(Debug)]
pub(crate) struct Body {
    request: String,
    response: reqwest::Response,
    idle_timeout: Duration,
    received_bytes: u64,
    meter: Arc<Meter>,
}

impl Body {
    pub(super) fn new(
        request: String,
        response: reqwest::Response,
        idle_timeout: Duration,
        meter: Arc<Meter>,
    ) -> Self {
        Self { request, response, idle_timeout, received_bytes: 0, meter }
    }

    /// The next piece, still compressed if it came so; `None` when the body is whole.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let (request, received_bytes) = (|| self.request.clone(), self.received_bytes);
        let chunk = match tokio::time::timeout(self.idle_timeout, self.response.chunk()).await {
            Ok(Ok(chunk)) => chunk,
            Ok(Err(error)) => return Err(failure::classify_cut(request(), received_bytes, error)),
            Err(_) => return Err(Error::Stalled { request: request(), received_bytes }),
        };
        if let Some(bytes) = &chunk {
            self.received_bytes += bytes.len() as u64;
            self.meter.count_bytes(bytes.len());
        }
        Ok(chunk)
    }

    /// The whole body, still compressed.
    pub(super) async fn read(&mut self, limit_bytes: usize) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if body.len() + chunk.len() > limit_bytes {
                return Err(Error::TooLarge {
                    request: self.request.clone(),
                    limit_bytes: limit_bytes as u64,
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    pub(crate) fn received_bytes(&self) -> u64 {
        self.received_bytes
    }

    pub(crate) fn request(&self) -> &str {
        &self.request
    }
}
