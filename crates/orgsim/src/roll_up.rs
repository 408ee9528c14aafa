//! Roll-up summaries: what a master record tells of its details (Salesforce Help, Roll-Up Summary Field).

use rust_decimal::Decimal;

use crate::formula::{Blank, Formula, Scope};
use crate::org::{OrgView, Row};
use crate::schema::{SObject, Schema};
use crate::value::Value;

/// A roll-up summary: `SUM Child__c.Parent__c Amount__c where Done__c = TRUE`.
#[derive(Clone, Debug)]
pub(crate) struct RollUp {
    kind: Kind,
    child: String,
    /// The lookup of the child that leads to the record.
    lookup: String,
    /// The field that is summed up; COUNT has none.
    field: String,
    /// What a child must meet to count.
    filter: Option<Formula>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Count,
    Sum,
    Min,
    Max,
}

impl RollUp {
    /// Reads a roll-up as a schema table has it. The error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (head, filter) = match text.split_once(" where ") {
            Some((head, filter)) => (head, Some(Formula::parse(filter)?)),
            None => (text, None),
        };
        let mut words = head.split_whitespace();
        let kind = match words.next() {
            Some("COUNT") => Kind::Count,
            Some("SUM") => Kind::Sum,
            Some("MIN") => Kind::Min,
            Some("MAX") => Kind::Max,
            _ => return Err(format!("{text} does not start with COUNT, SUM, MIN or MAX")),
        };
        let children = words.next().and_then(|children| children.split_once('.'));
        let (child, lookup) = children.ok_or_else(|| format!("{text} names no lookup of a child"))?;
        let field = words.next().unwrap_or_default();
        if (kind == Kind::Count) != field.is_empty() || words.next().is_some() {
            return Err(format!("{text} has not the one field that it needs"));
        }
        Ok(Self { kind, child: child.to_owned(), lookup: lookup.to_owned(), field: field.to_owned(), filter })
    }

    /// Says which of the sObjects and fields it names are not there.
    pub(crate) fn find_unknown(&self, schema: &Schema) -> Option<String> {
        let Some(child) = schema.find(&self.child) else { return Some(self.child.clone()) };
        let names = [&self.lookup, &self.field];
        let unknown = names.into_iter().find(|name| !name.is_empty() && child.field(name).is_none());
        unknown.cloned().or_else(|| self.filter.as_ref()?.find_unknown(schema, child))
    }

    /// Computes the roll-up for a record from its children as they are, those in the recycle bin left out.
    pub(crate) fn evaluate(&self, view: &OrgView<'_>, row: &Row, depth: usize) -> Value<'static> {
        let child = view.schema().find(&self.child);
        let found = child.and_then(|child| Some((child, child.field(&self.lookup)?)));
        let Some((child, lookup)) = found else { return Value::Null };
        let mut rows = view.live_rows_by_key(child, lookup, &Value::Id(view.id(row)));
        rows.retain(|row| self.counts(view, child, *row, depth));
        if self.kind == Kind::Count {
            return Value::Number(rows.len().into());
        }
        let Some(field) = child.field(&self.field) else { return Value::Null };
        let values = rows.iter().map(|row| view.value_at_depth(child, row, field, depth + 1).into_owned());
        let values = values.filter(|value| !value.is_null());
        match self.kind {
            Kind::Sum => Value::Number(values.filter_map(|value| to_number(&value)).sum()),
            Kind::Min => values
                .reduce(|one, other| if is_less(&other, &one) { other } else { one })
                .unwrap_or(Value::Null),
            _ => values
                .reduce(|one, other| if is_less(&one, &other) { other } else { one })
                .unwrap_or(Value::Null),
        }
    }

    fn counts(&self, view: &OrgView<'_>, sobject: &SObject, row: Row, depth: usize) -> bool {
        let Some(filter) = &self.filter else { return true };
        let scope = Scope { view, sobject, row, before: None, blank: Blank::Blank, depth };
        filter.evaluate(&scope) == Value::Bool(true)
    }
}

fn to_number(value: &Value<'_>) -> Option<Decimal> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Int(number) => Some((*number).into()),
        _ => None,
    }
}

fn is_less(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one, other) {
        (Value::Date(one), Value::Date(other)) => one < other,
        (Value::DateTime(one), Value::DateTime(other)) => one < other,
        _ => to_number(one) < to_number(other),
    }
}
