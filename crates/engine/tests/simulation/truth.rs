//! What an org holds, as its queries see it now.

use std::collections::BTreeMap;

use orgsim::org::{OrgView, Row};
use orgsim::schema::SObject;
use orgsim::value::Value;

use crate::administrators::PRIVATE;
use crate::copied::{Cells, copied_fields, expected_cells, kept_rows};
use crate::org_side::OrgSide;
use crate::rules::Rule;

/// The cells of a record.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Held {
    /// Those that change with its stamp.
    pub(crate) cells: BTreeMap<String, String>,
    /// Those that change without.
    pub(crate) moving: BTreeMap<String, String>,
}

/// Changes with the day, and is read once a day.
const AGE: &str = "age_days__c";

/// Whether and why a record belongs into the copy of a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Presence {
    /// It does, with these cells of fields that may be read.
    InScope(Held),
    /// The filter does not keep it.
    Filtered,
    /// It is in the recycle bin, merged into another perhaps.
    Deleted { merged_into: Option<String> },
    /// It is gone for good.
    Purged,
    /// The connected user may not see records of its kind.
    Hidden,
    /// It belongs to somebody whose records the connected user may not see.
    OutOfSight,
}

/// The records of a rule that are in scope.
pub(crate) fn records_in_scope(side: &OrgSide, rule: &Rule) -> Cells {
    let view = side.org.simulator.org().read_visible();
    let sobject = side.org.sobject(rule.sobject);
    let fields = copied_fields(sobject, rule);
    let rows = kept_rows(&side.org, &view, rule);
    let mut cells: Cells = rows
        .iter()
        .map(|row| (view.id(row).to_string(), expected_cells(&view, sobject, row, &fields)))
        .collect();
    for row in cells.values_mut() {
        row.retain(|name, _| name != AGE && !side.is_hidden(rule.sobject, name));
    }
    cells
}

/// The presence of every record that there is or was.
pub(crate) fn presences(
    side: &OrgSide,
    rule: &Rule,
    known: impl Iterator<Item = String>,
) -> BTreeMap<String, Presence> {
    let view = side.org.simulator.org().read_visible();
    let sobject = side.org.sobject(rule.sobject);
    let is_hidden = side.hidden.contains_key(&(rule.sobject, ""));
    let mut found: BTreeMap<String, Presence> = known.map(|id| (id, Presence::Purged)).collect();
    for row in view.rows(sobject) {
        let presence = match is_hidden {
            true => Presence::Hidden,
            false if is_out_of_sight(side, &view, sobject, &row) => Presence::OutOfSight,
            false => presence_out_of_scope(&view, sobject, &row),
        };
        found.insert(view.id(&row).to_string(), presence);
    }
    if !is_hidden {
        let mut in_scope = records_in_scope(side, rule);
        in_scope.retain(|id, _| found.get(id) != Some(&Presence::OutOfSight));
        found.extend(in_scope.into_iter().map(|(id, cells)| {
            let (moving, cells) = cells.into_iter().partition(|(column, _)| side.is_moving(sobject, column));
            (id, Presence::InScope(Held { cells, moving }))
        }));
    }
    found
}

fn is_out_of_sight(side: &OrgSide, view: &OrgView<'_>, sobject: &SObject, row: &Row) -> bool {
    if !side.sees_own_only || sobject.name != PRIVATE {
        return false;
    }
    let owner = view.value(sobject, row, sobject.field("OwnerId").expect("private records have owners"));
    owner != Value::Id(side.org.simulator.org().user_id())
}

fn presence_out_of_scope(view: &OrgView<'_>, sobject: &SObject, row: &Row) -> Presence {
    if !view.is_deleted(row) {
        return Presence::Filtered;
    }
    let winner = sobject.field("MasterRecordId").map(|field| view.value(sobject, row, field));
    let merged_into = match winner {
        Some(Value::Id(id)) => Some(id.to_string()),
        _ => None,
    };
    Presence::Deleted { merged_into }
}
