use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{DescribeContext, describe_global_json, describe_json, sobject_info_json};
use crate::schema::{Api, Schema};

const CONTEXT: DescribeContext<'static> =
    DescribeContext { api_version: 660, instance_url: "http://localhost:4601", api: Api::Data };

fn describe(name: &str) -> Json {
    describe_json(Schema::standard().find(name).unwrap(), CONTEXT)
}

fn field(sobject: &str, name: &str) -> Json {
    let describe = describe(sobject);
    describe["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).unwrap().clone()
}

#[test]
fn a_field_has_every_attribute() {
    insta::assert_json_snapshot!(field("Case", "OwnerId"));
}

#[test]
fn an_sobject_has_every_attribute() {
    let mut describe = describe("Project__c");
    // What other sObjects add is tested by itself.
    (describe["fields"], describe["childRelationships"]) = (Json::Null, Json::Null);

    insta::assert_json_snapshot!(describe);
}

#[test]
fn fields_follow_the_rules_of_their_type() {
    for sobject in Schema::standard().sobjects() {
        for field in describe(&sobject.name)["fields"].as_array().unwrap() {
            let name = format!("{}.{}", sobject.name, field["name"]);
            let (length, bytes) = (field["length"].as_u64().unwrap(), field["byteLength"].as_u64().unwrap());
            match field["type"].as_str().unwrap() {
                "id" | "reference" => assert_eq!((length, bytes), (18, 18), "{name}"),
                "boolean" => assert_eq!(field["nillable"], false, "{name}"),
                "address" => assert_eq!(field["soapType"], "urn:address", "{name}"),
                _ if field["name"] != "Fiscal" => assert_eq!(bytes, length * 3, "{name}"),
                _ => {}
            }
            if field["type"] == "textarea" {
                assert_eq!(field["filterable"], length <= 255, "{name}");
            }
        }
    }
    assert_eq!(field("Contact", "LastName")["compoundFieldName"], "Name");
    assert_eq!(field("Account", "External_Id__c")["idLookup"], true);
    assert_eq!(field("Case", "OwnerId")["referenceTo"], serde_json::json!(["Group", "User"]));
}

#[test]
fn children_are_the_lookups_of_the_others() {
    let account = describe("Account");
    let children: BTreeSet<_> = account["childRelationships"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|child| child["relationshipName"].as_str().map(str::to_owned))
        .collect();

    for name in ["Cases", "ChildAccounts", "Contacts", "Histories", "Opportunities", "Projects__r", "Tasks"] {
        assert!(children.contains(name), "{name} of {children:?}");
    }
}

#[test]
fn the_global_describe_lists_every_sobject() {
    let global = describe_global_json(Schema::standard(), CONTEXT);
    let info = sobject_info_json(Schema::standard().find("account").unwrap(), Vec::new(), CONTEXT);

    let listed = global["sobjects"].as_array().unwrap();
    let names: Vec<_> = listed.iter().map(|sobject| sobject["name"].as_str().unwrap()).collect();
    let known = Schema::standard().offered().filter(|sobject| Api::Data.knows(sobject));
    assert!(names.is_sorted() && names.len() == known.count());
    for name in ["Account", "Group", "Lead", "OpportunityStage", "Organization", "Project__c", "Task"] {
        assert!(names.contains(&name), "{name} of {names:?}");
    }
    assert_eq!(info["objectDescribe"], listed[names.binary_search(&"Account").unwrap()]);
}

#[test]
fn a_dependent_picklist_says_what_its_values_go_with() {
    let model = field("Case", "Model__c");
    let valid_for = |value: &str| {
        let values = model["picklistValues"].as_array().unwrap();
        values.iter().find(|entry| entry["value"] == value).unwrap()["validFor"].clone()
    };

    assert_eq!(model["dependentPicklist"], true);
    assert_eq!(model["controllerName"], "Product__c");
    // 1000 0000, 0100 0000, 1110 0000 and two more bytes each.
    assert_eq!([valid_for("FM-100"), valid_for("P-10"), valid_for("Special Make")], ["gAAA", "QAAA", "4AAA"]);
    assert_eq!(field("Case", "Product__c")["picklistValues"][0]["validFor"], Json::Null);
}

#[test]
fn a_custom_field_of_every_type_is_described() {
    let project = describe("Project__c");
    let types: BTreeSet<_> = project["fields"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|field| field["custom"] == true)
        .map(|field| field["type"].as_str().unwrap())
        .collect();

    for kind in [
        "boolean",
        "currency",
        "date",
        "datetime",
        "double",
        "email",
        "encryptedstring",
        "location",
        "multipicklist",
        "percent",
        "phone",
        "picklist",
        "reference",
        "string",
        "textarea",
        "time",
        "url",
    ] {
        assert!(types.contains(kind), "{kind} of {types:?}");
    }
    assert_eq!(field("Project__c", "Site__Latitude__s")["compoundFieldName"], "Site__c");
    assert_eq!(field("Project__c", "Review__c")["htmlFormatted"], true);
    assert_eq!(field("Project__c", "Door_Code__c")["filterable"], false);
}

#[test]
fn earlier_versions_lack_what_came_later() {
    let account = Schema::standard().find("Account").unwrap();
    let old = describe_json(account, DescribeContext { api_version: 480, ..CONTEXT });
    let product = Schema::standard().find("Product2").unwrap();
    let old_product = describe_json(product, DescribeContext { api_version: 480, ..CONTEXT });

    assert!(old.get("associateEntityType").is_none() && old.get("sobjectDescribeOption").is_none());
    assert_eq!(old["supportedScopes"].as_array().unwrap().len(), 3);
    assert!(old_product["fields"].as_array().unwrap().iter().all(|field| field["name"] != "ProductClass"));
}
