//! Reading the CSV of ingest jobs (Bulk API 2.0 Developer Guide, Prepare CSV Files).

use std::borrow::Cow;

/// Reads rows of cells. Cells are as they stand in the file, without their quotes.
#[derive(Clone, Debug)]
pub(crate) struct CsvReader<'a> {
    text: &'a str,
    at: usize,
    delimiter: u8,
}

/// What ended a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    Lf,
    Crlf,
    File,
}

/// A row and what ended it.
pub(crate) type Row<'a> = (Vec<Cow<'a, str>>, End);

impl<'a> CsvReader<'a> {
    pub(crate) fn new(text: &'a str, delimiter: u8) -> Self {
        Self { text: text.strip_prefix('\u{FEFF}').unwrap_or(text), at: 0, delimiter }
    }

    /// Reads the next row that is not blank.
    pub(crate) fn next_row(&mut self) -> Option<Result<Row<'a>, String>> {
        while matches!(self.peek(), Some(b'\n' | b'\r')) {
            self.at += 1;
        }
        self.peek()?;
        let mut cells = Vec::new();
        loop {
            match self.read_cell() {
                Ok(cell) => cells.push(cell),
                Err(message) => return Some(Err(message)),
            }
            match self.peek() {
                Some(byte) if byte == self.delimiter => self.at += 1,
                Some(b'\n') => {
                    self.at += 1;
                    return Some(Ok((cells, End::Lf)));
                }
                Some(_) => {
                    self.at += usize::from(self.peek() == Some(b'\r'));
                    let is_crlf = self.peek() == Some(b'\n');
                    self.at += usize::from(is_crlf);
                    return Some(Ok((cells, if is_crlf { End::Crlf } else { End::Lf })));
                }
                None => return Some(Ok((cells, End::File))),
            }
        }
    }

    fn read_cell(&mut self) -> Result<Cow<'a, str>, String> {
        if self.peek() == Some(b'"') {
            return self.read_quoted();
        }
        let rest = &self.text.as_bytes()[self.at..];
        let is_end = |byte: &u8| *byte == self.delimiter || matches!(byte, b'\n' | b'\r');
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        let cell = &self.text[self.at..self.at + length];
        self.at += length;
        if cell.trim_start().starts_with('"') {
            return Err("a space stands between a delimiter and a quote".to_owned());
        }
        Ok(Cow::Borrowed(cell))
    }

    fn read_quoted(&mut self) -> Result<Cow<'a, str>, String> {
        self.at += 1;
        let start = self.at;
        let mut has_doubled = false;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let Some(length) = memchr::memchr(b'"', rest) else {
                return Err("a quoted value does not end".to_owned());
            };
            self.at += length + 1;
            if self.peek() != Some(b'"') {
                break;
            }
            has_doubled = true;
            self.at += 1;
        }
        let cell = &self.text[start..self.at - 1];
        match self.peek() {
            None | Some(b'\n' | b'\r') => {}
            Some(byte) if byte == self.delimiter => {}
            Some(_) => return Err("a quoted value is followed by other text".to_owned()),
        }
        Ok(if has_doubled { Cow::Owned(cell.replace("\"\"", "\"")) } else { Cow::Borrowed(cell) })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// Appends a row in which every value is quoted.
