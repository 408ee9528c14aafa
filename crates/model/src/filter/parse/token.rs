//! Words, names and values of a filter. Each reads the space after it, too.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use salesforce::{SObjectName, Timestamp};
use winnow::Parser;
use winnow::ascii::{Caseless, multispace0};
use winnow::combinator::{alt, not, opt, terminated};
use winnow::error::ErrMode;
use winnow::token::{literal, one_of, take_while};

use super::super::{Comparison, FieldPath, LikePattern, Literal, RelativeDate};
use super::failure::{Failure, Parsed, refuse};

/// A text in a condition may hold so many characters (SOQL and SOSL Reference, SOQL and SOSL Limits).
const MAX_TEXT_LENGTH: usize = 4_000;
const EXPECTED_VALUE: &str = "expected a value: a text in single quotes, a number, TRUE, FALSE, NULL, a date or a date literal such as LAST_N_DAYS:30";
const EXPECTED_FIELD: &str = "expected a field name";

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Reads a word of the language in any case.
pub(super) fn keyword<'a>(word: &'static str) -> impl Parser<&'a str, (), ErrMode<Failure>> {
    (literal(Caseless(word)), not(one_of(is_name_character)), multispace0).void()
}

/// Reads a sign.
pub(super) fn symbol<'a>(sign: &'static str) -> impl Parser<&'a str, (), ErrMode<Failure>> {
    (literal(sign), multispace0).void()
}

pub(super) fn operator(input: &mut &str) -> Parsed<Comparison> {
    alt((
        symbol("=").value(Comparison::Equal),
        symbol("!=").value(Comparison::NotEqual),
        symbol("<>").value(Comparison::NotEqual),
        symbol("<=").value(Comparison::LessOrEqual),
        symbol(">=").value(Comparison::GreaterOrEqual),
        symbol("<").value(Comparison::Less),
        symbol(">").value(Comparison::Greater),
    ))
    .parse_next(input)
}

pub(super) fn sobject(input: &mut &str) -> Parsed<SObjectName> {
    let before = *input;
    let name = name(input)?;
    name.parse().or_else(|_| refuse(&before, "expected the API name of an sObject"))
}

fn name<'a>(input: &mut &'a str) -> Parsed<&'a str> {
    terminated(take_while(0.., is_name_character), multispace0).parse_next(input)
}

/// Reads `Account.Owner.Name`.
pub(super) fn path(input: &mut &str) -> Parsed<FieldPath> {
    let before = *input;
    let mut names = Vec::new();
    loop {
        let start = *input;
        let Ok(name) = name(input)?.parse() else {
            return refuse(&start, EXPECTED_FIELD);
        };
        names.push(name);
        if opt(symbol(".")).parse_next(input)?.is_none() {
            break;
        }
    }
    if input.starts_with('(') {
        return refuse(&before, "functions cannot be used here; compare the field itself");
    }
    FieldPath::new(names).map_or_else(|| refuse(&before, "a path goes up at most five lookups"), Ok)
}

/// Reads `(…, …)` with at least one item.
pub(super) fn comma_list<'a, T>(
    input: &mut &'a str,
    item: impl Fn(&mut &'a str) -> Parsed<T>,
) -> Parsed<Vec<T>> {
    if opt(symbol("(")).parse_next(input)?.is_none() {
        return refuse(input, "expected a list in parentheses");
    }
    let mut items = vec![item(input)?];
    while opt(symbol(",")).parse_next(input)?.is_some() {
        items.push(item(input)?);
    }
    match opt(symbol(")")).parse_next(input)? {
        Some(()) => Ok(items),
        None => refuse(input, "expected a comma or a closing parenthesis"),
    }
}

