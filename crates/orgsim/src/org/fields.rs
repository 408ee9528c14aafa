//! Changes of fields while the org runs.

use std::sync::PoisonError;

use super::{Org, RightsChange};
use crate::schema::change::{FieldChange, Granted, Op};
use crate::value::Value;

impl Org {
    /// Changes what fields or sObjects there are, or says why that cannot be. Records keep their values.
    pub(crate) fn change_fields(&self, change: &FieldChange, now_ms: i64) -> Result<(), String> {
        let writer = self.lock_writer();
        self.refuse_used(change)?;
        self.inner.schemas.write().unwrap_or_else(PoisonError::into_inner).change(change)?;
        self.inner.rights.forget();
        if let Some(streams) = self.inner.streams.get() {
            streams.set_schema(self.inner.schemas().all());
        }
        drop(writer);
        if let (Op::Add, Some(field)) = (change.op, &change.field) {
            self.grant_field(&change.sobject, field, change.grant, now_ms);
        }
        Ok(())
    }

    /// A field that a validation rule names stays.
    fn refuse_used(&self, change: &FieldChange) -> Result<(), String> {
        let (Op::Remove | Op::Rename, Some(field)) = (change.op, &change.field) else { return Ok(()) };
        let field = field.to_ascii_lowercase();
        let rules = self.validation_rules();
        let names = |rule: &super::ValidationRule| {
            rule.sobject.eq_ignore_ascii_case(&change.sobject)
                && rule.condition.to_ascii_lowercase().contains(&field)
        };
        match rules.iter().find(|rule| names(rule)) {
            Some(rule) => Err(format!("the validation rule {} names it", rule.name)),
            None => Ok(()),
        }
    }

    /// Grants a new field to all profiles, which see none of it before (Salesforce Help, Field-Level Security).
    fn grant_field(&self, sobject: &str, field: &str, grant: Granted, now_ms: i64) {
        if grant == Granted::None {
            return;
        }
        let schema = self.schema();
        let found = schema.find(sobject).and_then(|sobject| Some((sobject, sobject.field(field)?.index)));
        let (Some((sobject, field)), Some(sets)) = (found, schema.find("PermissionSet")) else { return };
        let owned: Vec<_> = {
            let view = self.read();
            let is_owned = sets.field("IsOwnedByProfile");
            let owned = view.rows(sets).filter(|row| {
                view.exists(row)
                    && is_owned.is_some_and(|field| view.value(sets, row, field) == Value::Bool(true))
            });
            owned.map(|row| view.id(&row)).collect()
        };
        let change = RightsChange {
            fields: vec![(sobject, field, Some(grant == Granted::Edit))],
            ..RightsChange::default()
        };
        owned.into_iter().for_each(|set| self.change_rights_of_set(set, &change, now_ms));
    }
}
