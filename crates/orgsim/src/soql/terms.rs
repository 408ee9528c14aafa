//! What a search looks for: words, phrases and wildcards, joined by AND, OR and AND NOT
//! (SOQL and SOSL Reference, FIND).

pub(super) use self::leaf::{Leaf, Text};

use self::leaf::stands_alone;
use super::error::SoqlError;

mod leaf;

/// The longest search text (SOQL and SOSL Reference, FIND).
const MAX_CHARS: usize = 10_000;

/// The fewest characters that can be searched for.
const MIN_CHARS: usize = 2;

/// How deep parentheses may go.
const MAX_NESTING: usize = 64;

/// A search text.
#[derive(Clone, Debug)]
pub struct Terms(Term);

#[derive(Clone, Debug)]
enum Term {
    Leaf(Leaf),
    All(Vec<Term>),
    Any(Vec<Term>),
    Not(Box<Term>),
}

impl Terms {
    /// Reads what stands between the braces.
    pub fn parse(text: &str) -> Result<Self, SoqlError> {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric()).count();
        if text.chars().any(stands_alone) && letters > 0 {
            return Reader::new(text)?.read();
        }
        if letters < MIN_CHARS {
            let message = format!("search term must be longer than one character: {}", text.trim());
            return Err(SoqlError::new("MALFORMED_SEARCH", message));
        }
        if text.chars().nth(MAX_CHARS).is_some() {
            let message = format!("search text cannot be longer than {MAX_CHARS} characters");
            return Err(SoqlError::new("MALFORMED_SEARCH", message));
        }
        Reader::new(text)?.read()
    }

    /// Reads a text in which marks that are no wildcards say nothing: parameterized searches take any.
    pub fn parse_plain(text: &str) -> Result<Self, SoqlError> {
        let is_kept =
            |letter: char| letter.is_alphanumeric() || matches!(letter, '*' | '?' | '"' | '@' | '.' | '_');
        let mut plain: String =
            text.chars().map(|letter| if is_kept(letter) { letter } else { ' ' }).collect();
        if plain.matches('"').count() % 2 == 1 {
            plain = plain.replace('"', " ");
        }
        Self::parse(&plain)
    }

    /// Returns whether the terms hold of a record, given which of them its fields have.
    pub(super) fn hold(&self, has: &mut dyn FnMut(&Leaf) -> bool) -> bool {
        self.0.holds(has)
    }
}

impl Term {
    fn holds(&self, has: &mut dyn FnMut(&Leaf) -> bool) -> bool {
        match self {
            Self::Leaf(leaf) => has(leaf),
            Self::All(terms) => terms.iter().all(|term| term.holds(has)),
            Self::Any(terms) => terms.iter().any(|term| term.holds(has)),
            Self::Not(term) => !term.holds(has),
        }
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Piece {
    Open,
    Close,
    And,
    Or,
    Not,
    Text(String),
}

struct Reader {
    pieces: Vec<Piece>,
    next: usize,
    depth: usize,
}

impl Reader {
    /// Cuts a search text into its pieces.
    fn new(text: &str) -> Result<Self, SoqlError> {
        let mut pieces = Vec::new();
        let mut word = String::new();
        let end_word = |word: &mut String, pieces: &mut Vec<Piece>| {
            match word.to_ascii_uppercase().as_str() {
                "" => {}
                "AND" => pieces.push(Piece::And),
                "OR" => pieces.push(Piece::Or),
                "NOT" => pieces.push(Piece::Not),
                _ => pieces.push(Piece::Text(word.clone())),
            }
            word.clear();
        };
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match letter {
                // What is escaped is no wildcard and no operator; between words it counts for nothing.
                '\\' => match letters.next() {
                    Some(escaped) if escaped.is_alphanumeric() => word.push(escaped),
                    Some(_) => word.push('-'),
                    None => return Err(refuse("unexpected end of the search text after a backslash")),
                },
                '"' => {
                    end_word(&mut word, &mut pieces);
                    pieces.push(Piece::Text(read_phrase(&mut letters)?));
                }
                '(' | ')' => {
                    end_word(&mut word, &mut pieces);
                    pieces.push(if letter == '(' { Piece::Open } else { Piece::Close });
                }
                '{' => return Err(refuse("unexpected token: '{'")),
                letter if letter.is_whitespace() => end_word(&mut word, &mut pieces),
                letter => word.push(letter),
            }
        }
        end_word(&mut word, &mut pieces);
        Ok(Self { pieces, next: 0, depth: 0 })
    }

    fn read(mut self) -> Result<Terms, SoqlError> {
        let term = self.any()?;
        match self.pieces.get(self.next) {
            None => Ok(Terms(term)),
            Some(_) => Err(refuse("unexpected token: ')'")),
        }
    }

    fn any(&mut self) -> Result<Term, SoqlError> {
        let mut terms = vec![self.all()?];
        while self.take(&Piece::Or) {
            terms.push(self.all()?);
        }
        Ok(join(terms, Term::Any))
    }

    /// Reads terms with AND or nothing between them, which means the same.
    fn all(&mut self) -> Result<Term, SoqlError> {
        let mut terms = vec![self.one()?];
        loop {
            let has_and = self.take(&Piece::And);
            if self.take(&Piece::Not) {
                terms.push(Term::Not(Box::new(self.one()?)));
            } else if has_and || matches!(self.pieces.get(self.next), Some(Piece::Text(_) | Piece::Open)) {
                terms.push(self.one()?);
            } else {
                return Ok(join(terms, Term::All));
            }
        }
    }

    fn one(&mut self) -> Result<Term, SoqlError> {
        let piece = self.pieces.get(self.next).cloned();
        self.next += 1;
        match piece {
            // A text of marks alone is no term: it asks for nothing.
            Some(Piece::Text(text)) => Ok(Leaf::new(&text).map_or(Term::All(Vec::new()), Term::Leaf)),
            Some(Piece::Open) if self.depth < MAX_NESTING => {
                self.depth += 1;
                let term = self.any()?;
                self.depth -= 1;
                if !self.take(&Piece::Close) {
                    return Err(refuse("expecting a right parentheses, found '<EOF>'"));
                }
                Ok(term)
            }
            Some(Piece::Open) => Err(refuse("the search text is nested too deeply")),
            Some(Piece::Close) => Err(refuse("unexpected token: ')'")),
            Some(Piece::And) => Err(refuse("unexpected token: 'AND'")),
            Some(Piece::Or) => Err(refuse("unexpected token: 'OR'")),
            Some(Piece::Not) => Err(refuse("unexpected token: 'NOT'")),
            None => Err(refuse("unexpected token: '<EOF>'")),
        }
    }

    fn take(&mut self, piece: &Piece) -> bool {
        let found = self.pieces.get(self.next) == Some(piece);
        self.next += usize::from(found);
        found
    }
}

fn read_phrase(letters: &mut std::str::Chars<'_>) -> Result<String, SoqlError> {
    let mut phrase = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return Ok(phrase),
            '\\' => phrase.push(letters.next().filter(|letter| letter.is_alphanumeric()).unwrap_or('-')),
            letter => phrase.push(letter),
        }
    }
    Err(refuse("unexpected token: '<EOF>', a quotation mark is missing"))
}