pub(super) fn value(input: &mut &str) -> Parsed<Literal> {
    if input.starts_with('\'') {
        return quoted_text(input).map(Literal::Text);
    }
    let before = *input;
    let is_part =
        |character: char| is_name_character(character) || matches!(character, '+' | '-' | '.' | ':');
    let word = terminated(take_while(0.., is_part), multispace0).parse_next(input)?;
    match word.split_once(':') {
        Some((name, count)) if RelativeDate::takes_count(name) => {
            let relative = count.parse().ok().and_then(|count| RelativeDate::counted(name, count));
            relative.map_or_else(
                || refuse(&before, "expected a whole number after the colon"),
                |relative| Ok(Literal::Relative(relative)),
            )
        }
        None if RelativeDate::takes_count(word) => {
            refuse(&before, "this date literal needs a number, such as LAST_N_DAYS:30")
        }
        _ => unquoted_value(word).map_or_else(|| refuse(&before, EXPECTED_VALUE), Ok),
    }
}

fn unquoted_value(word: &str) -> Option<Literal> {
    if word.eq_ignore_ascii_case("null") {
        return Some(Literal::Null);
    }
    if word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false") {
        return Some(Literal::Bool(word.eq_ignore_ascii_case("true")));
    }
    if let Some(relative) = RelativeDate::plain(word) {
        return Some(Literal::Relative(relative));
    }
    if word.len() == 10 && word.as_bytes()[4] == b'-' {
        return NaiveDate::parse_from_str(word, "%Y-%m-%d").ok().map(Literal::Date);
    }
    if word.contains(['T', 't']) {
        return Timestamp::parse(word.to_ascii_uppercase().as_bytes()).ok().map(Literal::DateTime);
    }
    number(word).map(Literal::Number)
}

fn number(word: &str) -> Option<Decimal> {
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    if word.contains(['e', 'E']) {
        Decimal::from_scientific(word).ok()
    } else {
        Decimal::from_str_exact(word).ok()
    }
}

/// Reads a text in single quotes and takes its escapes away.
pub(super) fn quoted_text(input: &mut &str) -> Parsed<String> {
    quoted(input, |_| None)
}

/// Reads a text in single quotes in which `\%` and `\_`, and a doubled backslash, keep their backslash.
pub(super) fn like_pattern(input: &mut &str) -> Parsed<LikePattern> {
    let before = *input;
    let kept = |escape| match escape {
        '%' => Some("\\%"),
        '_' => Some("\\_"),
        '\\' => Some("\\\\"),
        _ => None,
    };
    let text = quoted(input, kept)?;
    LikePattern::new(text).map_or_else(|| refuse(&before, "a backslash stands alone in this pattern"), Ok)
}

fn quoted(input: &mut &str, keep: impl Fn(char) -> Option<&'static str>) -> Parsed<String> {
    if !input.starts_with('\'') {
        return refuse(input, "expected a text in single quotes");
    }
    let mut text = String::new();
    let mut rest = input[1..].chars();
    loop {
        let before = rest.as_str();
        match rest.next() {
            None => return refuse(input, "this text has no closing quote"),
            Some('\'') => break,
            Some('\\') => {
                let escape = rest.next().unwrap_or('\0');
                if let Some(kept) = keep(escape) {
                    text.push_str(kept);
                } else if let Some(character) = unescape(escape, &mut rest) {
                    text.push(character);
                } else {
                    return refuse(
                        &before,
                        "expected one of \\' \\\\ \\\" \\n \\r \\t \\b \\f or \\u with four digits",
                    );
                }
            }
            Some(character) => text.push(character),
        }
    }
    if text.chars().count() > MAX_TEXT_LENGTH {
        return refuse(input, "a text in a condition has at most 4,000 characters");
    }
    *input = rest.as_str().trim_start();
    Ok(text)
}

/// Returns what an escape stands for (SOQL and SOSL Reference, Quoted String Escape Sequences).
fn unescape(escape: char, rest: &mut std::str::Chars<'_>) -> Option<char> {
    match escape {
        'n' | 'N' => Some('\n'),
        'r' | 'R' => Some('\r'),
        't' | 'T' => Some('\t'),
        'b' | 'B' => Some('\u{8}'),
        'f' | 'F' => Some('\u{c}'),
        '\'' | '"' | '\\' => Some(escape),
        'u' | 'U' => {
            let digits = rest.as_str().get(..4)?;
            *rest = rest.as_str()[4..].chars();
            char::from_u32(u32::from_str_radix(digits, 16).ok()?)
        }
        _ => None,
    }
}
