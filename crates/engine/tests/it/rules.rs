//! Which records and fields of an sObject a test copies, for the engine and for what the copy is compared with.

use engine::{FieldPolicyChange, RuleRequest};
use model::{FieldSelection, Filter};

/// A sync rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) sobject: &'static str,
    /// A SOQL condition.
    pub(crate) condition: Option<&'static str>,
    /// The fields, where not all are copied.
    pub(crate) fields: Option<&'static [&'static str]>,
}

/// All fields of all records.
pub(crate) const fn all(sobject: &'static str) -> Rule {
    Rule { sobject, condition: None, fields: None }
}

impl Rule {
    /// The same for records that a condition keeps.
    pub(crate) const fn only(self, condition: &'static str) -> Self {
        Self { condition: Some(condition), ..self }
    }

    /// The same for some fields.
    pub(crate) const fn fields(self, fields: &'static [&'static str]) -> Self {
        Self { fields: Some(fields), ..self }
    }

    pub(crate) fn request(&self) -> RuleRequest {
        let fields = self.fields.map(|names| names.iter().map(|name| name.parse().unwrap()).collect());
        RuleRequest {
            sobject: self.sobject.parse().unwrap(),
            filter: self.condition.map(|condition| Filter::parse(condition).unwrap()),
            fields: fields.map_or(FieldSelection::All, FieldSelection::Only),
            cadence: None,
            policy: FieldPolicyChange::default(),
        }
    }
}