pub(crate) fn write_row<'c>(
    cells: impl Iterator<Item = &'c str>,
    delimiter: u8,
    line_ending: &[u8],
    out: &mut Vec<u8>,
) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(delimiter);
        }
        out.push(b'"');
        let mut rest = cell.as_bytes();
        while let Some(at) = memchr::memchr(b'"', rest) {
            out.extend_from_slice(&rest[..=at]);
            out.push(b'"');
            rest = &rest[at + 1..];
        }
        out.extend_from_slice(rest);
        out.push(b'"');
    }
    out.extend_from_slice(line_ending);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop, proptest};

    use super::{CsvReader, End, write_row};

    fn rows(text: &str, delimiter: u8) -> Vec<Result<(Vec<String>, End), String>> {
        let mut reader = CsvReader::new(text, delimiter);
        let owned = |row: Result<super::Row<'_>, String>| {
            row.map(|(cells, end)| (cells.into_iter().map(|cell| cell.into_owned()).collect(), end))
        };
        std::iter::from_fn(|| reader.next_row().map(owned)).take(40).collect()
    }

    fn row(cells: &[&str], end: End) -> Result<(Vec<String>, End), String> {
        Ok((cells.iter().map(|cell| (*cell).to_owned()).collect(), end))
    }

    #[test]
    fn rows_are_read() {
        let text = "\u{FEFF}A,B\r\n\"x, \"\"y\"\"\n\", z\n\n,\"\"\nlast,";

        let expected = [
            row(&["A", "B"], End::Crlf),
            row(&["x, \"y\"\n", " z"], End::Lf),
            row(&["", ""], End::Lf),
            row(&["last", ""], End::File),
        ];
        assert_eq!(rows(text, b','), expected);
        assert_eq!(rows("A^B,C\n", b'^'), [row(&["A", "B,C"], End::Lf)]);
    }

    #[test]
    fn what_is_no_csv_is_told() {
        for text in ["\"open", "a, \"b\"\n", "\"a\"b\n"] {
            assert!(rows(text, b',')[0].is_err(), "{text}");
        }
    }

    #[test]
    fn rows_are_written() {
        let mut out = Vec::new();

        write_row(["a", "b \"c\"\n", ""].into_iter(), b'|', b"\r\n", &mut out);

        assert_eq!(String::from_utf8(out).unwrap(), "\"a\"|\"b \"\"c\"\"\n\"|\"\"\r\n");
    }

    /// Reads the same grammar letter by letter. Answers `None` for what is no CSV.
    fn read_plainly(text: &str, delimiter: char) -> Option<Vec<Vec<String>>> {
        let mut rows = Vec::new();
        let mut letters = text.strip_prefix('\u{FEFF}').unwrap_or(text).chars().peekable();
        loop {
            while letters.next_if(|letter| matches!(letter, '\n' | '\r')).is_some() {}
            letters.peek()?;
            let mut row = Vec::new();
            loop {
                let mut cell = String::new();
                if letters.next_if_eq(&'"').is_some() {
                    loop {
                        match letters.next()? {
                            '"' if letters.next_if_eq(&'"').is_some() => cell.push('"'),
                            '"' => break,
                            letter => cell.push(letter),
                        }
                    }
                } else {
                    while let Some(letter) =
                        letters.next_if(|letter| *letter != delimiter && !matches!(letter, '\n' | '\r'))
                    {
                        cell.push(letter);
                    }
                    if cell.trim_start().starts_with('"') {
                        return None;
                    }
                }
                row.push(cell);
                match letters.peek() {
                    Some(letter) if *letter == delimiter => letters.next(),
                    None | Some('\n' | '\r') => break,
                    Some(_) => return None,
                };
            }
            rows.push(row);
            while letters.next_if(|letter| matches!(letter, '\n' | '\r')).is_some() {}
            if letters.peek().is_none() {
                return Some(rows);
            }
        }
    }

    proptest! {
        #[test]
        fn two_readers_agree(text in "[ab,;\"\r\n é\u{FEFF}]{0,30}", delimiter in "[,;]") {
            let delimiter = delimiter.chars().next().unwrap();
            let ours: Result<Vec<_>, _> = rows(&text, delimiter as u8).into_iter().collect();
            let ours = ours.ok().map(|rows| rows.into_iter().map(|(cells, _)| cells).collect::<Vec<_>>());
            let ours = ours.filter(|rows| !rows.is_empty());

            assert_eq!(ours, read_plainly(&text, delimiter));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(cells in prop::collection::vec("[a,\"\r\n é|]{0,8}", 1..5), any in "[a,\"\r\n é]{0,40}") {
            let mut out = Vec::new();
            write_row(cells.iter().map(String::as_str), b',', b"\n", &mut out);
            let text = String::from_utf8(out).unwrap();

            assert_eq!(rows(&text, b','), [Ok((cells, End::Lf))]);
            let _ = rows(&any, b',');
        }
    }
}
