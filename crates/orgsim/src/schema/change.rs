//! What an administrator changes about the fields of an sObject.

use std::collections::BTreeMap;

use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;

use super::field::{Field, FieldKind};
use super::table::{default_relationship, is_custom, salt};
use super::{SObject, Schema};
use crate::formula::Formula;
use crate::value::Value;

/// The most fields that an sObject may come to have.
const MOST_FIELDS: usize = 1_500;

/// The API version of what no version has.
const NEVER: u16 = u16::MAX;

/// Changes of the fields of one sObject, done in this order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SchemaChange {
    pub(crate) add: Vec<NewField>,
    /// New names by old ones.
    pub(crate) rename: BTreeMap<String, String>,
    pub(crate) retype: BTreeMap<String, NewType>,
    pub(crate) remove: Vec<String>,
    /// Fields that were removed come back as they were, with their values.
    pub(crate) restore: Vec<String>,
}

/// A field that comes to be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewField {
    /// Its name; with `#` where the number stands, if there are several.
    name: String,
    label: Option<String>,
    /// The field of the same sObject that it is like: its type, and how the org makes up values.
    like: String,
    /// How many there are.
    count: Option<usize>,
    /// The formula that computes it.
    formula: Option<String>,
}

/// What a field becomes. Its values are converted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewType {
    #[serde(rename = "type")]
    kind: Option<String>,
    length: Option<u32>,
    precision: Option<u8>,
    scale: Option<u8>,
}

impl Schema {
    /// Returns this schema with changes to one sObject.
    pub(crate) fn changed(&self, place: usize, change: &SchemaChange) -> Result<Self, String> {
        let mut schema = self.clone();
        let sobject = schema.sobjects.get_mut(place).ok_or("no such sObject")?;
        for field in &change.add {
            add_fields(sobject, field)?;
        }
        for (name, new_name) in &change.rename {
            let at = find(sobject, name)?;
            unlist(sobject, at);
            let field = &mut sobject.fields[at];
            // Its salt stays, and so do its values. Rights are granted by names, so security leaves it alone now.
            (field.name, field.permissionable) = (new_name.clone(), false);
            list(sobject, at)?;
        }
        for (name, new_type) in &change.retype {
            let at = find(sobject, name)?;
            retype(&mut sobject.fields[at], new_type)?;
        }
        for name in &change.remove {
            let at = find(sobject, name)?;
            unlist(sobject, at);
            sobject.fields[at].since = NEVER;
        }
        for name in &change.restore {
            let is_it = |field: &Field| field.since == NEVER && field.name.eq_ignore_ascii_case(name);
            let at = sobject.fields.iter().position(is_it).ok_or(format!("no removed field {name}"))?;
            sobject.fields[at].since = 0;
            list(sobject, at)?;
        }
        Ok(schema)
    }
}

impl Field {
    /// Returns whether it was removed. It keeps its place.
    pub fn is_removed(&self) -> bool {
        self.since == NEVER
    }
}

fn find(sobject: &SObject, name: &str) -> Result<usize, String> {
    sobject.field(name).map(|field| field.index).ok_or_else(|| format!("no field {name}"))
}

fn add_fields(sobject: &mut SObject, new: &NewField) -> Result<(), String> {
    let like = find(sobject, &new.like)?;
    let count = new.count.unwrap_or(1);
    if sobject.fields.len() + count > MOST_FIELDS {
        return Err(format!("an sObject has at most {MOST_FIELDS} fields"));
    }
    for number in 1..=count {
        let mut field = sobject.fields[like].clone();
        field.index = sobject.fields.len();
        field.name = new.name.replace('#', &number.to_string());
        field.label =
            new.label.clone().unwrap_or_else(|| field.name.trim_end_matches("__c").replace('_', " "));
        field.salt = salt(&field.name);
        field.custom = is_custom(&field.name);
        // Nobody was granted rights on it, and no index knows it.
        (field.permissionable, field.name_field) = (false, false);
        (field.unique, field.external_id, field.id_lookup) = (false, false, false);
        if field.kind == FieldKind::Reference {
            field.relationship_name = Some(default_relationship(&field.name));
            field.child_relationship_name = None;
        }
        if let Some(text) = &new.formula {
            Formula::parse(text).map_err(|error| format!("{}: {error}", field.name))?;
            field.make_formula(text);
            field.permissionable = false;
        }
        let at = field.index;
        sobject.fields.push(field);
        list(sobject, at)?;
    }
    Ok(())
}

