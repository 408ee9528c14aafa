//! The names of integrations in SQL.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longer names would not leave room for a table's name beside them.
const MAX_LENGTH: usize = 30;
/// Schemas that PostgreSQL or Towpath itself uses.
const RESERVED: [&str; 3] = ["public", "towpath", "information_schema"];

/// The name of an integration in SQL: fixed when it is created, unique on the server.
///
/// On PostgreSQL it is the schema that holds the integration's record tables. It matches
/// `[a-z][a-z0-9]*(_[a-z0-9]+)*`, has at most 30 characters, and is not a name that the database uses.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// A text is not a [`Slug`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SlugError {
    /// Other characters, or underscores at an end or in a row.
    #[error("a slug has lower-case letters and digits, single underscores between them, and a letter first")]
    Shape,
    /// More than 30 characters.
    #[error("a slug has at most 30 characters")]
    TooLong,
    /// A name that the database or Towpath uses.
    #[error("this name is used by the database itself")]
    Reserved,
}

impl Slug {
    /// Checks a text.
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        let words_fit = text.split('_').all(|word| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        if !words_fit || !text.starts_with(|first: char| first.is_ascii_lowercase()) {
            return Err(SlugError::Shape);
        }
        if text.len() > MAX_LENGTH {
            return Err(SlugError::TooLong);
        }
        if RESERVED.contains(&text) || text.starts_with("pg_") {
            return Err(SlugError::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    /// Proposes a slug for a name that a person gave, such as `acme_main` for "ACME (main)".
    ///
    /// Returns `None` where nothing of the name can stand in a slug.
    pub fn propose(name: &str) -> Option<Self> {
        let lower = name.to_lowercase();
        let words: Vec<&str> =
            lower.split(|each: char| !each.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let mut text = words.join("_");
        if !text.starts_with(|first: char| first.is_ascii_lowercase()) {
            text.insert_str(0, "org_");
        }
        text.truncate(MAX_LENGTH);
        let text = text.trim_end_matches('_');
        if words.is_empty() {
            return None;
        }
        Self::parse(text).or_else(|_| Self::parse(&format!("org_{}", &text[..text.len().min(26)]))).ok()
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Slug {
    type Error = SlugError;

    fn try_from(text: String) -> Result<Self, SlugError> {
        Self::parse(&text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_slugs() {
        let cases = [
            ("acme", Ok(())),
            ("acme_2", Ok(())),
            ("a", Ok(())),
            ("", Err(SlugError::Shape)),
            ("2acme", Err(SlugError::Shape)),
            ("_acme", Err(SlugError::Shape)),
            ("acme_", Err(SlugError::Shape)),
            ("acme__main", Err(SlugError::Shape)),
            ("Acme", Err(SlugError::Shape)),
            ("äcme", Err(SlugError::Shape)),
            ("a\"; drop", Err(SlugError::Shape)),
            ("abcdefghijabcdefghijabcdefghij", Ok(())),
            ("abcdefghijabcdefghijabcdefghijk", Err(SlugError::TooLong)),
            ("public", Err(SlugError::Reserved)),
            ("towpath", Err(SlugError::Reserved)),
            ("pg_toast", Err(SlugError::Reserved)),
            ("information_schema", Err(SlugError::Reserved)),
        ];

        for (text, expected) in cases {
            assert_eq!(Slug::parse(text).map(|_| ()), expected, "{text}");
        }
    }

    #[test]
    fn a_slug_is_proposed_for_a_persons_words() {
        let cases = [
            ("ACME (main)", Some("acme_main")),
            ("42 Nordwind", Some("org_42_nordwind")),
            ("Public", Some("org_public")),
            ("Nordwind Handelsgesellschaft und Söhne", Some("nordwind_handelsgesellschaft_u")),
            ("…", None),
        ];

        for (name, expected) in cases {
            assert_eq!(Slug::propose(name).as_ref().map(Slug::as_str), expected, "{name}");
        }
    }
}
