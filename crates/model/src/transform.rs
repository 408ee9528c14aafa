//! What becomes of a field's values on their way to a property.
//!
//! A transform is data, and the list of what it can do is short, so that a person can read it and every value can be shown
//! before and after. The order is fixed: the first field with a value, trim, lower case, the list of values, the default,
//! and last the property's type.

use salesforce::FieldName;
use serde::{Deserialize, Serialize};

use crate::text_enum::text_enums;
use crate::{PropertyType, PropertyValue, Unfit};

/// What becomes of the values of a mapping's field. The usual one does nothing.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Transform {
    /// Fields of the same record that are asked in turn while those before them are empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<FieldName>,
    /// Whether blanks around a value are taken off, and several within it become one.
    #[serde(skip_serializing_if = "is_off")]
    pub trim: bool,
    /// Whether a value is written in lower case.
    #[serde(skip_serializing_if = "is_off")]
    pub lower: bool,
    /// Values that others take the place of. Case does not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValuePair>,
    /// What becomes of values that are not in the list.
    #[serde(skip_serializing_if = "OtherValues::is_usual")]
    pub others: OtherValues,
    /// What a property gets that would be empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// A value, and the one that takes its place.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ValuePair {
    /// As it stands in Salesforce.
    pub from: String,
    /// As the property has it.
    pub to: String,
}

text_enums! {
    /// What becomes of a value that is not in the list of values.
    #[derive(Default)]
    OtherValues {
        /// It stays as it is.
        #[default]
        Keep = "keep",
        /// The property stays empty, or gets the default.
        LeaveEmpty = "leave_empty",
    }
}

impl OtherValues {
    fn is_usual(&self) -> bool {
        *self == Self::Keep
    }
}

/// A transform makes no sense.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TransformError {
    /// It names too many fields.
    #[error("a property takes the first value of {} fields at most", Transform::MAX_FALLBACKS + 1)]
    TooManyFallbacks,
    /// It names a field twice.
    #[error("the field {0} is named twice")]
    FallbackRepeated(FieldName),
    /// Its list is too long.
    #[error("a list has {} values at most", Transform::MAX_VALUES)]
    TooManyValues,
    /// A value of its list is empty or too long.
    #[error("a value of the list has 1 to {} characters", Transform::MAX_TEXT)]
    ValueLength,
    /// A value stands in the list twice.
    #[error("the value \"{0}\" stands in the list twice")]
    ValueRepeated(String),
    /// What a value becomes is none of the property's type.
    #[error("\"{text}\" cannot be a value of this property: {unfit}")]
    Unfit {
        /// The text.
        text: String,
        /// What it is not.
        unfit: Unfit,
    },
    /// The default is empty or too long.
    #[error("a default has 1 to {} characters", Transform::MAX_TEXT)]
    DefaultLength,
}

impl Transform {
    /// Fields that are asked after the first. More are a sign that the org wants a formula field.
    pub const MAX_FALLBACKS: usize = 5;
    /// Entries of a list of values: a picklist has no more (Salesforce Features and Edition Limits, Custom Fields).
    pub const MAX_VALUES: usize = 1_000;
    /// Characters of a value in a list, and of a default: a picklist value has no more.
    pub const MAX_TEXT: usize = 255;

    /// Returns whether it does nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Makes sure that it makes sense for a property of a type that this field feeds.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, field: &FieldName, property_type: PropertyType) -> Result<(), TransformError> {
        if self.fallbacks.len() > Self::MAX_FALLBACKS {
            return Err(TransformError::TooManyFallbacks);
        }
        for (at, fallback) in self.fallbacks.iter().enumerate() {
            if fallback == field || self.fallbacks[..at].contains(fallback) {
                return Err(TransformError::FallbackRepeated(fallback.clone()));
            }
        }
        if self.values.len() > Self::MAX_VALUES {
            return Err(TransformError::TooManyValues);
        }
        let mut known = std::collections::HashSet::new();
        for ValuePair { from, to } in &self.values {
            if !is_text(from) || !is_text(to) {
                return Err(TransformError::ValueLength);
            }
            if !known.insert(key(from)) {
                return Err(TransformError::ValueRepeated(from.clone()));
            }
            fits(property_type, to)?;
        }
        match &self.default {
            Some(default) if !is_text(default) => Err(TransformError::DefaultLength),
            Some(default) => fits(property_type, default),
            None => Ok(()),
        }
    }

    /// Returns a property's value for a record, from the values of its field and of the fallbacks in their order, as
    /// Salesforce writes them. A blank value is none.
    ///
    /// # Errors
    /// There is a value, and it is none of the property's type.
    pub fn apply(
        &self,
        values: &[Option<&str>],
        property_type: PropertyType,
    ) -> Result<Option<PropertyValue>, Unfit> {
        let first = values.iter().flatten().find(|value| !value.trim().is_empty());
        let shaped = first.and_then(|value| self.replace(self.write(value)));
        let text = shaped.or_else(|| self.default.clone());
        text.map(|text| PropertyValue::parse(property_type, &text)).transpose()
    }

    fn write(&self, value: &str) -> String {
        let value =
            if self.trim { value.split_whitespace().collect::<Vec<_>>().join(" ") } else { value.to_owned() };
        if self.lower { value.to_lowercase() } else { value }
    }

    fn replace(&self, value: String) -> Option<String> {
        if self.values.is_empty() {
            return Some(value);
        }
        let wanted = key(&value);
        match self.values.iter().find(|pair| key(&pair.from) == wanted) {
            Some(pair) => Some(pair.to.clone()),
            None => (self.others == OtherValues::Keep).then_some(value),
        }
    }
}

/// A value of a list as it is compared.
fn key(value: &str) -> String {
    value.trim().to_lowercase()
}

fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= Transform::MAX_TEXT
}

fn fits(property_type: PropertyType, text: &str) -> Result<(), TransformError> {
    match PropertyValue::parse(property_type, text) {
        Ok(_) => Ok(()),
        Err(unfit) => Err(TransformError::Unfit { text: text.to_owned(), unfit }),
    }
}

/// Whether a switch is off, for what is not written then.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_off(switch: &bool) -> bool {
    !*switch
}

#[cfg(test)]
mod tests;
