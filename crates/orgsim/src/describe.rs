//! Describes: what the org reports about its sObjects, as JSON in the shape of the REST API.

use serde_json::{Map, Value as Json, json};

pub(crate) use self::record_types::{RecordTypeInfo, add_record_types, list_record_type_infos};
use crate::schema::{Api, ChildRelationship, MASTER_RECORD_TYPE, SObject, Schema};

mod field;
mod record_types;

pub(crate) use self::field::describe_field as field_json;

/// Where a describe is asked for: the addresses in it depend on that.
#[derive(Clone, Copy, Debug)]
pub struct DescribeContext<'a> {
    /// The API version times ten: 660 for 66.0.
    pub api_version: u16,
    /// The address of the org, without a slash at its end.
    pub instance_url: &'a str,
    /// Which of the APIs is asked.
    pub api: Api,
}

/// Returns the answer of `GET /sobjects/` (REST API Developer Guide, Describe Global).
pub fn describe_global_json(schema: &Schema, context: DescribeContext<'_>) -> Json {
    let known =
        schema.offered().filter(|sobject| context.api.knows(sobject) && sobject.since <= context.api_version);
    let sobjects: Vec<_> = known.map(|sobject| Json::Object(summary(sobject, context))).collect();
    json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": sobjects })
}

/// Returns the answer of `GET /sobjects/{sObject}/` (REST API Developer Guide, sObject Basic Information).
pub fn sobject_info_json(sobject: &SObject, recent_items: Vec<Json>, context: DescribeContext<'_>) -> Json {
    json!({ "objectDescribe": summary(sobject, context), "recentItems": recent_items })
}

/// Returns the answer of `GET /sobjects/{sObject}/describe` (REST API Developer Guide, sObject Describe).
pub fn describe_json(sobject: &SObject, context: DescribeContext<'_>) -> Json {
    let mut describe = summary(sobject, context);
    let layoutable = sobject.abilities.layoutable;
    let fields = sobject.fields.iter().filter(|field| field.since <= context.api_version);
    let more = json!({
        "actionOverrides": [],
        "childRelationships": children(sobject, context),
        "compactLayoutable": layoutable,
        "defaultImplementation": null,
        "extendedBy": null,
        "extendsInterfaces": null,
        "fields": fields.map(|field| field::describe_field(sobject, field)).collect::<Vec<_>>(),
        "implementedBy": null,
        "implementsInterfaces": null,
        "listviewable": null,
        "lookupLayoutable": null,
        "namedLayoutInfos": [],
        "networkScopeFieldName": null,
        "recordTypeInfos": record_type_infos(sobject, context),
        "searchLayoutable": layoutable,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": scopes(sobject, context),
    });
    if let Json::Object(more) = more {
        describe.extend(more);
    }
    leave_out_later(&mut describe, context);
    if layoutable {
        add_page_urls(&mut describe, sobject, context);
    }
    Json::Object(describe)
}

fn summary(sobject: &SObject, context: DescribeContext<'_>) -> Map<String, Json> {
    let abilities = &sobject.abilities;
    let summary = json!({
        "activateable": false,
        "associateEntityType": sobject.associate.as_ref().map(|(kind, _)| kind),
        "associateParentEntity": sobject.associate.as_ref().map(|(_, parent)| parent),
        "createable": abilities.createable,
        "custom": sobject.custom,
        "customSetting": false,
        "deepCloneable": abilities.deep_cloneable,
        "deletable": abilities.deletable,
        "deprecatedAndHidden": false,
        "feedEnabled": abilities.feed_enabled,
        "hasSubtypes": false,
        "isInterface": false,
        "isSubtype": false,
        "keyPrefix": shown_prefix(sobject).map(|prefix| String::from_utf8_lossy(&prefix).into_owned()),
        "label": sobject.label,
        "labelPlural": sobject.label_plural,
        "layoutable": abilities.layoutable,
        "mergeable": abilities.mergeable,
        "mruEnabled": abilities.mru_enabled,
        "name": sobject.name,
        "queryable": abilities.queryable,
        "replicateable": abilities.replicateable,
        "retrieveable": abilities.retrieveable,
        "searchable": abilities.searchable,
        "triggerable": abilities.triggerable,
        "undeletable": abilities.undeletable,
        "updateable": abilities.updateable,
        "urls": resource_urls(sobject, context),
    });
    match summary {
        Json::Object(mut summary) => {
            leave_out_later(&mut summary, context);
            summary
        }
        _ => Map::new(),
    }
}

/// The members that describes did not have before an API version, times ten.
const LATER: [(&str, u16); 3] =
    [("associateEntityType", 500), ("associateParentEntity", 500), ("sobjectDescribeOption", 500)];

