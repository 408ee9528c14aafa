//! How text compares: without regard to case, unless the field says otherwise.

use std::cmp::Ordering;

/// Returns the text in the case that comparisons use.
pub(crate) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Compares a text with one that is folded already, without making a folded copy.
pub(super) fn compare_folded(text: &str, folded: &str) -> Ordering {
    if text.is_ascii() {
        text.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(folded.bytes())
    } else {
        text.chars().flat_map(char::to_lowercase).cmp(folded.chars())
    }
}

/// The right side of `LIKE`, ready to match.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Piece {
    /// `%`.
    Run,
    /// `_`.
    One,
    Char(char),
}

impl Pattern {
    /// Reads a pattern in which backslashes stand before `%`, `_` and themselves only.
    pub(super) fn parse(pattern: &str) -> Self {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut characters = pattern.chars();
        while let Some(c) = characters.next() {
            match c {
                '%' if pieces.last() == Some(&Piece::Run) => {}
                '%' => pieces.push(Piece::Run),
                '_' => pieces.push(Piece::One),
                '\\' => pieces.extend(characters.next().map(Piece::Char)),
                _ => pieces.extend(c.to_lowercase().map(Piece::Char)),
            }
        }
        Self { pieces }
    }

    /// Returns whether a text matches from end to end, without regard to case.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
        let (mut at, mut piece) = (0, 0);
        // Where to go back to when a guess of what the last run covers turns out wrong.
        let mut retry: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.pieces.get(piece) {
                Some(Piece::Run) => {
                    retry = Some((at, piece + 1));
                    piece += 1;
                    continue;
                }
                Some(Piece::One) => {
                    (at, piece) = (at + 1, piece + 1);
                    continue;
                }
                Some(Piece::Char(c)) if *c == text[at] => {
                    (at, piece) = (at + 1, piece + 1);
                    continue;
                }
                _ => {}
            }
            let Some((start, after_run)) = retry else { return false };
            retry = Some((start + 1, after_run));
            (at, piece) = (start + 1, after_run);
        }
        self.pieces[piece..].iter().all(|piece| *piece == Piece::Run)
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{Pattern, compare_folded, fold};

    #[test]
    fn case_does_not_matter() {
        for (text, other, ordering) in [
            ("ACME", "acme", Ordering::Equal),
            ("Öl", "öL", Ordering::Equal),
            ("Acme", "acmf", Ordering::Less),
            ("Zebra", "apple", Ordering::Greater),
            ("a", "ä", Ordering::Less),
        ] {
            assert_eq!(compare_folded(text, &fold(other)), ordering, "{text} {other}");
        }
    }

    #[test]
    fn patterns_match_runs_and_single_characters() {
        for (pattern, text, matches) in [
            ("Acme%", "acme corp", true),
            ("%corp", "Acme Corp", true),
            ("%m%c%", "Acme Corp", true),
            ("a_me", "ACME", true),
            ("a_me", "ACCME", false),
            ("acme", "acme ", false),
            ("%", "", true),
            ("_", "", false),
            (r"100\%", "100%", true),
            (r"100\%", "1000", false),
            (r"a\_b", "a_b", true),
            (r"a\_b", "axb", false),
            (r"a\\b", r"a\b", true),
            ("%ab", "aab", true),
            ("%a%b_", "xaybz", true),
            ("ö%", "Öl", true),
            ("%%x", "x", true),
        ] {
            assert_eq!(Pattern::parse(pattern).matches(text), matches, "{pattern} {text}");
        }
    }
}
