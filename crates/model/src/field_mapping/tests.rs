use serde_json::json;

use super::*;

fn field(name: &str, label: &str, field_type: &str) -> FieldDescribe {
    serde_json::from_value(json!({"name": name, "label": label, "type": field_type})).unwrap()
}

fn describe(name: &str, fields: &[(&str, &str, &str)]) -> SObjectDescribe {
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, label, kind)| json!({"name": name, "label": label, "type": kind}))
        .collect();
    serde_json::from_value(json!({"name": name, "fields": fields})).unwrap()
}

#[test]
fn types_fit_exactly_by_reading_or_not_at_all() {
    use FieldType as F;
    use PropertyType as P;
    let cases = [
        (F::Picklist, P::Text, TypeFit::Exact),
        (F::Reference, P::Text, TypeFit::Exact),
        (F::Double, P::Text, TypeFit::Convertible),
        (F::Url, P::Url, TypeFit::Exact),
        (F::String, P::Url, TypeFit::Convertible),
        (F::Email, P::Url, TypeFit::None),
        (F::Int, P::Number, TypeFit::Exact),
        (F::Currency, P::Number, TypeFit::Convertible),
        (F::Double, P::Currency, TypeFit::Convertible),
        (F::String, P::Currency, TypeFit::None),
        (F::Picklist, P::Boolean, TypeFit::None),
        (F::DateTime, P::Date, TypeFit::Convertible),
        (F::Date, P::DateTime, TypeFit::Convertible),
        (F::Boolean, P::Boolean, TypeFit::Exact),
        (F::Base64, P::Text, TypeFit::None),
        (F::Address, P::Text, TypeFit::None),
    ];

    for (field_type, property_type, fit) in cases {
        assert_eq!(fit_type(field_type, property_type), fit, "{field_type:?} {property_type}");
    }
}

#[test]
fn a_score_tells_how_likely_a_field_is_meant() {
    let cases = [
        ("Name", "Account Name", "string", EntityName::Company, "name", Some((100, SuggestionReason::Name))),
        ("Name__c", "Name", "string", EntityName::Company, "name", Some((100, SuggestionReason::Name))),
        (
            "Erp_Region__c",
            "Region",
            "picklist",
            EntityName::Company,
            "region",
            Some((90, SuggestionReason::Label)),
        ),
        ("Website", "Website", "url", EntityName::Company, "domain", Some((85, SuggestionReason::Synonym))),
        (
            "Website",
            "Website",
            "string",
            EntityName::Company,
            "domain",
            Some((75, SuggestionReason::Synonym)),
        ),
        (
            "Domain__c",
            "Mail domain",
            "string",
            EntityName::Company,
            "domain",
            Some((90, SuggestionReason::Name)),
        ),
        (
            "FirstName",
            "First Name",
            "string",
            EntityName::Person,
            "first_name",
            Some((100, SuggestionReason::Name)),
        ),
        ("Amount", "Amount", "string", EntityName::Deal, "amount", None),
        ("Fax", "Fax", "phone", EntityName::Company, "phone", None),
    ];

    for (name, label, kind, entity, property, expected) in cases {
        let property = Entity::built_in(entity).find_property(property).unwrap();
        assert_eq!(
            score_field(&field(name, label, kind), property),
            expected,
            "{name} for {}",
            property.name
        );
    }
}

#[test]
fn each_property_gets_its_likeliest_field() {
    let lead = describe("Lead", &[("Email", "Email", "email"), ("Title", "Title", "string")]);
    let contact = describe(
        "Contact",
        &[("Id", "Contact ID", "id"), ("Private_Email__c", "Email", "email"), ("Email", "Email", "email")],
    );
    let account = describe("Account", &[("Fax", "Fax", "phone")]);

    let suggestions = suggest_mappings(&[&lead, &account, &contact]);

    let shown: Vec<_> = suggestions
        .iter()
        .map(|one| {
            format!("{}.{} {}.{} {} {}", one.entity, one.property, one.sobject, one.field, one.score, one.why)
        })
        .collect();
    assert_eq!(shown, ["person.email Contact.Email 100 name", "person.title Lead.Title 95 name"]);
}

#[test]
fn every_score_is_within_its_range() {
    for property in Entity::BUILT_IN.iter().flat_map(|entity| entity.properties) {
        for synonym in property.synonyms {
            for kind in ["string", "double", "boolean", "date", "email"] {
                let scored = score_field(&field("X", synonym, kind), property);
                assert!(scored.is_none_or(|(score, _)| (1..=100).contains(&score)), "{synonym}");
            }
        }
    }
}

#[test]
fn a_list_of_values_makes_another_type_fit_where_it_replaces_all() {
    let pair = |from: &str, to: &str| crate::ValuePair { from: from.to_owned(), to: to.to_owned() };
    let list = Transform {
        values: vec![pair("Closed Won", "true")],
        others: OtherValues::LeaveEmpty,
        ..Transform::default()
    };
    let (picklist, boolean) = (FieldType::Picklist, PropertyType::Boolean);

    assert_eq!(fit_transformed(picklist, boolean, &list), TypeFit::Convertible);
    assert_eq!(fit_transformed(picklist, boolean, &Transform::default()), TypeFit::None);
    let keeps = Transform { others: OtherValues::Keep, ..list.clone() };
    assert_eq!(fit_transformed(picklist, boolean, &keeps), TypeFit::None);
    assert_eq!(fit_transformed(FieldType::Base64, boolean, &list), TypeFit::None);
    assert_eq!(fit_transformed(picklist, PropertyType::Number, &list), TypeFit::None);
    assert_eq!(fit_transformed(picklist, PropertyType::Text, &list), TypeFit::Exact);
}

#[test]
fn a_property_that_another_sobject_holds_is_suggested_from_there_only() {
    let fields: &[(&str, &str, &str)] = &[("Status", "Status", "picklist"), ("Email", "Email", "email")];
    let suggested = |sobject: &str| -> Vec<_> {
        let described = describe(sobject, fields);
        suggest_mappings(&[&described]).into_iter().map(|suggestion| suggestion.property).collect()
    };

    assert_eq!(suggested("Contract"), ["contract_status"]);
    assert_eq!(suggested("Case"), ["case_status"]);
    assert_eq!(suggested("User"), ["sales_rep_email"]);
    assert!(!suggested("Account").contains(&"contract_status"));
}
