use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value as Json;

use super::{DescribeContext, describe_global_json, describe_json, sobject_info_json};
use crate::schema::Schema;

const CONTEXT: DescribeContext<'static> =
    DescribeContext { api_version: 660, instance_url: "http://localhost:4601" };

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
    assert!(names.is_sorted() && names.len() == Schema::standard().sobjects().len());
    for name in ["Account", "Group", "Lead", "OpportunityStage", "Organization", "Project__c", "Task"] {
        assert!(names.contains(&name), "{name} of {names:?}");
    }
    assert_eq!(info["objectDescribe"], listed[names.binary_search(&"Account").unwrap()]);
}

/// Attributes that must be equal where this org and a recorded one both have a field.
const COMPARED: [&str; 25] = [
    "type",
    "soapType",
    "length",
    "byteLength",
    "digits",
    "precision",
    "scale",
    "nillable",
    "createable",
    "updateable",
    "defaultedOnCreate",
    "filterable",
    "sortable",
    "groupable",
    "aggregatable",
    "permissionable",
    "idLookup",
    "unique",
    "nameField",
    "calculated",
    "restrictedPicklist",
    "compoundFieldName",
    "referenceTo",
    "relationshipName",
    "extraTypeInfo",
];

/// What differs with a reason: the recorded orgs are older (v29 to v52) or have other settings.
const LEGITIMATE: &[&str] = &[
    // Picklists grew from 40 to 255 characters.
    "Account.*.length",
    "Account.*.byteLength",
    // Since v29, nicknames and user names report that they are unique.
    "User.*.unique",
];

/// Compares with recorded describes where `ORGSIM_RECORDINGS` names their folder.
#[test]
fn describes_agree_with_recorded_ones() {
    let Some(folder) = std::env::var_os("ORGSIM_RECORDINGS") else {
        println!("no recordings given: set ORGSIM_RECORDINGS to a folder that has describe/*.json");
        return;
    };
    let mut differences = Vec::new();
    for name in ["Account", "Contact", "Opportunity", "User"] {
        let files = ["cumulusci", "dotnet"]
            .map(|source| Path::new(&folder).join(format!("describe/{source}_{name}.json")));
        let text = files.iter().find_map(|file| std::fs::read_to_string(file).ok()).unwrap();
        let recorded: Json = serde_json::from_str(&text).unwrap();
        compare(name, find_describe(&recorded).unwrap(), &mut differences);
    }

    let is_needed = |pattern: &&&str| differences.iter().any(|difference| matches(pattern, difference));
    let unneeded: Vec<_> = LEGITIMATE.iter().filter(|pattern| !is_needed(pattern)).collect();
    assert!(unneeded.is_empty(), "no longer differ: {unneeded:?}");
    differences.retain(|difference| !LEGITIMATE.iter().any(|pattern| matches(pattern, difference)));
    assert_eq!(differences, Vec::<String>::new(), "{} differences", differences.len());
}

fn compare(name: &str, recorded: &Json, differences: &mut Vec<String>) {
    let ours = describe(name);
    compare_members(&format!("{name}(members)"), &ours, recorded, differences);
    for list in ["fields", "childRelationships", "recordTypeInfos"] {
        if let (Some(our), Some(their)) = (ours[list].get(0), recorded[list].get(0)) {
            compare_members(&format!("{name}({list})"), our, their, differences);
        }
    }
    compare_children(name, &ours, recorded, differences);
    let theirs = by_name(recorded);
    for (field, our) in by_name(&ours) {
        let Some(their) = theirs.get(field) else { continue };
        for attribute in COMPARED.iter().filter(|attribute| their.get(**attribute).is_some()) {
            if our[attribute] != their[attribute] {
                let (our, their) = (&our[attribute], &their[attribute]);
                differences.push(format!("{name}.{field}.{attribute}: {our}, recorded {their}"));
            }
        }
    }
}

/// Compares the lookups that both orgs have.
fn compare_children(name: &str, ours: &Json, recorded: &Json, differences: &mut Vec<String>) {
    let is_same =
        |one: &Json, two: &Json| ["childSObject", "field"].iter().all(|part| one[part] == two[part]);
    for our in ours["childRelationships"].as_array().unwrap() {
        let theirs = recorded["childRelationships"].as_array().unwrap();
        if let Some(their) = theirs.iter().find(|their| is_same(our, their)) {
            for part in ["relationshipName", "cascadeDelete", "restrictedDelete"]
                .iter()
                .filter(|part| our[part] != their[part])
            {
                let (child, field) = (our["childSObject"].as_str().unwrap(), our["field"].as_str().unwrap());
                differences
                    .push(format!("{name}.{child}/{field}.{part}: {}, recorded {}", our[part], their[part]));
            }
        }
    }
}

fn compare_members(place: &str, ours: &Json, recorded: &Json, differences: &mut Vec<String>) {
    let Some(recorded) = recorded.as_object() else { return };
    for (member, their) in recorded {
        match ours.get(member) {
            None => differences.push(format!("{place}.{member}: missing")),
            Some(our) if !our.is_null() && !their.is_null() && !same_type(our, their) => {
                differences.push(format!("{place}.{member}: {our}, recorded {their}"));
            }
            Some(_) => {}
        }
    }
}

fn same_type(one: &Json, two: &Json) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(two)
}

fn by_name(describe: &Json) -> BTreeMap<&str, &Json> {
    describe["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| (field["name"].as_str().unwrap(), field))
        .collect()
}

/// Finds the describe in a recorded exchange.
fn find_describe(json: &Json) -> Option<&Json> {
    if json["fields"][0]["soapType"].is_string() {
        return Some(json);
    }
    match json {
        Json::Object(members) => members.values().find_map(find_describe),
        Json::Array(items) => items.iter().find_map(find_describe),
        _ => None,
    }
}

fn matches(pattern: &str, difference: &str) -> bool {
    let place = difference.split(':').next().unwrap_or_default();
    let (pattern, place): (Vec<_>, Vec<_>) = (pattern.split('.').collect(), place.split('.').collect());
    pattern.len() == place.len()
        && pattern.iter().zip(&place).all(|(pattern, part)| *pattern == "*" || pattern == part)
}
