//! Filters as SOQL.

use std::fmt;

use super::{Comparison, Filter, LikePattern, Literal, Membership};

impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => write_list(formatter, parts, " AND ", write_part),
            Self::Or(parts) => write_list(formatter, parts, " OR ", write_part),
            Self::Not(inner) => {
                formatter.write_str("NOT ")?;
                write_part(inner, formatter)
            }
            Self::Compare { path, operator, value } => {
                write!(formatter, "{path} {operator} {value}")
            }
            Self::Like { path, pattern } => write!(formatter, "{path} LIKE {pattern}"),
            Self::In { path, membership, values } => {
                let word = if *membership == Membership::Among { "IN" } else { "NOT IN" };
                write!(formatter, "{path} {word} (")?;
                write_list(formatter, values, ", ", fmt::Display::fmt)?;
                formatter.write_str(")")
            }
            Self::Includes { path, membership, sets } => {
                let word = if *membership == Membership::Among { "INCLUDES" } else { "EXCLUDES" };
                write!(formatter, "{path} {word} (")?;
                write_list(formatter, sets, ", ", |set, formatter| write_text(set, formatter))?;
                formatter.write_str(")")
            }
        }
    }
}

/// Writes a part of a greater condition. Everything that is more than a comparison gets parentheses, because SOQL
/// refuses AND beside OR without them.
fn write_part(part: &Filter, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    match part {
        Filter::And(_) | Filter::Or(_) | Filter::Not(_) => write!(formatter, "({part})"),
        _ => write!(formatter, "{part}"),
    }
}

fn write_list<T>(
    formatter: &mut fmt::Formatter<'_>,
    items: &[T],
    separator: &str,
    write_item: impl Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            formatter.write_str(separator)?;
        }
        write_item(item, formatter)?;
    }
    Ok(())
}

impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("NULL"),
            Self::Bool(true) => formatter.write_str("TRUE"),
            Self::Bool(false) => formatter.write_str("FALSE"),
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Text(text) => write_text(text, formatter),
            Self::Date(date) => write!(formatter, "{date}"),
            Self::DateTime(instant) => write!(formatter, "{instant}"),
            Self::Relative(relative) => write!(formatter, "{relative}"),
        }
    }
}

impl fmt::Display for LikePattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("'")?;
        // Backslashes in a pattern are escapes already.
        self.as_str().chars().try_for_each(|character| match character {
            '\\' => formatter.write_str("\\"),
            _ => write_character(character, formatter),
        })?;
        formatter.write_str("'")
    }
}

fn write_text(text: &str, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    formatter.write_str("'")?;
    text.chars().try_for_each(|character| write_character(character, formatter))?;
    formatter.write_str("'")
}

fn write_character(character: char, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    match character {
        '\'' => formatter.write_str("\\'"),
        '\\' => formatter.write_str("\\\\"),
        '\n' => formatter.write_str("\\n"),
        '\r' => formatter.write_str("\\r"),
        '\t' => formatter.write_str("\\t"),
        _ if character.is_control() => write!(formatter, "\\u{:04X}", u32::from(character)),
        _ => write!(formatter, "{character}"),
    }
}
