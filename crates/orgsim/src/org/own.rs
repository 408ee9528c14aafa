//! Records that the org itself keeps, such as its logs.

use crate::id::RecordId;
use crate::org::Org;
use crate::org::statuses::Statuses;
use crate::org::write::{new_record, purge_at};
use crate::overlay::Overlay;
use crate::schema::{SObject, Schema};
use crate::value::Value;

/// What the org writes down while others write: who signs in must not wait for them.
const LOGS: [&str; 3] = ["AuthSession", "LoginHistory", "OauthToken"];

/// Lets the logs grow while transactions run.
pub(super) fn share_log_numbers(schema: &Schema, overlay: &mut Overlay) {
    for sobject in LOGS.iter().filter_map(|name| schema.find(name)) {
        overlay.table_mut(sobject).share_numbers();
    }
}

impl Org {
    /// Adds a record in the name of the org. None if the schema lacks the sObject.
    pub(crate) fn add_own(
        &self,
        sobject: &str,
        values: &[(&str, Value<'static>)],
        now_ms: i64,
    ) -> Option<RecordId> {
        let sobject = self.schema().find(sobject)?;
        let by = self.main_author(now_ms).at_whole_second();
        let values = by_place(sobject, values);
        if !LOGS.contains(&sobject.name.as_str()) {
            return Some(self.insert_as(sobject, &values, by));
        }
        let patch = new_record(sobject, &values, &Statuses::default(), by);
        let number = self.change_own(|overlay| overlay.table_mut(sobject).push(patch));
        Some(self.inner.base.id(sobject, number))
    }

    /// Removes a record that the org itself keeps. Somebody else may have done so.
    pub(crate) fn purge_own(&self, sobject: &SObject, id: &RecordId) {
        let Some(row) = self.read().find(sobject, id) else { return };
        self.change_own(|overlay| {
            if overlay.table(sobject).contains(row.number) {
                purge_at(overlay.table_mut(sobject), sobject, row.number);
            }
        });
    }

    /// Sets fields of a record without a trace of who did and when.
    pub(crate) fn set_quietly(&self, sobject: &str, id: &RecordId, values: &[(&str, Value<'static>)]) {
        let Some(sobject) = self.schema().find(sobject) else { return };
        let Some(row) = self.read().find(sobject, id) else { return };
        let values = by_place(sobject, values);
        self.change_own(|overlay| {
            let table = overlay.table_mut(sobject);
            if !table.contains(row.number) {
                return;
            }
            let patch = table.patch_mut(row.number);
            for (index, value) in &values {
                patch.set_value(&sobject.fields[*index], value.clone());
            }
        });
    }
}

/// Returns values by the places of their fields. Those of fields that there are not are left out.
pub(super) fn by_place(sobject: &SObject, values: &[(&str, Value<'static>)]) -> Vec<(usize, Value<'static>)> {
    values.iter().filter_map(|(name, value)| Some((sobject.field(name)?.index, value.clone()))).collect()
}
