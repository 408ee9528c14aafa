use std::collections::HashSet;

use crate::clock::DAY_MS;
use crate::org::{Org, OrgConfig, OrgView, Row};
use crate::schema::{FieldKind, SObject};
use crate::value::Value;

const NOW_MS: i64 = 1_790_000_000_000;

fn org() -> Org {
    let counts = [
        ("Account", 3_000),
        ("Contact", 4_000),
        ("Opportunity", 2_000),
        ("Case", 2_000),
        ("Project__c", 500),
        ("Lead", 700),
        ("Task", 900),
        ("Event", 500),
        ("Campaign", 12),
        ("CampaignMember", 600),
        ("Product2", 40),
        ("OpportunityLineItem", 700),
        ("OpportunityContactRole", 900),
        ("AccountContactRole", 100),
        ("Contract", 200),
        ("Order", 60),
        ("OrderItem", 170),
        ("Quote", 80),
        ("Asset", 200),
        ("CaseComment", 300),
        ("Solution", 30),
        ("Individual", 40),
    ];
    let counts = counts.map(|(name, count)| (name.to_owned(), count)).into();
    Org::new(OrgConfig { seed: 42, counts, now_ms: NOW_MS })
}

struct Records<'a> {
    view: &'a OrgView<'a>,
    sobject: &'a SObject,
}

impl<'a> Records<'a> {
    fn of(view: &'a OrgView<'a>, name: &str) -> Self {
        Self { view, sobject: view.schema().find(name).unwrap() }
    }

    fn get(&self, row: &Row, field: &str) -> Value<'a> {
        self.view.value(self.sobject, row, self.sobject.field(field).unwrap())
    }

    fn all(&self, field: &str) -> Vec<Value<'a>> {
        self.view.rows(self.sobject).map(|row| self.get(&row, field)).collect()
    }
}

#[test]
fn every_value_fits_its_field() {
    let org = org();
    let view = org.read();
    for sobject in view.schema().sobjects() {
        for (row, field) in
            view.rows(sobject).flat_map(|row| sobject.fields.iter().map(move |field| (row, field)))
        {
            let value = view.value(sobject, &row, field);
            let fits = match (&value, field.kind) {
                (Value::Null, kind) => field.nillable || field.is_compound() && kind == FieldKind::Address,
                (Value::Bool(_), kind) => matches!(kind, FieldKind::Boolean | FieldKind::AnyType),
                (Value::Int(_), kind) => kind.is_integer(),
                (Value::Number(number), kind) => {
                    let digits = number.trunc().normalize().mantissa().unsigned_abs().to_string().len();
                    kind.is_decimal()
                        && number.scale() <= u32::from(field.scale)
                        && digits <= usize::from(field.precision)
                }
                (Value::Text(_), FieldKind::AnyType) => true,
                (Value::Text(text), kind) => {
                    let is_trimmed = text.trim() == text && !text.is_empty();
                    kind.is_text() && is_trimmed && text.encode_utf16().count() <= field.length as usize
                }
                (Value::Id(id), FieldKind::Id) => Some(id.prefix()) == sobject.key_prefix,
                (Value::Id(_), kind) => kind == FieldKind::Reference,
                (Value::Date(_), kind) => kind == FieldKind::Date,
                (Value::DateTime(ms), kind) => kind == FieldKind::DateTime && ms % 1_000 == 0,
                (Value::Blob(_), kind) => kind == FieldKind::Base64,
                (Value::Time(ms), kind) => kind == FieldKind::Time && *ms < 86_400_000,
            };
            assert!(fits, "{}.{} of {row:?} is {:.200}", sobject.name, field.name, format!("{value:?}"));
        }
    }
}

#[test]
fn audit_times_are_in_order_and_older_than_a_day() {
    let org = org();
    let view = org.read();
    for sobject in view.schema().sobjects() {
        let records = Records { view: &view, sobject };
        for row in view.rows(sobject) {
            let known = |name: &&str| sobject.field(name).is_some();
            let times: Vec<_> = ["CreatedDate", "LastModifiedDate", "SystemModstamp"]
                .into_iter()
                .filter(known)
                .map(|name| match records.get(&row, name) {
                    Value::DateTime(ms) => ms,
                    other => panic!("{name} is {other:?}"),
                })
                .collect();
            let is_old = times.iter().all(|time| *time < NOW_MS - DAY_MS);
            assert!(times.is_sorted() && is_old, "{} {row:?} {times:?}", sobject.name);
        }
    }
}

