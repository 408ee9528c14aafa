//! Why a text is not a filter, and where.

use winnow::error::{ErrMode, ParserError};

/// Characters of the text that an error quotes.
const QUOTED: usize = 30;

/// What every parser of this grammar returns.
pub(super) type Parsed<T> = Result<T, ErrMode<Failure>>;

/// Where parsing stopped and what was expected there.
#[derive(Debug)]
pub(super) struct Failure {
    /// Bytes of the text that were left: the fewer, the further the parser came.
    left: usize,
    expected: &'static str,
}

impl Failure {
    pub(super) fn new(input: &&str, expected: &'static str) -> Self {
        Self { left: input.len(), expected }
    }

    /// Returns the failure as a person's error about the whole text.
    pub(super) fn at(&self, text: &str) -> FilterError {
        let (before, rest) = text.split_at(text.len() - self.left);
        let mut near: String = rest.chars().take(QUOTED).collect();
        if near.len() < rest.len() {
            near.push('…');
        }
        FilterError { position: before.chars().count(), near, expected: self.expected }
    }
}

impl ParserError<&str> for Failure {
    type Inner = Self;

    fn from_input(input: &&str) -> Self {
        Self::new(input, "")
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }

    /// Keeps the failure that came further, since it tells more.
    fn or(self, other: Self) -> Self {
        if other.left < self.left || self.expected.is_empty() { other } else { self }
    }
}

/// Fails for good: no other reading of the text can help.
pub(super) fn refuse<T>(input: &&str, expected: &'static str) -> Parsed<T> {
    Err(ErrMode::Cut(Failure::new(input, expected)))
}

/// A text is not a filter.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("The filter is not valid at {}: {expected}.", self.place())]
pub struct FilterError {
    /// Where in the text, in characters from 0.
    pub position: usize,
    /// What stands there, shortened; empty at the end of the text.
    pub near: String,
    /// What was expected there, or what is wrong.
    pub expected: &'static str,
}

impl FilterError {
    fn place(&self) -> String {
        if self.near.is_empty() { "its end".to_owned() } else { format!("\"{}\"", self.near) }
    }
}
