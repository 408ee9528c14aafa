//! What a client sent of a record, read as values of fields.

use std::collections::HashMap;

use crate::json::{Data, Node, Place};
use crate::org::given::{Given, Parent, read_given};
use crate::org::{OrgView, SaveError};
use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

/// One field of a record as a client sent it.
#[derive(Clone, Debug)]
pub(crate) struct Sent<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: Given<'a>,
    /// Where the value stands in a JSON body, and what it is there.
    pub(crate) node: Option<&'a Node>,
}

/// Values by field index.
pub(crate) type Values = Vec<(usize, Value<'static>)>;

impl<'a> Sent<'a> {
    /// Lists the fields of a JSON object. `attributes` says of what sObject it is and is no field.
    pub(crate) fn list(record: &'a Node) -> Vec<Self> {
        let fields = record.members().iter().filter(|(name, _)| name != "attributes");
        fields.map(|(name, node)| Self { name, value: to_given(node), node: Some(node) }).collect()
    }
}

fn to_given(node: &Node) -> Given<'_> {
    match &node.value {
        Data::Null => Given::Null,
        Data::Bool(value) => Given::Bool(*value),
        Data::Number(text) => Given::Number(text),
        Data::Text(text) => Given::Text(text),
        Data::List(_) => Given::Nested,
        Data::Object(_) => Given::of_object(node, to_given),
    }
}

