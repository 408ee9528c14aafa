//! Describes are those that real orgs gave, but for what hangs on the org.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{read, recordings};
use crate::client::TestOrg;

/// The recorded describes, each with the API version to ask for.
const DESCRIBES: [(&str, &str, &str); 6] = [
    ("Account", "describe/cumulusci_Account.json", "48.0"),
    ("Contact", "describe/cumulusci_Contact.json", "60.0"),
    ("Lead", "describe/cumulusci_Lead.json", "59.0"),
    ("Opportunity", "describe/cumulusci_Opportunity.json", "60.0"),
    ("Task", "describe/nango_Task_v60.json", "60.0"),
    ("User", "describe/dotnet_User.json", "60.0"),
];

/// What differs, and why that is right. A pattern is `sObject.field.attribute`, any part of it `*`.
const REASONS: &[(&str, &str)] = &[
    ("Account.*.length", "picklists grew from 40 to 255 characters after v48"),
    ("Account.*.byteLength", "picklists grew from 40 to 255 characters after v48"),
    ("Account.RecordTypeId.missing", "the recorded org has record types of accounts"),
    ("Account.IsPartner.missing", "the recorded org has partner relationship management"),
    ("Account.IsCustomerPortal.missing", "the recorded org has a customer portal"),
    ("Account.ChannelProgramName.missing", "the recorded org has channel programs"),
    ("Account.ChannelProgramLevelName.missing", "the recorded org has channel programs"),
    ("Account.urls.defaultValues", "this address was in the list for some versions only"),
    ("Contact.Salutation.picklistValues", "Mx. came after that org was made"),
    ("Task.WhatId.referenceTo", "what has activities is what the org has sObjects of"),
    ("Task.RecurrenceTimeZoneSidKey.picklistValues", "this org knows few time zones"),
    ("User.self.feedEnabled", "in v29 users had no feed"),
    ("User.*.unique", "v29 did not say that user names and nicknames are unique"),
    ("User.*.label", "labels changed since v29"),
    ("User.*.defaultValue", "v29 gave no default of checkboxes"),
    ("User.*.picklistValues", "this org knows few time zones, locales, languages and encodings"),
    ("User.*.namePointing", "the approver was of one sObject in v29"),
];

/// Members that hang on the org or on its address.
const OF_THE_ORG: [&str; 5] = ["fields", "childRelationships", "recordTypeInfos", "urls", "supportedScopes"];

#[tokio::test]
async fn describes_are_those_of_real_orgs() {
    let Some(folder) = recordings() else { return };
    let org = TestOrg::start();
    let global = org.get("sobjects").await.json();
    let known: BTreeSet<_> = list(&global["sobjects"]).map(|sobject| text(sobject, "name")).collect();
    let mut found = Vec::new();
    for (name, file, version) in DESCRIBES {
        let recorded = read(&folder, file);
        let recorded = find(&recorded, &|json| json["fields"][0]["soapType"].is_string()).unwrap();
        let ours = org.get(&format!("/services/data/v{version}/sobjects/{name}/describe")).await.json();
        let mut comparison = Comparison { sobject: name, found: &mut found };
        comparison.members("self", &ours, recorded, &OF_THE_ORG);
        comparison.urls(&ours, recorded);
        comparison.fields(&ours, recorded);
        comparison.children(&ours, recorded, &known);
    }

    assert_has_reasons(&found);
}

#[tokio::test]
async fn the_global_describe_has_the_entries_of_real_orgs() {
    let Some(folder) = recordings() else { return };
    let org = TestOrg::start();
    let recorded = read(&folder, "describe/cumulusci_Global.json");
    let recorded = find(&recorded, &|json| json["sobjects"].is_array()).unwrap();
    let ours = org.get("/services/data/v52.0/sobjects").await.json();
    assert_eq!(ours["encoding"], recorded["encoding"]);
    assert_eq!(ours["maxBatchSize"], recorded["maxBatchSize"]);

    let mut found = Vec::new();
    let mut compared = 0;
    for their in list(&recorded["sobjects"]) {
        let own = list(&ours["sobjects"]).find(|our| our["name"] == their["name"]);
        // Two entries at the end of the recording were put there by hand: they have no key prefix.
        let is_real = !["Event", "Lead"].contains(&text(their, "name"));
        if let Some(our) = own.filter(|_| is_real) {
            let mut comparison = Comparison { sobject: text(their, "name"), found: &mut found };
            comparison.members("self", our, their, &[]);
            compared += 1;
        }
    }

    assert!(compared >= 9, "{compared}");
    assert_eq!(found, Vec::<String>::new());
}

