//! EntityDefinition.

use serde_json::json;

use super::{Asker, access, developer_name, durable_id, no_id, publisher_of, text};
use crate::describe::{RecordTypeInfo, list_record_type_infos};
use crate::org::{ComputedRow, OrgView};
use crate::rights::{OrgDefault, Rights};
use crate::schema::SObject;
use crate::value::Value;

/// Describes an sObject.
pub(super) fn row(asker: &Asker<'_>, view: &OrgView<'_>, rights: &Rights, sobject: &SObject) -> ComputedRow {
    let mut row = names(asker, view, rights, sobject);
    row.extend(flags(sobject).map(|(name, value)| (name, Value::Bool(value))));
    row.extend(pages(sobject));
    row
}

fn names(asker: &Asker<'_>, view: &OrgView<'_>, rights: &Rights, sobject: &SObject) -> ComputedRow {
    let prefix = sobject.key_prefix.map(|prefix| String::from_utf8_lossy(&prefix).into_owned());
    let sharing = sharing_model(rights, sobject);
    vec![
        ("Id", no_id()),
        ("DurableId", text(durable_id(sobject))),
        (
            "LastModifiedDate",
            if sobject.custom { Value::DateTime(asker.app.started_at) } else { Value::Null },
        ),
        ("LastModifiedById", if sobject.custom { Value::Id(asker.app.org.user_id()) } else { Value::Null }),
        ("QualifiedApiName", text(&sobject.name)),
        ("DeveloperName", text(developer_name(&sobject.name))),
        ("MasterLabel", text(&sobject.label)),
        ("Label", text(&sobject.label)),
        ("PluralLabel", text(&sobject.label_plural)),
        ("KeyPrefix", prefix.map_or(Value::Null, text)),
        ("DeploymentStatus", if sobject.custom { text("Deployed") } else { Value::Null }),
        ("RunningUserEntityAccessId", text(access::entity_id(sobject, &asker.user_id))),
        ("PublisherId", publisher_of(sobject.custom)),
        ("RecordTypesSupported", record_types(view, sobject)),
        ("InternalSharingModel", text(sharing)),
        ("ExternalSharingModel", text(if sharing == CONTROLLED { sharing } else { "Private" })),
    ]
}

/// What records of others are guarded by where those of their parents are.
const CONTROLLED: &str = "ControlledByParent";

/// Names the organization-wide default as set-up does (Tooling API, EntityDefinition).
fn sharing_model(rights: &Rights, sobject: &SObject) -> &'static str {
    if sobject.field("OwnerId").is_none() {
        return CONTROLLED;
    }
    match rights.sharing().of(sobject) {
        OrgDefault::Private => "Private",
        OrgDefault::Read => "Read",
        OrgDefault::Edit => "ReadWrite",
        OrgDefault::ControlledByParent => CONTROLLED,
    }
}

/// Lists the record types, the master one behind the others (Tooling API, RecordTypesSupported).
fn record_types(view: &OrgView<'_>, sobject: &SObject) -> Value<'static> {
    let infos: Vec<_> = match sobject.abilities.layoutable {
        true => list_record_type_infos(view, sobject).iter().map(RecordTypeInfo::to_json).collect(),
        false => Vec::new(),
    };
    super::complex(&json!({ "recordTypeInfos": infos }))
}

fn flags(sobject: &SObject) -> [(&'static str, bool); 25] {
    let can = &sobject.abilities;
    let is_business = can.layoutable && can.triggerable;
    [
        ("IsCustomizable", can.layoutable || sobject.custom),
        ("IsApexTriggerable", can.triggerable),
        ("IsWorkflowEnabled", is_business),
        ("IsProcessEnabled", is_business),
        ("IsFlsEnabled", sobject.fields.iter().any(|field| field.permissionable)),
        ("IsCompactLayoutable", can.layoutable),
        ("IsCustomSetting", false),
        ("IsDeprecatedAndHidden", false),
        ("IsReplicateable", can.replicateable),
        ("IsRetrieveable", can.retrieveable),
        ("IsSearchLayoutable", can.searchable && can.layoutable),
        ("IsSearchable", can.searchable),
        ("IsTriggerable", can.triggerable),
        ("IsIdEnabled", sobject.key_prefix.is_some()),
        ("IsEverCreatable", can.createable),
        ("IsEverUpdatable", can.updateable),
        ("IsEverDeletable", can.deletable),
        ("IsFeedEnabled", can.feed_enabled),
        ("IsQueryable", can.queryable),
        ("IsMruEnabled", can.mru_enabled),
        ("IsLayoutable", can.layoutable),
        ("HasSubtypes", false),
        ("IsSubtype", false),
        ("IsAutoActivityCaptureEnabled", false),
        ("IsInterface", false),
    ]
}

/// The pages that people use.
fn pages(sobject: &SObject) -> ComputedRow {
    let prefix = sobject.key_prefix.filter(|_| sobject.abilities.layoutable);
    let Some(prefix) = prefix.map(|prefix| String::from_utf8_lossy(&prefix).into_owned()) else {
        return Vec::new();
    };
    vec![("DetailUrl", text("/{ID}")), ("EditUrl", text("/{ID}/e")), ("NewUrl", text(format!("/{prefix}/e")))]
}
