//! Cuts a statement into tokens.

use winnow::Parser as _;
use winnow::combinator::{alt, dispatch, empty, fail, peek};
use winnow::error::EmptyError;
use winnow::stream::{LocatingSlice, Location, Stream};
use winnow::token::{any, one_of, take_while};

use super::error::SoqlError;

/// A piece of a statement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind<'a>,
    /// As written.
    pub(super) text: &'a str,
    /// The byte it starts at.
    pub(super) place: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TokenKind<'a> {
    /// A keyword or name.
    Word,
    /// What starts with a digit or a sign: a number, date or time.
    Digits,
    /// A currency code with a number that has decimals.
    Currency,
    /// A text, its escapes as written.
    Text(&'a str),
    /// A punctuation mark or comparison.
    Mark(&'static str),
    /// The end of the statement.
    End,
}

type Input<'a> = LocatingSlice<&'a str>;
type Result<T> = std::result::Result<T, EmptyError>;

/// Cuts a statement into tokens, the last of which is [`TokenKind::End`].
pub(super) fn tokenize(statement: &str) -> std::result::Result<Vec<Token<'_>>, SoqlError> {
    let mut input = LocatingSlice::new(statement);
    let mut tokens = Vec::new();
    loop {
        skip_spaces(&mut input);
        let place = input.current_token_start();
        if input.is_empty() {
            tokens.push(Token { kind: TokenKind::End, text: "<EOF>", place });
            return Ok(tokens);
        }
        let start = input.checkpoint();
        match token.with_taken().parse_next(&mut input) {
            Ok((kind, text)) => tokens.push(Token { kind, text, place }),
            Err(EmptyError) => {
                input.reset(&start);
                return Err(refuse_character(statement, place));
            }
        }
    }
}

fn skip_spaces(input: &mut Input<'_>) {
    let spaces: Result<&str> = take_while(0.., char::is_whitespace).parse_next(input);
    debug_assert!(spaces.is_ok(), "no spaces are spaces too");
}

fn token<'a>(input: &mut Input<'a>) -> Result<TokenKind<'a>> {
    dispatch! { peek(any);
        'A'..='Z' | 'a'..='z' | '_' => alt((currency.value(TokenKind::Currency), word.value(TokenKind::Word))),
        '0'..='9' | '+' | '-' => digits.value(TokenKind::Digits),
        '\'' => text.map(TokenKind::Text),
        _ => mark.map(TokenKind::Mark),
    }
    .parse_next(input)
}

fn word<'a>(input: &mut Input<'a>) -> Result<&'a str> {
    take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_').parse_next(input)
}

fn currency<'a>(input: &mut Input<'a>) -> Result<&'a str> {
    let digits = |input: &mut Input<'a>| take_while(1.., '0'..='9').parse_next(input);
    (take_while(3..=3, |c: char| c.is_ascii_alphabetic()), digits, '.', digits).take().parse_next(input)
}

fn digits<'a>(input: &mut Input<'a>) -> Result<&'a str> {
    (
        one_of(|c: char| c.is_ascii_digit() || c == '+' || c == '-'),
        take_while(0.., |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '+' | '-')),
    )
        .take()
        .parse_next(input)
}

fn text<'a>(input: &mut Input<'a>) -> Result<&'a str> {
    '\''.parse_next(input)?;
    let rest: &'a str = input.as_ref();
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => {
                let content = input.next_slice(at);
                input.next_token();
                return Ok(content);
            }
            _ => {}
        }
    }
    Err(EmptyError)
}

fn mark(input: &mut Input<'_>) -> Result<&'static str> {
    dispatch! { any;
        ',' => empty.value(","),
        '.' => empty.value("."),
        '(' => empty.value("("),
        ')' => empty.value(")"),
        ':' => empty.value(":"),
        '=' => empty.value("="),
        '<' => alt(('='.value("<="), '>'.value("<>"), empty.value("<"))),
        '>' => alt(('='.value(">="), empty.value(">"))),
        '!' => '='.value("!="),
        _ => fail,
    }
    .parse_next(input)
}

fn refuse_character(statement: &str, place: usize) -> SoqlError {
    let before = &statement[..place];
    let row = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let found = statement[place..].chars().next().unwrap_or_default();
    let message = match found {
        '\'' => format!("line {row}:{column} mismatched character '<EOF>' expecting '''"),
        _ => format!("line {row}:{column} no viable alternative at character '{found}'"),
    };
    SoqlError::new("MALFORMED_QUERY", message)
}

#[cfg(test)]
mod tests {
    use super::{TokenKind, tokenize};

    #[test]
    fn every_kind_of_token_is_cut() {
        let tokens = tokenize(r"a.b>=-1.5e3 <>'it\'s' USD5.50 2026-11-21T10:00:00.000+0100,x__c)").unwrap();

        let texts: Vec<_> = tokens.iter().map(|token| token.text).collect();
        assert_eq!(
            texts,
            [
                "a",
                ".",
                "b",
                ">=",
                "-1.5e3",
                "<>",
                r"'it\'s'",
                "USD5.50",
                "2026-11-21T10:00:00.000+0100",
                ",",
                "x__c",
                ")",
                "<EOF>"
            ]
        );
        assert_eq!(tokens[6].kind, TokenKind::Text(r"it\'s"));
        assert_eq!(tokens[7].kind, TokenKind::Currency);
        assert_eq!(tokens[3].place, 3);
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for (statement, message) in [
            ("SELECT * FROM Account", "line 1:8 no viable alternative at character '*'"),
            ("SELECT Id FROM Account;", "line 1:23 no viable alternative at character ';'"),
            ("SELECT Id\nFROM A WHERE B = \"x\"", "line 2:18 no viable alternative at character '\"'"),
            ("SELECT Id FROM A WHERE B = 'x", "line 1:28 mismatched character '<EOF>' expecting '''"),
            ("SELECT Id FROM A WHERE B ! 'x'", "line 1:26 no viable alternative at character '!'"),
        ] {
            assert_eq!(tokenize(statement).unwrap_err().message, message, "{statement}");
        }
    }
}
