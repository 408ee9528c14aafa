//! What administrators of an org do: fields come, go, come back and change their type; rights on fields and sObjects are
//! taken and given back.

use orgsim::value::Value;
use serde_json::{Value as Json, json};

use crate::dice::Dice;
use crate::org_side::OrgSide;

/// What administrators do, and what is done to an org's limits.
pub(crate) const DEEDS: [&str; 12] = [
    "allotment set",
    "limit used by others",
    "field hidden",
    "field shown",
    "sobject hidden",
    "sobject shown",
    "view all taken",
    "view all given",
    "field added",
    "field removed",
    "field restored",
    "field retyped",
];

/// Each change of a schema leaves the one before it in the simulated org's memory.
const MOST_SCHEMA_CHANGES: u64 = 3;

/// The fields of an org that may be hidden. A rule's filter looks at none of them.
const HIDEABLE: [&[(&str, &str)]; 2] = [
    &[
        ("Account", "Phone"),
        ("Account", "Site"),
        ("Account", "Rating"),
        ("Account", "NumberOfEmployees"),
        ("Product2", "Description"),
        ("Product2", "Family"),
    ],
    &[
        ("Milestone__c", "Due_Date__c"),
        ("Milestone__c", "Cost__c"),
        ("Project__c", "Budget__c"),
        ("Project__c", "Summary__c"),
        ("Pricebook2", "Description"),
    ],
];

/// The sObject whose records are private to who owns them, but for those who may view all.
pub(crate) const PRIVATE: &str = "Account";

/// Custom fields that nothing is computed from.
const REMOVABLE: [&str; 3] = ["Web_Page__c", "Coordinator_Email__c", "Kick_Off__c"];

/// Custom fields, and types that hold all of their values.
const WIDER: [(&str, &str); 3] =
    [("Weight__c", "string"), ("Hotline__c", "textarea"), ("Serial_Number__c", "string")];

/// What new fields are like.
const LIKE: [&str; 3] = ["Web_Page__c", "Budget__c", "Billable__c"];

/// The custom sObject whose fields change.
const CUSTOM: &str = "Project__c";

/// What administrators of an org have done so far.
#[derive(Debug, Default)]
pub(crate) struct Administered {
    removed: Vec<&'static str>,
    retyped: Vec<&'static str>,
    added: u64,
    schema_changes: u64,
}

/// Gives the connected user rights that can be taken one by one.
pub(crate) async fn give_rights(side: &OrgSide) {
    let objects: serde_json::Map<String, Json> =
        side.rules.iter().map(|rule| (rule.sobject.to_owned(), rights_on(side, rule.sobject))).collect();
    let permissions = json!({"ModifyAllData": false, "ViewAllData": false, "ViewAllFieldsGlobal": false});
    let defaults = json!({ PRIVATE: "Private" });
    let rights = json!({ "permissions": permissions, "objects": objects, "org_wide_defaults": defaults });
    change_rights(side, rights).await;
}

/// All rights on an sObject, but for those on records of others where they are taken.
fn rights_on(side: &OrgSide, sobject: &str) -> Json {
    match side.sees_own_only && sobject == PRIVATE {
        true => json!(["read", "create", "edit", "delete"]),
        false => json!(["read", "create", "edit", "delete", "view_all", "modify_all"]),
    }
}

/// Gives half of the private records to somebody else. The connected user has no role, so that nobody's is below it.
pub(crate) fn share_out(side: &OrgSide) {
    let (own, others) = (side.org.simulator.org().user_id(), side.org.ids("User"));
    let Some(other) = others.into_iter().find(|id| *id != own) else { return };
    side.org.update("User", &own, &[("UserRoleId", Value::Null)]);
    for (at, id) in side.org.ids(PRIVATE).iter().enumerate() {
        let owner = if at % 2 == 0 { own } else { other };
        side.org.update(PRIVATE, id, &[("OwnerId", Value::Id(owner))]);
    }
}

/// Takes the right to see the records of others, or gives it back. Says which, where it was not so before.
pub(crate) async fn change_sight(side: &mut OrgSide, sees_own_only: bool) -> Option<&'static str> {
    if side.sees_own_only == sees_own_only || side.hidden.contains_key(&(PRIVATE, "")) {
        return None;
    }
    side.sees_own_only = sees_own_only;
    change_rights(side, json!({"objects": {PRIVATE: rights_on(side, PRIVATE)}})).await;
    Some(if sees_own_only { "view all taken" } else { "view all given" })
}

/// Lets administrators do something. Says what, where there was anything to do.
pub(crate) async fn administer(side: &mut OrgSide, dice: &Dice, moment: u64) -> Option<&'static str> {
    if side.rules.iter().any(|rule| rule.sobject == PRIVATE) && dice.happens(20) {
        return change_sight(side, !side.sees_own_only).await;
    }
    match dice.below(10) {
        0..3 => hide_field(side, dice, moment).await,
        3..5 => show_field(side, dice).await,
        5 => hide_sobject(side, dice).await,
        6 => show_sobjects(side).await,
        _ => change_schema(side, dice).await,
    }
}

