use super::{TestOrg, text};
use crate::value::Value;

fn test_org() -> TestOrg {
    let test = TestOrg::empty();
    let [a, b] = ["A", "B"].map(|name| test.insert("Account", &[("Name", text(name))]));
    test.insert("Account", &[("Name", text("C"))]);
    for (name, account) in [("x", Some(a)), ("y", Some(a)), ("z", Some(b)), ("none", None)] {
        let mut fields = vec![("LastName", text(name))];
        fields.extend(account.map(|id| ("AccountId", Value::Id(id))));
        test.insert("Contact", &fields);
    }
    test
}

#[test]
fn joins_keep_what_the_subquery_finds() {
    let test = test_org();
    for (condition, kept) in [
        ("Id IN (SELECT AccountId FROM Contact)", "A B"),
        ("Id NOT IN (SELECT AccountId FROM Contact)", "C"),
        ("Id IN (SELECT AccountId FROM Contact WHERE LastName LIKE 'z%')", "B"),
        (
            "Id IN (SELECT AccountId FROM Contact WHERE LastName = 'x') AND Id NOT IN (SELECT AccountId FROM Contact c WHERE c.LastName = 'z')",
            "A",
        ),
        ("Name != 'B' AND Id IN (SELECT AccountId FROM Contact)", "A"),
        ("OwnerId IN (SELECT Id FROM User)", "A B C"),
        ("Id IN (SELECT AccountId FROM Contact WHERE LastName = 'nobody')", ""),
    ] {
        let soql = format!("SELECT Name FROM Account WHERE {condition}");

        assert_eq!(test.values(&soql), kept, "{condition}");
    }
    let orphans =
        "SELECT LastName FROM Contact WHERE AccountId NOT IN (SELECT Id FROM Account WHERE Name = 'A')";
    assert_eq!(test.values(orphans), "z none");
}
