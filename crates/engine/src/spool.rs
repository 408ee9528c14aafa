//! Pages as plain text, kept on disk between the network and the store.
//!
//! A page is inflated and checked while it arrives, and kept under a `.part` name. Only when it was found to be whole
//! (length, the gzip trailer, the number of rows, the end of the document) is it renamed and described by a small file
//! beside it. No transaction is open while bytes come from Salesforce, and a killed process finds its finished pages
//! again instead of asking for them twice.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use bytes::{Buf, Bytes};
use flate2::{Crc, bufread::MultiGzDecoder};
use model::SyncRuleId;
use salesforce::{PageBody, Timestamp};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use tokio::sync::mpsc;

use crate::{
    error::{Error, Result},
    json_answer::{MOST_RECORD_BYTES, answer_of, for_each_record},
    kill_point::{KillPoint, reach},
};

/// Read or written at once.
const BUFFER_BYTES: usize = 64 * 1024;
/// Pieces of a page that may wait to be inflated.
const CHUNKS_AHEAD: usize = 4;

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
    /// Opens the page.
    pub(crate) fn open(&self) -> Result<BufReader<File>> {
        let file = File::open(&self.path).map_err(|source| Error::ReadSpool { source })?;
        Ok(BufReader::with_capacity(BUFFER_BYTES, file))
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
    /// The most plain bytes that one page may hold.
    most_page_bytes: u64,
}

