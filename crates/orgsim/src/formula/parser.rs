//! Reading formulas.

use rust_decimal::Decimal;

use super::functions::Function;
use super::{Expression, Operator};
use crate::value::Value;

/// Expressions may be nested so deep.
const MAX_DEPTH: usize = 100;

/// The operators between two operands, those that bind least first; longer ones before those they begin with.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("=", Operator::Equal),
        ("<>", Operator::NotEqual),
        ("!=", Operator::NotEqual),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
    &[("&", Operator::Join)],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide)],
];

pub(super) fn parse(text: &str) -> Result<Expression, String> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let expression = parser.binary(0)?;
    match parser.peek() {
        None => Ok(expression),
        Some(letter) => Err(format!("Syntax error. Extra {letter}")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn binary(&mut self, level: usize) -> Result<Expression, String> {
        let Some(operators) = LEVELS.get(level) else { return self.power() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.take_operator(operators) {
            let right = self.binary(level + 1)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn take_operator(&mut self, operators: &[(&str, Operator)]) -> Option<Operator> {
        self.peek()?;
        let rest = &self.text[self.at..];
        let (sign, operator) = operators.iter().find(|(sign, _)| rest.starts_with(sign))?;
        // One ampersand joins texts, two are a condition.
        if *sign == "&" && rest.starts_with("&&") {
            return None;
        }
        self.at += sign.len();
        Some(*operator)
    }

    fn power(&mut self) -> Result<Expression, String> {
        let base = self.unary()?;
        if !self.take('^') {
            return Ok(base);
        }
        let exponent = self.power()?;
        Ok(Expression::Binary(Operator::Power, Box::new(base), Box::new(exponent)))
    }

    fn unary(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("Formula is too deeply nested".to_owned());
        }
        let expression = if self.take('-') {
            Expression::Negative(Box::new(self.unary()?))
        } else if self.take('+') {
            self.unary()?
        } else if self.take('!') {
            Expression::Not(Box::new(self.unary()?))
        } else {
            self.operand()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn operand(&mut self) -> Result<Expression, String> {
        match self.peek() {
            Some('(') => {
                self.at += 1;
                let inner = self.binary(0)?;
                self.expect(')')?;
                Ok(inner)
            }
            Some(quote @ ('"' | '\'')) => self.string(quote),
            Some(letter) if letter.is_ascii_digit() || letter == '.' => self.number(),
            Some(letter) if is_name_start(letter) => self.name(),
            Some(letter) => Err(format!("Syntax error. Found '{letter}'")),
            None => Err("Syntax error. Found end of formula".to_owned()),
        }
    }

    fn string(&mut self, quote: char) -> Result<Expression, String> {
        let mut text = String::new();
        let mut letters = self.text[self.at + 1..].char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                letter if letter == quote => {
                    self.at += 1 + at + letter.len_utf8();
                    return Ok(Expression::Constant(Value::owned_text(text)));
                }
                '\\' => match letters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, other)) => text.push(other),
                    None => break,
                },
                letter => text.push(letter),
            }
        }
        Err("Syntax error. Text literals must end with a quotation mark".to_owned())
    }

    fn number(&mut self) -> Result<Expression, String> {
        let text = self.take_while(|letter| letter.is_ascii_digit() || letter == '.');
        let number: Decimal = text.parse().map_err(|_| format!("Syntax error. Found '{text}'"))?;
        Ok(Expression::Constant(Value::Number(number)))
    }

    fn name(&mut self) -> Result<Expression, String> {
        let name = self.take_while(|letter| is_name_start(letter) || letter.is_ascii_digit()).to_owned();
        if self.take('(') {
            return self.call(&name);
        }
        match name.to_ascii_uppercase().as_str() {
            "TRUE" => return Ok(Expression::Constant(Value::Bool(true))),
            "FALSE" => return Ok(Expression::Constant(Value::Bool(false))),
            "NULL" => return Ok(Expression::Constant(Value::Null)),
            _ => {}
        }
        let mut path = vec![name];
        while self.text[self.at..].starts_with(['.', ':']) {
            let is_type = self.text[self.at..].starts_with(':');
            self.at += 1;
            let step = self.take_while(|letter| is_name_start(letter) || letter.is_ascii_digit()).to_owned();
            if step.is_empty() {
                return Err("Syntax error. A field name is missing".to_owned());
            }
            // `Owner:User.Name` says of which sObject the parent is, which the record knows itself.
            if !is_type {
                path.push(step);
            }
        }
        Ok(Expression::Field(path))
    }

    fn call(&mut self, name: &str) -> Result<Expression, String> {
        let function = Function::find(name).ok_or_else(|| format!("Unknown function {name}"))?;
        let mut arguments = Vec::new();
        if !self.take(')') {
            loop {
                arguments.push(self.binary(0)?);
                if !self.take(',') {
                    break;
                }
            }
            self.expect(')')?;
        }
        let counts = function.argument_counts();
        if !counts.contains(&arguments.len()) {
            return Err(format!(
                "Incorrect number of parameters for function '{}()'. Expected {}, received {}",
                name.to_ascii_uppercase(),
                counts.start(),
                arguments.len()
            ));
        }
        Ok(Expression::Call(function, arguments))
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        if is_there {
            self.at += wanted.len_utf8();
        }
        is_there
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        if self.take(wanted) { Ok(()) } else { Err(format!("Syntax error. Missing '{wanted}'")) }
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &str {
        let rest = &self.text[self.at..];
        let end = rest.find(|letter| !belongs(letter)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Returns the next letter behind space and comments.
    fn peek(&mut self) -> Option<char> {
        loop {
            let rest = self.text[self.at..].trim_start();
            self.at = self.text.len() - rest.len();
            match rest.strip_prefix("/*") {
                Some(comment) => {
                    let end = comment.find("*/").map_or(rest.len(), |end| end + 4);
                    self.at += end;
                }
                None => return rest.chars().next(),
            }
        }
    }
}

fn is_name_start(letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '_'
}
