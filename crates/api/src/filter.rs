//! Filters of sync rules in bodies.

use axum::http::StatusCode;
use model::Filter;
use model::filter::{Comparison, FieldPath, LikePattern, Literal, Membership, RelativeDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};

use crate::error::ApiError;

/// Which records: a tree of conditions. It may also be sent as SOQL, and is never answered so.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum FilterBody {
    /// A condition in SOQL, without `WHERE`.
    Soql {
        /// The condition.
        soql: String,
    },
    /// All of them hold.
    All {
        /// The conditions, two at least.
        #[schema(no_recursion)]
        of: Vec<FilterBody>,
    },
    /// One of them holds.
    Any {
        /// The conditions, two at least.
        #[schema(no_recursion)]
        of: Vec<FilterBody>,
    },
    /// It does not hold.
    Not {
        /// The condition.
        #[schema(no_recursion)]
        of: Box<FilterBody>,
    },
    /// A field compared with a value.
    Compare {
        /// The field's API name, or a path such as `Account.Owner.Name`.
        field: String,
        /// How it is compared.
        operator: ComparisonBody,
        /// With what.
        value: LiteralBody,
    },
    /// A text looks like a pattern.
    Like {
        /// The field.
        field: String,
        /// `%` stands for any characters, `_` for one; a backslash before them takes that away.
        pattern: String,
    },
    /// A field is one of some values.
    In {
        /// The field.
        field: String,
        /// Whether it must be none of them.
        #[serde(default)]
        negated: bool,
        /// The values, one at least.
        values: Vec<LiteralBody>,
    },
    /// A multi-select picklist holds one of some sets.
    Includes {
        /// The field.
        field: String,
        /// Whether it must hold none of them.
        #[serde(default)]
        negated: bool,
        /// The sets; `A;B` is a set of two.
        sets: Vec<String>,
    },
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ComparisonBody {
    /// Equal.
    Eq,
    /// Not equal; an empty field is not equal either.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
}

/// A value that a field is compared with.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum LiteralBody {
    /// A text.
    Text {
        /// The text.
        value: String,
    },
    /// A number.
    Number {
        /// The number; as a string where it has more digits than fit into a JSON number.
        #[schema(schema_with = number_schema)]
        value: NumberText,
    },
    /// True or false.
    Boolean {
        /// Which.
        value: bool,
    },
    /// A civil date.
    Date {
        /// Such as `2026-11-22`.
        #[schema(format = Date)]
        value: String,
    },
    /// An instant.
    DateTime {
        /// Such as `2026-11-22T03:04:05Z`.
        #[schema(format = DateTime)]
        value: String,
    },
    /// A span relative to today, in the time zone of the Salesforce user.
    RelativeDate {
        /// Such as `LAST_N_DAYS:30`.
        value: String,
    },
    /// The field is empty.
    Null,
}

/// A number as its digits.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum NumberText {
    /// A JSON number.
    Number(serde_json::Number),
    /// The digits, for a number that is exact.
    Text(String),
}

fn number_schema() -> utoipa::openapi::schema::Schema {
    let kinds = SchemaType::from_iter([Type::Number, Type::String]);
    ObjectBuilder::new()
        .schema_type(kinds)
        .description(Some("The number, as text where it is long"))
        .build()
        .into()
}

impl FilterBody {
    /// Returns the filter. What comes in is a tree of typed values, so that no value can change the query's shape.
    ///
    /// # Errors
    /// A path, a value or the SOQL is none.
    pub(crate) fn to_filter(&self) -> Result<Filter, ApiError> {
        let filter = match self {
            Self::Soql { soql } => return Filter::parse(soql).map_err(|error| refuse(error.to_string())),
            tree => tree.to_tree()?,
        };
        // The parser holds the invariants of a filter, such as that `and` joins two conditions at least.
        Filter::parse(&filter.to_soql()).map_err(|error| refuse(error.to_string()))
    }