fn join(mut terms: Vec<Term>, by: fn(Vec<Term>) -> Term) -> Term {
    match terms.pop() {
        Some(only) if terms.is_empty() => only,
        last => {
            terms.extend(last);
            by(terms)
        }
    }
}

fn refuse(message: &str) -> SoqlError {
    SoqlError::new("MALFORMED_SEARCH", message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Terms, Text};

    fn finds(terms: &str, text: &str) -> bool {
        let text = Text::new(text, true);
        Terms::parse(terms).unwrap().hold(&mut |leaf| leaf.is_in(&text))
    }

    #[test]
    fn words_are_found_whole_and_in_any_case() {
        for (terms, text, expected) in [
            ("acme", "The ACME Corp.", true),
            ("acme", "Acmeson", false),
            ("acme*", "Acmeson", true),
            ("*son", "Acmeson", true),
            ("ac?e", "Acme", true),
            ("ac?e", "Ace", false),
            ("the corp", "Corp, the", true),
            ("\"the corp\"", "Corp, the", false),
            ("\"acme corp\"", "The Acme-Corp.", true),
            ("a@lock.example", "write to A@lock.example", true),
            ("O\\'Brien", "o'brien", true),
            ("acme\\*", "acmeson", false),
            ("acme AND nothing", "acme", false),
            ("acme OR nothing", "acme", true),
            ("acme AND NOT corp", "acme corp", false),
            ("acme and not shop", "acme corp", true),
            ("(acme OR lock) AND corp", "lock corp", true),
            ("acme OR lock AND corp", "acme", true),
            ("4155551212", "(415) 555-1212", true),
            ("415*", "(415) 555-1212", true),
            ("クレーン", "東京クレーン会社", true),
            ("京東", "東京クレーン会社", false),
        ] {
            assert_eq!(finds(terms, text), expected, "{terms} in {text}");
        }
    }

    #[test]
    fn what_is_no_search_text_is_told() {
        for terms in
            ["", "a", "*", "a*", "(ab", "ab)", "\"ab", "ab AND", "OR ab", "ab\\", "()", "{ab", "ab NOT"]
        {
            assert_eq!(Terms::parse(terms).unwrap_err().code, "MALFORMED_SEARCH", "{terms}");
        }
        let error = Terms::parse("a").unwrap_err();
        assert_eq!(error.message, "search term must be longer than one character: a");
        assert!(Terms::parse(&("(".repeat(100_000) + "ab")).is_err());
        assert!(Terms::parse_plain("(ab & \"c").is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(any in any::<String>(), text in "[ab\"\\\\(){}*? ANDORNT\u{4eac}&-]{0,40}", found in "[ab\u{4eac} .]{0,20}") {
            for terms in [&any, &text] {
                let text = Text::new(&found, false);
                for terms in [Terms::parse(terms), Terms::parse_plain(terms)].into_iter().flatten() {
                    terms.hold(&mut |leaf| leaf.is_in(&text));
                }
            }
        }
    }
}
