//! Reads values.

use std::str::FromStr;

use chrono::{NaiveDate, NaiveTime, Timelike};
use rust_decimal::Decimal;
use winnow::Parser as _;
use winnow::combinator::{alt, eof, opt, preceded, terminated};
use winnow::error::EmptyError;
use winnow::token::{one_of, take_while};

use super::super::ast::{Literal, LiteralKind, Place, Relative};
use super::super::lexer::{Token, TokenKind};
use super::{Parser, Result, is_reserved};

/// The most characters of a text in a condition (SOQL and SOSL Reference, SOQL Limits).
const MAX_TEXT: usize = 4_000;

/// The years a date may lie in (SOQL and SOSL Reference, Date Formats and Date Literals).
const YEARS: std::ops::RangeInclusive<i32> = 1700..=4000;

/// How the escapes of a text are read.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Escapes {
    Plain,
    /// `\%` and `\_` stand for the characters themselves and stay as they are, as does `\\`.
    Pattern,
}

impl Parser<'_> {
    pub(super) fn literal(&mut self) -> Result<Literal> {
        self.literal_with(Escapes::Plain)
    }

    /// Reads the right side of `LIKE`.
    pub(super) fn pattern(&mut self) -> Result<Literal> {
        self.literal_with(Escapes::Pattern)
    }

    fn literal_with(&mut self, escapes: Escapes) -> Result<Literal> {
        let token = self.peek();
        let kind = match token.kind {
            TokenKind::Text(raw) => Some(self.text(token, raw, escapes)?),
            TokenKind::Digits => read_digits(token.text),
            TokenKind::Currency => read_currency(token.text),
            TokenKind::Word => self.word_literal(token)?,
            TokenKind::Mark(_) | TokenKind::End => None,
        };
        let Some(kind) = kind else { return self.refuse_value(token) };
        self.take();
        Ok(Literal { kind, place: Place(token.place) })
    }

    /// Refuses what is no value. A name, such as that of another field, is taken for a variable.
    fn refuse_value<T>(&self, token: Token<'_>) -> Result<T> {
        match token.kind {
            TokenKind::Word if !is_reserved(token.text) => {
                self.refuse(token.place, "Bind variables only allowed in Apex code".to_owned())
            }
            TokenKind::Digits if looks_like_date(token.text) => {
                let kind = if token.text.contains(['T', 't']) { "datetime" } else { "date" };
                self.refuse(token.place, format!("Invalid {kind}: {}", token.text))
            }
            _ => self.refuse_next(),
        }
    }

    /// Reads a word as a value, but for its last token.
    fn word_literal(&mut self, token: Token<'_>) -> Result<Option<LiteralKind>> {
        let word = token.text.to_ascii_uppercase();
        if let Some(relative) = Relative::parse(&word) {
            return Ok(Some(LiteralKind::Relative(relative)));
        }
        if Relative::parse_counted(&word, 0).is_some() {
            return self.counted(&word).map(Some);
        }
        Ok(match word.as_str() {
            "NULL" => Some(LiteralKind::Null),
            "TRUE" => Some(LiteralKind::Bool(true)),
            "FALSE" => Some(LiteralKind::Bool(false)),
            _ => read_currency(token.text),
        })
    }

    fn counted(&mut self, word: &str) -> Result<LiteralKind> {
        let found = self.peek_after(1);
        if found.kind != TokenKind::Mark(":") {
            return self.refuse(found.place, format!("expecting a colon, found '{}'", found.text));
        }
        self.take();
        self.take();
        let relative = self.peek().text.parse().ok().and_then(|count| Relative::parse_counted(word, count));
        match relative {
            Some(relative) => Ok(LiteralKind::Relative(relative)),
            None => self.refuse_next(),
        }
    }

    fn text(&self, token: Token<'_>, raw: &str, escapes: Escapes) -> Result<LiteralKind> {
        let text = match unescape(raw, escapes) {
            Ok(text) => text,
            Err(sequence) => {
                let message = format!(
                    "Invalid string literal '{raw}'. Illegal character sequence '{sequence}' in string literal."
                );
                return self.refuse(token.place, message);
            }
        };
        if text.chars().nth(MAX_TEXT).is_some() {
            let message = format!("String literal exceeds the maximum length of {MAX_TEXT} characters");
            return self.refuse(token.place, message);
        }
        Ok(if escapes == Escapes::Pattern { LiteralKind::Pattern(text) } else { LiteralKind::Text(text) })
    }
}

