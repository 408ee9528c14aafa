//! Validation rules: conditions that no record may meet (Salesforce Help, Validation Rules).

use serde::{Deserialize, Serialize};

use crate::formula::{Blank, Formula, Scope};
use crate::org::{OrgView, Row, SaveError};
use crate::schema::SObject;
use crate::value::Value;

/// A validation rule.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValidationRule {
    pub(crate) sobject: String,
    pub(crate) name: String,
    /// The formula that is true for a record that must not be saved.
    pub(crate) condition: String,
    /// What the administrator tells who breaks it.
    pub(crate) message: String,
    /// The field it is told at; at the top of the page if there is none.
    #[serde(default)]
    pub(crate) field: Option<String>,
    #[serde(skip)]
    pub(super) formula: Option<Formula>,
}

/// The rules that the administrator of the org has made: sObject, name, condition, message, field.
const STANDARD: [[&str; 5]; 2] = [
    [
        "Opportunity",
        "Discount_In_Range",
        "OR(Discount__c < 0, Discount__c > 100)",
        "The discount must be between 0 and 100 percent.",
        "Discount__c",
    ],
    [
        "Project__c",
        "Completion_In_Range",
        "OR(Completion__c < 0, Completion__c > 100)",
        "A project cannot be less than 0% or more than 100% complete.",
        "Completion__c",
    ],
];

/// Returns the rules of a new org.
pub(super) fn standard() -> Vec<ValidationRule> {
    let rules = STANDARD.map(|[sobject, name, condition, message, field]| ValidationRule {
        sobject: sobject.to_owned(),
        name: name.to_owned(),
        condition: condition.to_owned(),
        message: message.to_owned(),
        field: Some(field.to_owned()),
        formula: Formula::parse(condition).ok(),
    });
    rules.into()
}

impl ValidationRule {
    pub(super) fn is_called(&self, sobject: &str, name: &str) -> bool {
        self.sobject.eq_ignore_ascii_case(sobject) && self.name.eq_ignore_ascii_case(name)
    }

    /// Says what is wrong with a record; `before` is the org before its change, unless it is new.
    pub(super) fn check<'org>(
        &self,
        view: &OrgView<'org>,
        before: Option<&OrgView<'org>>,
        sobject: &SObject,
        row: Row,
    ) -> Option<SaveError> {
        let scope = Scope { view, sobject, row, before, blank: Blank::Blank, depth: 0 };
        let is_broken = self.formula.as_ref()?.evaluate(&scope) == Value::Bool(true);
        let fields: Vec<&str> = self.field.as_deref().into_iter().collect();
        is_broken.then(|| {
            SaveError::of_fields("FIELD_CUSTOM_VALIDATION_EXCEPTION", self.message.as_str(), &fields)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::standard;
    use crate::schema::Schema;

    #[test]
    fn the_rules_of_a_new_org_name_what_there_is() {
        let schema = Schema::standard();
        for rule in standard() {
            let sobject = schema.find(&rule.sobject).unwrap();
            let formula = rule.formula.unwrap_or_else(|| panic!("{} cannot be read", rule.name));
            assert_eq!(formula.find_unknown(schema, sobject), None, "{}", rule.name);
            assert!(rule.field.is_none_or(|field| sobject.field(&field).is_some()), "{}", rule.name);
        }
    }
}