struct Comparison<'a> {
    sobject: &'a str,
    found: &'a mut Vec<String>,
}

impl Comparison<'_> {
    fn note(&mut self, place: &str, attribute: &str, text: &str) {
        self.found.push(format!("{}.{place}.{attribute}: {text}", self.sobject));
    }

    /// Compares the members that the recording has.
    fn members(&mut self, place: &str, ours: &Json, theirs: &Json, but: &[&str]) {
        for (name, their) in theirs.as_object().unwrap() {
            match ours.get(name) {
                _ if but.contains(&name.as_str()) => {}
                None => self.note(place, name, "missing"),
                Some(our) if name == "picklistValues" => self.picklist(place, our, their),
                Some(our) if our != their => self.note(place, name, &format!("{our}, recorded {their}")),
                Some(_) => {}
            }
        }
    }

    fn urls(&mut self, ours: &Json, theirs: &Json) {
        let names = |urls: &Json| urls.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        for name in names(&theirs["urls"]).difference(&names(&ours["urls"])) {
            self.note("urls", name, "missing");
        }
    }

    fn picklist(&mut self, place: &str, ours: &Json, theirs: &Json) {
        if ours != theirs {
            self.note(place, "picklistValues", &format!("{} values", list(ours).count()));
        }
    }

    /// Compares the standard fields. An org that lacks a field has a reason for it.
    fn fields(&mut self, ours: &Json, theirs: &Json) {
        let own: BTreeMap<_, _> = list(&ours["fields"]).map(|field| (text(field, "name"), field)).collect();
        for their in list(&theirs["fields"]).filter(|field| !text(field, "name").ends_with("__c")) {
            let name = text(their, "name");
            match own.get(name) {
                Some(our) => self.members(name, our, their, &[]),
                None => self.note(name, "missing", "missing"),
            }
        }
    }

    /// Compares the lookups of sObjects that both orgs have.
    fn children(&mut self, ours: &Json, theirs: &Json, known: &BTreeSet<&str>) {
        let is_same =
            |one: &Json, two: &Json| ["childSObject", "field"].iter().all(|part| one[part] == two[part]);
        for their in list(&theirs["childRelationships"]) {
            let (child, field) = (text(their, "childSObject"), text(their, "field"));
            let is_comparable = known.contains(child) && !child.ends_with("__c") && self.sobject != "User";
            if !is_comparable {
                continue;
            }
            match list(&ours["childRelationships"]).find(|our| is_same(our, their)) {
                Some(our) => self.members(&format!("{child}/{field}"), our, their, &[]),
                None => self.note(&format!("{child}/{field}"), "missing", "missing"),
            }
        }
    }
}

/// Fails with what differs without a reason, or with the reasons nothing needs.
fn assert_has_reasons(found: &[String]) {
    let fits = |pattern: &str, place: &str| {
        let place = place.split(": ").next().unwrap_or_default();
        let (pattern, place): (Vec<_>, Vec<_>) = (pattern.split('.').collect(), place.split('.').collect());
        let fits = |(pattern, part): (&&str, &&str)| *pattern == "*" || pattern == part;
        pattern.len() == place.len() && pattern.iter().zip(&place).all(fits)
    };
    let unexplained: Vec<_> =
        found.iter().filter(|place| !REASONS.iter().any(|(pattern, _)| fits(pattern, place))).collect();
    let unneeded: Vec<_> =
        REASONS.iter().filter(|(pattern, _)| !found.iter().any(|place| fits(pattern, place))).collect();
    assert!(unexplained.is_empty(), "without a reason: {unexplained:#?}");
    assert!(unneeded.is_empty(), "no longer differ: {unneeded:#?}");
}

fn list(json: &Json) -> impl Iterator<Item = &Json> {
    json.as_array().unwrap().iter()
}

fn text<'a>(json: &'a Json, member: &str) -> &'a str {
    json[member].as_str().unwrap()
}

/// Finds the part of a recorded exchange that is what is looked for.
fn find<'a>(json: &'a Json, is_wanted: &dyn Fn(&Json) -> bool) -> Option<&'a Json> {
    if is_wanted(json) {
        return Some(json);
    }
    match json {
        Json::Object(members) => members.values().find_map(|value| find(value, is_wanted)),
        Json::Array(items) => items.iter().find_map(|value| find(value, is_wanted)),
        _ => None,
    }
}