impl Spool {
    pub(crate) fn new(dir: PathBuf, most_page_bytes: u64) -> Self {
        Self { dir, most_page_bytes }
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
    /// A cut or malformed page leaves nothing behind and may be asked for again. [`Error::SpoolFull`] where the disk is,
    /// [`Error::PageTooLarge`] where the page is, whatever small size it had on the wire: it is given up on the way.
    pub(crate) async fn receive(
        &self,
        rule: SyncRuleId,
        key: &str,
        format: PageFormat,
        mut body: PageBody,
        kill_at: Option<&KillPoint>,
    ) -> Result<SpooledPage> {
        let path = self.page_path(rule, key);
        let (gzip, expected_rows) = (body.meta.gzip, body.meta.expected_rows);
        let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
        let keeping = {
            let (path, most_bytes) = (path.clone(), self.most_page_bytes);
            tokio::task::spawn_blocking(move || {
                keep_page(&path, format, gzip, most_bytes, Chunks::new(receiver))
            })
        };
        let sent = send_chunks(&mut body, sender).await;
        let kept = keeping.await.expect("checking a page does not panic");
        // What is cut because its connection broke says why it did.
        sent?;
        let Kept { part, crc32, checked: Checked { rows, has_more, bytes: stored_bytes } } = kept?;
        if let Some(expected) = expected_rows.filter(|expected| *expected != rows) {
            return Err(Error::RowCountDiffers { expected, found: rows });
        }
        let facts = PageFacts {
            format,
            stored_bytes,
            crc32,
            rows,
            next_locator: body.meta.next_locator.as_ref().map(ToString::to_string),
            has_more,
            server_date: body.meta.server_date,
        };
        part.persist(&path).map_err(|failed| spool_error(failed.error))?;
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
        let text = answer_of(records);
        let mut crc = Crc::new();
        crc.update(text.as_bytes());
        std::fs::write(&path, &text).map_err(spool_error)?;
        let facts = PageFacts {
            format: PageFormat::Json,
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
        self.dir.join(rule.to_string()).join(format!("{key}.text"))
    }
}

fn facts_path(page: &Path) -> PathBuf {
    page.with_extension("json")
}

/// Hands over what arrives, until all has or nobody takes it any more.
async fn send_chunks(body: &mut PageBody, sender: mpsc::Sender<Bytes>) -> Result<()> {
    while let Some(chunk) = body.chunk().await? {
        if sender.send(chunk).await.is_err() {
            break;
        }
    }
    Ok(())
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
    let mut buffer = vec![0; BUFFER_BYTES];
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

/// What arrives, as one text.
struct Chunks {
    receiver: mpsc::Receiver<Bytes>,
    chunk: Bytes,
}

impl Chunks {
    fn new(receiver: mpsc::Receiver<Bytes>) -> Self {
        Self { receiver, chunk: Bytes::new() }
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(buffer)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Chunks {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.chunk.is_empty() {
            match self.receiver.blocking_recv() {
                Some(chunk) => self.chunk = chunk,
                None => break,
            }
        }
        Ok(&self.chunk)
    }

    fn consume(&mut self, amount: usize) {
        self.chunk.advance(amount);
    }
}

/// A text that is written to a file as it is read.
struct Keeping<R> {
    plain: R,
    file: BufWriter<NamedTempFile>,
    crc: Crc,
    /// Why the file could not be written.
    failure: Option<io::Error>,
}

impl<R: Read> Read for Keeping<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.plain.read(buffer)?;
        self.crc.update(&buffer[..n]);
        if let Err(failure) = self.file.write_all(&buffer[..n]) {
            let kind = failure.kind();
            self.failure = Some(failure);
            return Err(kind.into());
        }
        Ok(n)
    }
}

/// A page that was kept and found to be whole.
struct Kept {
    part: NamedTempFile,
    crc32: u32,
    checked: Checked,
}

/// Keeps a page while it arrives beside the path that it will have, and reads it to its end, so that a missing gzip
/// trailer or half a document is found before any row of it is used. No two attempts share a file.
fn keep_page(path: &Path, format: PageFormat, gzip: bool, most_bytes: u64, chunks: Chunks) -> Result<Kept> {
    let folder = path.parent().expect("a page lies in its rule's folder");
    std::fs::create_dir_all(folder).map_err(spool_error)?;
    let prefix = format!("{}.", path.file_stem().expect("a page has a name").to_string_lossy());
    remove_parts(folder, &prefix);
    let part = tempfile::Builder::new().prefix(&prefix).suffix(".part").tempfile_in(folder);
    let part = part.map_err(spool_error)?;
    let plain: Box<dyn Read> = if gzip { Box::new(MultiGzDecoder::new(chunks)) } else { Box::new(chunks) };
    let mut keeping = Keeping {
        plain,
        file: BufWriter::with_capacity(4 * BUFFER_BYTES, part),
        crc: Crc::new(),
        failure: None,
    };
    let checked = check_page(&mut keeping, format, most_bytes);
    let Keeping { file, crc, failure, .. } = keeping;
    if let Some(failure) = failure {
        return Err(spool_error(failure));
    }
    let part = file.into_inner().map_err(|failed| spool_error(failed.into_error()))?;
    Ok(Kept { part, crc32: crc.sum(), checked: checked? })
}

/// Removes what processes that were killed have left of a page. One that only stood still finds its own gone, and asks for
/// the page again.
fn remove_parts(folder: &Path, prefix: &str) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(prefix) && name.ends_with(".part") {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

struct Checked {
    rows: u64,
    has_more: bool,
    bytes: u64,
}

fn check_page(plain: impl Read, format: PageFormat, most_bytes: u64) -> Result<Checked> {
    let mut bounded = plain.take(most_bytes + 1);
    let counted = match format {
        PageFormat::Csv => count_csv_rows(&mut bounded).map(|rows| (rows, false)),
        PageFormat::Json => count_json_rows(&mut bounded),
    };
    // What is cut off here looks like half a document.
    if bounded.limit() == 0 {
        return Err(Error::PageTooLarge);
    }
    let (rows, has_more) = counted?;
    Ok(Checked { rows, has_more, bytes: most_bytes + 1 - bounded.limit() })
}

/// Counts the records below the header: line ends that stand outside quotes. `""` inside a value flips the state twice.
fn count_csv_rows(plain: &mut impl Read) -> Result<u64> {
    let mut buffer = vec![0; BUFFER_BYTES];
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

/// Counts the records, and says whether the query has more.
fn count_json_rows(plain: &mut impl Read) -> Result<(u64, bool)> {
    let mut rows = 0;
    let done = for_each_record(plain, |_| {
        rows += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((rows, done == Some(false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Option<u64> {
        count_csv_rows(&mut text.as_bytes()).ok()
    }

    #[test]
    fn what_a_killed_process_left_of_a_page_goes_with_the_next_attempt() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["750-1.abc.part", "750-1.json", "750-10.abc.part"] {
            std::fs::write(folder.path().join(name), "half").unwrap();
        }
        let (sender, receiver) = mpsc::channel(1);
        sender.try_send(Bytes::from_static(b"\"Id\"\n\"1\"\n")).unwrap();
        drop(sender);

        let kept = keep_page(
            &folder.path().join("750-1.text"),
            PageFormat::Csv,
            false,
            1 << 20,
            Chunks::new(receiver),
        );

        assert_eq!(kept.unwrap().checked.rows, 1);
        let mut left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["750-1.json", "750-10.abc.part"]);
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

        assert_eq!(count_json_rows(&mut whole.as_bytes()).ok(), Some((1, false)));
        assert!(count_json_rows(&mut &whole.as_bytes()[..whole.len() - 2]).is_err());
        assert!(count_json_rows(&mut "{}".as_bytes()).is_err());
        let more = whole.replace("true", "false");
        assert_eq!(count_json_rows(&mut more.as_bytes()).ok(), Some((1, true)));
    }
}
