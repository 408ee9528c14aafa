//! Reads SOSL statements (SOQL and SOSL Reference, SOSL Syntax).

use super::super::ast::{Item, Path, Place, Source, Statement, Word};
use super::super::error::SoqlError;
use super::super::lexer::{TokenKind, tokenize};
use super::super::search::{SearchGroup, SearchStatement, SearchWith};
use super::super::terms::Terms;
use super::{MAX_STATEMENT, Parser, Result};

/// Reads a statement. This checks the grammar only.
pub(in crate::soql) fn parse_search(statement: &str) -> Result<SearchStatement> {
    if statement.chars().nth(MAX_STATEMENT).is_some() {
        let message = "SOSL statements cannot be longer than 100,000 characters";
        return Err(SoqlError::new("MALFORMED_SEARCH", message));
    }
    read(statement).map_err(|error| match error.code {
        "MALFORMED_QUERY" => SoqlError { code: "MALFORMED_SEARCH", ..error },
        _ => error,
    })
}

fn read(statement: &str) -> Result<SearchStatement> {
    let (open, close) = find_braces(statement)?;
    let terms = Terms::parse(&statement[open + 1..close])?;
    // What stands in the braces has a grammar of its own. The places of all else stay as they are.
    let blank = " ".repeat(close + 1 - open);
    let masked = [&statement[..open], &blank, &statement[close + 1..]].concat();
    let mut parser = Parser { statement, tokens: tokenize(&masked)?, next: 0, depth: 0 };
    parser.expect_word("FIND")?;
    parser.search_clauses(terms)
}

/// Finds the braces around what is searched for.
fn find_braces(statement: &str) -> Result<(usize, usize)> {
    let refuse_unbraced = || {
        let message = "No search term found. The search term must be enclosed in braces.";
        Err(SoqlError::new("MALFORMED_SEARCH", message))
    };
    let start = statement.len() - statement.trim_start().len();
    let has_find = statement.get(start..start + 4).is_some_and(|word| word.eq_ignore_ascii_case("FIND"));
    if !has_find {
        let found = statement[start..].split_whitespace().next().unwrap_or("<EOF>");
        let message = format!("unexpected token: '{found}'");
        return Err(SoqlError::at(statement, start, "MALFORMED_SEARCH", message));
    }
    let rest = &statement[start + 4..];
    let open = start + 4 + (rest.len() - rest.trim_start().len());
    if !statement[open..].starts_with('{') {
        return refuse_unbraced();
    }
    let mut is_escaped = false;
    for (at, byte) in statement.bytes().enumerate().skip(open + 1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'}' => return Ok((open, at)),
            _ => {}
        }
    }
    refuse_unbraced()
}

impl Parser<'_> {
    fn search_clauses(&mut self, terms: Terms) -> Result<SearchStatement> {
        let group = if self.take_word("IN") { self.search_group()? } else { SearchGroup::All };
        let returning = if self.take_word("RETURNING") { self.list(Self::returned)? } else { Vec::new() };
        let mut with = Vec::new();
        while self.take_word("WITH") {
            with.push(self.search_with()?);
        }
        let limit = if self.take_word("LIMIT") { Some(self.count()?) } else { None };
        if self.take_word("UPDATE") {
            self.list(|parser| match parser.take_word("TRACKING") || parser.take_word("VIEWSTAT") {
                true => Ok(()),
                false => parser.refuse_next(),
            })?;
        }
        match self.peek().kind {
            TokenKind::End => Ok(SearchStatement { terms, group, returning, with, limit }),
            _ => self.refuse_next(),
        }
    }

    fn search_group(&mut self) -> Result<SearchGroup> {
        let group = SearchGroup::find(self.peek().text);
        let Some(group) = group else { return self.refuse_next() };
        self.take();
        self.expect_word("FIELDS")?;
        Ok(group)
    }

    /// Reads an sObject and what is wanted of it, as if it were a query of its own.
    fn returned(&mut self) -> Result<Statement> {
        let name = self.name()?;
        let from = vec![Source { path: Path { words: vec![name.text], place: name.place }, alias: None }];
        let mut statement = Statement {
            items: Vec::new(),
            from,
            scope: None,
            condition: None,
            with: None,
            group: None,
            having: None,
            order: Vec::new(),
            limit: None,
            offset: None,
            tails: Vec::new(),
        };
        if self.is_mark("(") {
            self.parenthesized(|parser| {
                statement.items = parser.list(Self::item)?;
                parser.returned_clauses(&mut statement)
            })?;
        } else {
            let id = Path { words: vec!["Id".to_owned()], place: name.place };
            statement.items = vec![Item::Field(id, None)];
        }
        Ok(statement)
    }

    fn returned_clauses(&mut self, statement: &mut Statement) -> Result<()> {
        if self.take_word("WHERE") {
            statement.condition = Some(self.condition()?);
        }
        if self.is_word("USING") {
            let place = self.peek().place;
            let message = "USING LISTVIEW is not available in this simulated org";
            return self.refuse(place, message.to_owned());
        }
        if self.take_words(["ORDER", "BY"]) {
            statement.order = self.list(Self::order)?;
        }
        if self.take_word("LIMIT") {
            statement.limit = Some(self.count()?);
        }
        if self.take_word("OFFSET") {
            statement.offset = Some(self.count()?);
        }
        Ok(())
    }

    fn search_with(&mut self) -> Result<SearchWith> {
        let name = if self.take_words(["DATA", "CATEGORY"]) {
            Word { text: "DATA CATEGORY".to_owned(), place: Place(self.peek().place) }
        } else {
            self.name()?
        };
        match name.text.to_ascii_uppercase().as_str() {
            "SPELL_CORRECTION" => {
                self.expect_equals()?;
                if !(self.take_word("TRUE") || self.take_word("FALSE")) {
                    return self.refuse_next();
                }
                Ok(SearchWith::SpellCorrection)
            }
            "METADATA" => {
                self.expect_equals()?;
                match self.peek().kind {
                    TokenKind::Text(text) if text.eq_ignore_ascii_case("LABELS") => {
                        self.take();
                        Ok(SearchWith::Labels)
                    }
                    _ => self.refuse_next(),
                }
            }
            "DIVISION" | "NETWORK" | "PRICEBOOKID" | "HIGHLIGHT" | "SNIPPET" | "DATA CATEGORY" => {
                let message = format!("WITH {} is not available in this simulated org", name.text);
                self.refuse(name.place.0, message)
            }
            _ => self.refuse(name.place.0, format!("unexpected token: '{}'", name.text)),
        }
    }

    fn expect_equals(&mut self) -> Result<()> {
        if self.take_mark("=") { Ok(()) } else { self.refuse_next() }
    }
}
