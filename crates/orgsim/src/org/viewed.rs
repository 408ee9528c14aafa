//! Records that a user has looked at.

use super::{Org, Row};
use crate::soql::ViewMark;
use crate::value::Value;

impl Org {
    /// Notes that records were viewed or referred to. This changes neither who modified them nor when.
    pub(crate) fn mark_viewed(&self, rows: &[Row], mark: ViewMark, now_ms: i64) {
        let fields: &[&str] = match mark {
            ViewMark::Viewed => &["LastViewedDate", "LastReferencedDate"],
            ViewMark::Referenced => &["LastReferencedDate"],
        };
        self.change(|overlay| {
            for row in rows {
                let sobject = &self.schema().sobjects()[row.sobject_index()];
                let table = overlay.table_mut(sobject);
                for field in fields.iter().filter_map(|name| sobject.field(name)) {
                    if table.contains(row.number) {
                        table.patch_mut(row.number).set_value(field, Value::DateTime(now_ms));
                    }
                }
            }
        });
    }
}
