//! Filters of sync rules in bodies.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};

/// Which records: a tree of conditions. It may also be sent as SOQL, and is never answered so.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FilterBody {
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
pub enum ComparisonBody {
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
pub enum LiteralBody {
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
pub enum NumberText {
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
