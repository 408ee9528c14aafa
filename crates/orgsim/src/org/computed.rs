//! Records that are computed for one view, and lookups by the names that stand for their ids.

use super::{OrgView, Row};
use crate::overlay::Patch;
use crate::schema::{Field, SObject};
use crate::value::Value;

/// The values of a record by the names of their fields.
pub(crate) type ComputedRow = Vec<(&'static str, Value<'static>)>;

impl OrgView<'_> {
    /// Adds records that only this view has. No index knows them.
    ///
    /// Panics if the sObject has no such field: what is computed comes with the program.
    pub(crate) fn add_computed(&mut self, sobject: &SObject, rows: Vec<ComputedRow>) {
        let table = self.overlay.table_mut(sobject);
        for row in rows {
            let mut patch = Patch::of_written();
            for (name, value) in row {
                let field = sobject.field(name).unwrap_or_else(|| panic!("{} has no {name}", sobject.name));
                patch.set_value(field, value);
            }
            table.push(patch);
        }
    }

    /// Finds what a lookup of a record points to. `parent` is none where that differs from record to record.
    pub(crate) fn follow(
        &self,
        sobject: &SObject,
        row: &Row,
        lookup: &Field,
        parent: Option<&SObject>,
    ) -> Option<Row> {
        match self.value(sobject, row, lookup) {
            Value::Id(id) => {
                let parent = parent.or_else(|| self.schema().find_by_prefix(id.prefix()))?;
                self.find(parent, &id)
            }
            Value::Text(durable_id) => self.find_durable(parent?, &durable_id),
            _ => None,
        }
    }

    /// Returns what stands for a computed record in URLs; nothing for other records.
    pub(crate) fn computed_id(&self, sobject: &SObject, row: &Row) -> Option<String> {
        if !sobject.is_virtual {
            return None;
        }
        let field = sobject.field("DurableId").or_else(|| sobject.field("Id"))?;
        self.value(sobject, row, field).as_str().map(str::to_owned)
    }

    fn find_durable(&self, sobject: &SObject, durable_id: &str) -> Option<Row> {
        let field = sobject.field("DurableId")?;
        self.rows(sobject).find(|row| self.value(sobject, row, field).as_str() == Some(durable_id))
    }
}
