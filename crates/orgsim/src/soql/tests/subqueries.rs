use super::{TestOrg, text};
use crate::id::RecordId;
use crate::soql::ChildPages;
use crate::value::Value;

fn test_org() -> (TestOrg, [RecordId; 2]) {
    let test = TestOrg::empty();
    let [a, b] = ["A", "B"].map(|name| test.insert("Account", &[("Name", text(name))]));
    let [x, _, _] = ["x", "y", "z"]
        .map(|name| test.insert("Contact", &[("LastName", text(name)), ("AccountId", Value::Id(a))]));
    test.insert(
        "Contact",
        &[("LastName", text("x's")), ("AccountId", Value::Id(b)), ("ReportsToId", Value::Id(x))],
    );
    test.insert(
        "Case",
        &[("Subject", text("Broken")), ("ContactId", Value::Id(x)), ("AccountId", Value::Id(a))],
    );
    (test, [a, b])
}

/// Returns records without their attributes, which say nothing new here.
fn short(records: &[String]) -> Vec<String> {
    let attributes = |record: &str| {
        let mut short = String::new();
        let mut rest = record;
        while let Some(at) = rest.find(r#""attributes":{"#) {
            short.push_str(&rest[..at]);
            let end = at + rest[at..].find('}').unwrap() + 1;
            rest = rest[end..].trim_start_matches(',');
        }
        short + rest
    };
    records.iter().map(|record| attributes(record).replace('"', "")).collect()
}

#[test]
fn children_are_nested_or_null() {
    let (test, _) = test_org();
    for (subquery, records) in [
        (
            "SELECT LastName FROM Contacts",
            [
                "Contacts:{totalSize:3,done:true,records:[{LastName:x},{LastName:y},{LastName:z}]}",
                "Contacts:{totalSize:1,done:true,records:[{LastName:x's}]}",
            ],
        ),
        (
            "SELECT LastName FROM Account.Contacts c WHERE c.LastName > 'x' ORDER BY LastName DESC LIMIT 2",
            [
                "Contacts:{totalSize:2,done:true,records:[{LastName:z},{LastName:y}]}",
                "Contacts:{totalSize:1,done:true,records:[{LastName:x's}]}",
            ],
        ),
        (
            "SELECT Account.Name FROM Contacts WHERE LastName = 'y'",
            ["Contacts:{totalSize:1,done:true,records:[{Account:{Name:A}}]}", "Contacts:null"],
        ),
        (
            "SELECT LastName, (SELECT Subject FROM Cases) FROM Contacts WHERE LastName < 'y'",
            [
                "Contacts:{totalSize:1,done:true,records:[{LastName:x,Cases:{totalSize:1,done:true,records:[{Subject:Broken}]}}]}",
                "Contacts:{totalSize:1,done:true,records:[{LastName:x's,Cases:null}]}",
            ],
        ),
    ] {
        let found = short(&test.json(&format!("SELECT Name, ({subquery}) FROM Account ORDER BY Name")));

        assert_eq!(
            found,
            [format!("{{Name:A,{}}}", records[0]), format!("{{Name:B,{}}}", records[1])],
            "{subquery}"
        );
    }
}

#[test]
fn children_that_do_not_fit_are_kept() {
    let (test, [a, _]) = test_org();
    let query =
        test.prepare("SELECT (SELECT Id FROM Cases), (SELECT LastName FROM Contacts) FROM Account").unwrap();
    let view = test.org.read();
    let kept = std::cell::RefCell::new(Vec::new());
    let keep = |places: &[usize], rows: &[crate::org::Row]| {
        kept.borrow_mut().push((places.to_vec(), rows.len()));
        "/next".to_owned()
    };
    let mut out = Vec::new();

    let account = view.find(query.sobject(), &a).unwrap();
    query.write_records(&view, &[account], &ChildPages { page_rows: 2, keep: &keep }, &mut out);

    assert_eq!(kept.into_inner(), [(vec![1], 3)]);
    let record = String::from_utf8(out).unwrap();
    assert!(
        record.contains(r#""Contacts":{"totalSize":3,"done":false,"nextRecordsUrl":"/next","records":[{"#),
        "{record}"
    );
    assert_eq!(query.child(&[1]).unwrap().columns(), ["LastName"]);
}

#[test]
fn the_type_of_a_parent_decides_its_fields() {
    let test = TestOrg::empty();
    let queue = test.insert("Group", &[("Name", text("Support")), ("Type", text("Queue"))]);
    test.insert("Project__c", &[("Name", text("Bridge"))]);
    test.insert("Project__c", &[("Name", text("Tunnel")), ("OwnerId", Value::Id(queue))]);

    let found =
        |clause: &str| short(&test.json(&format!("SELECT Name, TYPEOF Owner {clause} END FROM Project__c")));

    assert_eq!(
        found("WHEN User THEN IsActive, Manager.Name WHEN Group THEN Name, Type"),
        ["{Name:Bridge,Owner:{IsActive:true,Manager:null}}", "{Name:Tunnel,Owner:{Name:Support,Type:Queue}}"]
    );
    assert_eq!(
        found("WHEN User THEN IsActive"),
        ["{Name:Bridge,Owner:{IsActive:true}}", "{Name:Tunnel,Owner:null}"]
    );
    assert_eq!(
        found("WHEN User THEN IsActive ELSE Name, Type"),
        ["{Name:Bridge,Owner:{IsActive:true}}", "{Name:Tunnel,Owner:{Name:Support,Type:Queue}}"]
    );
}
