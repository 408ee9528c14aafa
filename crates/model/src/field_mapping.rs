//! Field mappings: which Salesforce field feeds which property.

use salesforce::describe::{FieldDescribe, SObjectDescribe};
use salesforce::{FieldName, FieldType, SObjectName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::property::{Entity, EntityName, Property, PropertyType};
use crate::property_value::PropertyValue;
use crate::text_enum::text_enums;
use crate::transform::{OtherValues, Transform};
use crate::{FieldMappingId, IntegrationId};

/// A Salesforce field that feeds a property. A property of an integration is fed by one field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldMapping {
    /// Its id.
    pub id: FieldMappingId,
    /// The integration.
    pub integration_id: IntegrationId,
    /// The entity.
    pub entity: EntityName,
    /// The name of one of its properties.
    pub property: String,
    /// The sObject whose records feed it.
    pub sobject: SObjectName,
    /// The field.
    pub field: FieldName,
    /// What becomes of its values on the way.
    pub transform: Transform,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A mapping that somebody wants.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct NewFieldMapping {
    /// The entity.
    pub entity: EntityName,
    /// The name of one of its properties.
    pub property: String,
    /// The sObject whose records feed it.
    pub sobject: SObjectName,
    /// The field.
    pub field: FieldName,
    /// What becomes of its values on the way.
    #[serde(default, skip_serializing_if = "Transform::is_none")]
    pub transform: Transform,
}

impl NewFieldMapping {
    /// Returns the fields that it reads, the first first.
    pub fn fields(&self) -> impl Iterator<Item = &FieldName> {
        std::iter::once(&self.field).chain(&self.transform.fallbacks)
    }
}

impl From<FieldMapping> for NewFieldMapping {
    fn from(mapping: FieldMapping) -> Self {
        let FieldMapping { entity, property, sobject, field, transform, .. } = mapping;
        Self { entity, property, sobject, field, transform }
    }
}

text_enums! {
    /// Why a mapping is suggested.
    SuggestionReason {
        /// The field has the property's name.
        Name = "name",
        /// The field has the property's label.
        Label = "label",
        /// The field is known to hold this in many orgs.
        Synonym = "synonym",
    }
}

/// A mapping that a person might want.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Suggestion {
    /// The entity.
    pub entity: EntityName,
    /// The property.
    pub property: &'static str,
    /// The sObject.
    pub sobject: SObjectName,
    /// The field.
    pub field: FieldName,
    /// How likely it is right, 1 to 100.
    pub score: u8,
    /// Why it is suggested.
    pub why: SuggestionReason,
}

const SCORE_NAME: u8 = 100;
const SCORE_LABEL: u8 = 90;
/// The first synonym; each later one is a little less likely.
const SCORE_SYNONYM: u8 = 85;
const STEP_SYNONYM: u8 = 5;
/// Taken off where the type only can be read as the property's, such as text for a link.
const COST_TYPE: u8 = 10;
/// Taken off for each sObject that is likelier to hold the entity.
const COST_SOBJECT: u8 = 5;

/// How well a field's type fits a property.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum TypeFit {
    /// It cannot feed it.
    None,
    /// It can: its values are among what the property may hold, or read as that.
    Convertible,
    /// It is of the same type.
    Exact,
}

/// Returns how well a field of a type fits a property.
pub fn fit_type(field_type: FieldType, property_type: PropertyType) -> TypeFit {
    use FieldType as F;
    use PropertyType as P;
    let is_text = matches!(
        field_type,
        F::String | F::Textarea | F::Picklist | F::Combobox | F::Multipicklist | F::Reference | F::Id
    );
    match (property_type, field_type) {
        (_, F::Base64 | F::Address | F::Location) => TypeFit::None,
        (P::Text, _) if is_text => TypeFit::Exact,
        (P::Text, _)
        | (P::Number, F::Currency)
        | (P::Currency, F::Double | F::Int | F::Long)
        | (P::DateTime, F::Date)
        | (P::Date, F::DateTime)
        | (P::Email | P::Phone | P::Url, F::String | F::Textarea) => TypeFit::Convertible,
        (P::Email, F::Email)
        | (P::Phone, F::Phone)
        | (P::Url, F::Url)
        | (P::Number, F::Int | F::Long | F::Double | F::Percent)
        | (P::Currency, F::Currency)
        | (P::Boolean, F::Boolean)
        | (P::Date, F::Date)
        | (P::DateTime, F::DateTime) => TypeFit::Exact,
        _ => TypeFit::None,
    }
}

