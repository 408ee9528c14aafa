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
    let version = format!("{}.{}", context.api_version / 10, context.api_version % 10);
    let path = format!("/services/data/v{version}/sobjects/{}/describe/layouts", sobject.name);
    let infos = list_record_type_infos(view, sobject);
    if infos.len() == 1 {
        return;
    }
    let info = |known: RecordTypeInfo| {
        json!({
            "active": known.is_active,
            "available": known.is_active,
            "defaultRecordTypeMapping": known.is_default,
            "developerName": known.developer_name,
            "master": known.is_master,
            "name": known.name,
            "recordTypeId": known.id,
            "urls": { "layout": format!("{path}/{}", known.id) },
        })
    };
    describe["recordTypeInfos"] = infos.into_iter().map(info).collect();
}

/// What describes of all kinds tell of a record type.
#[derive(Clone, Debug)]
pub(crate) struct RecordTypeInfo {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) developer_name: String,
    pub(crate) is_active: bool,
    /// Whether new records are of it unless they say otherwise.
    pub(crate) is_default: bool,
    pub(crate) is_master: bool,
}

impl RecordTypeInfo {
    /// Returns what the UI API and the Tooling API tell of it.
    pub(crate) fn to_json(&self) -> Json {
        json!({
            "available": self.is_active,
            "defaultRecordTypeMapping": self.is_default,
            "master": self.is_master,
            "name": self.name,
            "recordTypeId": self.id,
        })
    }
}

/// Lists the record types of an sObject, the master one behind the others.
pub(crate) fn list_record_type_infos(view: &OrgView<'_>, sobject: &SObject) -> Vec<RecordTypeInfo> {
    let types = list_record_types(view, sobject);
    let default = types.iter().position(|known| known.is_active);
    let master = RecordTypeInfo {
        id: MASTER_RECORD_TYPE.to_owned(),
        name: "Master".to_owned(),
        developer_name: "Master".to_owned(),
        is_active: true,
        is_default: default.is_none(),
        is_master: true,
    };
    let infos = types.into_iter().enumerate().map(|(at, known)| RecordTypeInfo {
        id: known.id.to_string(),
        name: known.name,
        developer_name: known.developer_name,
        is_active: known.is_active,
        is_default: Some(at) == default,
        is_master: false,
    });
    infos.chain([master]).collect()
}