#[test]
fn many_records_share_a_system_modstamp() {
    let org = org();
    let view = org.read();
    let mut stamps = std::collections::HashMap::new();
    for sobject in ["Account", "Contact", "Opportunity", "Case"] {
        for value in Records::of(&view, sobject).all("SystemModstamp") {
            let Value::DateTime(ms) = value else { panic!("no stamp") };
            *stamps.entry((sobject, ms)).or_insert(0) += 1;
        }
    }

    assert!(stamps.values().max() > Some(&100), "{:?}", stamps.values().max());
}

#[test]
fn unique_fields_are_unique() {
    let org = org();
    let view = org.read();
    for sobject in view.schema().sobjects() {
        let records = Records { view: &view, sobject };
        for field in sobject.fields.iter().filter(|field| field.unique || field.auto_number) {
            let values = records.all(&field.name);
            let distinct: HashSet<_> =
                values.iter().map(|value| value.as_str().unwrap().to_lowercase()).collect();
            assert_eq!(distinct.len(), values.len(), "{}.{}", sobject.name, field.name);
        }
    }
}

#[test]
fn picklists_hold_their_values_and_lookups_find_their_records() {
    let org = org();
    let view = org.read();
    for sobject in view.schema().sobjects() {
        for field in &sobject.fields {
            for row in view.rows(sobject) {
                match view.value(sobject, &row, field) {
                    Value::Text(text) if !field.picklist.is_empty() && field.kind != FieldKind::Combobox => {
                        let known = |part: &str| field.picklist.iter().any(|entry| entry.value == part);
                        assert!(text.split(';').all(known), "{}.{} is {text}", sobject.name, field.name);
                    }
                    Value::Id(id) => {
                        // Profiles are not simulated.
                        let own = (field.kind == FieldKind::Id).then_some(sobject);
                        let parent = own.or(view.schema().find_by_prefix(id.prefix()));
                        let found = parent.is_none_or(|parent| view.find(parent, &id).is_some());
                        assert!(found, "{}.{} is {id}", sobject.name, field.name);
                    }
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn stages_agree_with_what_follows_from_them() {
    let org = org();
    let view = org.read();
    let deals = Records::of(&view, "Opportunity");
    let today = chrono::DateTime::from_timestamp_millis(NOW_MS).unwrap().date_naive();
    for row in view.rows(deals.sobject) {
        let stage = deals.get(&row, "StageName").as_str().unwrap().to_owned();
        let Value::Date(close) = deals.get(&row, "CloseDate") else { panic!("no date") };
        let expected = match stage.as_str() {
            "Closed Won" => (true, true, 100, "Closed"),
            "Closed Lost" => (true, false, 0, "Omitted"),
            "Proposal/Price Quote" => (false, false, 75, "BestCase"),
            "Negotiation/Review" => (false, false, 90, "Forecast"),
            _ => continue,
        };
        let (is_closed, is_won, probability, category) = expected;
        assert_eq!(deals.get(&row, "IsClosed"), Value::Bool(is_closed));
        assert_eq!(deals.get(&row, "IsWon"), Value::Bool(is_won));
        assert_eq!(deals.get(&row, "Probability"), Value::Number(probability.into()));
        assert_eq!(deals.get(&row, "ForecastCategory"), Value::text(category));
        assert!(!is_closed || close < today);
    }
}

#[test]
fn an_opportunity_is_worth_its_line_items() {
    let org = org();
    let view = org.read();
    let (deals, lines) = (Records::of(&view, "Opportunity"), Records::of(&view, "OpportunityLineItem"));
    let mut totals = std::collections::HashMap::new();
    for row in view.rows(lines.sobject) {
        let (Value::Id(deal), Value::Number(total)) =
            (lines.get(&row, "OpportunityId"), lines.get(&row, "TotalPrice"))
        else {
            panic!("a line item has a deal and a price");
        };
        *totals.entry(deal).or_insert(rust_decimal::Decimal::ZERO) += total;
    }

    assert_eq!(totals.len(), 700_usize.div_ceil(3));
    for row in view.rows(deals.sobject) {
        let total = totals.get(&view.id(&row));
        assert_eq!(deals.get(&row, "HasOpportunityLineItem"), Value::Bool(total.is_some()));
        if let Some(total) = total {
            assert_eq!(deals.get(&row, "Amount"), Value::Number(*total));
            assert!(!deals.get(&row, "Pricebook2Id").is_null());
        }
    }
}

#[test]
fn only_closed_tasks_of_long_ago_are_archived() {
    let org = org();
    let view = org.read();
    let tasks = Records::of(&view, "Task");
    let year_ago = chrono::DateTime::from_timestamp_millis(NOW_MS - 365 * DAY_MS).unwrap().date_naive();
    let mut archived = 0;
    for row in view.rows(tasks.sobject) {
        let is_archived = tasks.get(&row, "IsArchived") == Value::Bool(true);
        if let Value::Date(due) = tasks.get(&row, "ActivityDate") {
            let is_done = tasks.get(&row, "IsClosed") == Value::Bool(true);
            assert_eq!(is_archived, is_done && due < year_ago);
        }
        assert_eq!(view.is_hidden(&row), is_archived);
        archived += usize::from(is_archived);
    }

    assert!((200..600).contains(&archived), "{archived}");
}

#[test]
fn an_activity_belongs_to_the_account_of_what_it_is_about() {
    let org = org();
    let view = org.read();
    let (events, deals) = (Records::of(&view, "Event"), Records::of(&view, "Opportunity"));
    let mut compared = 0;
    for row in view.rows(events.sobject) {
        if let Value::Id(what) = events.get(&row, "WhatId")
            && let Some(deal) = view.find(deals.sobject, &what)
        {
            let account = deals.get(&deal, "AccountId");
            assert!(account.is_null() || events.get(&row, "AccountId") == account);
            compared += 1;
        }
    }

    assert!(compared > 20);
}

#[test]
fn a_contact_writes_from_the_domain_of_its_account() {
    let org = org();
    let view = org.read();
    let (contacts, accounts) = (Records::of(&view, "Contact"), Records::of(&view, "Account"));
    let mut compared = 0;
    for row in view.rows(contacts.sobject) {
        let (Value::Text(email), Value::Id(id)) =
            (contacts.get(&row, "Email"), contacts.get(&row, "AccountId"))
        else {
            continue;
        };
        let account = view.find(accounts.sobject, &id).unwrap();
        if let Value::Text(website) = accounts.get(&account, "Website") {
            assert!(website.ends_with(email.split_once('@').unwrap().1), "{email} {website}");
            compared += 1;
        }
    }
    assert!(compared > 1_000);
}

#[test]
fn a_few_accounts_have_very_many_contacts() {
    let org = org();
    let view = org.read();
    let mut counts = std::collections::HashMap::new();
    for value in Records::of(&view, "Contact").all("AccountId") {
        *counts.entry(value.as_str().map(str::to_owned)).or_insert(0) += 1;
    }

    assert!(counts.values().filter(|count| **count > 40).count() >= 2);
    assert!(counts.values().filter(|count| **count <= 3).count() > 500);
}

#[test]
fn texts_have_everything_that_breaks_a_reader() {
    let org = org();
    let view = org.read();
    let names = Records::of(&view, "Account").all("Name");
    let texts = Records::of(&view, "Account").all("Description");
    let has = |values: &[Value<'_>], part: &str| {
        values.iter().any(|value| value.as_str().is_some_and(|t| t.contains(part)))
    };

    for part in ["\r\n", "\t", "\\", "\"", ",", "🎉", "ź", "Д", "س", "ש", "契", "ग"] {
        assert!(has(&texts, part), "{part:?}");
    }
    assert!(
        texts.iter().any(|value| value.as_str().is_some_and(|text| text.replace("\r\n", "").contains('\n')))
    );
    assert!(has(&names, ", Inc.") && has(&names, "\"מ"));
    assert!(
        Records::of(&view, "Contact")
            .all("Birthdate")
            .iter()
            .any(|value| matches!(value, Value::Date(date) if date.to_string().as_str() < "1970"))
    );
    let numbers = Records::of(&view, "Account").all("Customer_Number__c");
    assert!(
        numbers.iter().any(|value| matches!(value, Value::Number(number) if number.to_string().len() == 18))
    );
    let limits = Records::of(&view, "Account").all("Credit_Limit__c");
    assert!(limits.iter().any(|value| matches!(value, Value::Number(number) if number.is_sign_negative())));
}

#[test]
fn huge_texts_are_there_but_rare() {
    let counts = [("Account".to_owned(), 200_000)].into();
    let org = Org::new(OrgConfig { seed: 1, counts, now_ms: NOW_MS });
    let view = org.read();

    let lengths = Records::of(&view, "Account").all("Background__c").into_iter();
    let lengths: Vec<_> =
        lengths.filter_map(|value| value.as_str().map(|text| text.encode_utf16().count())).collect();

    assert!((3..30).contains(&lengths.len()), "{}", lengths.len());
    assert!(lengths.iter().all(|length| (100_000..131_072).contains(length)));
}

#[test]
fn the_same_seed_makes_the_same_org() {
    let (one, two) = (org(), org());
    let other =
        Org::new(OrgConfig { seed: 43, counts: [("Account".to_owned(), 3_000)].into(), now_ms: NOW_MS });
    let names = |org: &Org| {
        Records::of(&org.read(), "Account").all("Name").into_iter().map(Value::into_owned).collect::<Vec<_>>()
    };

    assert_eq!(names(&one), names(&two));
    assert_ne!(names(&one), names(&other));
}
