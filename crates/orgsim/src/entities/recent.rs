//! RecentlyViewed.

use super::{Asker, text};
use crate::org::{ComputedRow, OrgView};
use crate::value::Value;

/// The fields that are those of the records themselves.
const COPIED: [&str; 11] = [
    "LastName",
    "FirstName",
    "Alias",
    "UserRoleId",
    "RecordTypeId",
    "IsActive",
    "ProfileId",
    "Title",
    "Email",
    "Phone",
    "LastReferencedDate",
];

/// Lists what the running user used last, the last one first.
pub(super) fn rows(asker: &Asker<'_>, view: &OrgView<'_>) -> Vec<ComputedRow> {
    let recent = asker.app.recent.list(&asker.user_id).into_iter();
    let live = recent.filter(|(row, _)| view.exists(row) && !view.is_deleted(row));
    live.map(|(row, at_ms)| {
        let sobject = &view.schema().sobjects()[row.sobject_index()];
        let value = |name: &str| {
            sobject.field(name).map_or(Value::Null, |field| view.value(sobject, &row, field).into_owned())
        };
        let name =
            sobject.name_field().map_or(Value::Null, |field| view.value(sobject, &row, field).into_owned());
        let mut computed = vec![
            ("Id", Value::Id(view.id(&row))),
            ("Type", text(&sobject.name)),
            ("Name", name),
            ("LastViewedDate", Value::DateTime(at_ms)),
        ];
        computed.extend(COPIED.map(|name| (name, value(name))));
        computed
    })
    .collect()
}
