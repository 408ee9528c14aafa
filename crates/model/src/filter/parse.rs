//! Text to filters.

mod failure;
mod token;

use salesforce::SObjectName;
use winnow::Parser;
use winnow::combinator::{alt, cut_err, opt, peek, preceded};
use winnow::error::ErrMode;

use self::failure::{Failure, Parsed, refuse};
use self::token::{comma_list, keyword, like_pattern, operator, path, quoted_text, sobject, symbol, value};
use super::{Comparison, FieldPath, Filter, Literal, Membership};

pub use self::failure::FilterError;

/// A statement may hold so many characters (SOQL and SOSL Reference, SOQL and SOSL Limits).
const MAX_LENGTH: usize = 100_000;
/// Parentheses within parentheses; far more than a person writes, far less than the stack holds.
const MAX_DEPTH: usize = 50;

/// Parses a condition, with or without `where` before it.
pub(super) fn parse_filter(text: &str) -> Result<Filter, FilterError> {
    let parse = |input: &mut &str| preceded(opt(keyword("where")), whole_condition).parse_next(input);
    run(text, parse)
}

/// Splits `Opportunity where IsClosed = false` into the sObject and its filter, if there is one.
pub fn parse_rule(text: &str) -> Result<(SObjectName, Option<Filter>), FilterError> {
    let end = |input: &mut &str| {
        if input.is_empty() { Ok(None) } else { refuse(input, "expected where") }
    };
    let filter = preceded(keyword("where"), cut_err(whole_condition)).map(Some);
    run(text, (sobject, alt((filter, end))))
}

fn run<'a, T>(
    text: &'a str,
    mut parser: impl Parser<&'a str, T, ErrMode<Failure>>,
) -> Result<T, FilterError> {
    let mut input = text.trim_start();
    if text.len() > MAX_LENGTH {
        return Err(Failure::new(&input, "a condition has at most 100,000 characters").at(text));
    }
    parser.parse_next(&mut input).map_err(|error| match error.into_inner() {
        Ok(failure) => failure.at(text),
        Err(_) => Failure::new(&input, "expected more text").at(text),
    })
}

fn whole_condition(input: &mut &str) -> Parsed<Filter> {
    let filter = condition(input, 0)?;
    if input.is_empty() { Ok(filter) } else { refuse(input, "expected AND, OR or the end of the condition") }
}

fn condition(input: &mut &str, depth: usize) -> Parsed<Filter> {
    if depth > MAX_DEPTH {
        return refuse(input, "there are too many parentheses within parentheses");
    }
    let first = term(input, depth)?;
    if opt(peek(keyword("and"))).parse_next(input)?.is_some() {
        joined(input, depth, first, ["and", "or"]).map(Filter::And)
    } else if opt(peek(keyword("or"))).parse_next(input)?.is_some() {
        joined(input, depth, first, ["or", "and"]).map(Filter::Or)
    } else {
        Ok(first)
    }
}

/// Reads the rest of a chain of `first and … and …`. SOQL refuses the other word in the same chain (SOQL and SOSL
/// Reference, Condition Expression Syntax).
fn joined(
    input: &mut &str,
    depth: usize,
    first: Filter,
    [word, other]: [&'static str; 2],
) -> Parsed<Vec<Filter>> {
    let mut parts = vec![first];
    while opt(keyword(word)).parse_next(input)?.is_some() {
        parts.push(term(input, depth)?);
    }
    if peek(keyword(other)).parse_next(input).is_ok() {
        return refuse(
            input,
            "AND and OR stand side by side here, which Salesforce refuses; put parentheses around one of them",
        );
    }
    Ok(parts)
}

fn term(input: &mut &str, depth: usize) -> Parsed<Filter> {
    if opt(keyword("not")).parse_next(input)?.is_some() {
        // `NOT NOT NOT …` would recurse just as parentheses do.
        if depth > MAX_DEPTH {
            return refuse(input, "there are too many NOTs in a row");
        }
        return Ok(Filter::Not(Box::new(term(input, depth + 1)?)));
    }
    if opt(symbol("(")).parse_next(input)?.is_some() {
        let inner = condition(input, depth + 1)?;
        return match opt(symbol(")")).parse_next(input)? {
            Some(()) => Ok(inner),
            None => refuse(input, "expected AND, OR or a closing parenthesis"),
        };
    }
    comparison(input)
}

fn comparison(input: &mut &str) -> Parsed<Filter> {
    let path = path(input)?;
    if let Some(operator) = opt(operator).parse_next(input)? {
        return compare(input, path, operator);
    }
    if opt(keyword("like")).parse_next(input)?.is_some() {
        return Ok(Filter::Like { path, pattern: like_pattern(input)? });
    }
    if let Some(membership) = opt(membership(&["in"], &["not", "in"])).parse_next(input)? {
        return Ok(Filter::In { path, membership, values: comma_list(input, value)? });
    }
    if let Some(membership) = opt(membership(&["includes"], &["excludes"])).parse_next(input)? {
        return Ok(Filter::Includes { path, membership, sets: comma_list(input, quoted_text)? });
    }
    refuse(input, "expected =, !=, <, <=, >, >=, LIKE, IN, NOT IN, INCLUDES or EXCLUDES")
}

fn membership<'a>(
    among: &'static [&'static str],
    not_among: &'static [&'static str],
) -> impl Parser<&'a str, Membership, ErrMode<Failure>> {
    let words = |words: &'static [&'static str]| {
        move |input: &mut &'a str| words.iter().try_for_each(|word| keyword(word).parse_next(input))
    };
    alt((words(among).value(Membership::Among), words(not_among).value(Membership::NotAmong)))
}

fn compare(input: &mut &str, path: FieldPath, operator: Comparison) -> Parsed<Filter> {
    let before = *input;
    let value = value(input)?;
    let needs_order = !matches!(operator, Comparison::Equal | Comparison::NotEqual);
    if needs_order && !value.is_ordered() {
        let expected = match value {
            Literal::Null => "NULL goes only with = and !=",
            _ => "TRUE and FALSE go only with = and !=",
        };
        return refuse(&before, expected);
    }
    Ok(Filter::Compare { path, operator, value })
}