    fn to_tree(&self) -> Result<Filter, ApiError> {
        Ok(match self {
            Self::Soql { .. } => self.to_filter()?,
            Self::All { of } => Filter::And(to_trees(of)?),
            Self::Any { of } => Filter::Or(to_trees(of)?),
            Self::Not { of } => Filter::Not(Box::new(of.to_tree()?)),
            Self::Compare { field, operator, value } => Filter::Compare {
                path: to_path(field)?,
                operator: (*operator).into(),
                value: value.to_literal()?,
            },
            Self::Like { field, pattern } => Filter::Like {
                path: to_path(field)?,
                pattern: LikePattern::new(pattern.clone())
                    .ok_or_else(|| refuse("a backslash stands only before %, _ or another backslash"))?,
            },
            Self::In { field, negated, values } => Filter::In {
                path: to_path(field)?,
                membership: to_membership(*negated),
                values: at_least_one(values)?
                    .iter()
                    .map(LiteralBody::to_literal)
                    .collect::<Result<_, _>>()?,
            },
            Self::Includes { field, negated, sets } => Filter::Includes {
                path: to_path(field)?,
                membership: to_membership(*negated),
                sets: at_least_one(sets)?.to_vec(),
            },
        })
    }
}

fn to_trees(parts: &[FilterBody]) -> Result<Vec<Filter>, ApiError> {
    if parts.len() < 2 {
        return Err(refuse("\"all\" and \"any\" join two conditions at least"));
    }
    parts.iter().map(FilterBody::to_tree).collect()
}

fn at_least_one<T>(values: &[T]) -> Result<&[T], ApiError> {
    if values.is_empty() { Err(refuse("a list of values is empty")) } else { Ok(values) }
}

fn to_path(field: &str) -> Result<FieldPath, ApiError> {
    FieldPath::parse(field).ok_or_else(|| {
        ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "field.unknown",
            "A filter names a field by its API name, or by a path of five relationships at most.",
        )
    })
}

fn to_membership(negated: bool) -> Membership {
    if negated { Membership::NotAmong } else { Membership::Among }
}

fn refuse(why: impl Into<String>) -> ApiError {
    let code = "filter.syntax";
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, format!("The filter is not valid: {}.", why.into()))
}

impl LiteralBody {
    fn to_literal(&self) -> Result<Literal, ApiError> {
        Ok(match self {
            Self::Text { value } => Literal::Text(value.clone()),
            Self::Number { value } => {
                let digits = match value {
                    NumberText::Number(number) => number.to_string(),
                    NumberText::Text(text) => text.clone(),
                };
                Literal::Number(digits.parse().map_err(|_| refuse("this is not a number"))?)
            }
            Self::Boolean { value } => Literal::Bool(*value),
            Self::Date { value } => {
                Literal::Date(value.parse().map_err(|_| refuse("a date is written 2026-11-22"))?)
            }
            Self::DateTime { value } => Literal::DateTime(
                value.parse().map_err(|_| refuse("an instant is written 2026-11-22T03:04:05Z"))?,
            ),
            Self::RelativeDate { value } => Literal::Relative(
                RelativeDate::parse(value)
                    .ok_or_else(|| refuse("this is not one of Salesforce's date literals"))?,
            ),
            Self::Null => Literal::Null,
        })
    }
}

impl From<&Filter> for FilterBody {
    fn from(filter: &Filter) -> Self {
        match filter {
            Filter::And(parts) => Self::All { of: parts.iter().map(Self::from).collect() },
            Filter::Or(parts) => Self::Any { of: parts.iter().map(Self::from).collect() },
            Filter::Not(inner) => Self::Not { of: Box::new(Self::from(inner.as_ref())) },
            Filter::Compare { path, operator, value } => {
                Self::Compare { field: path.to_string(), operator: (*operator).into(), value: value.into() }
            }
            Filter::Like { path, pattern } => {
                Self::Like { field: path.to_string(), pattern: pattern.as_str().to_owned() }
            }
            Filter::In { path, membership, values } => Self::In {
                field: path.to_string(),
                negated: *membership == Membership::NotAmong,
                values: values.iter().map(LiteralBody::from).collect(),
            },
            Filter::Includes { path, membership, sets } => Self::Includes {
                field: path.to_string(),
                negated: *membership == Membership::NotAmong,
                sets: sets.clone(),
            },
        }
    }
}

