//! Field mappings in a file of settings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::client::Failure;

/// A field mapping: `company.name` from `Account.Name`, and what becomes of its values on the way.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MappingSettings {
    pub(crate) property: String,
    pub(super) from: String,
    /// Fields of the same record that are asked while those before them are empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    first_of: Vec<String>,
    /// Whether blanks are taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trim: Option<bool>,
    /// Whether values are written in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lower: Option<bool>,
    /// What becomes of values that are not in the list: they stay, unless this says `leave_empty`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    other_values: Option<OtherValues>,
    /// What the property gets where it would be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    /// Values that others take the place of. A table, so it stands last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
enum OtherValues {
    #[default]
    Keep,
    LeaveEmpty,
}

/// A mapping as the server answers with it.
#[derive(Deserialize)]
pub(crate) struct MappingBody {
    entity: String,
    property: String,
    sobject: String,
    field: String,
    transform: TransformBody,
}

#[derive(Deserialize)]
struct TransformBody {
    fallbacks: Vec<String>,
    trim: bool,
    lower: bool,
    values: Vec<ValuePair>,
    others: OtherValues,
    default: Option<String>,
}

#[derive(Deserialize)]
struct ValuePair {
    from: String,
    to: String,
}

impl MappingSettings {
    /// The mapping as the server takes it.
    pub(crate) fn to_body(&self) -> Result<Json, Failure> {
        let unclear = |what: &str, text: &str, form: &str| {
            Failure::Unclear(format!("{text:?} is no {what}: write it as {form}."))
        };
        let (entity, property) = self
            .property
            .split_once('.')
            .ok_or_else(|| unclear("property", &self.property, "`company.name`"))?;
        let (sobject, field) =
            self.from.split_once('.').ok_or_else(|| unclear("field", &self.from, "`Account.Name`"))?;
        let values: Vec<_> = self.values.iter().map(|(from, to)| json!({ "from": from, "to": to })).collect();
        let transform = json!({
            "fallbacks": self.first_of,
            "trim": self.trim.unwrap_or_default(),
            "lower": self.lower.unwrap_or_default(),
            "values": values,
            "others": self.other_values.unwrap_or_default(),
            "default": self.default,
        });
        Ok(json!({
            "entity": entity, "property": property, "sobject": sobject, "field": field, "transform": transform,
        }))
    }

    /// The same with what says nothing left out, so that only what means something else is a difference.
    pub(super) fn plain(mut self) -> Self {
        self.trim = self.trim.filter(|on| *on);
        self.lower = self.lower.filter(|on| *on);
        self.other_values = self.other_values.filter(|others| *others != OtherValues::Keep);
        self
    }

    /// Where its values come from and what becomes of them, in a line.
    pub(crate) fn words(&self) -> String {
        let mut words = vec![self.from.clone()];
        if !self.first_of.is_empty() {
            words.push(format!("else {}", self.first_of.join(", ")));
        }
        words.extend(self.trim.filter(|on| *on).map(|_| "trimmed".to_owned()));
        words.extend(self.lower.filter(|on| *on).map(|_| "in lower case".to_owned()));
        if !self.values.is_empty() {
            let pairs: Vec<_> = self.values.iter().map(|(from, to)| format!("{from:?} -> {to:?}")).collect();
            let others = match self.other_values.unwrap_or_default() {
                OtherValues::Keep => "",
                OtherValues::LeaveEmpty => ", others empty",
            };
            words.push(format!("{}{others}", pairs.join(", ")));
        }
        words.extend(self.default.as_ref().map(|default| format!("default {default:?}")));
        words.join("; ")
    }
}

impl From<MappingBody> for MappingSettings {
    fn from(body: MappingBody) -> Self {
        let TransformBody { fallbacks, trim, lower, values, others, default } = body.transform;
        Self {
            property: format!("{}.{}", body.entity, body.property),
            from: format!("{}.{}", body.sobject, body.field),
            first_of: fallbacks,
            trim: Some(trim),
            lower: Some(lower),
            other_values: Some(others),
            default,
            values: values.into_iter().map(|pair| (pair.from, pair.to)).collect(),
        }
        .plain()
    }
}
