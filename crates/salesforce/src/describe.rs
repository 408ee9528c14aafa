//! What an org says about its sObjects (REST API Developer Guide, Describe Global and sObject Describe).
//!
//! An sObject or field that the user may not read is absent, without any error.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{FieldName, FieldType, RecordId, SObjectName};

/// All sObjects the user can see.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct GlobalDescribe {
    /// One entry for each sObject.
    pub sobjects: Vec<SObjectSummary>,
}

/// What describe tells of an sObject as a whole.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SObjectSummary {
    /// Its API name.
    pub name: SObjectName,
    /// Its label in the user's language.
    #[serde(default)]
    pub label: String,
    /// Its plural label.
    #[serde(default)]
    pub label_plural: String,
    /// The first three characters of its records' ids; several sObjects may share them, some have none.
    pub key_prefix: Option<String>,
    /// Whether the org defined it.
    #[serde(default)]
    pub custom: bool,
    /// Whether it is a custom setting.
    #[serde(default)]
    pub custom_setting: bool,
    /// Whether the user may create records.
    #[serde(default)]
    pub createable: bool,
    /// Whether the user may update records.
    #[serde(default)]
    pub updateable: bool,
    /// Whether the user may delete records.
    #[serde(default)]
    pub deletable: bool,
    /// Whether records come back from the recycle bin.
    #[serde(default)]
    pub undeletable: bool,
    /// Whether it can be queried.
    #[serde(default)]
    pub queryable: bool,
    /// Whether records can be read by id.
    #[serde(default)]
    pub retrieveable: bool,
    /// Whether `updated` and `deleted` work.
    #[serde(default)]
    pub replicateable: bool,
    /// Whether it can be searched.
    #[serde(default)]
    pub searchable: bool,
    /// Whether it can have triggers.
    #[serde(default)]
    pub triggerable: bool,
    /// Whether records can be merged.
    #[serde(default)]
    pub mergeable: bool,
    /// Whether it has page layouts.
    #[serde(default)]
    pub layoutable: bool,
    /// Whether it is hidden and only kept for compatibility.
    #[serde(default)]
    pub deprecated_and_hidden: bool,
    /// The sObject it belongs to, such as `Account` for `AccountHistory`.
    pub associate_parent_entity: Option<String>,
    /// What it is to that sObject, such as `History` or `Share`.
    pub associate_entity_type: Option<String>,
}

/// One sObject with its fields.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SObjectDescribe {
    /// What global describe tells too.
    #[serde(flatten)]
    pub summary: SObjectSummary,
    /// Its fields, in the org's order.
    pub fields: Vec<FieldDescribe>,
    /// Relationships that lead here from other sObjects.
    #[serde(default)]
    pub child_relationships: Vec<ChildRelationship>,
    /// Its record types, the master one included.
    #[serde(default)]
    pub record_type_infos: Vec<RecordTypeInfo>,
}

impl SObjectDescribe {
    /// The sObject's API name.
    pub fn name(&self) -> &SObjectName {
        &self.summary.name
    }

    /// The field of this name.
    pub fn find_field(&self, name: &FieldName) -> Option<&FieldDescribe> {
        self.fields.iter().find(|field| field.name == *name)
    }
}

