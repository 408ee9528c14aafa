//! Which values of a picklist records of a record type may have (Salesforce Help, Picklists and Record Types).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::Org;
use crate::id::RecordId;
use crate::schema::{Field, PicklistEntry, SObject};

/// The picklists that record types narrow. What is not here has all its values.
#[derive(Debug, Default)]
pub(super) struct NarrowedPicklists {
    by_type: RwLock<HashMap<RecordId, Arc<Picklists>>>,
}

/// Values by the place of their field.
type Values = HashMap<usize, Vec<String>>;

/// The picklists of one record type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Picklists {
    narrowed: Values,
}

impl Picklists {
    /// Returns whether records of the type may have a value, as far as the type has a say.
    pub(crate) fn offer(&self, field: &Field, value: &str) -> bool {
        self.narrowed.get(&field.index).is_none_or(|values| values.iter().any(|known| known == value))
    }

    /// Lists the values of a field that the type offers, in the order of the field.
    pub(crate) fn entries<'f>(&self, field: &'f Field) -> impl Iterator<Item = &'f PicklistEntry> {
        field.picklist.iter().filter(|entry| self.offer(field, &entry.value))
    }
}

impl Org {
    /// Says which values of a picklist records of a record type may have. The error says what is wrong.
    pub(crate) fn narrow_picklist(
        &self,
        sobject: &SObject,
        record_type: RecordId,
        field: &str,
        values: &[String],
    ) -> Result<(), String> {
        let known = sobject.field(field).filter(|field| !field.picklist.is_empty());
        let field = known.ok_or_else(|| format!("{} has no picklist {field}", sobject.name))?;
        let is_unknown = |value: &&String| field.picklist.iter().all(|entry| entry.value != **value);
        if let Some(unknown) = values.iter().find(is_unknown) {
            return Err(format!("{} has no value {unknown}", field.name));
        }
        let types = super::list_record_types(&self.read(), sobject);
        if types.iter().all(|known| known.id != record_type) {
            return Err(format!("{} has no record type {record_type}", sobject.name));
        }
        let mut by_type = self.inner.narrowed.by_type.write().unwrap_or_else(PoisonError::into_inner);
        let picklists = Arc::make_mut(by_type.entry(record_type).or_default());
        picklists.narrowed.insert(field.index, values.to_vec());
        Ok(())
    }

    /// Returns the picklists of a record type; all of all values for one that narrows none.
    pub(crate) fn picklists_of(&self, record_type: Option<RecordId>) -> Arc<Picklists> {
        let by_type = self.inner.narrowed.by_type.read().unwrap_or_else(PoisonError::into_inner);
        record_type.and_then(|id| by_type.get(&id).cloned()).unwrap_or_default()
    }
}
