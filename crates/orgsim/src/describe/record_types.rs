//! The record types in a describe.

use serde_json::{Value as Json, json};

use crate::describe::DescribeContext;
use crate::org::{OrgView, list_record_types};
use crate::schema::{MASTER_RECORD_TYPE, SObject};

/// Puts the record types that the org has in a describe's list, the master one behind them
/// (REST API Developer Guide, sObject Describe).
pub(crate) fn add_record_types(
    describe: &mut Json,
    view: &OrgView<'_>,
    sobject: &SObject,
    context: DescribeContext<'_>,
) {
    let types = list_record_types(view, sobject);
    if types.is_empty() {
        return;
    }
    let version = format!("{}.{}", context.api_version / 10, context.api_version % 10);
    let path = format!("/services/data/v{version}/sobjects/{}/describe/layouts", sobject.name);
    let default = types.iter().position(|known| known.is_active);
    let info = |(at, known): (usize, &crate::org::RecordType)| {
        json!({
            "active": known.is_active,
            "available": known.is_active,
            "defaultRecordTypeMapping": Some(at) == default,
            "developerName": known.developer_name,
            "master": false,
            "name": known.name,
            "recordTypeId": known.id.as_str(),
            "urls": { "layout": format!("{path}/{}", known.id) },
        })
    };
    let master = json!({
        "active": true,
        "available": true,
        "defaultRecordTypeMapping": default.is_none(),
        "developerName": "Master",
        "master": true,
        "name": "Master",
        "recordTypeId": MASTER_RECORD_TYPE,
        "urls": { "layout": format!("{path}/{MASTER_RECORD_TYPE}") },
    });
    let infos: Vec<Json> = types.iter().enumerate().map(info).chain([master]).collect();
    describe["recordTypeInfos"] = Json::Array(infos);
}
