//! The head of an answer, and what its status and content type mean.

use std::io::{BufReader, Read};
use std::sync::Arc;
use std::time::Duration;

use flate2::bufread::MultiGzDecoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use serde::de::DeserializeOwned;

use super::{Body, Meter};
use crate::{ApiError, Error, OAuthError, Result, Timestamp};

/// The most JSON that is read at once, before and after inflating: several times the describe of 800 fields.
const MAX_JSON_BYTES: usize = 16 << 20;

/// The most of an error body that is read.
const MAX_ERROR_BYTES: usize = 64 << 10;

/// An answer whose head has come.
#[derive(Debug)]
pub(crate) struct Answer {
    request: String,
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Body,
}

impl Answer {
    pub(super) fn new(
        request: String,
        mut response: reqwest::Response,
        idle_timeout: Duration,
        meter: Arc<Meter>,
    ) -> Result<Self> {
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        if let Some(usage) = headers.get("Sforce-Limit-Info").and_then(|value| value.to_str().ok()) {
            meter.note_usage(usage);
        }
        let date = headers.get("Date").and_then(|value| value.to_str().ok());
        if let Some(date) = date.and_then(Timestamp::parse_http_date) {
            meter.note_date(date);
        }
        // 300 lists several records with one external id and leads nowhere by itself.
        if (301..400).contains(&status) && status != 304 {
            return Err(Error::Redirected { request });
        }
        let body = Body::new(request.clone(), response, idle_timeout, meter);
        Ok(Self { request, status, headers, body })
    }

    /// The answer where the org accepted the call, else its error.
    pub(crate) async fn accepted(self) -> Result<Self> {
        if self.status < 300 {
            return Ok(self);
        }
        let (request, status, retry_after) = (self.request.clone(), self.status, self.retry_after());
        match (ApiError::parse(status, &self.read_error().await), status) {
            (Some(source), _) => Err(Error::Api { request, source, retry_after }),
            (None, 401) => {
                let source =
                    ApiError { status, code: String::new(), message: String::new(), fields: Vec::new() };
                Err(Error::Api { request, source, retry_after })
            }
            (None, _) => Err(Error::Status { request, status, retry_after }),
        }
    }

    /// The answer where an OAuth endpoint accepted the call, else its error.
    pub(crate) async fn accepted_by_oauth(self) -> Result<Self> {
        if self.status < 300 {
            return Ok(self);
        }
        let (request, status, retry_after) = (self.request.clone(), self.status, self.retry_after());
        match OAuthError::parse(&self.read_error().await) {
            Some(source) => Err(Error::OAuth { request, source }),
            None => Err(Error::Status { request, status, retry_after }),
        }
    }

    /// Reads the body as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(mut self) -> Result<T> {
        self.expect_content_type("application/json")?;
        let is_gzip = self.is_gzip()?;
        let body = self.body.read(MAX_JSON_BYTES).await?;
        parse_json(self.request, inflate(&body, is_gzip), MAX_JSON_BYTES as u64)
    }

    /// Checks the content type and gives the body away, to be read piece by piece.
    pub(crate) fn into_body(self, content_type: &str) -> Result<Body> {
        self.expect_content_type(content_type)?;
        Ok(self.body)
    }

    /// Whether the body is compressed; an encoding we did not ask for is refused.
    pub(crate) fn is_gzip(&self) -> Result<bool> {
        match self.header(CONTENT_ENCODING.as_str()).unwrap_or("identity") {
            encoding if encoding.eq_ignore_ascii_case("gzip") => Ok(true),
            encoding if encoding.eq_ignore_ascii_case("identity") => Ok(false),
            encoding => {
                Err(Error::NotData { request: self.request.clone(), content_type: encoding.to_owned() })
            }
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn content_type(&self) -> &str {
        self.header(CONTENT_TYPE.as_str()).unwrap_or_default()
    }

    fn expect_content_type(&self, expected: &str) -> Result<()> {
        let essence = self.content_type().split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case(expected) {
            return Ok(());
        }
        let content_type = if essence.is_empty() { "no content type" } else { essence };
        Err(Error::NotData { request: self.request.clone(), content_type: content_type.to_owned() })
    }

    /// Salesforce sends no `Retry-After`; what stands before it may.
    fn retry_after(&self) -> Option<Duration> {
        self.header(RETRY_AFTER.as_str())?.trim().parse().ok().map(Duration::from_secs)
    }

    /// The body of an error. One that is too long or damaged is no reason to forget the status.
    async fn read_error(mut self) -> Vec<u8> {
        let is_gzip = self.is_gzip().unwrap_or_default();
        let Ok(body) = self.body.read(MAX_ERROR_BYTES).await else {
            return Vec::new();
        };
        let mut text = Vec::new();
        let read = inflate(&body, is_gzip).take(MAX_ERROR_BYTES as u64).read_to_end(&mut text);
        read.map(|_| text).unwrap_or_default()
    }
}

/// Parses JSON while it is inflated, so that only its compressed form is held.
fn parse_json<T: DeserializeOwned>(request: String, json: impl Read, limit_bytes: u64) -> Result<T> {
    let mut reader = Limited { inner: json, left: limit_bytes };
    let mut deserializer = serde_json::Deserializer::from_reader(BufReader::new(&mut reader));
    // The end is read too: that is where gzip keeps its checksum.
    let value = T::deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|source| match reader.left {
        0 => Error::TooLarge { request, limit_bytes },
        _ => Error::Unreadable { request, source: source.into() },
    })
}

fn inflate(body: &[u8], is_gzip: bool) -> Box<dyn Read + '_> {
    if is_gzip { Box::new(MultiGzDecoder::new(body)) } else { Box::new(body) }
}

/// A reader that fails, rather than ends, at its limit.
struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.saturating_sub(read as u64);
        if self.left == 0 { Err(std::io::Error::other("the answer is too large")) } else { Ok(read) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use serde_json::Value;

    use super::{inflate, parse_json};
    use crate::{Error, Result};

    fn read(text: &str, kept_bytes: usize, limit_bytes: u64) -> Result<Value> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        let packed = encoder.finish().unwrap();
        parse_json(String::new(), inflate(&packed[..kept_bytes.min(packed.len())], true), limit_bytes)
    }

    #[test]
    fn a_bomb_is_not_inflated_to_its_end() {
        let bomb = format!("[1,{}2]", " ".repeat(1 << 20));

        assert!(matches!(read(&bomb, usize::MAX, 100_000), Err(Error::TooLarge { .. })));
        assert!(read(&bomb, usize::MAX, 2_000_000).is_ok());
    }

    #[test]
    fn compressed_json_without_its_end_is_unreadable() {
        for kept_bytes in [0, 5, 20, 25] {
            assert!(
                matches!(read("[1,2,3]", kept_bytes, 1000), Err(Error::Unreadable { .. })),
                "{kept_bytes}"
            );
        }
    }
}
