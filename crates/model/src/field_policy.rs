//! How a rule treats fields beside its selection.

use salesforce::FieldName;
use serde::{Deserialize, Serialize};

use crate::FieldSelection;
use crate::text_enum::text_enums;

/// Formula fields are read again once a day.
const REFRESH_MS: u64 = 24 * 3_600 * 1_000;

text_enums! {
    /// What becomes of a field that the org has since the rule was made, or that its user can read since then.
    NewFields {
        /// It is copied.
        Add = "add",
        /// A person is told, and decides.
        Ask = "ask",
        /// It is left out.
        Ignore = "ignore",
    }
}

/// How a rule treats fields beside its selection.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct FieldPolicy {
    /// What becomes of new fields; `None` adds them to a rule that copies all fields and asks about them for any other.
    pub new_fields: Option<NewFields>,
    /// New fields that wait for a person, or are ignored, of a rule that copies all fields.
    pub held: Vec<FieldName>,
    /// Fields that change without a new `SystemModstamp`, beside those that the org declares as formulas and roll-ups.
    pub volatile: Vec<FieldName>,
    /// How often such fields are read again for all records.
    pub refresh_ms: u64,
}

impl Default for FieldPolicy {
    fn default() -> Self {
        Self { new_fields: None, held: Vec::new(), volatile: Vec::new(), refresh_ms: REFRESH_MS }
    }
}

impl FieldPolicy {
    /// Returns what becomes of new fields of a rule with this selection.
    pub fn new_fields_of(&self, selection: &FieldSelection) -> NewFields {
        self.new_fields.unwrap_or(match selection {
            FieldSelection::All => NewFields::Add,
            FieldSelection::Only(_) => NewFields::Ask,
        })
    }
}
