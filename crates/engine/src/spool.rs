//! Pages as they were received, kept on disk between the network and the store.
//!
//! A page is downloaded under a `.part` name, checked whole (length, the gzip trailer, the number of rows, the end of
//! the document) and only then renamed and described by a small file beside it. No transaction is open while bytes come
//! from Salesforce, and a killed process finds its finished pages again instead of asking for them twice.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use flate2::{Crc, bufread::MultiGzDecoder};
use model::SyncRuleId;
use salesforce::{PageBody, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;

use crate::{
    error::{Error, Result},
    json_answer::{MOST_RECORD_BYTES, for_each_record},
    kill_point::{KillPoint, reach},
};

/// The most plain bytes that one page of a job may hold. A page beyond it is given up while it is being checked, whatever
/// small size it had on the wire.
const MOST_PLAIN_BYTES: u64 = 4 << 30;

/// The form of a page's text.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PageFormat {
    /// A result page of a Bulk API 2.0 query job.
    Csv,
    /// The answer of the REST query resource.
    Json,
}

/// What is known of a spooled page without opening it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct PageFacts {
    pub(crate) format: PageFormat,
    pub(crate) gzip: bool,
    pub(crate) stored_bytes: u64,
    pub(crate) crc32: u32,
    pub(crate) rows: u64,
    /// Where the next page of a Bulk job starts; `None` after the last.
    pub(crate) next_locator: Option<String>,
    /// Whether a REST query had more to give than it put into this page.
    pub(crate) has_more: bool,
    /// The `Date` header of the answer.
    pub(crate) server_date: Option<Timestamp>,
}

/// A page that is on disk and whole.
#[derive(Clone, Debug)]
pub(crate) struct SpooledPage {
    path: PathBuf,
    pub(crate) facts: PageFacts,
}

impl SpooledPage {
    /// Opens the page as plain text.
    pub(crate) fn open(&self) -> Result<Box<dyn Read + Send>> {
        open_plain(&self.path, self.facts.gzip).map_err(|source| Error::ReadSpool { source })
    }

    /// Removes the page once its rows are committed. What cannot be removed is removed with the rule's folder.
    pub(crate) fn remove(&self) {
        let _ = std::fs::remove_file(facts_path(&self.path));
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The spool folder.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    dir: PathBuf,
}

impl Spool {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Finds a page that was received whole earlier. A damaged one is removed and counts as not there.
    pub(crate) fn find(&self, rule: SyncRuleId, key: &str) -> Option<SpooledPage> {
        let path = self.page_path(rule, key);
        let facts: PageFacts = serde_json::from_slice(&std::fs::read(facts_path(&path)).ok()?).ok()?;
        let page = SpooledPage { path, facts };
        if matches!(sum_file(&page.path), Ok((bytes, crc)) if bytes == page.facts.stored_bytes && crc == page.facts.crc32)
        {
            return Some(page);
        }
        page.remove();
        None
    }

    /// Downloads a page, checks it, and keeps it under `key`.
    ///
    /// # Errors
    /// A cut or malformed page leaves nothing behind and may be asked for again. [`Error::SpoolFull`] where the disk is.
    pub(crate) async fn receive(
        &self,
        rule: SyncRuleId,
        key: &str,
        format: PageFormat,
        mut body: PageBody,
        kill_at: Option<&KillPoint>,
    ) -> Result<SpooledPage> {
        let path = self.page_path(rule, key);
        let part = path.with_extension("part");
        let (stored_bytes, crc32) = write_part(&part, &mut body).await?;
        let (gzip, expected_rows) = (body.meta.gzip, body.meta.expected_rows);
        let checked = {
            let part = part.clone();
            tokio::task::spawn_blocking(move || check_page(&part, format, gzip))
                .await
                .expect("checking a page does not panic")?
        };
        if let Some(expected) = expected_rows.filter(|expected| *expected != checked.rows) {
            return Err(Error::RowCountDiffers { expected, found: checked.rows });
        }
        let facts = PageFacts {
            format,
            gzip,
            stored_bytes,
            crc32,
            rows: checked.rows,
            next_locator: body.meta.next_locator.as_ref().map(ToString::to_string),
            has_more: checked.has_more,
            server_date: body.meta.server_date,
        };
        std::fs::rename(&part, &path).map_err(spool_error)?;
        std::fs::write(facts_path(&path), serde_json::to_vec(&facts).expect("facts are plain data"))
            .map_err(spool_error)?;
        reach(kill_at, "page.spooled");
        Ok(SpooledPage { path, facts })
    }