fn retype(field: &mut Field, new: &NewType) -> Result<(), String> {
    let origin = field.clone();
    if let Some(kind) = &new.kind {
        field.kind = FieldKind::parse(kind).ok_or_else(|| format!("no type {kind}"))?;
    }
    if !field.kind.is_text() {
        field.length = 0;
    }
    field.length = new.length.unwrap_or(field.length);
    field.precision = new.precision.unwrap_or(field.precision);
    field.scale = new.scale.unwrap_or(field.scale);
    if field.kind != origin.kind {
        field.picklist.clear();
        (field.restricted, field.controller) = (false, None);
        field.settle_abilities();
        let first = origin.origin.clone().unwrap_or_else(|| Box::new(origin));
        field.origin = Some(first);
    }
    Ok(())
}

/// Lets a field be found by its names.
fn list(sobject: &mut SObject, at: usize) -> Result<(), String> {
    let field = &sobject.fields[at];
    if sobject.field(&field.name).is_some() {
        return Err(format!("{} has a field {} already", sobject.name, field.name));
    }
    let (name, relationship) = (field.name.clone(), field.relationship_name.clone());
    sobject.fields_by_name.insert(name.to_ascii_lowercase(), at);
    sobject.fields_by_name.insert(name, at);
    if let Some(relationship) = relationship {
        sobject.fields_by_relationship.insert(relationship.to_ascii_lowercase(), at);
        sobject.fields_by_relationship.insert(relationship, at);
    }
    Ok(())
}

fn unlist(sobject: &mut SObject, at: usize) {
    sobject.fields_by_name.retain(|_, known| *known != at);
    sobject.fields_by_relationship.retain(|_, known| *known != at);
}

/// Returns a value as a field of another type holds it, as far as it can (Salesforce Help, Notes on Changing Custom Field
/// Types).
pub(crate) fn convert(value: Value<'_>, field: &Field) -> Value<'static> {
    match field.kind {
        kind if kind.is_text() => {
            let text = text_of(&value).unwrap_or_default();
            let length = if field.length == 0 { usize::MAX } else { field.length as usize };
            Value::owned_text(text.chars().take(length).collect())
        }
        FieldKind::Int => match value {
            Value::Int(value) => Value::Int(value),
            Value::Number(value) => value.trunc().to_i64().map_or(Value::Null, Value::Int),
            Value::Text(text) => text.trim().parse().map_or(Value::Null, Value::Int),
            _ => Value::Null,
        },
        kind if kind.is_decimal() => match value {
            Value::Int(value) => Value::Number(value.into()),
            Value::Number(value) => Value::Number(value.round_dp(u32::from(field.scale))),
            Value::Text(text) => text.trim().parse().map_or(Value::Null, Value::Number),
            _ => Value::Null,
        },
        FieldKind::Boolean => Value::Bool(value == Value::Bool(true)),
        FieldKind::Date => match value {
            Value::Date(date) => Value::Date(date),
            Value::DateTime(ms) => chrono::DateTime::from_timestamp_millis(ms)
                .map_or(Value::Null, |instant| Value::Date(instant.date_naive())),
            _ => Value::Null,
        },
        FieldKind::DateTime => match value {
            Value::DateTime(ms) => Value::DateTime(ms),
            Value::Date(date) => date
                .and_hms_opt(0, 0, 0)
                .map_or(Value::Null, |at| Value::DateTime(at.and_utc().timestamp_millis())),
            _ => Value::Null,
        },
        _ => value.into_owned(),
    }
}

fn text_of(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone().into_owned()),
        Value::Id(id) => Some(id.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.normalize().to_string()),
        Value::Date(date) => Some(date.to_string()),
        Value::DateTime(ms) => {
            chrono::DateTime::from_timestamp_millis(*ms).map(|instant| instant.to_rfc3339())
        }
        Value::Null | Value::Time(_) | Value::Blob(_) => None,
    }
}
