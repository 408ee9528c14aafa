//! The answer of the query resource, record by record, with only a window of it in memory.

use std::{
    io::{self, Read},
    ops::ControlFlow,
};

use serde::de::DeserializeOwned;
use serde_json::{Deserializer, value::RawValue};

use crate::error::{Error, Result};

/// The most bytes of one record, and of any other value of an answer. The long texts of an sObject together have at most
/// 1.6 million characters (Salesforce, Custom Field Limits), each of which takes six bytes where it is escaped.
pub(crate) const MOST_RECORD_BYTES: usize = 32 << 20;

/// The window at first; it grows where a record is larger.
const WINDOW_BYTES: usize = 64 * 1024;

/// Writes records as the whole answer of a query.
pub(crate) fn answer_of(records: &[String]) -> String {
    format!(r#"{{"done":true,"records":[{}]}}"#, records.join(","))
}

/// Calls `on_record` with each record's JSON object until it breaks. Returns the answer's `done`, or `None` where
/// `on_record` broke.
///
/// # Errors
/// [`Error::PageCut`] where the text is no whole answer, [`Error::PageTooLarge`] where a value in it is longer than
/// [`MOST_RECORD_BYTES`], and what `on_record` gives.
pub(crate) fn for_each_record(
    plain: impl Read,
    on_record: impl FnMut(&RawValue) -> Result<ControlFlow<()>>,
) -> Result<Option<bool>> {
    for_each_of_answer(Text::new(plain, WINDOW_BYTES), on_record)
}

fn for_each_of_answer(
    mut text: Text<impl Read>,
    mut on_record: impl FnMut(&RawValue) -> Result<ControlFlow<()>>,
) -> Result<Option<bool>> {
    let (mut done, mut has_records) = (None, false);
    text.take(b'{')?;
    let mut is_first = true;
    while text.goes_on(&mut is_first, b'}')? {
        let key: String = text.value()?;
        text.take(b':')?;
        match key.as_str() {
            "records" => {
                has_records = true;
                if for_each_of_list(&mut text, &mut on_record)?.is_break() {
                    return Ok(None);
                }
            }
            "done" => done = Some(text.value()?),
            _ => text.raw_value(|_| ())?,
        }
    }
    match (text.peek()?, has_records) {
        (None, true) if done.is_some() => Ok(done),
        _ => Err(cut("it is not the answer of a query")),
    }
}

fn for_each_of_list(
    text: &mut Text<impl Read>,
    on_record: &mut impl FnMut(&RawValue) -> Result<ControlFlow<()>>,
) -> Result<ControlFlow<()>> {
    text.take(b'[')?;
    let mut is_first = true;
    while text.goes_on(&mut is_first, b']')? {
        if text.raw_value(&mut *on_record)??.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// JSON of which the next value is looked at.
struct Text<R> {
    plain: R,
    window: Vec<u8>,
    /// The least that is read at once.
    window_bytes: usize,
    /// Where in the window the rest begins.
    at: usize,
    /// Whether the window holds the end of the text.
    is_read: bool,
}

impl<R: Read> Text<R> {
    fn new(plain: R, window_bytes: usize) -> Self {
        Self { plain, window: Vec::new(), window_bytes, at: 0, is_read: false }
    }

    /// Hands over the value that comes next, and goes behind it.
    fn raw_value<T>(&mut self, take: impl FnOnce(&RawValue) -> T) -> Result<T> {
        loop {
            let rest = &self.window[self.at..];
            let mut values = Deserializer::from_slice(rest).into_iter::<&RawValue>();
            let parsed = values.next();
            let end = values.byte_offset();
            match parsed {
                // A number may go on behind the window.
                Some(Ok(value)) if end < rest.len() || self.is_read => {
                    let taken = take(value);
                    self.at += end;
                    return Ok(taken);
                }
                // Not all that is cut is told from what is wrong: `12.` at the end of the window is an invalid number.
                Some(Err(source)) if self.is_read => {
                    return Err(Error::PageCut { source: source.into() });
                }
                None if self.is_read => return Err(cut("a value is missing")),
                _ => self.read_on()?,
            }
        }
    }

    fn value<T: DeserializeOwned>(&mut self) -> Result<T> {
        let parsed = self.raw_value(|raw| T::deserialize(raw))?;
        parsed.map_err(|source| Error::PageCut { source: source.into() })
    }

    /// Whether an object or a list has another member, whose comma is taken; else its end is.
    fn goes_on(&mut self, is_first: &mut bool, end: u8) -> Result<bool> {
        let was_first = std::mem::replace(is_first, false);
        match self.peek()? {
            Some(byte) if byte == end => {
                self.at += 1;
                Ok(false)
            }
            _ if was_first => Ok(true),
            _ => self.take(b',').map(|()| true),
        }
    }

    fn take(&mut self, expected: u8) -> Result<()> {
        match self.peek()? {
            Some(byte) if byte == expected => {
                self.at += 1;
                Ok(())
            }
            _ => Err(cut(&format!("a '{}' is missing", char::from(expected)))),
        }
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            let rest = &self.window[self.at..];
            let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
            match rest.iter().position(|byte| !is_space(byte)) {
                Some(spaces) => {
                    self.at += spaces;
                    return Ok(Some(self.window[self.at]));
                }
                None if self.is_read => return Ok(None),
                None => {
                    self.at = self.window.len();
                    self.read_on()?;
                }
            }
        }
    }

    /// Brings more of the text into the window, which leaves what was looked at.
    fn read_on(&mut self) -> Result<()> {
        self.window.drain(..self.at);
        self.at = 0;
        let kept = self.window.len();
        if kept >= MOST_RECORD_BYTES {
            return Err(Error::PageTooLarge);
        }
        // Twice as much each time, so that a long record is not looked at again and again.
        self.window.resize(kept + kept.max(self.window_bytes), 0);
        let mut filled = kept;
        while filled < self.window.len() {
            match self.plain.read(&mut self.window[filled..]) {
                Ok(0) => {
                    self.is_read = true;
                    break;
                }
                Ok(n) => filled += n,
                Err(source) if source.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(Error::PageCut { source }),
            }
        }
        self.window.truncate(filled);
        Ok(())
    }
}

fn cut(why: &str) -> Error {
    Error::PageCut { source: io::Error::new(io::ErrorKind::InvalidData, why.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str, window_bytes: usize) -> Option<(Option<bool>, Vec<String>)> {
        let mut records = Vec::new();
        let done = for_each_of_answer(Text::new(text.as_bytes(), window_bytes), |record| {
            records.push(record.get().to_owned());
            Ok(ControlFlow::Continue(()))
        });
        Some((done.ok()?, records))
    }

    #[test]
    fn records_come_whole_wherever_the_window_ends() {
        let values =
            r#"{"Id":"1","A":-12.50,"B":1.5e-3,"C":[true,false,null],"D":{"E":"\u00e9é\"\\"},"F":0}"#;
        let text = format!(
            " {{ \"totalSize\" : 12 , \"records\":[{values} , {values},{{}}],\"done\":false,\"more\":[1,{{\"a\":null}}],\"size\":-1.5 }} \n"
        );

        for window_bytes in (1..text.len() + 1).chain([4_096]) {
            let (done, records) = records(&text, window_bytes).unwrap();
            assert_eq!(done, Some(false), "{window_bytes}");
            assert_eq!(records, [values, values, "{}"], "{window_bytes}");
        }
    }

    #[test]
    fn a_record_may_be_longer_than_the_window() {
        let long = format!(r#"{{"Id":"2","Note":"{}\"}}]"}}"#, "é".repeat(100_000));
        let text = format!(r#"{{"done":true,"records":[{long},{long}]}}"#);

        assert_eq!(records(&text, 7), Some((Some(true), vec![long.clone(), long])));
    }

    #[test]
    fn an_answer_that_ends_too_soon_is_cut_wherever_that_is() {
        let whole = r#"{"totalSize":1,"done":true,"records":[{"Id":"1"},{"Id":"2"}]}"#;

        assert!(records(whole, 5).is_some());
        for length in 0..whole.len() {
            assert!(records(&whole[..length], 5).is_none(), "{}", &whole[..length]);
        }
        for other in ["[]", "{}", r#"{"done":true}"#, r#"{"records":[]}"#] {
            assert!(records(other, 5).is_none(), "{other}");
        }
        assert!(records(&format!("{whole},"), 5).is_none());
        assert!(records(&whole.replace("},{", "}{"), 5).is_none());
    }

    #[test]
    fn an_empty_answer_is_whole() {
        let empty = r#"{"totalSize":0,"done":true,"records":[]}"#;

        assert_eq!(records(empty, 3), Some((Some(true), Vec::new())));
    }

    #[test]
    fn a_reader_may_stop() {
        let text = r#"{"done":true,"records":[{"Id":"1"},{"Id":"2"}"#;
        let mut seen = 0;

        let done = for_each_record(text.as_bytes(), |_| {
            seen += 1;
            Ok(ControlFlow::Break(()))
        });

        assert_eq!((done.unwrap(), seen), (None, 1));
    }

    #[test]
    fn a_record_without_an_end_is_refused_before_it_fills_the_memory() {
        let endless = io::Read::chain(&br#"{"done":true,"records":[{"Id":""#[..], io::repeat(b'x'));

        let refused = for_each_record(endless, |_| Ok(ControlFlow::Continue(())));

        assert!(matches!(refused, Err(Error::PageTooLarge)));
    }
}
