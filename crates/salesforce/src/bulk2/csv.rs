//! CSV, read while it arrives.

use std::io::Write;

use bytes::{Buf, Bytes};
use csv_core::ReadRecordResult;
use flate2::write::MultiGzDecoder;

use crate::Cause;

/// So much compressed input is inflated at a time; it can grow to a thousand times as much.
const INFLATE_STEP_BYTES: usize = 4 << 10;

/// The longest row: 400,000 characters a record (Bulk API 2.0, Limits) with room for wide characters.
const MAX_ROW_BYTES: usize = 16 << 20;

/// A reader that is fed bytes and gives rows. Its memory is that of one row and one step of inflating.
pub(super) struct CsvReader {
    csv: csv_core::Reader,
    arrived: Bytes,
    is_complete: bool,
    gzip: Option<MultiGzDecoder<Vec<u8>>>,
    plain: Vec<u8>,
    position: usize,
    output: Vec<u8>,
    output_length: usize,
    ends: Vec<usize>,
    ends_length: usize,
}

/// One row: its values one after the other, and where each ends.
pub(super) struct Row {
    pub(super) text: String,
    pub(super) ends: Vec<usize>,
}

impl CsvReader {
    pub(super) fn new(is_gzip: bool) -> Self {
        Self {
            csv: csv_core::Reader::new(),
            arrived: Bytes::new(),
            is_complete: false,
            gzip: is_gzip.then(|| MultiGzDecoder::new(Vec::new())),
            plain: Vec::new(),
            position: 0,
            output: vec![0; 4 << 10],
            output_length: 0,
            ends: vec![0; 64],
            ends_length: 0,
        }
    }

    /// Gives the reader the next bytes, after it has asked for more.
    pub(super) fn feed(&mut self, bytes: Bytes) {
        self.arrived = bytes;
    }

    /// Tells the reader that there are no more bytes. Checks that the compressed form is whole.
    pub(super) fn complete(&mut self) -> Result<(), Cause> {
        self.is_complete = true;
        if let Some(gzip) = &mut self.gzip {
            gzip.try_finish()?;
            self.plain.append(gzip.get_mut());
        }
        Ok(())
    }

    /// The next row; `None` where the reader needs more bytes, or has no more rows once it is complete.
    pub(super) fn next_row(&mut self) -> Result<Option<Row>, Cause> {
        loop {
            if self.position == self.plain.len() && !self.is_complete && !self.inflate_step()? {
                return Ok(None);
            }
            let (result, read, written, ended) = self.csv.read_record(
                &self.plain[self.position..],
                &mut self.output[self.output_length..],
                &mut self.ends[self.ends_length..],
            );
            self.position += read;
            self.output_length += written;
            self.ends_length += ended;
            match result {
                ReadRecordResult::InputEmpty => (),
                ReadRecordResult::OutputFull if self.output.len() >= MAX_ROW_BYTES => {
                    return Err("a row is too long".into());
                }
                ReadRecordResult::OutputFull => self.output.resize(self.output.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => return self.take_row().map(Some),
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// Moves a step of what arrived into the plain text; false where nothing is left.
    fn inflate_step(&mut self) -> Result<bool, Cause> {
        self.plain.clear();
        self.position = 0;
        while self.plain.is_empty() {
            if self.arrived.is_empty() {
                return Ok(false);
            }
            let step = self.arrived.split_to(self.arrived.remaining().min(INFLATE_STEP_BYTES));
            match &mut self.gzip {
                Some(gzip) => {
                    gzip.write_all(&step)?;
                    gzip.flush()?;
                    self.plain.append(gzip.get_mut());
                }
                None => self.plain.extend_from_slice(&step),
            }
        }
        Ok(true)
    }

    fn take_row(&mut self) -> Result<Row, Cause> {
        let text = str::from_utf8(&self.output[..self.output_length])?.to_owned();
        let ends = self.ends[..self.ends_length].to_vec();
        if ends.iter().any(|end| !text.is_char_boundary(*end)) {
            return Err("a value ends inside a character".into());
        }
        (self.output_length, self.ends_length) = (0, 0);
        Ok(Row { text, ends })
    }
}

impl Row {
    pub(super) fn value(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.text[start..end])
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|index| self.value(index))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use bytes::Bytes;

    use super::CsvReader;

    const TEXT: &str = "\"Id\",\"Name\"\n\"1\",\"a \"\"b\"\",\r\né🙂\"\n\"2\",\"\"\n";

    fn read_all(mut reader: CsvReader, pieces: impl Iterator<Item = Bytes>) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        let mut drain = |reader: &mut CsvReader| {
            while let Some(row) = reader.next_row().unwrap() {
                rows.push(row.values().map(String::from).collect());
            }
        };
        for piece in pieces {
            reader.feed(piece);
            drain(&mut reader);
        }
        reader.complete().unwrap();
        drain(&mut reader);
        rows
    }

    fn gzip(text: &str) -> Bytes {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn rows_do_not_depend_on_where_bytes_are_split() {
        let rows = [vec!["Id", "Name"], vec!["1", "a \"b\",\r\né🙂"], vec!["2", ""]];
        let (plain, packed) = (Bytes::from_static(TEXT.as_bytes()), gzip(TEXT));
        for size in 1..TEXT.len() {
            for (bytes, is_gzip) in [(&plain, false), (&packed, true)] {
                let pieces = bytes.chunks(size).map(Bytes::copy_from_slice);
                assert_eq!(read_all(CsvReader::new(is_gzip), pieces), rows, "{size} {is_gzip}");
            }
        }
    }

    #[test]
    fn long_values_and_many_columns_fit() {
        let long = "x".repeat(200_000);
        let text = format!("\"{long}\"{}\n", ",\"y\"".repeat(900));

        let rows = read_all(CsvReader::new(false), std::iter::once(Bytes::from(text)));

        assert_eq!(rows[0].len(), 901);
        assert_eq!(rows[0][0], long);
    }

    #[test]
    fn a_compressed_body_that_is_cut_is_an_error() {
        let packed = gzip(TEXT);
        let mut reader = CsvReader::new(true);
        reader.feed(packed.slice(..packed.len() - 4));

        let rows = std::iter::from_fn(|| reader.next_row().transpose()).filter(Result::is_ok).count();

        assert!(rows <= 3);
        assert!(reader.complete().is_err());
    }

    #[test]
    fn what_is_no_text_is_an_error() {
        let mut reader = CsvReader::new(false);
        reader.feed(Bytes::from_static(b"\"\xff\"\n"));

        assert!(reader.next_row().is_err());
    }
}