async fn hide_field(side: &mut OrgSide, dice: &Dice, moment: u64) -> Option<&'static str> {
    let (sobject, field) = *dice.pick(HIDEABLE[side.place])?;
    if side.is_hidden(sobject, field) {
        return None;
    }
    set_field_right(side, sobject, field, "none").await;
    side.touch(sobject, field);
    side.hidden.insert((sobject, field), moment);
    Some("field hidden")
}

async fn show_field(side: &mut OrgSide, dice: &Dice) -> Option<&'static str> {
    let hidden: Vec<_> = side.hidden.keys().filter(|(_, field)| !field.is_empty()).copied().collect();
    let (sobject, field) = *dice.pick(&hidden)?;
    set_field_right(side, sobject, field, "edit").await;
    side.hidden.remove(&(sobject, field));
    Some("field shown")
}

/// Shows all fields again that were hidden. Returns how many.
pub(crate) async fn show_fields(side: &mut OrgSide) -> u64 {
    let hidden: Vec<_> = side.hidden.keys().filter(|(_, field)| !field.is_empty()).copied().collect();
    for (sobject, field) in &hidden {
        set_field_right(side, sobject, field, "edit").await;
        side.hidden.remove(&(*sobject, *field));
    }
    hidden.len() as u64
}

/// Brings all fields back that were removed. Returns how many.
pub(crate) async fn restore_fields(side: &mut OrgSide) -> u64 {
    let removed = std::mem::take(&mut side.administered.removed);
    for field in &removed {
        let change = json!({"op": "restore", "sobject": CUSTOM, "field": field});
        side.org.control("fields", &change.to_string()).await;
        side.touch(CUSTOM, field);
    }
    removed.len() as u64
}

async fn hide_sobject(side: &mut OrgSide, dice: &Dice) -> Option<&'static str> {
    let sobject = dice.pick(&side.rules)?.sobject;
    if side.hidden.insert((sobject, ""), 0).is_some() {
        return None;
    }
    change_rights(side, json!({"objects": {sobject: []}})).await;
    Some("sobject hidden")
}

/// Shows all sObjects again that were hidden.
pub(crate) async fn show_sobjects(side: &mut OrgSide) -> Option<&'static str> {
    let hidden: Vec<_> = side.hidden.keys().filter(|(_, field)| field.is_empty()).copied().collect();
    for (sobject, _) in &hidden {
        change_rights(side, json!({"objects": {*sobject: rights_on(side, sobject)}})).await;
        side.hidden.remove(&(sobject, ""));
    }
    (!hidden.is_empty()).then_some("sobject shown")
}

async fn change_schema(side: &mut OrgSide, dice: &Dice) -> Option<&'static str> {
    if side.administered.schema_changes >= MOST_SCHEMA_CHANGES
        || !side.rules.iter().any(|rule| rule.sobject == CUSTOM)
    {
        return None;
    }
    let (change, what, field) = match dice.below(4) {
        0 => {
            side.administered.added += 1;
            let name = format!("Extra_{}__c", side.administered.added);
            let like = *dice.pick(&LIKE)?;
            (json!({"op": "add", "field": name, "like": like}), "field added", name)
        }
        1 if !side.administered.removed.is_empty() => {
            let field = side.administered.removed.remove(0);
            (json!({"op": "restore", "field": field}), "field restored", field.to_owned())
        }
        2 => {
            let (field, kind) = *dice.pick(&WIDER)?;
            if side.administered.retyped.contains(&field) {
                return None;
            }
            side.administered.retyped.push(field);
            let change =
                json!({"op": "change", "field": field, "type": kind, "length": 255, "convert": true});
            (change, "field retyped", field.to_owned())
        }
        _ => {
            let field = *dice.pick(&REMOVABLE)?;
            if side.administered.removed.contains(&field) {
                return None;
            }
            side.administered.removed.push(field);
            (json!({"op": "remove", "field": field}), "field removed", field.to_owned())
        }
    };
    let mut change = change;
    change["sobject"] = json!(CUSTOM);
    side.org.control("fields", &change.to_string()).await;
    side.administered.schema_changes += 1;
    side.touch(CUSTOM, &field);
    Some(what)
}

async fn set_field_right(side: &OrgSide, sobject: &str, field: &str, right: &str) {
    change_rights(side, json!({"fields": {format!("{sobject}.{field}"): right}})).await;
}

async fn change_rights(side: &OrgSide, mut change: Json) {
    change["user"] = json!(side.org.simulator.start_line().username);
    side.org.control("rights", &change.to_string()).await;
}
