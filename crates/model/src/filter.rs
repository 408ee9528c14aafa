//! Which records of an sObject to copy.
//!
//! A filter is a tree. Text is parsed into it and refused where it does not parse; SOQL is only ever printed from a
//! tree, so nothing of a person's text reaches an org unread.

mod literal;
mod parse;
mod print;
mod relative_date;

use std::fmt;
use std::str::FromStr;

use salesforce::FieldName;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use literal::{LikePattern, Literal};
pub use parse::{FilterError, parse_rule};
pub use relative_date::RelativeDate;

/// A condition on records: what stands after `WHERE` in SOQL.
///
/// As text, in serde too, it is SOQL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Filter {
    /// All of them hold. At least two.
    And(Vec<Filter>),
    /// One of them holds. At least two.
    Or(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// A field compared with a value.
    Compare {
        /// The field.
        path: FieldPath,
        /// How it is compared.
        operator: Comparison,
        /// What it is compared with.
        value: Literal,
    },
    /// A text field looks like a pattern.
    Like {
        /// The field.
        path: FieldPath,
        /// The pattern.
        pattern: LikePattern,
    },
    /// A field is, or is not, one of some values. At least one.
    In {
        /// The field.
        path: FieldPath,
        /// Whether it has to be one of them.
        membership: Membership,
        /// The values.
        values: Vec<Literal>,
    },
    /// A multi-select picklist holds, or does not hold, one of some sets of values (`A;B` is a set of two).
    Includes {
        /// The field.
        path: FieldPath,
        /// Whether it has to hold one of them.
        membership: Membership,
        /// The sets.
        sets: Vec<String>,
    },
}

impl Filter {
    /// Parses a SOQL condition, with or without `where` before it.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parse::parse_filter(text)
    }

    /// Returns the condition in SOQL, without `WHERE`.
    pub fn to_soql(&self) -> String {
        self.to_string()
    }

    /// Returns every field that the condition looks at, in the order of the text.
    pub fn paths(&self) -> Vec<&FieldPath> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::paths).collect(),
            Self::Not(inner) => inner.paths(),
            Self::Compare { path, .. }
            | Self::Like { path, .. }
            | Self::In { path, .. }
            | Self::Includes { path, .. } => {
                vec![path]
            }
        }
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// How a field is compared with a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`, which in SOQL also keeps records whose field is empty.
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Whether a field has to be among some values or must not be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Membership {
    /// `IN`, `INCLUDES`
    Among,
    /// `NOT IN`, `EXCLUDES`
    NotAmong,
}

/// A field of the record or of a record it looks up, such as `Account.Owner.Name`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldPath(Vec<FieldName>);

impl FieldPath {
    /// A query may go up five relationships (SOQL and SOSL Reference, Understanding Relationship Query Limitations).
    const MAX_NAMES: usize = 6;

    fn new(names: Vec<FieldName>) -> Option<Self> {
        (1..=Self::MAX_NAMES).contains(&names.len()).then_some(Self(names))
    }

    /// Parses a path such as `Account.Owner.Name`; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let names: Result<Vec<FieldName>, _> = text.split('.').map(str::parse).collect();
        Self::new(names.ok()?)
    }

    /// Returns the relationships and, last, the field.
    pub fn names(&self) -> &[FieldName] {
        &self.0
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str(".")?;
            }
            formatter.write_str(name.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