/// The scope that came with the scoping rules of Summer '21.
const LATER_SCOPE: (&str, u16) = ("scopingRule", 520);

/// Takes out what the caller's version does not know.
fn leave_out_later(describe: &mut Map<String, Json>, context: DescribeContext<'_>) {
    for (member, _) in LATER.iter().filter(|(_, since)| context.api_version < *since) {
        describe.remove(*member);
    }
}

fn scopes(sobject: &SObject, context: DescribeContext<'_>) -> Vec<Json> {
    let (later, since) = LATER_SCOPE;
    let known = sobject.scopes.iter().filter(|(name, _)| name != later || context.api_version >= since);
    known.map(|(name, label)| json!({ "label": label, "name": name })).collect()
}

fn shown_prefix(sobject: &SObject) -> Option<[u8; 3]> {
    sobject.key_prefix.filter(|_| sobject.shows_key_prefix)
}

fn resource_path(sobject: &SObject, context: DescribeContext<'_>) -> String {
    let (version, api) = (context.api_version, context.api.path());
    format!("/services/data/v{}.{}{api}/sobjects/{}", version / 10, version % 10, sobject.name)
}

fn resource_urls(sobject: &SObject, context: DescribeContext<'_>) -> Json {
    let path = resource_path(sobject, context);
    let mut urls = json!({ "describe": format!("{path}/describe"), "rowTemplate": format!("{path}/{{ID}}"), "sobject": path });
    let (pages, layoutable) = (&sobject.pages, sobject.abilities.layoutable);
    for (name, tail, has) in [
        ("approvalLayouts", "describe/approvalLayouts", pages.approval_layouts),
        ("compactLayouts", "describe/compactLayouts", layoutable),
        ("layouts", "describe/layouts", layoutable),
        ("listviews", "listviews", pages.list_views),
        ("quickActions", "quickActions", pages.quick_actions),
    ] {
        if has {
            urls[name] = json!(format!("{path}/{tail}"));
        }
    }
    for (name, tail) in special_urls(&sobject.name) {
        urls[name] = json!(format!("{path}/{tail}"));
    }
    urls
}

/// Returns the further resources of some sObjects.
fn special_urls(sobject: &str) -> &'static [(&'static str, &'static str)] {
    match sobject {
        "Case" => &[
            ("caseArticleSuggestions", "suggestedArticles"),
            ("caseRowArticleSuggestions", "{ID}/suggestedArticles"),
        ],
        "User" => {
            &[("namedLayouts", "describe/namedLayouts/{LayoutName}"), ("passwordUtilities", "{ID}/password")]
        }
        // Roles have no pages, but are named in short.
        "UserRole" => &[("compactLayouts", "describe/compactLayouts")],
        _ => &[],
    }
}

/// Adds the addresses of the pages people use, which only a describe of one sObject has.
fn add_page_urls(describe: &mut Map<String, Json>, sobject: &SObject, context: DescribeContext<'_>) {
    let Some(urls) = describe.get_mut("urls") else { return };
    let (org, prefix) = (context.instance_url, sobject.key_prefix.unwrap_or_default());
    urls["uiDetailTemplate"] = json!(format!("{org}/{{ID}}"));
    urls["uiEditTemplate"] = json!(format!("{org}/{{ID}}/e"));
    urls["uiNewRecord"] = json!(format!("{org}/{}/e", String::from_utf8_lossy(&prefix)));
}

/// Lists the lookups that point here, of the sObjects that the API knows.
fn children(sobject: &SObject, context: DescribeContext<'_>) -> Vec<Json> {
    let is_known = |child: &&ChildRelationship| {
        Schema::standard().find(&child.child_sobject).is_some_and(|child| context.api.knows(child))
    };
    sobject.children.iter().filter(is_known).map(child_relationship).collect()
}

fn child_relationship(child: &ChildRelationship) -> Json {
    json!({
        "cascadeDelete": child.cascade_delete,
        "childSObject": child.child_sobject,
        "deprecatedAndHidden": false,
        "field": child.field,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": child.relationship_name,
        "restrictedDelete": child.restricted_delete,
    })
}

/// Lists the record types. An org without any still has the master one.
fn record_type_infos(sobject: &SObject, context: DescribeContext<'_>) -> Json {
    if !sobject.abilities.layoutable || sobject.name == "User" {
        return json!([]);
    }
    let path = resource_path(sobject, context);
    json!([{
        "active": true,
        "available": true,
        "defaultRecordTypeMapping": true,
        "developerName": "Master",
        "master": true,
        "name": "Master",
        "recordTypeId": MASTER_RECORD_TYPE,
        "urls": { "layout": format!("{path}/describe/layouts/{MASTER_RECORD_TYPE}") },
    }])
}

#[cfg(test)]
mod tests;