/// Reads fields. A later one of the same name counts.
pub(super) fn read_values(
    view: &OrgView<'_>,
    sobject: &SObject,
    sent: &[Sent<'_>],
) -> Result<Values, SaveError> {
    let mut values: Values = Vec::with_capacity(sent.len());
    for sent in sent {
        let (field, value) = match sobject.field(sent.name) {
            Some(field) if field.is_compound() => (field, Value::Null),
            Some(field) => (field, read_field(field, sent)?),
            None => read_parent(view, sobject, sent)?,
        };
        values.retain(|(index, _)| *index != field.index);
        values.push((field.index, value));
    }
    Ok(values)
}

fn read_field(field: &Field, sent: &Sent<'_>) -> Result<Value<'static>, SaveError> {
    let value = match (&sent.value, field.kind) {
        // What is no id at all is told like one of the wrong sObject.
        (Given::Text(text), FieldKind::Id | FieldKind::Reference) if !text.trim().is_empty() => {
            let unreadable = || {
                let message = format!("{}: id value of incorrect type: {text}", field.label);
                SaveError::of_fields("MALFORMED_ID", message, &[&field.name])
            };
            return read_given(field, &sent.value).ok_or_else(unreadable);
        }
        (value, _) => read_given(field, value),
    };
    let value = value.ok_or_else(|| misfit(field, sent))?;
    Ok(match value {
        // An org keeps whole seconds.
        Value::DateTime(ms) => Value::DateTime(ms - ms.rem_euclid(1_000)),
        value => value,
    })
}

/// Words the error of a value that its field cannot have, which depends on whether it came in JSON or CSV.
fn misfit(field: &Field, sent: &Sent<'_>) -> SaveError {
    if let Some(node) = sent.node {
        let (token, text) = node.token();
        let Node { place, .. } = node;
        return deserialization_error(field.kind.as_str(), token, &text, *place);
    }
    let text = match &sent.value {
        Given::Number(text) | Given::Text(text) => *text,
        _ => "",
    };
    let message = format!("{}: value not of required type: {text}", field.label);
    SaveError::of_fields("INVALID_TYPE_ON_FIELD_IN_RECORD", message, &[&field.name])
}

/// Words the error of a JSON value that is not of the type wanted.
pub(crate) fn deserialization_error(kind: &str, token: &str, text: &str, place: Place) -> SaveError {
    let message = format!(
        "Cannot deserialize instance of {kind} from {token} value {text} or request may be missing a required field at {place}"
    );
    SaveError::of_request("JSON_PARSER_ERROR", message)
}

/// Reads a lookup that names its parent by a key: `"Account": {"External_Id__c": "A-1"}`.
fn read_parent<'a>(
    view: &OrgView<'_>,
    sobject: &'a SObject,
    sent: &Sent<'_>,
) -> Result<(&'a Field, Value<'static>), SaveError> {
    let lookup =
        sobject.relationship(sent.name).ok_or_else(|| SaveError::no_such_column(sent.name, &sobject.name))?;
    let parent = match &sent.value {
        Given::Null => return Ok((lookup, Value::Null)),
        Given::Parent(parent) => parent,
        _ => {
            let message =
                format!("The value provided for foreign key reference {} is not a nested SObject", sent.name);
            return Err(SaveError::of_request("INVALID_FIELD", message));
        }
    };
    let targets = &lookup.reference_to;
    let name = match parent.sobject {
        Some(name) => targets.iter().find(|target| target.eq_ignore_ascii_case(name)),
        None => targets.iter().find(|target| has_field(view, target, parent.field)).or(targets.first()),
    };
    let target = name.and_then(|name| view.schema().find(name));
    let no_type = || {
        let message = format!("{}: sObject type is not a parent", parent.sobject.unwrap_or_default());
        SaveError::of_fields("INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD", message, &[&lookup.name])
    };
    let target = target.ok_or_else(no_type)?;
    let key =
        target.field(parent.field).ok_or_else(|| SaveError::no_such_column(parent.field, &target.name))?;
    if !(key.id_lookup || key.external_id) {
        let message = format!(
            "Field name provided, {} is not an External ID or indexed field for {}",
            key.name, target.name
        );
        return Err(SaveError::of_request("INVALID_FIELD", message));
    }
    find_parent(view, target, key, parent).map(|id| (lookup, id))
}

fn has_field(view: &OrgView<'_>, sobject: &str, field: &str) -> bool {
    view.schema().find(sobject).is_some_and(|sobject| sobject.field(field).is_some())
}

fn find_parent(
    view: &OrgView<'_>,
    target: &SObject,
    key: &Field,
    parent: &Parent<'_>,
) -> Result<Value<'static>, SaveError> {
    let wanted = read_given(key, &parent.value).unwrap_or(Value::Null);
    match view.live_rows_by_key(target, key, &wanted).as_slice() {
        [row] => Ok(Value::Id(view.id(row))),
        [] => {
            let text = match &*parent.value {
                Given::Text(text) | Given::Number(text) => text.to_ascii_lowercase(),
                _ => "null".to_owned(),
            };
            let message = format!(
                "Foreign key external ID: {text} not found for field {} in entity {}",
                key.name, target.name
            );
            Err(SaveError::of_record("INVALID_FIELD", message))
        }
        several => Err(several_match(view, key, several)),
    }
}

/// Words the error of a key that several records have.
pub(super) fn several_match(view: &OrgView<'_>, key: &Field, rows: &[super::Row]) -> SaveError {
    let ids: Vec<String> = rows.iter().map(|row| view.id(row).to_string()).collect();
    let message =
        format!("{}: more than one record found for external id field: [{}]", key.name, ids.join(", "));
    SaveError::of_record("DUPLICATE_EXTERNAL_ID", message)
}

/// Returns a key as texts about it have it.
pub(crate) fn key_text(value: &Value<'_>) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Int(number) => number.to_string(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

/// Tells of each key of a call whether another of its records has it, too: neither is saved then.
pub(crate) fn list_doubled(keys: &[Option<Value<'static>>]) -> Vec<bool> {
    let text = |value: &Option<Value<'static>>| {
        value.as_ref().filter(|value| !value.is_null()).map(|value| key_text(value).to_lowercase())
    };
    let mut counts: HashMap<String, usize> = HashMap::new();
    keys.iter().filter_map(text).for_each(|text| *counts.entry(text).or_default() += 1);
    keys.iter().map(|value| text(value).is_some_and(|text| counts[&text] > 1)).collect()
}
