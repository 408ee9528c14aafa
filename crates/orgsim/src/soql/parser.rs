//! Reads a statement into its syntax tree.
//!
//! The grammar is that of the SOQL and SOSL Reference, SOQL SELECT Syntax. What the simulator cannot execute is read
//! all the same and refused later, with a reason.

use super::ast::{Argument, Call, Category, Group, GroupKind, Item, Operand, Order, Path, Place, Source};
use super::ast::{Statement, Tail, TypeOf, With, Word};
use super::error::SoqlError;
use super::lexer::{Token, TokenKind, tokenize};

mod condition;
mod literal;
mod search;

pub(super) use self::search::parse_search;

/// The longest statement (SOQL and SOSL Reference, SOQL Limits).
const MAX_STATEMENT: usize = 100_000;

/// How deep parentheses may go: deeper than any query has them, and shallow enough for every stack.
const MAX_NESTING: usize = 64;

/// Words that cannot be an alias (SOQL and SOSL Reference, Reserved Keywords) and so cannot start a path either.
const RESERVED: [&str; 21] = [
    "AND", "ASC", "DESC", "EXCLUDES", "FIRST", "FROM", "GROUP", "HAVING", "IN", "INCLUDES", "LAST", "LIKE",
    "LIMIT", "NOT", "NULL", "NULLS", "OR", "SELECT", "USING", "WHERE", "WITH",
];

type Result<T> = std::result::Result<T, SoqlError>;

/// Reads a statement. This checks the grammar only.
pub fn parse(statement: &str) -> Result<Statement> {
    if statement.chars().nth(MAX_STATEMENT).is_some() {
        let message = "SOQL statements cannot be longer than 100,000 characters";
        return Err(SoqlError::new("MALFORMED_QUERY", message));
    }
    let mut parser = Parser { statement, tokens: tokenize(statement)?, next: 0, depth: 0 };
    let tree = parser.statement()?;
    match parser.peek().kind {
        TokenKind::End => Ok(tree),
        _ => parser.refuse_next(),
    }
}