/// One field.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldDescribe {
    /// Its API name.
    pub name: FieldName,
    /// Its label in the user's language.
    #[serde(default)]
    pub label: String,
    /// Its type.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// The type's name in SOAP, such as `xsd:double`.
    #[serde(default)]
    pub soap_type: String,
    /// Most characters of text; 0 for other types.
    #[serde(default)]
    pub length: u32,
    /// Most bytes of text; 0 for other types.
    #[serde(default)]
    pub byte_length: u32,
    /// Most digits of an integer; 0 for other types.
    #[serde(default)]
    pub digits: u32,
    /// Digits of a decimal in all; 0 for other types.
    #[serde(default)]
    pub precision: u32,
    /// Digits of a decimal after the point.
    #[serde(default)]
    pub scale: u32,
    /// Whether it may be null on input.
    #[serde(default)]
    pub nillable: bool,
    /// Whether the user may set it on create.
    #[serde(default)]
    pub createable: bool,
    /// Whether the user may change it.
    #[serde(default)]
    pub updateable: bool,
    /// Whether Salesforce fills it on create.
    #[serde(default)]
    pub defaulted_on_create: bool,
    /// What it is filled with, where that is fixed.
    pub default_value: Option<Value>,
    /// The formula it is filled with.
    pub default_value_formula: Option<String>,
    /// Whether it can stand in a condition.
    #[serde(default)]
    pub filterable: bool,
    /// Whether it can be ordered by.
    #[serde(default)]
    pub sortable: bool,
    /// Whether it can be grouped by.
    #[serde(default)]
    pub groupable: bool,
    /// Whether it can stand in aggregate functions.
    #[serde(default)]
    pub aggregatable: bool,
    /// Whether an upsert can use it as key.
    #[serde(default)]
    pub id_lookup: bool,
    /// Whether it is an external id.
    #[serde(default)]
    pub external_id: bool,
    /// Whether its values are unique.
    #[serde(default)]
    pub unique: bool,
    /// Whether case counts for uniqueness.
    #[serde(default)]
    pub case_sensitive: bool,
    /// Whether the org defined it.
    #[serde(default)]
    pub custom: bool,
    /// Whether it is hidden and only kept for compatibility.
    #[serde(default)]
    pub deprecated_and_hidden: bool,
    /// Whether field-level security can hide it.
    #[serde(default)]
    pub permissionable: bool,
    /// Whether it is the record's name.
    #[serde(default)]
    pub name_field: bool,
    /// Whether Salesforce numbers it.
    #[serde(default)]
    pub auto_number: bool,
    /// Whether it is a formula or roll-up, which change without a new `SystemModstamp`.
    #[serde(default)]
    pub calculated: bool,
    /// Its formula.
    pub calculated_formula: Option<String>,
    /// The compound it is a component of.
    pub compound_field_name: Option<FieldName>,
    /// The sObjects it may refer to; more than one for a polymorphic lookup.
    #[serde(default)]
    pub reference_to: Vec<SObjectName>,
    /// The name to traverse the lookup by; null where it cannot be traversed.
    pub relationship_name: Option<FieldName>,
    /// Whether the lookup resolves through `Name`.
    #[serde(default)]
    pub name_pointing: bool,
    /// Whether the lookup is polymorphic.
    #[serde(default)]
    pub polymorphic_foreign_key: bool,
    /// 0 or 1 for a master-detail, null for a lookup.
    pub relationship_order: Option<u8>,
    /// Whether records go with the one they refer to.
    #[serde(default)]
    pub cascade_delete: bool,
    /// Values of a picklist, inactive ones included.
    #[serde(default)]
    pub picklist_values: Vec<PicklistValue>,
    /// Whether a picklist takes no other values.
    #[serde(default)]
    pub restricted_picklist: bool,
    /// Whether a picklist depends on another field.
    #[serde(default)]
    pub dependent_picklist: bool,
    /// The field it depends on.
    pub controller_name: Option<String>,
    /// Whether it holds HTML.
    #[serde(default)]
    pub html_formatted: bool,
    /// What kind of text it is, such as `plaintextarea` or `richtextarea`.
    pub extra_type_info: Option<String>,
    /// Whether it is encrypted.
    #[serde(default)]
    pub encrypted: bool,
    /// The admin's help text.
    pub inline_help_text: Option<String>,
}

impl FieldDescribe {
    /// Whether a lookup may refer to more than one sObject.
    pub fn is_polymorphic(&self) -> bool {
        self.polymorphic_foreign_key || self.reference_to.len() > 1
    }

    /// Whether a create must give a value.
    pub fn is_required(&self) -> bool {
        self.createable && !self.nillable && !self.defaulted_on_create
    }
}

/// One value of a picklist.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PicklistValue {
    /// The API value.
    pub value: String,
    /// The label in the user's language.
    pub label: Option<String>,
    /// Whether it can still be chosen.
    #[serde(default)]
    pub active: bool,
    /// Whether it is chosen by default.
    #[serde(default)]
    pub default_value: bool,
    /// For which values of the controlling field it is valid: a bitmap in base64.
    pub valid_for: Option<String>,
}

