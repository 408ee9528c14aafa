use super::{NOW_MS, TestOrg, date, number, text};
use crate::org::{Org, OrgConfig};
use crate::schema::Schema;
use crate::value::Value;

fn test_org() -> TestOrg {
    let test = TestOrg::empty();
    let rows: [(&str, Value<'static>, Value<'static>, Value<'static>); 4] = [
        ("b", number("2"), text("Partner"), date("2026-01-02")),
        ("A", number("10"), text("Prospect"), date("2026-01-01")),
        ("c", Value::Null, Value::Null, Value::Null),
        ("Ä", number("-1"), text("Prospect"), date("2025-12-31")),
    ];
    for (name, revenue, kind, expires) in rows {
        let fields = [
            ("Name", text(name)),
            ("AnnualRevenue", revenue),
            ("Type", kind),
            ("SLA_Expiration__c", expires),
            ("Newsletter__c", Value::Bool(name == "c")),
        ];
        test.insert("Account", &fields);
    }
    test
}

#[test]
fn orders_are_those_of_salesforce() {
    let test = test_org();
    for (order, sorted) in [
        ("Name", "A b c Ä"),
        ("Name ASC", "A b c Ä"),
        ("Name DESC", "Ä c b A"),
        ("AnnualRevenue", "c Ä b A"),
        ("AnnualRevenue DESC", "c A b Ä"),
        ("AnnualRevenue NULLS LAST", "Ä b A c"),
        ("AnnualRevenue DESC NULLS LAST", "A b Ä c"),
        ("AnnualRevenue DESC NULLS FIRST", "c A b Ä"),
        ("SLA_Expiration__c DESC NULLS LAST", "b A Ä c"),
        ("Newsletter__c DESC, Name", "c A b Ä"),
        // As the picklist lists its values, then by name.
        ("Type NULLS LAST, Name DESC", "Ä A b c"),
        ("Id", "b A c Ä"),
        ("Id DESC", "Ä c A b"),
        ("Owner.Name, Name", "A b c Ä"),
        ("Name LIMIT 2", "A b"),
        ("Name LIMIT 2 OFFSET 1", "b c"),
        ("Name OFFSET 3", "Ä"),
        ("Name LIMIT 0", ""),
        ("Name LIMIT 5 OFFSET 10", ""),
        ("Id LIMIT 1 OFFSET 1", "A"),
    ] {
        let soql = format!("SELECT Name FROM Account ORDER BY {order}");

        assert_eq!(test.values(&soql), sorted, "{order}");
    }
}

#[test]
fn without_an_order_rows_come_by_id() {
    let test = test_org();

    assert_eq!(test.values("SELECT Name FROM Account LIMIT 2 OFFSET 1"), "A c");
}

#[test]
fn counts_follow_limit_and_condition() {
    let test = test_org();
    for (soql, count) in [
        ("SELECT COUNT() FROM Account", 4),
        ("select count() from account where Type = 'Prospect'", 2),
        ("SELECT COUNT() FROM Account LIMIT 3", 3),
        ("SELECT Id FROM Account", 4),
    ] {
        let query = test.prepare(soql).unwrap();

        assert_eq!(query.count(&test.org.read()), count, "{soql}");
    }
    assert!(test.prepare("SELECT COUNT() FROM Account").unwrap().is_count());
}

#[test]
fn the_first_of_many_are_the_first_of_the_whole_order() {
    let counts = [("Contact".to_owned(), 3_000), ("Account".to_owned(), 100)].into();
    let test = TestOrg { org: Org::new(OrgConfig { seed: 3, counts, now_ms: NOW_MS }), ..TestOrg::empty() };
    let view = test.org.read();
    for order in
        ["SystemModstamp, Id", "LastName DESC, FirstName", "Account.Name NULLS LAST, Id DESC", "Level__c"]
    {
        let soql = format!("SELECT Id FROM Contact WHERE SystemModstamp <= TODAY ORDER BY {order}");
        let whole = test.prepare(&soql).unwrap().select_rows(&view);

        for limit in [1, 7, 200, 1_500] {
            let page = test.prepare(&format!("{soql} LIMIT {limit} OFFSET 3")).unwrap().select_rows(&view);

            assert_eq!(page, whole[3..limit + 3], "{order} {limit}");
        }
    }
}

#[test]
fn keyset_pages_cover_all_records_once() {
    let counts = [("Account".to_owned(), 500)].into();
    let test = TestOrg { org: Org::new(OrgConfig { seed: 3, counts, now_ms: NOW_MS }), ..TestOrg::empty() };
    let view = test.org.read();
    let account = Schema::standard().find("Account").unwrap();
    let modstamp = account.field("SystemModstamp").unwrap();
    let mut seen = Vec::new();
    let mut after = String::new();

    loop {
        let soql = format!("SELECT Id FROM Account {after} ORDER BY SystemModstamp, Id LIMIT 64");
        let page = test.prepare(&soql).unwrap().select_rows(&view);
        let Some(last) = page.last() else { break };
        let Value::DateTime(ms) = view.value(account, last, modstamp) else { panic!("no modstamp") };
        let stamp = chrono::DateTime::from_timestamp_millis(ms).unwrap().format("%Y-%m-%dT%H:%M:%S%.3fZ");
        let id = view.id(last);
        after = format!("WHERE SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{id}')");
        seen.extend(page);
    }

    let mut all = seen.clone();
    all.sort_unstable();
    all.dedup();
    assert_eq!((seen.len(), all.len()), (500, 500));
}
