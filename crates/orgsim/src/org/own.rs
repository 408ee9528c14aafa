//! Records that the org itself keeps, such as its logs.

use crate::id::RecordId;
use crate::org::Org;
use crate::schema::SObject;
use crate::value::Value;

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
        Some(self.insert_as(sobject, &by_place(sobject, values), by))
    }

    /// Sets fields of a record without a trace of who did and when.
    pub(crate) fn set_quietly(&self, sobject: &str, id: &RecordId, values: &[(&str, Value<'static>)]) {
        let Some(sobject) = self.schema().find(sobject) else { return };
        let Some(row) = self.read().find(sobject, id) else { return };
        let values = by_place(sobject, values);
        self.change(|overlay| {
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