/// Returns how well a field of a type fits a property once its values are transformed.
///
/// A list that takes the place of every value makes any field fit, such as a picklist of stages for whether a sale was won.
pub fn fit_transformed(field_type: FieldType, property_type: PropertyType, transform: &Transform) -> TypeFit {
    let is_opaque = matches!(field_type, FieldType::Base64 | FieldType::Address | FieldType::Location);
    let replaces_all = !transform.values.is_empty()
        && transform.others == OtherValues::LeaveEmpty
        && transform.values.iter().all(|pair| PropertyValue::parse(property_type, &pair.to).is_ok());
    match fit_type(field_type, property_type) {
        TypeFit::None if replaces_all && !is_opaque => TypeFit::Convertible,
        fit => fit,
    }
}

/// Suggests at most one mapping for each property that can be fed by these sObjects, in the order of the properties.
///
/// A property that no field matches by name, label or synonym gets none: a wrong suggestion costs more than a missing one.
pub fn suggest_mappings(describes: &[&SObjectDescribe]) -> Vec<Suggestion> {
    let mut suggestions = Vec::new();
    for entity in Entity::BUILT_IN {
        for property in entity.properties {
            let candidates =
                entity.sobjects_of(property).iter().zip(0_u8..).filter_map(|(sobject, place)| {
                    let describe = describes.iter().find(|describe| *describe.name() == **sobject)?;
                    Some(describe.fields.iter().filter_map(move |field| {
                        let (score, why) = score_field(field, property)?;
                        let score = score.saturating_sub(place * COST_SOBJECT).max(1);
                        Some((score, why, describe.name(), &field.name))
                    }))
                });
            let mut best: Option<(u8, SuggestionReason, &SObjectName, &FieldName)> = None;
            for candidate in candidates.flatten() {
                // Of equals the first stands earlier in the org.
                if best.is_none_or(|best| candidate.0 > best.0) {
                    best = Some(candidate);
                }
            }
            suggestions.extend(best.map(|(score, why, sobject, field)| Suggestion {
                entity: entity.name,
                property: property.name,
                sobject: sobject.clone(),
                field: field.clone(),
                score,
                why,
            }));
        }
    }
    suggestions
}

/// Returns how likely a field is meant to feed a property, 1 to 100, and why; `None` where it is not, or cannot.
pub fn score_field(field: &FieldDescribe, property: &Property) -> Option<(u8, SuggestionReason)> {
    let cost = match fit_type(field.field_type, property.property_type) {
        TypeFit::None => return None,
        TypeFit::Convertible => COST_TYPE,
        TypeFit::Exact => 0,
    };
    let (name, label) = (plain(field.name.as_str()), plain(&field.label));
    let (score, why) = if name == plain(property.name) {
        (SCORE_NAME, SuggestionReason::Name)
    } else if label == plain(property.label) {
        (SCORE_LABEL, SuggestionReason::Label)
    } else {
        let synonyms = property.synonyms.iter().map(|synonym| plain(synonym)).zip(0_u8..);
        let place = synonyms.into_iter().find(|(synonym, _)| *synonym == name || *synonym == label)?.1;
        (SCORE_SYNONYM - place * STEP_SYNONYM, SuggestionReason::Synonym)
    };
    Some((score - cost, why))
}

/// Returns a name without what orgs write differently: case, blanks, punctuation and the suffix of custom fields.
fn plain(name: &str) -> String {
    let name = name.strip_suffix("__c").unwrap_or(name);
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