struct Parser<'a> {
    statement: &'a str,
    tokens: Vec<Token<'a>>,
    next: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn statement(&mut self) -> Result<Statement> {
        self.expect_word("SELECT")?;
        let items = self.list(Self::item)?;
        self.expect_word("FROM")?;
        let from = self.list(Self::source)?;
        let scope = if self.take_words(["USING", "SCOPE"]) { Some(self.name()?) } else { None };
        let condition = if self.take_word("WHERE") { Some(self.condition()?) } else { None };
        let with = if self.take_word("WITH") { Some(self.with()?) } else { None };
        let group = self.group()?;
        let has_having = group.is_some() && self.take_word("HAVING");
        let having = if has_having { Some(self.condition()?) } else { None };
        let order = if self.take_words(["ORDER", "BY"]) { self.list(Self::order)? } else { Vec::new() };
        let limit = if self.take_word("LIMIT") { Some(self.count()?) } else { None };
        let offset = if self.take_word("OFFSET") { Some(self.count()?) } else { None };
        let mut tails = Vec::new();
        while let Some(tail) = self.tail() {
            tails.push(tail);
        }
        Ok(Statement { items, from, scope, condition, with, group, having, order, limit, offset, tails })
    }

    fn item(&mut self) -> Result<Item> {
        let place = Place(self.peek().place);
        if self.is_mark("(") {
            return Ok(Item::Subquery(self.parenthesized(Self::statement)?.into(), place));
        }
        if self.is_word("TYPEOF") && self.peek_after(1).kind == TokenKind::Word {
            return Ok(Item::TypeOf(self.type_of()?));
        }
        let operand = self.operand()?;
        let alias = self.item_alias();
        Ok(match operand {
            Operand::Path(path) => Item::Field(path, alias),
            Operand::Call(call) => Item::Call(call, alias),
        })
    }

    /// Takes a word as the alias of what was selected if the list can go on after it.
    fn item_alias(&mut self) -> Option<Word> {
        let after = self.peek_after(1);
        let goes_on = after.kind == TokenKind::Mark(",") || is_word(after, "FROM");
        if goes_on && self.peek().kind == TokenKind::Word && !is_reserved(self.peek().text) {
            return Some(self.take_as_word());
        }
        None
    }

    fn operand(&mut self) -> Result<Operand> {
        let path = self.path()?;
        if path.words.len() > 1 || !self.is_mark("(") {
            return Ok(Operand::Path(path));
        }
        let name = Word { text: path.words.concat(), place: path.place };
        let arguments = self.parenthesized(|parser| {
            if parser.is_mark(")") { Ok(Vec::new()) } else { parser.list(Self::argument) }
        })?;
        Ok(Operand::Call(Call { name, arguments }))
    }

    fn argument(&mut self) -> Result<Argument> {
        match self.peek().kind {
            TokenKind::Word => Ok(match self.operand()? {
                Operand::Path(path) => Argument::Path(path),
                Operand::Call(call) => Argument::Call(call),
            }),
            _ => Ok(Argument::Literal(self.literal()?)),
        }
    }

    fn type_of(&mut self) -> Result<TypeOf> {
        self.expect_word("TYPEOF")?;
        let path = self.path()?;
        let mut cases = Vec::new();
        while cases.is_empty() || self.is_word("WHEN") {
            self.expect_word("WHEN")?;
            let name = self.name()?;
            self.expect_word("THEN")?;
            cases.push((name, self.list(Self::path)?));
        }
        let otherwise = if self.take_word("ELSE") { self.list(Self::path)? } else { Vec::new() };
        self.expect_word("END")?;
        Ok(TypeOf { path, cases, otherwise })
    }

    fn source(&mut self) -> Result<Source> {
        let path = self.path()?;
        let alias = if self.take_word("AS") || self.is_alias() { Some(self.name()?) } else { None };
        Ok(Source { path, alias })
    }

    /// Returns whether the next word names the sObject before it, rather than starts a clause.
    fn is_alias(&self) -> bool {
        let (word, after) = (self.peek(), self.peek_after(1));
        let starts_clause = match word.text.to_ascii_uppercase().as_str() {
            "ORDER" => is_word(after, "BY"),
            "OFFSET" => after.kind == TokenKind::Digits,
            "FOR" => ["VIEW", "REFERENCE", "UPDATE"].iter().any(|purpose| is_word(after, purpose)),
            "UPDATE" => is_word(after, "TRACKING") || is_word(after, "VIEWSTAT"),
            "ALL" => is_word(after, "ROWS"),
            _ => is_reserved(word.text),
        };
        word.kind == TokenKind::Word && !starts_clause
    }

    fn with(&mut self) -> Result<With> {
        let modes = ["SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"];
        if modes.iter().any(|mode| self.is_word(mode)) {
            return Ok(With::Mode(self.take_as_word()));
        }
        if self.take_words(["DATA", "CATEGORY"]) {
            let mut categories = vec![self.category()?];
            while self.take_word("AND") {
                categories.push(self.category()?);
            }
            return Ok(With::Categories(categories));
        }
        Ok(With::Condition(self.condition()?))
    }

    fn category(&mut self) -> Result<Category> {
        let group = self.name()?;
        if !["AT", "ABOVE", "BELOW", "ABOVE_OR_BELOW"].iter().any(|selector| self.is_word(selector)) {
            return self.refuse_next();
        }
        let selector = self.take_as_word();
        let names = if self.is_mark("(") {
            self.parenthesized(|parser| parser.list(Self::name))?
        } else {
            vec![self.name()?]
        };
        Ok(Category { group, selector, names })
    }

    fn group(&mut self) -> Result<Option<Group>> {
        let place = Place(self.peek().place);
        if !self.take_words(["GROUP", "BY"]) {
            return Ok(None);
        }
        let is_call = self.peek_after(1).kind == TokenKind::Mark("(");
        for (word, kind) in [("ROLLUP", GroupKind::Rollup), ("CUBE", GroupKind::Cube)] {
            if is_call && self.take_word(word) {
                let keys = self.parenthesized(|parser| parser.list(Self::operand))?;
                return Ok(Some(Group { kind, keys, place }));
            }
        }
        Ok(Some(Group { kind: GroupKind::Plain, keys: self.list(Self::operand)?, place }))
    }

    fn order(&mut self) -> Result<Order> {
        let operand = self.operand()?;
        let descending = self.take_word("DESC");
        if !descending {
            self.take_word("ASC");
        }
        let mut nulls_last = false;
        if self.take_word("NULLS") {
            nulls_last = self.take_word("LAST");
            if !nulls_last {
                self.expect_word("FIRST")?;
            }
        }
        Ok(Order { operand, descending, nulls_last })
    }

    fn tail(&mut self) -> Option<Tail> {
        let place = Place(self.peek().place);
        let tails = [
            (["FOR", "VIEW"], Tail::ForView),
            (["FOR", "REFERENCE"], Tail::ForReference),
            (["FOR", "UPDATE"], Tail::ForUpdate(place)),
            (["UPDATE", "TRACKING"], Tail::UpdateTracking(place)),
            (["UPDATE", "VIEWSTAT"], Tail::UpdateViewstat(place)),
            (["ALL", "ROWS"], Tail::AllRows(place)),
        ];
        tails.into_iter().find(|(words, _)| self.take_words(*words)).map(|(_, tail)| tail)
    }

    fn path(&mut self) -> Result<Path> {
        let first = self.peek();
        if !self.is_name() {
            return self.refuse_next();
        }
        let mut words = vec![self.take().text.to_owned()];
        while self.take_mark(".") {
            if self.peek().kind != TokenKind::Word {
                return self.refuse_next();
            }
            words.push(self.take().text.to_owned());
        }
        Ok(Path { words, place: Place(first.place) })
    }

    fn name(&mut self) -> Result<Word> {
        if self.is_name() { Ok(self.take_as_word()) } else { self.refuse_next() }
    }

    /// Returns whether the next word may name something. `Group` is an sObject although the word is reserved.
    fn is_name(&self) -> bool {
        let token = self.peek();
        let is_group = is_word(token, "GROUP") && !is_word(self.peek_after(1), "BY");
        token.kind == TokenKind::Word && (is_group || !is_reserved(token.text))
    }

    fn count(&mut self) -> Result<u64> {
        let token = self.peek();
        match token.text.parse() {
            Ok(count) if token.kind == TokenKind::Digits && !token.text.starts_with('+') => {
                self.take();
                Ok(count)
            }
            _ => self.refuse_for_bind(),
        }
    }

    /// Reads one thing or several with commas between them.
    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut list = vec![read(self)?];
        while self.take_mark(",") {
            list.push(read(self)?);
        }
        Ok(list)
    }

    fn parenthesized<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if !self.is_mark("(") || self.depth == MAX_NESTING {
            return self.refuse_next();
        }
        self.take();
        self.depth += 1;
        let content = read(self)?;
        self.depth -= 1;
        if !self.take_mark(")") {
            let found = self.peek();
            let message = format!("expecting a right parentheses, found '{}'", found.text);
            return self.refuse(found.place, message);
        }
        Ok(content)
    }

    fn peek(&self) -> Token<'a> {
        self.peek_after(0)
    }

    fn peek_after(&self, tokens: usize) -> Token<'a> {
        let last = self.tokens.len() - 1;
        self.tokens[(self.next + tokens).min(last)]
    }

    fn take(&mut self) -> Token<'a> {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn take_as_word(&mut self) -> Word {
        let token = self.take();
        Word { text: token.text.to_owned(), place: Place(token.place) }
    }

    fn is_word(&self, word: &str) -> bool {
        is_word(self.peek(), word)
    }

    fn is_mark(&self, mark: &'static str) -> bool {
        self.peek().kind == TokenKind::Mark(mark)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.next += usize::from(found);
        found
    }

    fn take_words(&mut self, [first, second]: [&str; 2]) -> bool {
        let found = self.is_word(first) && is_word(self.peek_after(1), second);
        self.next += if found { 2 } else { 0 };
        found
    }

    fn take_mark(&mut self, mark: &'static str) -> bool {
        let found = self.is_mark(mark);
        self.next += usize::from(found);
        found
    }

    fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.take_word(word) { Ok(()) } else { self.refuse_next() }
    }

    fn refuse_next<T>(&self) -> Result<T> {
        let token = self.peek();
        if token.kind == TokenKind::Mark(":") {
            return self.refuse(token.place, "Bind variables only allowed in Apex code".to_owned());
        }
        self.refuse(token.place, format!("unexpected token: '{}'", token.text))
    }

    /// Refuses what stands where nothing but a bind variable could have saved it.
    fn refuse_for_bind<T>(&self) -> Result<T> {
        let token = self.peek();
        if matches!(token.kind, TokenKind::End | TokenKind::Mark(":")) {
            return self.refuse_next();
        }
        // A sign is a token of its own there.
        let found = if token.text.starts_with('-') { "-" } else { token.text };
        self.refuse(token.place, format!("expecting a colon, found '{found}'"))
    }

    fn refuse<T>(&self, place: usize, message: String) -> Result<T> {
        Err(SoqlError::at(self.statement, place, "MALFORMED_QUERY", message))
    }
}

fn is_word(token: Token<'_>, word: &str) -> bool {
    token.kind == TokenKind::Word && token.text.eq_ignore_ascii_case(word)
}

fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}
