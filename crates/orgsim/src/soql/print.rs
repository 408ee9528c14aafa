//! Writes a syntax tree as SOQL.

use std::fmt::{self, Display, Formatter, Write};

use chrono::{DateTime, NaiveTime};

use super::ast::{
    Argument, Call, Category, Comparand, Condition, Group, GroupKind, Item, Literal, LiteralKind, Operand,
    Operator,
};
use super::ast::{Order, Path, Relative, Source, Span, Statement, Tail, Test, TypeOf, With, Word};

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "SELECT {} FROM {}", List(&self.items), List(&self.from))?;
        clause(f, " USING SCOPE ", &self.scope)?;
        clause(f, " WHERE ", &self.condition)?;
        clause(f, " WITH ", &self.with)?;
        clause(f, " GROUP BY ", &self.group)?;
        clause(f, " HAVING ", &self.having)?;
        if !self.order.is_empty() {
            write!(f, " ORDER BY {}", List(&self.order))?;
        }
        clause(f, " LIMIT ", &self.limit)?;
        clause(f, " OFFSET ", &self.offset)?;
        self.tails.iter().try_for_each(|tail| write!(f, " {tail}"))
    }
}

fn clause(f: &mut Formatter<'_>, words: &str, content: &Option<impl Display>) -> fmt::Result {
    content.iter().try_for_each(|content| write!(f, "{words}{content}"))
}

/// Prints things with commas between them.
struct List<'a, T>(&'a [T]);

impl<T: Display> Display for List<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, part) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            write!(f, "{separator}{part}")?;
        }
        Ok(())
    }
}

impl Display for Word {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words.join("."))
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(path, alias) => write!(f, "{path}").and_then(|()| clause(f, " ", alias)),
            Self::Call(call, alias) => write!(f, "{call}").and_then(|()| clause(f, " ", alias)),
            Self::Subquery(statement, _) => write!(f, "({statement})"),
            Self::TypeOf(type_of) => type_of.fmt(f),
        }
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name, List(&self.arguments))
    }
}

impl Display for Argument {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.fmt(f),
            Self::Call(call) => call.fmt(f),
            Self::Literal(literal) => literal.fmt(f),
        }
    }
}

impl Display for TypeOf {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "TYPEOF {}", self.path)?;
        for (sobject, fields) in &self.cases {
            write!(f, " WHEN {sobject} THEN {}", List(fields))?;
        }
        if !self.otherwise.is_empty() {
            write!(f, " ELSE {}", List(&self.otherwise))?;
        }
        f.write_str(" END")
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        clause(f, " ", &self.alias)
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(terms) => connected(f, terms, " AND "),
            Self::Or(terms) => connected(f, terms, " OR "),
            Self::Not(term) => {
                f.write_str("NOT ")?;
                match **term {
                    Self::Test(_) => term.fmt(f),
                    _ => write!(f, "({term})"),
                }
            }
            Self::Test(test) => test.fmt(f),
        }
    }
}

fn connected(f: &mut Formatter<'_>, terms: &[Condition], connective: &str) -> fmt::Result {
    for (at, term) in terms.iter().enumerate() {
        f.write_str(if at == 0 { "" } else { connective })?;
        match term {
            Condition::And(_) | Condition::Or(_) => write!(f, "({term})")?,
            Condition::Not(_) | Condition::Test(_) => term.fmt(f)?,
        }
    }
    Ok(())
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.operand, self.operator, self.value)
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.fmt(f),
            Self::Call(call) => call.fmt(f),
        }
    }
}

impl Display for Comparand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(literal) => literal.fmt(f),
            Self::List(literals) => write!(f, "({})", List(literals)),
            Self::Subquery(statement, _) => write!(f, "({statement})"),
        }
    }
}

