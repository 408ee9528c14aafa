//! Reads conditions.

use super::super::ast::{Comparand, Condition, Literal, Operator, Place, Test};
use super::super::lexer::TokenKind;
use super::{Parser, Result};

impl Parser<'_> {
    /// Reads a condition. `AND` and `OR` only mix with parentheses between them (SOQL and SOSL Reference, WHERE).
    pub(super) fn condition(&mut self) -> Result<Condition> {
        let mut terms = vec![self.term()?];
        let conjunction = self.is_word("AND");
        let (connective, other) = if conjunction { ("AND", "OR") } else { ("OR", "AND") };
        while self.take_word(connective) {
            terms.push(self.term()?);
        }
        if self.is_word(other) {
            return self.refuse_next();
        }
        match terms.pop() {
            Some(only) if terms.is_empty() => Ok(only),
            last => {
                terms.extend(last);
                Ok(if conjunction { Condition::And(terms) } else { Condition::Or(terms) })
            }
        }
    }

    fn term(&mut self) -> Result<Condition> {
        if self.take_word("NOT") {
            return Ok(Condition::Not(Box::new(self.expression()?)));
        }
        self.expression()
    }

    fn expression(&mut self) -> Result<Condition> {
        if self.is_mark("(") {
            return self.parenthesized(Self::condition);
        }
        let operand = self.operand()?;
        let operator = self.operator()?;
        let value = self.comparand(operator)?;
        Ok(Condition::Test(Test { operand, operator, value }))
    }

    fn operator(&mut self) -> Result<Operator> {
        if self.take_words(["NOT", "IN"]) {
            return Ok(Operator::NotIn);
        }
        let token = self.peek();
        let operator = match (token.kind, token.text.to_ascii_uppercase().as_str()) {
            (TokenKind::Mark(_), "=") => Operator::Equal,
            (TokenKind::Mark(_), "!=" | "<>") => Operator::NotEqual,
            (TokenKind::Mark(_), "<") => Operator::Less,
            (TokenKind::Mark(_), "<=") => Operator::LessOrEqual,
            (TokenKind::Mark(_), ">") => Operator::Greater,
            (TokenKind::Mark(_), ">=") => Operator::GreaterOrEqual,
            (TokenKind::Word, "LIKE") => Operator::Like,
            (TokenKind::Word, "IN") => Operator::In,
            (TokenKind::Word, "INCLUDES") => Operator::Includes,
            (TokenKind::Word, "EXCLUDES") => Operator::Excludes,
            _ => return self.refuse_next(),
        };
        self.take();
        Ok(operator)
    }

    fn comparand(&mut self, operator: Operator) -> Result<Comparand> {
        match operator {
            Operator::Like => Ok(Comparand::One(self.pattern()?)),
            Operator::In | Operator::NotIn => self.members(),
            Operator::Includes | Operator::Excludes => Ok(Comparand::List(self.literals()?)),
            _ => Ok(Comparand::One(self.literal()?)),
        }
    }

    fn members(&mut self) -> Result<Comparand> {
        let place = Place(self.peek().place);
        let select = self.peek_after(1);
        if self.is_mark("(") && select.kind == TokenKind::Word && select.text.eq_ignore_ascii_case("SELECT") {
            return Ok(Comparand::Subquery(self.parenthesized(Self::statement)?.into(), place));
        }
        if !self.is_mark("(") {
            return self.refuse_for_bind();
        }
        Ok(Comparand::List(self.literals()?))
    }

    fn literals(&mut self) -> Result<Vec<Literal>> {
        self.parenthesized(|parser| parser.list(Self::literal))
    }
}
