//! The zip files that components come in (APPNOTE.TXT, .ZIP File Format Specification, sections 4.3 and 4.4). Whatever somebody
//! packs, little of it is held in memory.

use std::io::Read;
use std::ops::Range;

use flate2::Crc;
use flate2::read::DeflateDecoder;

/// The most files of a deployment, and the most bytes of its zip file and of what is in that (Salesforce Developer Limits and
/// Allocations Quick Reference, Metadata Limits).
const MAX_FILES: usize = 10_000;
const MAX_ZIP_BYTES: usize = 39 * 1024 * 1024;
const MAX_UNZIPPED_BYTES: u64 = 600 * 1024 * 1024;

/// As much of one file is read, and of all together: components that can be deployed here are short.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
const MAX_READ_BYTES: u64 = 32 * 1024 * 1024;

/// What the parts of an archive begin with.
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";

/// How long they are without names and comments.
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;

/// Why an archive is not taken: a status code, and what is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Unusable {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Unusable {
    fn of_limit(message: String) -> Self {
        Self { code: "LIMIT_EXCEEDED", message }
    }

    fn of_file(problem: &str) -> Self {
        Self { code: "INVALID_FILE", message: format!("The zip file cannot be read: {problem}") }
    }
}

/// An archive whose list of files has been read.
#[derive(Debug)]
pub(super) struct Archive {
    bytes: Vec<u8>,
    files: Vec<File>,
    read_bytes: u64,
}

/// A file as the list has it.
#[derive(Clone, Debug)]
struct File {
    name: String,
    is_encrypted: bool,
    method: u16,
    checksum: u32,
    packed_bytes: usize,
    bytes: u64,
    /// Where the file itself begins, with another head.
    at: usize,
}

impl Archive {
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, Unusable> {
        if bytes.len() > MAX_ZIP_BYTES {
            let message = format!("The zip file is larger than {MAX_ZIP_BYTES} bytes");
            return Err(Unusable::of_limit(message));
        }
        let files = list_files(&bytes)?;
        let unzipped = files.iter().map(|file| file.bytes).fold(0, u64::saturating_add);
        if unzipped > MAX_UNZIPPED_BYTES {
            let message = format!("The files are larger than {MAX_UNZIPPED_BYTES} bytes when unzipped");
            return Err(Unusable::of_limit(message));
        }
        Ok(Self { bytes, files, read_bytes: 0 })
    }

    /// Lists the files, without folders.
    pub(super) fn names(&self) -> Vec<String> {
        self.files.iter().map(|file| file.name.clone()).filter(|name| !name.ends_with('/')).collect()
    }

    /// Reads a file as text. The error says in words what is wrong with it.
    pub(super) fn read(&mut self, name: &str) -> Result<String, String> {
        let file = self.files.iter().find(|file| file.name == name).ok_or("There is no such file")?;
        let packed = file.find(&self.bytes).ok_or("The file is not where the zip file says")?;
        let packed = &self.bytes[packed];
        let mut text = Vec::new();
        let limit = MAX_FILE_BYTES + 1;
        match (file.is_encrypted, file.method) {
            (false, 0) => packed.take(limit).read_to_end(&mut text),
            (false, 8) => DeflateDecoder::new(packed).take(limit).read_to_end(&mut text),
            _ => return Err("The file is packed in a way that this simulated org does not know".to_owned()),
        }
        .map_err(|error| format!("The file cannot be unzipped: {error}"))?;
        self.read_bytes += text.len() as u64;
        if text.len() as u64 > MAX_FILE_BYTES || self.read_bytes > MAX_READ_BYTES {
            return Err(format!(
                "The file is too large for this simulated org, which reads {MAX_FILE_BYTES} bytes of a file and {MAX_READ_BYTES} of all"
            ));
        }
        let mut checksum = Crc::new();
        checksum.update(&text);
        if checksum.sum() != file.checksum || text.len() as u64 != file.bytes {
            return Err("The file cannot be unzipped: it is not what was packed".to_owned());
        }
        String::from_utf8(text).map_err(|_| "The file is not UTF-8".to_owned())
    }
}

/// Reads the list of files, which stands at the end.
fn list_files(bytes: &[u8]) -> Result<Vec<File>, Unusable> {
    let end = find_end(bytes).ok_or_else(|| Unusable::of_file("it has no list of files"))?;
    let (count, at) = (usize::from(u16_at(end, 10)), u32_at(end, 16) as usize);
    if count == usize::from(u16::MAX) || at == u32::MAX as usize {
        return Err(Unusable::of_limit(format!(
            "The zip file has more than {MAX_FILES} files, or is too large"
        )));
    }
    if count > MAX_FILES {
        return Err(Unusable::of_limit(format!("The zip file has {count} files, more than {MAX_FILES}")));
    }
    let mut rest = bytes.get(at..).unwrap_or_default();
    let mut files = Vec::with_capacity(count);
    for _ in 0..count {
        let (file, after) =
            read_entry(rest).ok_or_else(|| Unusable::of_file("its list of files is broken"))?;
        files.push(file);
        rest = after;
    }
    Ok(files)
}

