//! What an administrator has set up beyond the schema: validation rules, duplicate rules, and switches.

use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use super::duplicates::{self, DuplicateAction, DuplicateRule};
use super::locks::Lock;
use super::validation::{self, ValidationRule};
use crate::formula::Formula;
use crate::org::Org;
use crate::schema::SObject;

/// The rules of an org.
#[derive(Debug)]
pub(super) struct Rules {
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    validation: Vec<Arc<ValidationRule>>,
    duplicates: [DuplicateRule; 3],
    switches: DataSwitches,
    locks: Vec<Lock>,
}

/// The switches of writing; all are off at first.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DataSwitches {
    /// New records may say who created them when (Salesforce Help, Set Audit Fields upon Record Creation).
    #[serde(default)]
    pub(crate) set_audit_fields: bool,
}

impl Default for Rules {
    fn default() -> Self {
        let state = State {
            validation: validation::standard().into_iter().map(Arc::new).collect(),
            duplicates: duplicates::STANDARD,
            switches: DataSwitches::default(),
            locks: Vec::new(),
        };
        Self { state: RwLock::new(state) }
    }
}

impl Rules {
    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, write: impl FnOnce(&mut State) -> T) -> T {
        write(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lists the validation rules of an sObject.
    pub(super) fn validation_of(&self, sobject: &SObject) -> Vec<Arc<ValidationRule>> {
        self.read(|state| {
            state.validation.iter().filter(|rule| rule.sobject == sobject.name).cloned().collect()
        })
    }

    pub(super) fn duplicates(&self) -> [DuplicateRule; 3] {
        self.read(|state| state.duplicates)
    }

    pub(super) fn switches(&self) -> DataSwitches {
        self.read(|state| state.switches)
    }

    /// Lists the locks that hold at an instant.
    pub(super) fn locks(&self, now_ms: i64) -> Vec<Lock> {
        self.read(|state| state.locks.iter().filter(|lock| lock.holds(now_ms)).copied().collect())
    }
}

impl Org {
    /// Lists the validation rules.
    pub(crate) fn validation_rules(&self) -> Vec<Arc<ValidationRule>> {
        self.inner.rules.read(|state| state.validation.clone())
    }

    /// Adds a validation rule, in the place of one of the same name. The error says what is wrong with it.
    pub(crate) fn add_validation_rule(&self, mut rule: ValidationRule) -> Result<(), String> {
        let sobject = self.schema().find(&rule.sobject);
        let sobject = sobject.ok_or_else(|| format!("there is no sObject {}", rule.sobject))?;
        rule.sobject.clone_from(&sobject.name);
        if let Some(name) = &rule.field {
            let field = sobject.field(name).ok_or_else(|| format!("there is no field {name}"))?;
            rule.field = Some(field.name.clone());
        }
        let formula = Formula::parse(&rule.condition)?;
        if let Some(unknown) = formula.find_unknown(self.schema(), sobject) {
            return Err(format!("Field {unknown} does not exist. Check spelling."));
        }
        rule.formula = Some(formula);
        self.inner.rules.write(|state| {
            state.validation.retain(|known| !known.is_called(&rule.sobject, &rule.name));
            state.validation.push(Arc::new(rule));
        });
        Ok(())
    }

    /// Takes a validation rule away. Answers false if there is no such rule.
    pub(crate) fn remove_validation_rule(&self, sobject: &str, name: &str) -> bool {
        self.inner.rules.write(|state| {
            let before = state.validation.len();
            state.validation.retain(|known| !known.is_called(sobject, name));
            state.validation.len() < before
        })
    }

    /// Lists the duplicate rules.
    pub(crate) fn duplicate_rules(&self) -> [DuplicateRule; 3] {
        self.inner.rules.duplicates()
    }

    /// Says what the duplicate rule of an sObject does. Answers false if it has none.
    pub(crate) fn set_duplicate_action(&self, sobject: &str, action: DuplicateAction) -> bool {
        self.inner.rules.write(|state| {
            let rule = state.duplicates.iter_mut().find(|rule| rule.sobject.eq_ignore_ascii_case(sobject));
            rule.map(|rule| rule.action = action).is_some()
        })
    }

    /// Returns the switches of writing.
    pub(crate) fn data_switches(&self) -> DataSwitches {
        self.inner.rules.switches()
    }

    /// Changes the switches of writing.
    pub(crate) fn set_data_switches(&self, switches: DataSwitches) {
        self.inner.rules.write(|state| state.switches = switches);
    }

    /// Locks records, or one that is locked otherwise.
    pub(crate) fn lock_records(&self, locks: impl Iterator<Item = Lock>) {
        self.inner.rules.write(|state| state.locks.extend(locks));
    }

    /// Lists the locks that hold.
    pub(crate) fn locks(&self, now_ms: i64) -> Vec<Lock> {
        self.inner.rules.locks(now_ms)
    }

    /// Takes all locks away.
    pub(crate) fn unlock_records(&self) {
        self.inner.rules.write(|state| state.locks.clear());
    }
}