impl Display for Operator {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Like => "LIKE",
            Self::In => "IN",
            Self::NotIn => "NOT IN",
            Self::Includes => "INCLUDES",
            Self::Excludes => "EXCLUDES",
        })
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            LiteralKind::Null => f.write_str("NULL"),
            LiteralKind::Bool(true) => f.write_str("TRUE"),
            LiteralKind::Bool(false) => f.write_str("FALSE"),
            LiteralKind::Number(number) => number.fmt(f),
            LiteralKind::Currency(code, number) => write!(f, "{code}{number}"),
            LiteralKind::Text(text) => quote(f, text, "\\\\"),
            LiteralKind::Pattern(text) => quote(f, text, "\\"),
            LiteralKind::Date(date) => date.fmt(f),
            LiteralKind::DateTime(ms) => {
                let instant = DateTime::from_timestamp_millis(*ms).ok_or(fmt::Error)?;
                instant.format("%Y-%m-%dT%H:%M:%S%.3fZ").fmt(f)
            }
            LiteralKind::Time(ms) => {
                let nanos = ms % 1_000 * 1_000_000;
                let time =
                    NaiveTime::from_num_seconds_from_midnight_opt(ms / 1_000, nanos).ok_or(fmt::Error)?;
                time.format("%H:%M:%S%.3fZ").fmt(f)
            }
            LiteralKind::Relative(relative) => relative.fmt(f),
        }
    }
}

/// Quotes a text; `backslash` is what a backslash becomes, which in a pattern already stands before what it escapes.
fn quote(f: &mut Formatter<'_>, text: &str, backslash: &str) -> fmt::Result {
    f.write_char('\'')?;
    for c in text.chars() {
        match c {
            '\\' => f.write_str(backslash)?,
            '\'' => f.write_str("\\'")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            _ => f.write_char(c)?,
        }
    }
    f.write_char('\'')
}

impl Display for Relative {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let unit = self.unit.as_str();
        match self.span {
            Span::One(offset) => f.write_str(&match (offset, unit) {
                (..0, "DAY") => "YESTERDAY".to_owned(),
                (0, "DAY") => "TODAY".to_owned(),
                (_, "DAY") => "TOMORROW".to_owned(),
                (..0, _) => format!("LAST_{unit}"),
                (0, _) => format!("THIS_{unit}"),
                (_, _) => format!("NEXT_{unit}"),
            }),
            Span::Last(count) => write!(f, "LAST_N_{unit}S:{count}"),
            Span::Next(count) => write!(f, "NEXT_N_{unit}S:{count}"),
            Span::Ago(count) => write!(f, "N_{unit}S_AGO:{count}"),
            Span::Last90 => f.write_str("LAST_90_DAYS"),
            Span::Next90 => f.write_str("NEXT_90_DAYS"),
        }
    }
}

impl Display for With {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mode(word) => word.fmt(f),
            Self::Condition(condition) => condition.fmt(f),
            Self::Categories(categories) => {
                for (at, category) in categories.iter().enumerate() {
                    f.write_str(if at == 0 { "DATA CATEGORY " } else { " AND " })?;
                    category.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

impl Display for Category {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.names.as_slice() {
            [name] => write!(f, "{} {} {name}", self.group, self.selector),
            names => write!(f, "{} {} ({})", self.group, self.selector, List(names)),
        }
    }
}

impl Display for Group {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.kind {
            GroupKind::Plain => List(&self.keys).fmt(f),
            GroupKind::Rollup => write!(f, "ROLLUP({})", List(&self.keys)),
            GroupKind::Cube => write!(f, "CUBE({})", List(&self.keys)),
        }
    }
}

impl Display for Order {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let direction = if self.descending { "DESC" } else { "ASC" };
        let nulls = if self.nulls_last { "LAST" } else { "FIRST" };
        write!(f, "{} {direction} NULLS {nulls}", self.operand)
    }
}

impl Display for Tail {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ForView => "FOR VIEW",
            Self::ForReference => "FOR REFERENCE",
            Self::ForUpdate(_) => "FOR UPDATE",
            Self::UpdateTracking(_) => "UPDATE TRACKING",
            Self::UpdateViewstat(_) => "UPDATE VIEWSTAT",
            Self::AllRows(_) => "ALL ROWS",
        })
    }
}