impl From<&Literal> for LiteralBody {
    fn from(literal: &Literal) -> Self {
        match literal {
            Literal::Null => Self::Null,
            Literal::Bool(value) => Self::Boolean { value: *value },
            Literal::Number(value) => Self::Number { value: to_number(value.to_string()) },
            Literal::Text(value) => Self::Text { value: value.clone() },
            Literal::Date(value) => Self::Date { value: value.to_string() },
            Literal::DateTime(value) => Self::DateTime { value: value.to_string() },
            Literal::Relative(value) => Self::RelativeDate { value: value.to_string() },
        }
    }
}

/// A JSON number where it keeps all digits, else text.
fn to_number(digits: String) -> NumberText {
    match serde_json::from_str::<serde_json::Number>(&digits) {
        Ok(number) if number.to_string() == digits => NumberText::Number(number),
        _ => NumberText::Text(digits),
    }
}

impl From<ComparisonBody> for Comparison {
    fn from(operator: ComparisonBody) -> Self {
        match operator {
            ComparisonBody::Eq => Self::Equal,
            ComparisonBody::Ne => Self::NotEqual,
            ComparisonBody::Lt => Self::Less,
            ComparisonBody::Lte => Self::LessOrEqual,
            ComparisonBody::Gt => Self::Greater,
            ComparisonBody::Gte => Self::GreaterOrEqual,
        }
    }
}

impl From<Comparison> for ComparisonBody {
    fn from(operator: Comparison) -> Self {
        match operator {
            Comparison::Equal => Self::Eq,
            Comparison::NotEqual => Self::Ne,
            Comparison::Less => Self::Lt,
            Comparison::LessOrEqual => Self::Lte,
            Comparison::Greater => Self::Gt,
            Comparison::GreaterOrEqual => Self::Gte,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Filter, ApiError> {
        serde_json::from_str::<FilterBody>(json).unwrap().to_filter()
    }

    #[test]
    fn a_value_never_changes_the_shape_of_a_query() {
        for value in ["' OR Name != '", "\\", "'", "%", "_", "a\nb", "\u{2028}", "\\'"] {
            let body = FilterBody::Compare {
                field: "Name".to_owned(),
                operator: ComparisonBody::Eq,
                value: LiteralBody::Text { value: value.to_owned() },
            };

            let filter = body.to_filter().unwrap();

            assert!(
                matches!(&filter, Filter::Compare { value: Literal::Text(text), .. } if text == value),
                "{filter:?}"
            );
            assert_eq!(FilterBody::from(&filter), body);
        }
    }

    #[test]
    fn a_field_is_a_name_and_nothing_else() {
        for field in ["Name FROM User--", "Name = 'x' OR Name", "", "A.B.C.D.E.F.G", "a..b"] {
            let body = FilterBody::Compare {
                field: field.to_owned(),
                operator: ComparisonBody::Eq,
                value: LiteralBody::Null,
            };

            assert_eq!(body.to_filter().unwrap_err().code(), "field.unknown", "{field}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for json in [
            r#"{"kind":"all","of":[]}"#,
            r#"{"kind":"in","field":"Name","values":[]}"#,
            r#"{"kind":"soql","soql":"Name = "}"#,
            r#"{"kind":"compare","field":"Amount","operator":"gt","value":{"type":"number","value":"ten"}}"#,
            r#"{"kind":"compare","field":"Amount","operator":"gt","value":{"type":"date","value":"22.11."}}"#,
            r#"{"kind":"compare","field":"CloseDate","operator":"eq","value":{"type":"relative_date","value":"SOON"}}"#,
        ] {
            assert_eq!(read(json).unwrap_err().code(), "filter.syntax", "{json}");
        }
    }

    #[test]
    fn a_tree_comes_back_as_it_was() {
        let filter = Filter::parse(
            "(Type = 'Customer' OR Amount > 1.50) AND NOT Name LIKE 'A%' AND Id IN ('a', 'b') \
             AND CloseDate = LAST_N_DAYS:30 AND Tags__c EXCLUDES ('A;B') AND IsWon = TRUE AND X__c != NULL",
        )
        .unwrap();

        assert_eq!(FilterBody::from(&filter).to_filter().unwrap(), filter);
    }
}