/// Resolves escapes (SOQL and SOSL Reference, Quoted String Escape Sequences). The error is the escape that is none.
fn unescape(raw: &str, escapes: Escapes) -> std::result::Result<String, &str> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let sequence = &rest[at..];
        let escape = sequence[1..].chars().next().unwrap_or_default();
        let mut length = 1 + escape.len_utf8();
        match escape {
            'n' | 'N' => text.push('\n'),
            'r' | 'R' => text.push('\r'),
            't' | 'T' => text.push('\t'),
            'b' | 'B' => text.push('\u{8}'),
            'f' | 'F' => text.push('\u{c}'),
            '"' | '\'' => text.push(escape),
            '\\' | '%' | '_' if escapes == Escapes::Pattern => text.push_str(&sequence[..length]),
            '\\' => text.push('\\'),
            'u' | 'U' => {
                let (letter, taken) = read_unicode(sequence).ok_or(&sequence[..length])?;
                text.push(letter);
                length = taken;
            }
            _ => return Err(&sequence[..length]),
        }
        rest = &sequence[length..];
    }
    text.push_str(rest);
    Ok(text)
}

/// Reads `\uXXXX`, or two of them that make one letter outside the first plane. Tells how long that is.
fn read_unicode(sequence: &str) -> Option<(char, usize)> {
    const LENGTH: usize = 6;
    let code_at = |at: usize| {
        let escape = sequence.get(at..at + LENGTH)?;
        let digits = escape.strip_prefix("\\u").or_else(|| escape.strip_prefix("\\U"))?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = code_at(0)?;
    if let Some(Ok(letter)) = char::decode_utf16([first]).next() {
        return Some((letter, LENGTH));
    }
    let second = code_at(LENGTH)?;
    let letter = char::decode_utf16([first, second]).next()?.ok()?;
    Some((letter, 2 * LENGTH))
}

/// Returns whether a token begins with a year and a month, right or wrong.
fn looks_like_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut is_number = |digits: usize| {
        parts
            .next()
            .is_some_and(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    is_number(4) && is_number(2) && parts.next().is_some()
}

fn read_currency(text: &str) -> Option<LiteralKind> {
    let (code, number) = text.split_at_checked(3)?;
    let is_code = code.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !is_code || !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some(LiteralKind::Currency(code.to_ascii_uppercase(), Decimal::from_str(number).ok()?))
}

fn read_digits(text: &str) -> Option<LiteralKind> {
    if let Ok(kind) = terminated(alt((date_time, date, time)), eof).parse(text) {
        return Some(kind);
    }
    let number = text.strip_prefix('+').unwrap_or(text);
    let number = Decimal::from_str(number).or_else(|_| Decimal::from_scientific(number)).ok()?;
    Some(LiteralKind::Number(number.normalize()))
}

type Read<T> = std::result::Result<T, EmptyError>;

fn date(input: &mut &str) -> Read<LiteralKind> {
    civil_date.map(LiteralKind::Date).parse_next(input)
}

fn time(input: &mut &str) -> Read<LiteralKind> {
    let millis = |time: NaiveTime| {
        LiteralKind::Time(time.num_seconds_from_midnight() * 1_000 + time.nanosecond() / 1_000_000)
    };
    terminated(time_of_day, 'Z').map(millis).parse_next(input)
}

fn date_time(input: &mut &str) -> Read<LiteralKind> {
    (terminated(civil_date, 'T'), time_of_day, zone)
        .map(|(date, time, zone_ms)| {
            LiteralKind::DateTime(date.and_time(time).and_utc().timestamp_millis() - zone_ms)
        })
        .parse_next(input)
}

fn civil_date(input: &mut &str) -> Read<NaiveDate> {
    (terminated(digits::<4>, '-'), terminated(digits::<2>, '-'), digits::<2>)
        .verify_map(|(year, month, day)| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day))
        .verify(|date| YEARS.contains(&chrono::Datelike::year(date)))
        .parse_next(input)
}

fn time_of_day(input: &mut &str) -> Read<NaiveTime> {
    (terminated(digits::<2>, ':'), terminated(digits::<2>, ':'), digits::<2>, opt(preceded('.', fraction)))
        .verify_map(|(hour, minute, second, millis)| {
            NaiveTime::from_hms_milli_opt(hour, minute, second, millis.unwrap_or(0))
        })
        .parse_next(input)
}

/// Reads decimals of a second as milliseconds.
fn fraction(input: &mut &str) -> Read<u32> {
    let decimals: &str = take_while(1..=9, '0'..='9').parse_next(input)?;
    format!("{decimals:0<3}")[..3].parse().map_err(|_| EmptyError)
}

/// Reads `Z` or an offset, as milliseconds ahead of UTC.
fn zone(input: &mut &str) -> Read<i64> {
    let offset = (one_of(['+', '-']), digits::<2>, opt(':'), digits::<2>).map(|(sign, hours, _, minutes)| {
        let ms = i64::from(hours * 60 + minutes) * 60_000;
        if sign == '-' { -ms } else { ms }
    });
    alt(('Z'.value(0), offset)).parse_next(input)
}

fn digits<const N: usize>(input: &mut &str) -> Read<u32> {
    take_while(N..=N, '0'..='9').parse_to().parse_next(input)
}

#[cfg(test)]
mod tests {
    use super::{Escapes, LiteralKind, read_digits, unescape};

    #[test]
    fn digits_are_numbers_dates_and_times() {
        for (text, printed) in [
            ("10", "Number(10)"),
            ("-1.50", "Number(-1.5)"),
            ("1e3", "Number(1000)"),
            ("+2", "Number(2)"),
            ("2026-11-21", "Date(2026-11-21)"),
            ("2026-11-21T10:00:00Z", "DateTime(1795255200000)"),
            ("2026-11-21T10:00:00.000+0000", "DateTime(1795255200000)"),
            ("2026-11-21T11:00:00.5+01:00", "DateTime(1795255200500)"),
            ("2026-11-21T02:00:00-08:00", "DateTime(1795255200000)"),
            ("10:00:00.007Z", "Time(36000007)"),
        ] {
            assert_eq!(format!("{:?}", read_digits(text).unwrap()), printed, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_value_is_none() {
        for text in [
            "2026-13-01",
            "2026-02-30",
            "1699-12-31",
            "2026-11-21T10:00:00",
            "5AND",
            "1.2.3",
            "10:00:00",
            "-",
        ] {
            assert_eq!(read_digits(text), None::<LiteralKind>, "{text}");
        }
    }

    #[test]
    fn escapes_are_resolved_or_refused() {
        for (raw, text) in [
            (r"a\'b", Ok("a'b")),
            (r"\N\t\\", Ok("\n\t\\")),
            (r"\u00d6l\U00e9", Ok("Öl\u{e9}")),
            (r"\ud83d\uDE00!", Ok("\u{1f600}!")),
            (r"\ud83d", Err(r"\u")),
            (r"\x", Err(r"\x")),
            (r"100\%", Err(r"\%")),
            (r"\u12", Err(r"\u")),
        ] {
            assert_eq!(unescape(raw, Escapes::Plain).as_deref().map_err(|error| *error), text, "{raw}");
        }
        assert_eq!(unescape(r"\%\'\\_", Escapes::Pattern).as_deref(), Ok(r"\%'\\_"));
    }
}
