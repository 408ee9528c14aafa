//! Words and phrases, and whether a text has them.

use crate::soql::text::{Pattern, fold};

/// Words that stand together.
#[derive(Clone, Debug)]
pub(in crate::soql) struct Leaf {
    words: Vec<Word>,
    /// Its digits alone, for phone numbers.
    digits: Option<Word>,
}

#[derive(Clone, Debug)]
enum Word {
    Plain(String),
    /// A pattern, and the longest piece of it that has no wildcard.
    Wild(Pattern, String),
}

/// A text that is searched, in the case that comparisons use.
#[derive(Clone, Debug, Default)]
pub(in crate::soql) struct Text {
    folded: String,
    /// The digits of a phone number.
    digits: String,
}

impl Text {
    pub(in crate::soql) fn new(text: &str, is_phone: bool) -> Self {
        let digits =
            if is_phone { text.chars().filter(char::is_ascii_digit).collect() } else { String::new() };
        let folded = if text.is_ascii() { text.to_ascii_lowercase() } else { fold(text) };
        Self { folded, digits }
    }
}

impl Word {
    fn new(text: &str) -> Self {
        if text.contains(['*', '?']) {
            let literal = text.split(['*', '?']).max_by_key(|piece| piece.len()).unwrap_or_default();
            Self::Wild(Pattern::parse(&text.replace('*', "%").replace('?', "_")), literal.to_owned())
        } else {
            Self::Plain(text.to_owned())
        }
    }

    fn matches(&self, word: &str) -> bool {
        match self {
            Self::Plain(text) => text == word,
            Self::Wild(pattern, _) => pattern.matches(word),
        }
    }

    /// Returns a text that every word has in it that matches.
    fn literal(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Wild(_, text) => text,
        }
    }
}

impl Leaf {
    /// Makes a leaf of a text whose parts are joined by marks or spaces. Answers `None` if there is nothing in it.
    pub(super) fn new(text: &str) -> Option<Self> {
        let folded = fold(text);
        let words: Vec<Word> = split_words(&folded, &['*', '?']).into_iter().map(Word::new).collect();
        let digits: String =
            folded.chars().filter(|letter| letter.is_ascii_digit() || matches!(letter, '*' | '?')).collect();
        let is_number = digits.contains(|letter: char| letter.is_ascii_digit())
            && !folded.contains(|letter: char| letter.is_alphabetic());
        let digits = is_number.then(|| Word::new(&digits));
        (!words.is_empty()).then_some(Self { words, digits })
    }

    /// Returns whether a text has these words, one behind the other.
    pub(in crate::soql) fn is_in(&self, text: &Text) -> bool {
        if !text.digits.is_empty() && self.digits.as_ref().is_some_and(|digits| digits.matches(&text.digits))
        {
            return true;
        }
        // Most texts have nothing of the word in them.
        if !self.words.iter().all(|word| text.folded.contains(word.literal())) {
            return false;
        }
        let words = split_words(&text.folded, &[]);
        let stand_here =
            |words: &[&str]| self.words.iter().zip(words).all(|(wanted, word)| wanted.matches(word));
        words.windows(self.words.len()).any(stand_here)
    }
}

/// Cuts a text into words: runs of letters and digits, and single letters of scripts that have no spaces.
fn split_words<'t>(text: &'t str, also: &[char]) -> Vec<&'t str> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices() {
        let is_part = letter.is_alphanumeric() || also.contains(&letter);
        if (!is_part || stands_alone(letter))
            && let Some(from) = start.take()
        {
            words.push(&text[from..at]);
        }
        if is_part && stands_alone(letter) {
            words.push(&text[at..at + letter.len_utf8()]);
        } else if is_part && start.is_none() {
            start = Some(at);
        }
    }
    words.extend(start.map(|from| &text[from..]));
    words
}

/// Returns whether a letter is of a script that is written without spaces.
pub(super) fn stands_alone(letter: char) -> bool {
    matches!(u32::from(letter), 0x0e00..=0x0e7f | 0x3040..=0x30ff | 0x3400..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff)
}