/// A relationship that leads to an sObject from another.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChildRelationship {
    /// The sObject it leads from.
    #[serde(rename = "childSObject")]
    pub child_sobject: SObjectName,
    /// The lookup there.
    pub field: FieldName,
    /// The name for subqueries; null where it cannot be queried.
    pub relationship_name: Option<String>,
    /// Whether children go with their parent.
    #[serde(default)]
    pub cascade_delete: bool,
    /// Whether children keep their parent from being deleted.
    #[serde(default)]
    pub restricted_delete: bool,
    /// Whether it is hidden and only kept for compatibility.
    #[serde(default)]
    pub deprecated_and_hidden: bool,
}

/// One record type.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordTypeInfo {
    /// Its id; that of the master one is the same in every org.
    pub record_type_id: RecordId,
    /// Its label.
    #[serde(default)]
    pub name: String,
    /// Its API name.
    #[serde(default)]
    pub developer_name: String,
    /// Whether it is in use.
    #[serde(default)]
    pub active: bool,
    /// Whether the user may use it.
    #[serde(default)]
    pub available: bool,
    /// Whether it is the one that stands for none.
    #[serde(default)]
    pub master: bool,
    /// Whether the user's new records get it.
    #[serde(default)]
    pub default_record_type_mapping: bool,
}

#[cfg(test)]
mod tests {
    use super::SObjectDescribe;
    use crate::FieldType;

    const DESCRIBE: &str = r#"{
        "name":"Task","label":"Task","labelPlural":"Tasks","keyPrefix":"00T","queryable":true,"replicateable":true,
        "brandNewAttribute":{"a":[1]},"urls":{"sobject":"/services/data/v66.0/sobjects/Task"},
        "childRelationships":[{"cascadeDelete":true,"childSObject":"TaskRelation","field":"RelationId",
            "relationshipName":null,"junctionIdListNames":[],"junctionReferenceTo":[]}],
        "recordTypeInfos":[{"active":true,"available":true,"defaultRecordTypeMapping":true,"developerName":"Master",
            "master":true,"name":"Master","recordTypeId":"012000000000000AAA","urls":{}}],
        "fields":[
            {"name":"WhoId","label":"Name ID","type":"reference","soapType":"tns:ID","length":18,"byteLength":18,
             "nillable":true,"createable":true,"referenceTo":["Contact","Lead"],"relationshipName":"Who",
             "polymorphicForeignKey":true,"namePointing":true,"picklistValues":[],"compoundFieldName":null,
             "relationshipOrder":null,"defaultValue":null},
            {"name":"Status","type":"picklist","createable":true,"nillable":false,"defaultedOnCreate":true,
             "defaultValue":"Open","picklistValues":[{"active":true,"defaultValue":true,"label":"Open","value":"Open",
             "validFor":null}]},
            {"name":"Subject","type":"combobox","length":255},
            {"name":"Future__c","type":"somethingNew"}]}"#;

    #[test]
    fn a_describe_is_read_and_unknown_members_are_passed_over() {
        let describe: SObjectDescribe = serde_json::from_str(DESCRIBE).unwrap();

        assert_eq!(*describe.name(), "Task");
        assert!(describe.summary.replicateable);
        let who = describe.find_field(&"whoid".parse().unwrap()).unwrap();
        assert!(who.is_polymorphic());
        assert_eq!(describe.fields[1].picklist_values[0].value, "Open");
        assert!(!describe.fields[1].is_required());
        assert_eq!(describe.fields[3].field_type, FieldType::Other);
        assert!(describe.record_type_infos[0].master);
        assert_eq!(describe.child_relationships[0].relationship_name, None);
    }

    #[test]
    fn a_describe_reads_back() {
        let describe: SObjectDescribe = serde_json::from_str(DESCRIBE).unwrap();

        let text = serde_json::to_string(&describe).unwrap();

        assert_eq!(serde_json::from_str::<SObjectDescribe>(&text).unwrap(), describe);
    }
}
