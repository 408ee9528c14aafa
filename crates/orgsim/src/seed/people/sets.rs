//! Permission sets, and a group of them.

use super::super::Planter;
use crate::id::RecordId;
use crate::value::Value;

pub(super) fn plant(planter: &Planter<'_>) {
    let reporting =
        plant_set(planter, "Reporting", "Reporting", &["RunReports", "ExportReport", "ScheduleReports"]);
    let records =
        plant_set(planter, "Read_All_Records", "Read All Records", &["ViewAllData", "QueryAllFiles"]);
    plant_set(planter, "Event_Log_Files", "Event Log Files", &["ApiEnabled", "ViewEventLogFiles"]);
    plant_set(planter, "Hard_Delete", "Hard Delete", &["BulkApiHardDelete"]);
    plant_group(planter, &[reporting, records]);
}

fn plant_set(
    planter: &Planter<'_>,
    name: &'static str,
    label: &'static str,
    permissions: &[&str],
) -> RecordId {
    let names: Vec<String> = permissions.iter().map(|name| format!("Permissions{name}")).collect();
    let mut values = vec![("Name", Value::text(name)), ("Label", Value::text(label))];
    values.extend(names.iter().map(|name| (name.as_str(), Value::Bool(true))));
    planter.plant("PermissionSet", &values)
}

/// Plants a group whose members grant to export reports, which it mutes.
fn plant_group(planter: &Planter<'_>, members: &[RecordId]) {
    let group = planter.plant(
        "PermissionSetGroup",
        &[
            ("DeveloperName", Value::text("Auditors")),
            ("MasterLabel", Value::text("Auditors")),
            ("Description", Value::text("Reads everything and exports nothing")),
        ],
    );
    let muting = planter.plant(
        "MutingPermissionSet",
        &[
            ("DeveloperName", Value::text("Auditors_Muted")),
            ("MasterLabel", Value::text("Auditors Muted")),
            ("PermissionsExportReport", Value::Bool(true)),
        ],
    );
    for member in members.iter().chain([&muting]) {
        let values = [("PermissionSetGroupId", Value::Id(group)), ("PermissionSetId", Value::Id(*member))];
        planter.plant("PermissionSetGroupComponent", &values);
    }
    planter.plant(
        "PermissionSet",
        &[
            ("Name", Value::text("Auditors")),
            ("Label", Value::text("Auditors")),
            ("Type", Value::text("Group")),
            ("PermissionSetGroupId", Value::Id(group)),
            ("PermissionsRunReports", Value::Bool(true)),
            ("PermissionsScheduleReports", Value::Bool(true)),
            ("PermissionsViewAllData", Value::Bool(true)),
            ("PermissionsQueryAllFiles", Value::Bool(true)),
        ],
    );
}
