//! Texts to look for in texts, whatever their case.

use std::fmt::Write;

use crate::db::Dialect;

/// Where a text has to stand in another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    Anywhere,
    Start,
}

/// A text to look for, every character of which stands for itself in both cases.
///
/// Neither database knows the cases of all letters: SQLite knows those of ASCII, PostgreSQL those of the locale that it
/// was made with. Where that is not enough the pattern names both forms of each letter.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum TextPattern {
    /// For `like` on text in lower case, with `\` as escape.
    Like(String),
    /// For `glob` of SQLite.
    Glob(String),
    /// For the regular expressions of PostgreSQL.
    Regex(String),
}

impl TextPattern {
    pub(super) fn new(dialect: Dialect, text: &str, place: Place) -> Self {
        if text.chars().all(|character| character.is_ascii() || other_case(character).is_none()) {
            let open = if place == Place::Anywhere { "%" } else { "" };
            return Self::Like(format!("{open}{}%", like_characters(text)));
        }
        match (dialect, place) {
            (Dialect::Sqlite, Place::Anywhere) => Self::Glob(format!("*{}*", glob_characters(text))),
            (Dialect::Sqlite, Place::Start) => Self::Glob(format!("{}*", glob_characters(text))),
            (Dialect::Postgres, Place::Anywhere) => Self::Regex(regex_characters(text)),
            (Dialect::Postgres, Place::Start) => Self::Regex(format!("^{}", regex_characters(text))),
        }
    }

    /// Returns what is bound.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Like(pattern) | Self::Glob(pattern) | Self::Regex(pattern) => pattern,
        }
    }

    /// Returns the condition that a column holds the text, where the placeholder stands for the pattern.
    pub(super) fn condition(&self, dialect: Dialect, column: &str, placeholder: &str) -> String {
        match self {
            Self::Like(_) => format!("lower({}) like {placeholder} escape '\\'", dialect.bytes(column)),
            Self::Glob(_) => format!("{column} glob {placeholder}"),
            Self::Regex(_) => format!("{} ~ {placeholder}", dialect.bytes(column)),
        }
    }
}

/// Returns the other form of a letter that has two, each of one character.
fn other_case(character: char) -> Option<char> {
    let single = |mut cases: Box<dyn Iterator<Item = char>>| match (cases.next(), cases.next()) {
        (Some(only), None) if only != character => Some(only),
        _ => None,
    };
    single(Box::new(character.to_lowercase())).or_else(|| single(Box::new(character.to_uppercase())))
}

fn like_characters(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character.to_ascii_lowercase());
    }
    pattern
}

fn glob_characters(text: &str) -> String {
    characters(text, |pattern, character| match character {
        '*' | '?' | '[' => write!(pattern, "[{character}]"),
        _ => pattern.write_char(character),
    })
}

fn regex_characters(text: &str) -> String {
    characters(text, |pattern, character| {
        if character.is_ascii_punctuation() {
            write!(pattern, "\\{character}")
        } else {
            pattern.write_char(character)
        }
    })
}

fn characters(text: &str, write_single: impl Fn(&mut String, char) -> std::fmt::Result) -> String {
    let mut pattern = String::with_capacity(text.len() * 4);
    for character in text.chars() {
        let written = match other_case(character) {
            Some(other) => write!(pattern, "[{character}{other}]"),
            None => write_single(&mut pattern, character),
        };
        written.expect("a string takes all that is written");
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_stands_for_itself() {
        let like = |text: &str| TextPattern::Like(text.to_owned());
        let cases = [
            (Place::Anywhere, "Acme", like("%acme%"), like("%acme%")),
            (Place::Start, "50%_\\", like("50\\%\\_\\\\%"), like("50\\%\\_\\\\%")),
            (Place::Anywhere, "東京", like("%東京%"), like("%東京%")),
            (
                Place::Anywhere,
                "Är*",
                TextPattern::Glob("*[Ää][rR][*]*".to_owned()),
                TextPattern::Regex("[Ää][rR]\\*".to_owned()),
            ),
            (
                Place::Start,
                "[é]?\\_",
                TextPattern::Glob("[[][éÉ]][?]\\_*".to_owned()),
                TextPattern::Regex("^\\[[éÉ]\\]\\?\\\\\\_".to_owned()),
            ),
        ];

        for (place, text, sqlite, postgres) in cases {
            assert_eq!(TextPattern::new(Dialect::Sqlite, text, place), sqlite, "{text}");
            assert_eq!(TextPattern::new(Dialect::Postgres, text, place), postgres, "{text}");
        }
    }
}