/// Finds the last part, which a comment may follow.
fn find_end(bytes: &[u8]) -> Option<&[u8]> {
    let first = bytes.len().saturating_sub(END_BYTES + usize::from(u16::MAX));
    let last = bytes.len().checked_sub(END_BYTES)?;
    let mut candidates = (first..=last).rev().map(|at| &bytes[at..]);
    let is_end =
        |part: &&[u8]| part.starts_with(&END) && part.len() == END_BYTES + usize::from(u16_at(part, 20));
    candidates.find(is_end)
}

fn read_entry(bytes: &[u8]) -> Option<(File, &[u8])> {
    let head = bytes.get(..CENTRAL_BYTES).filter(|head| head.starts_with(&CENTRAL))?;
    let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(u16_at(head, at)));
    let rest = &bytes[CENTRAL_BYTES..];
    let file = File {
        name: String::from_utf8(rest.get(..name)?.to_vec()).ok()?,
        is_encrypted: u16_at(head, 8) & 1 == 1,
        method: u16_at(head, 10),
        checksum: u32_at(head, 16),
        packed_bytes: u32_at(head, 20) as usize,
        bytes: u64::from(u32_at(head, 24)),
        at: u32_at(head, 42) as usize,
    };
    Some((file, rest.get(name + extra + comment..)?))
}

impl File {
    /// Finds the place of its packed bytes.
    fn find(&self, bytes: &[u8]) -> Option<Range<usize>> {
        let head = bytes.get(self.at..)?.get(..LOCAL_BYTES).filter(|head| head.starts_with(&LOCAL))?;
        let [name, extra] = [26, 28].map(|at| usize::from(u16_at(head, at)));
        let start = self.at + LOCAL_BYTES + name + extra;
        let end = start + self.packed_bytes;
        (end <= bytes.len()).then_some(start..end)
    }
}

/// Reads two bytes of a part that is as long as that.
fn u16_at(part: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([part[at], part[at + 1]])
}

fn u32_at(part: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([part[at], part[at + 1], part[at + 2], part[at + 3]])
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::DeflateEncoder;
    use flate2::{Compression, Crc};

    use super::{Archive, CENTRAL, END, LOCAL, MAX_FILE_BYTES, MAX_FILES};

    fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut bytes, mut list) = (Vec::new(), Vec::new());
        for (name, content) in files {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(content).unwrap();
            let packed = encoder.finish().unwrap();
            let mut checksum = Crc::new();
            checksum.update(content);
            let sizes =
                [checksum.sum(), packed.len() as u32, content.len() as u32].map(u32::to_le_bytes).concat();
            let name_length = (name.len() as u16).to_le_bytes();
            let at = (bytes.len() as u32).to_le_bytes();
            bytes.extend(
                [&LOCAL[..], &[20, 0, 0, 0, 8, 0, 0, 0, 0, 0], &sizes, &name_length, &[0, 0]].concat(),
            );
            bytes.extend([name.as_bytes(), &packed].concat());
            list.extend(
                [&CENTRAL[..], &[20, 0, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0], &sizes, &name_length].concat(),
            );
            list.extend([&[0; 12][..], &at, name.as_bytes()].concat());
        }
        let count = (files.len() as u16).to_le_bytes();
        let place = [list.len() as u32, bytes.len() as u32].map(u32::to_le_bytes).concat();
        [
            bytes,
            list,
            END.to_vec(),
            vec![0; 4],
            count.to_vec(),
            count.to_vec(),
            place,
            vec![3, 0],
            b"end".to_vec(),
        ]
        .concat()
    }

    #[test]
    fn files_are_listed_and_read() {
        let packed = pack(&[("package.xml", b"<a/>"), ("a/", b""), ("a/b.xml", b"\xff")]);
        let mut archive = Archive::open(packed).unwrap();

        assert_eq!(archive.names(), ["package.xml", "a/b.xml"]);
        assert_eq!(archive.read("package.xml"), Ok("<a/>".to_owned()));
        assert_eq!(archive.read("a/b.xml"), Err("The file is not UTF-8".to_owned()));
        assert_eq!(archive.read("c"), Err("There is no such file".to_owned()));
    }

    #[test]
    fn a_file_that_swells_is_read_no_further() {
        let spaces = vec![b' '; 64 * MAX_FILE_BYTES as usize];
        let mut archive = Archive::open(pack(&[("a", &spaces)])).unwrap();

        assert!(archive.read("a").unwrap_err().contains("too large"));
        assert_eq!(archive.read_bytes, MAX_FILE_BYTES + 1);
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let good = pack(&[("a", b"text")]);
        let half = &good[..good.len() / 2];
        for bytes in [&[][..], b"text", half] {
            assert_eq!(Archive::open(bytes.to_vec()).unwrap_err().code, "INVALID_FILE");
        }
        let many = vec![("a", &b""[..]); MAX_FILES + 1];
        assert_eq!(Archive::open(pack(&many)).unwrap_err().code, "LIMIT_EXCEEDED");
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let good = pack(&[("package.xml", b"<a/>"), ("b", b"text")]);
        for place in 0..good.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut bytes = good.clone();
                bytes[place] = value;
                let Ok(mut archive) = Archive::open(bytes) else { continue };
                for name in archive.names() {
                    let _ = archive.read(&name);
                }
            }
        }
    }
}
