use super::{NOW_MS, TestOrg, text};
use crate::org::Row;
use crate::schema::Schema;
use crate::value::Value;

/// Ten thousand contacts of a thousand accounts; one contact was changed, one deleted, one added.
fn test_org() -> TestOrg {
    let test = TestOrg::with_records(&[("Account", 1_000), ("Contact", 10_000), ("User", 5)]);
    let contact = Schema::standard().find("Contact").unwrap();
    let ids: Vec<_> = {
        let view = test.org.read();
        view.rows(contact).take(2).map(|row| view.id(&row)).collect()
    };
    let last_name = contact.field("LastName").unwrap().index;
    test.org.update(contact, &ids[0], &[(last_name, text("Changed"))], NOW_MS).unwrap();
    test.org.delete(contact, &ids[1], NOW_MS).unwrap();
    test.insert("Contact", &[("LastName", text("Added"))]);
    test
}

/// Returns how many records are looked at for a condition; `None` for all.
fn looked_at(test: &TestOrg, condition: &str) -> Option<usize> {
    let query = test.prepare(&format!("SELECT Id FROM Contact WHERE {condition}")).unwrap();
    let view = test.org.read();
    let filter = query.filter_for(&view).unwrap();
    query.candidates(&view, Some(&filter)).map(|rows| rows.len())
}

#[test]
fn filters_with_an_index_look_at_few_records() {
    let test = test_org();
    let view = test.org.read();
    let contact = Schema::standard().find("Contact").unwrap();
    let value_of =
        |row: &Row, name: &str| view.value(contact, row, contact.field(name).unwrap()).into_owned();
    // Accounts with a high id have few contacts.
    let row =
        view.rows(contact).max_by_key(|row| value_of(row, "AccountId").as_str().map(str::to_owned)).unwrap();
    let value = |name: &str| value_of(&row, name);
    let quoted = |name: &str| value(name).as_str().unwrap().replace('\'', "\\'");
    let Value::DateTime(modified) = value("SystemModstamp") else { panic!("no modstamp") };
    let at = chrono::DateTime::from_timestamp_millis(modified).unwrap().format("%Y-%m-%dT%H:%M:%S%.3fZ");

    for condition in [
        format!("Id = '{}'", view.id(&row)),
        format!("Id IN ('{0}', '{0}') AND LastName != NULL", view.id(&row)),
        format!("Name = '{}'", quoted("Name").to_uppercase()),
        format!("AccountId = '{}'", quoted("AccountId")),
        format!("AccountId IN ('{}') AND LastName != NULL", quoted("AccountId")),
        format!("External_Id__c = '{}'", quoted("External_Id__c")),
        format!("SystemModstamp = {at}"),
        format!("SystemModstamp >= {at} AND SystemModstamp <= {at}"),
        "SystemModstamp > TODAY".to_owned(),
    ] {
        let looked_at = looked_at(&test, &condition).unwrap_or_else(|| panic!("all for {condition}"));

        assert!(looked_at < 200, "{looked_at} for {condition}");
    }
    for condition in ["LastName = 'x'", "AccountId != NULL", "Name LIKE 'A%'", "SystemModstamp < TODAY"] {
        assert_eq!(looked_at(&test, condition), None, "{condition}");
    }
}

#[test]
fn bounds_of_ids_bound_what_is_looked_at() {
    let test = test_org();
    let view = test.org.read();
    let contact = Schema::standard().find("Contact").unwrap();
    let ids: Vec<_> = view.rows(contact).map(|row| view.id(&row)).collect();
    let condition = format!("Id > '{}' AND Id <= '{}'", ids[10], ids[40]);

    let query = test.prepare(&format!("SELECT Id FROM Contact WHERE {condition}")).unwrap();
    let bounds = query.filter_for(&view).unwrap().id_bounds();

    assert_eq!(view.rows_between(contact, bounds).count(), 30);
    assert_eq!(query.select_rows(&view).len(), 30);
}

#[test]
fn changed_records_are_found_by_what_they_are_now() {
    let test = test_org();

    assert_eq!(test.values("SELECT LastName FROM Contact WHERE Name LIKE '%Changed'"), "Changed");
    let name = test.values("SELECT Name FROM Contact WHERE LastName = 'Changed'");
    assert_eq!(test.values(&format!("SELECT LastName FROM Contact WHERE Name = '{name}'")), "Changed");
    assert_eq!(test.values("SELECT LastName FROM Contact WHERE Name = 'added'"), "Added");
}

#[test]
fn pages_by_time_are_those_of_the_whole_order() {
    let test = test_org();
    let view = test.org.read();
    let whole =
        test.prepare("SELECT Id FROM Contact ORDER BY SystemModstamp, Id").unwrap().select_rows(&view);
    for (limit, offset) in [(1, 0), (50, 7), (10_000, 0), (20_000, 2_000)] {
        let soql =
            format!("SELECT Id FROM Contact ORDER BY SystemModstamp, Id LIMIT {limit} OFFSET {offset}");

        let page = test.prepare(&soql).unwrap().select_rows(&view);

        let end = (offset + limit).min(whole.len());
        assert_eq!(page, whole[offset..end], "{limit} {offset}");
    }
}