    /// Keeps records that were put together from several pages, as a page that is the last of its query.
    pub(crate) fn keep_records(
        &self,
        rule: SyncRuleId,
        key: &str,
        records: &[String],
    ) -> Result<SpooledPage> {
        let path = self.page_path(rule, key);
        std::fs::create_dir_all(path.parent().expect("a page lies in its rule's folder"))
            .map_err(spool_error)?;
        let text = format!(r#"{{"done":true,"records":[{}]}}"#, records.join(","));
        let mut crc = Crc::new();
        crc.update(text.as_bytes());
        std::fs::write(&path, &text).map_err(spool_error)?;
        let facts = PageFacts {
            format: PageFormat::Json,
            gzip: false,
            stored_bytes: text.len() as u64,
            crc32: crc.sum(),
            rows: records.len() as u64,
            next_locator: None,
            has_more: false,
            server_date: None,
        };
        Ok(SpooledPage { path, facts })
    }

    /// Removes every page of a rule.
    pub(crate) fn clear(&self, rule: SyncRuleId) {
        let _ = std::fs::remove_dir_all(self.dir.join(rule.to_string()));
    }

    fn page_path(&self, rule: SyncRuleId, key: &str) -> PathBuf {
        self.dir.join(rule.to_string()).join(format!("{key}.page"))
    }
}

fn facts_path(page: &Path) -> PathBuf {
    page.with_extension("json")
}

async fn write_part(part: &Path, body: &mut PageBody) -> Result<(u64, u32)> {
    std::fs::create_dir_all(part.parent().expect("a page lies in its rule's folder")).map_err(spool_error)?;
    let file = tokio::fs::File::create(part).await.map_err(spool_error)?;
    let mut writer = tokio::io::BufWriter::with_capacity(256 * 1024, file);
    let mut crc = Crc::new();
    let mut stored_bytes = 0;
    while let Some(chunk) = body.chunk().await? {
        crc.update(&chunk);
        stored_bytes += chunk.len() as u64;
        writer.write_all(&chunk).await.map_err(spool_error)?;
    }
    writer.flush().await.map_err(spool_error)?;
    Ok((stored_bytes, crc.sum()))
}

fn spool_error(source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Error::SpoolFull { source }
        }
        _ => Error::WriteSpool { source },
    }
}

fn sum_file(path: &Path) -> io::Result<(u64, u32)> {
    let mut file = File::open(path)?;
    let mut crc = Crc::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok((bytes, crc.sum()));
        }
        crc.update(&buffer[..n]);
        bytes += n as u64;
    }
}

fn open_plain(path: &Path, gzip: bool) -> io::Result<Box<dyn Read + Send>> {
    let file = BufReader::with_capacity(64 * 1024, File::open(path)?);
    Ok(if gzip { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

struct Checked {
    rows: u64,
    has_more: bool,
}

/// Reads a page to its end, so that a missing gzip trailer or half a document is found before any row of it is used.
fn check_page(path: &Path, format: PageFormat, gzip: bool) -> Result<Checked> {
    let plain = open_plain(path, gzip).map_err(|source| Error::ReadSpool { source })?;
    let mut bounded = plain.take(MOST_PLAIN_BYTES + 1);
    let checked = match format {
        PageFormat::Csv => Checked { rows: count_csv_rows(&mut bounded)?, has_more: false },
        PageFormat::Json => check_json(&mut bounded)?,
    };
    if bounded.limit() == 0 {
        return Err(Error::PageTooLarge);
    }
    Ok(checked)
}

/// Counts the records below the header: line ends that stand outside quotes. `""` inside a value flips the state twice.
fn count_csv_rows(plain: &mut impl Read) -> Result<u64> {
    let mut buffer = vec![0; 64 * 1024];
    let (mut lines, mut quoted, mut last) = (0_u64, false, b'\n');
    // Bytes before this buffer, and those of the record that is open.
    let (mut before, mut record_start) = (0, 0);
    loop {
        let n = match plain.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(source) => return Err(Error::PageCut { source }),
        };
        for at in memchr::memchr2_iter(b'"', b'\n', &buffer[..n]) {
            if buffer[at] == b'"' {
                quoted = !quoted;
            } else if !quoted {
                lines += 1;
                record_start = before + at;
            }
        }
        last = buffer[n - 1];
        before += n;
        if before - record_start > MOST_RECORD_BYTES {
            return Err(Error::PageTooLarge);
        }
    }
    if quoted {
        return Err(Error::PageCut { source: io::ErrorKind::UnexpectedEof.into() });
    }
    lines += u64::from(last != b'\n');
    // An answer without even a header line is not an empty result.
    lines.checked_sub(1).ok_or_else(|| Error::PageCut { source: io::ErrorKind::UnexpectedEof.into() })
}

fn check_json(plain: &mut impl Read) -> Result<Checked> {
    let mut rows = 0;
    let done = for_each_record(plain, |_| {
        rows += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(Checked { rows, has_more: done == Some(false) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Option<u64> {
        count_csv_rows(&mut text.as_bytes()).ok()
    }

    #[test]
    fn line_ends_inside_quotes_do_not_end_a_record() {
        assert_eq!(rows("\"Id\"\n"), Some(0));
        assert_eq!(rows("\"Id\",\"Name\"\n\"1\",\"a\nb\"\n\"2\",\"c\"\"\n\"\"d\"\n"), Some(2));
        assert_eq!(rows("\"Id\"\r\n\"1\"\r\n"), Some(1));
        assert_eq!(rows("\"Id\"\n\"1\""), Some(1));
    }

    #[test]
    fn an_open_quote_or_no_header_is_a_cut_page() {
        assert_eq!(rows("\"Id\"\n\"1"), None);
        assert_eq!(rows(""), None);
    }

    #[test]
    fn a_record_without_an_end_is_refused() {
        let endless = io::Read::chain(&b"\"Id\"\n\"1"[..], io::repeat(b'x'));

        assert!(matches!(count_csv_rows(&mut { endless }), Err(Error::PageTooLarge)));
    }

    #[test]
    fn half_a_json_answer_is_a_cut_page() {
        let whole = r#"{"totalSize":1,"done":true,"records":[{"Id":"1"}]}"#;

        assert_eq!(check_json(&mut whole.as_bytes()).map(|checked| checked.rows).ok(), Some(1));
        assert!(check_json(&mut &whole.as_bytes()[..whole.len() - 2]).is_err());
        assert!(check_json(&mut "{}".as_bytes()).is_err());
        let more = whole.replace("true", "false");
        assert!(check_json(&mut more.as_bytes()).is_ok_and(|checked| checked.has_more));
    }
}
