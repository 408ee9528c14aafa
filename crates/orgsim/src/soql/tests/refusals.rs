use std::fmt::Write;

use super::TestOrg;

/// Says all refusals of a list, for a snapshot.
fn refusals(test: &TestOrg, statements: &[&str]) -> String {
    let mut said = String::new();
    for soql in statements {
        writeln!(said, "{}\n", test.refusal(soql)).unwrap();
    }
    said
}

#[test]
fn the_grammar() {
    let refused = refusals(
        &TestOrg::empty(),
        &[
            "",
            "SELECT",
            "SELECT Id FORM Account",
            "SELECT Id, FROM Account",
            "SELECT Id FROM",
            "SELECT * FROM Account",
            "SELECT Id FROM Account;",
            "SELECT Id FROM Account WHERE",
            "SELECT Id FROM Account WHERE Name",
            "SELECT Id FROM Account WHERE Name IS NULL",
            "SELECT Id FROM Account WHERE Name = 'a' AND Site = 'b' OR Type = 'c'",
            "SELECT Id FROM Account WHERE Name = 'a' OR Site = 'b' AND Type = 'c'",
            "SELECT Id FROM Account WHERE (Name = 'a' OR Site = 'b'",
            "SELECT Id FROM Account WHERE (Name = 'a' LIMIT 1",
            "SELECT Id FROM Account WHERE Name IN ()",
            "SELECT Id FROM Account WHERE Name IN 'a'",
            "SELECT Id FROM Account WHERE Name IN :names",
            "SELECT Id FROM Account WHERE Name = :name",
            "SELECT Id FROM Account WHERE Name = Site",
            "SELECT Id FROM Account WHERE Name = FROM",
            "SELECT Id FROM Account WHERE Name = \"a\"",
            "SELECT Id FROM Account WHERE Name = 'O'Hara'",
            "SELECT Id FROM Account WHERE Name = 'a",
            r"SELECT Id FROM Account WHERE Name = 'a\x'",
            r"SELECT Id FROM Account WHERE Name = '100\%'",
            "SELECT Id FROM Account WHERE CreatedDate > LAST_N_DAYS 5",
            "SELECT Id FROM Account WHERE CreatedDate > LAST_N_DAYS:x",
            "SELECT Id FROM Account WHERE CreatedDate > 2026-13-01T00:00:00Z",
            "SELECT Id FROM Account WHERE SLA_Expiration__c > 2026-02-30",
            "SELECT Id FROM Account WHERE CreatedDate > 2026-01-01T00:00:00 01:00",
            "SELECT Id FROM Account LIMIT -1",
            "SELECT Id FROM Account LIMIT :most",
            "SELECT Id FROM Account LIMIT",
            "SELECT Id FROM Account LIMIT x",
            "SELECT Id FROM Account ORDER BY Name NULLS",
            "SELECT Id FROM Account LIMIT 1 WHERE Name = 'a'",
        ],
    );

    insta::assert_snapshot!(refused);
}

#[test]
fn names() {
    let refused = refusals(
        &TestOrg::empty(),
        &[
            "SELECT Id FROM Accountz LIMIT 2",
            "SELECT Id FROM Name",
            "SELECT Id, Nme FROM Account",
            "SELECT Id, Owner.Nme FROM Account",
            "SELECT Id FROM Project__c WHERE Owner.Manager.Name = 'x'",
            "SELECT Id, Owner.Nme FROM Project__c",
            "SELECT Id, Ownr.Name FROM Account",
            "SELECT Id FROM Account WHERE Site = 'a' AND Nme = 'b' AND Industry = 'c' AND Rating = 'd'",
            "SELECT Id FROM Account ORDER BY Nme",
            "SELECT Id, Name, Id FROM Account",
            "SELECT Owner.Name, Owner.name FROM Account",
            "SELECT Id, Name label FROM Account",
            "SELECT Id FROM Contact c, c.Accont a WHERE a.Name = 'x'",
            "SELECT Id FROM Contact c, d.Account a",
            "SELECT Id FROM Account WHERE Parent.Parent.Parent.Parent.Parent.Parent.Name = 'x'",
            "SELECT Name, COUNT(Id) FROM Account",
        ],
    );

    insta::assert_snapshot!(refused);
}

#[test]
fn types_and_abilities() {
    let refused = refusals(
        &TestOrg::empty(),
        &[
            "SELECT Id FROM Account WHERE Description = 'x'",
            "SELECT Id FROM Account WHERE BillingAddress = 'x'",
            "SELECT Id FROM Account ORDER BY Description",
            "SELECT Id FROM Account ORDER BY Regions__c",
            "SELECT Id FROM Account WHERE CreatedDate > '2026-11-21T00:00:00Z'",
            "SELECT Id FROM Account WHERE CreatedDate > 2026-11-21",
            "SELECT Id FROM Account WHERE SLA_Expiration__c > 2026-11-21T00:00:00Z",
            "SELECT Id FROM Account WHERE SLA_Expiration__c = ''",
            "SELECT Id FROM Account WHERE AnnualRevenue = '5'",
            "SELECT Id FROM Account WHERE AnnualRevenue = USD5000",
            "SELECT Id FROM Account WHERE NumberOfEmployees = TODAY",
            "SELECT Id FROM Account WHERE Newsletter__c = 'true'",
            "SELECT Id FROM Account WHERE Name = 5",
            "SELECT Id FROM Account WHERE Name LIKE 5",
            "SELECT Id FROM Account WHERE OwnerId = 5",
            "SELECT Id FROM Account WHERE Id = '123'",
            "SELECT Id FROM Account WHERE Id IN ('001000000000000', 'x')",
            "SELECT Id FROM Account WHERE Id LIKE '001%'",
            "SELECT Id FROM Account WHERE AnnualRevenue LIKE '1%'",
            "SELECT Id FROM Account WHERE Regions__c LIKE '1%'",
            "SELECT Id FROM Account WHERE Newsletter__c > FALSE",
            "SELECT Id FROM Account WHERE Name INCLUDES ('x')",
            "SELECT Id FROM Account WHERE Name > NULL",
        ],
    );

    insta::assert_snapshot!(refused);
}

#[test]
fn clauses() {
    let refused = refusals(
        &TestOrg::empty(),
        &[
            "SELECT Id FROM Account LIMIT 1 OFFSET 2001",
            "SELECT Id FROM Account ALL ROWS",
            "SELECT Id FROM Account FOR UPDATE",
            "SELECT FIELDS(ALL) FROM Account",
            "SELECT FIELDS(CUSTOM) FROM Account LIMIT 201",
            "SELECT FIELDS(CUSTOM) FROM User LIMIT 200",
            "SELECT FIELDS(STANDARD), Id FROM Account",
            "SELECT FIELDS(SOME) FROM Account",
            "SELECT Id FROM Account USING SCOPE delegated",
            "SELECT Id FROM Account USING SCOPE mine_and_my_groups",
            "SELECT COUNT() FROM Account ORDER BY Name",
            "SELECT Id FROM Account WITH DATA CATEGORY Geography__c AT usa__c",
            "SELECT Id FROM Account WITH UserId = 'x'",
            "SELECT Id FROM Account WITH SECURITY_ENFORCED LIMIT 1",
            "SELECT Id FROM Account WITH user_mode",
            "SELECT Id FROM Account UPDATE TRACKING",
            "SELECT Id FROM Account HAVING COUNT(Id) > 1",
        ],
    );

    insta::assert_snapshot!(refused);
}

#[test]
fn groups() {
    let refused = refusals(
        &TestOrg::empty(),
        &[
            "SELECT Name, COUNT(Id) FROM Account",
            "SELECT Name, COUNT(Id) FROM Account GROUP BY Site",
            "SELECT CALENDAR_YEAR(CreatedDate) FROM Account",
            "SELECT CALENDAR_YEAR(CreatedDate), COUNT(Id) FROM Account GROUP BY Name",
            "SELECT COUNT(), Name FROM Account GROUP BY Name",
            "SELECT COUNT() FROM Account GROUP BY Name",
            "SELECT COUNT(Id) FROM Account LIMIT 5",
            "SELECT COUNT(Id) FROM Account ORDER BY Name",
            "SELECT CreatedDate FROM Account GROUP BY CreatedDate",
            "SELECT Description FROM Account GROUP BY Description",
            "SELECT COUNT(Newsletter__c) FROM Account",
            "SELECT SUM(Name) FROM Account",
            "SELECT MAX(Description) FROM Account",
            "SELECT Name, (SELECT Id FROM Contacts) FROM Account GROUP BY Name",
            "SELECT FIELDS(ALL) FROM Account GROUP BY Name LIMIT 200",
            "SELECT COUNT(Id) a, MAX(Name) A FROM Account",
            "SELECT Name, Owner.Name FROM Account GROUP BY Name, Owner.Name",
            "SELECT Name FROM Account GROUP BY Name HAVING Site = 'x'",
            "SELECT Name FROM Account GROUP BY Name HAVING COUNT(Id) = 'x'",
            "SELECT Name FROM Account WHERE COUNT(Id) > 1 GROUP BY Name",
            "SELECT Name FROM Account GROUP BY ROLLUP(Name, Site, Type, Industry)",
            "SELECT Name, GROUPING(Name) FROM Account GROUP BY Name",
            "SELECT Name FROM Account GROUP BY Site, ROLLUP(Name)",
        ],
    );

    insta::assert_snapshot!(refused);
}

#[test]
fn functions() {
    let refused = refusals(
        &TestOrg::empty(),
        &[
            "SELECT SHOUT(Name) FROM Account",
            "SELECT Id FROM Account WHERE FORMULA('AnnualRevenue * NumberOfEmployees') > 100",
            "SELECT Id FROM Account WHERE FORMULA('AnnualRevenue - Name') > 100",
            "SELECT Id FROM Account ORDER BY FORMULA('AnnualRevenue - NumberOfEmployees')",
            "SELECT convertCurrency(AnnualRevenue) FROM Account",
            "SELECT SUM(convertCurrency(AnnualRevenue)) FROM Account",
            "SELECT Id FROM Account WHERE convertCurrency(AnnualRevenue) > 5",
            "SELECT Id FROM Account WHERE FORMAT(AnnualRevenue) = '5'",
            "SELECT Id FROM Account ORDER BY toLabel(Type)",
            "SELECT toLabel(AnnualRevenue) FROM Account",
            "SELECT Name, toLabel(Name) FROM Account",
            "SELECT Id FROM Account WHERE CALENDAR_YEAR(Name) = 2026",
            "SELECT Id FROM Account WHERE CALENDAR_YEAR(CreatedDate) = 'x'",
            "SELECT Id FROM Account WHERE DAY_ONLY(SLA_Expiration__c) = TODAY",
            "SELECT Id FROM Account WHERE HOUR_IN_DAY() = 5",
            "SELECT Id FROM Account WHERE convertTimezone(CreatedDate) = TODAY",
            "SELECT Id FROM Account WHERE DISTANCE(Name, GEOLOCATION(1, 2), 'mi') < 5",
            "SELECT Id FROM Account WHERE DISTANCE(BillingAddress, GEOLOCATION(1, 2), 'ft') < 5",
            "SELECT Id FROM Account WHERE DISTANCE(BillingAddress, GEOLOCATION(100, 2), 'mi') < 5",
            "SELECT Id FROM Account WHERE DISTANCE(BillingAddress, GEOLOCATION(1, 2), 'mi') = 5",
            "SELECT Id FROM Account GROUP BY DISTANCE(BillingAddress, GEOLOCATION(1, 2), 'mi')",
        ],
    );

    insta::assert_snapshot!(refused);
}

#[test]
fn joins() {
    let refused = refusals(
        &TestOrg::empty(),
        &[
            "SELECT Id FROM Account WHERE Name = 'x' OR Id IN (SELECT AccountId FROM Contact)",
            "SELECT Id FROM Account WHERE NOT Id IN (SELECT AccountId FROM Contact)",
            "SELECT Id FROM Account WHERE Id IN (SELECT ParentId FROM Account)",
            "SELECT Id FROM Account WHERE Name IN (SELECT AccountId FROM Contact)",
            "SELECT Id FROM Contact WHERE Account.OwnerId IN (SELECT Id FROM User)",
            "SELECT Id FROM Account WHERE Id IN (SELECT Name FROM Contact)",
            "SELECT Id FROM Account WHERE Id IN (SELECT Account.ParentId FROM Contact)",
            "SELECT Id FROM Account WHERE Id IN (SELECT Id, AccountId FROM Contact)",
            "SELECT Id FROM Account WHERE Id IN (SELECT COUNT(Id) FROM Contact)",
            "SELECT Id FROM Account WHERE Id IN (SELECT ReportsToId FROM Contact)",
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact ORDER BY Name)",
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact LIMIT 5)",
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Id IN (SELECT ContactId FROM Case))",
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Case) \
             AND Id NOT IN (SELECT AccountId FROM Opportunity)",
            "SELECT Name FROM Account GROUP BY Name HAVING MAX(Id) IN (SELECT AccountId FROM Contact)",
        ],
    );

    insta::assert_snapshot!(refused);
}

#[test]
fn subqueries() {
    let mut test = TestOrg::empty();
    let many = vec!["(SELECT Id FROM Contacts)"; 21].join(", ");
    let refused = refusals(
        &test,
        &[
            "SELECT Id, (SELECT Id FROM Contact) FROM Account",
            "SELECT Id, (SELECT Nme FROM Contacts) FROM Account",
            "SELECT Id, (SELECT COUNT() FROM Contacts) FROM Account",
            "SELECT Id, (SELECT Name FROM Contacts GROUP BY Name) FROM Account",
            "SELECT Id, (SELECT Id FROM Contacts LIMIT 1 OFFSET 1) FROM Account",
            "SELECT Id, (SELECT Id FROM Contacts), (SELECT Id FROM Contacts) FROM Account",
            "SELECT Id, (SELECT Id, (SELECT Id, (SELECT Id, (SELECT Id, (SELECT Id FROM ChildAccounts) FROM ChildAccounts) FROM ChildAccounts) FROM ChildAccounts) FROM ChildAccounts) FROM Account",
            "SELECT TYPEOF Account WHEN Account THEN Name END FROM Contact",
            "SELECT TYPEOF Owner WHEN Account THEN Name END FROM Case",
            "SELECT TYPEOF Owner WHEN User THEN Nme END FROM Case",
            "SELECT TYPEOF Owner WHEN User THEN Name ELSE Title, Site END FROM Case",
            "SELECT TYPEOF Owner WHEN User THEN Name END, COUNT(Id) FROM Case",
            &format!("SELECT {many} FROM Account"),
        ],
    );
    test.context.api_version = 570;
    let deep = test.refusal("SELECT (SELECT (SELECT Id FROM Cases) FROM Contacts) FROM Account");

    insta::assert_snapshot!(refused + &deep);
}

#[test]
fn bulk_jobs() {
    let mut test = TestOrg::empty();
    test.context.bulk = true;
    let refused = refusals(
        &test,
        &[
            "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
            "SELECT COUNT() FROM Account",
            "SELECT COUNT(Id) FROM Account",
            "SELECT Name FROM Account GROUP BY Name",
            "SELECT Id FROM Account LIMIT 1 OFFSET 1",
            "SELECT TYPEOF Owner WHEN User THEN Name END FROM Project__c",
            "SELECT Id, BillingAddress FROM Account",
            "SELECT Account.BillingAddress FROM Contact",
            "SELECT FIELDS(ALL) FROM Account LIMIT 200",
            "SELECT Id FROM Name",
            "SELECT Id FROM ContentDocumentLink",
        ],
    );

    insta::assert_snapshot!(refused);
}

#[test]
fn what_is_too_large() {
    let test = TestOrg::empty();
    let long_statement = format!("SELECT Id FROM Account WHERE Name = '{}'", "x".repeat(100_000));
    let long_text = format!("SELECT Id FROM Account WHERE Name = '{}'", "x".repeat(4_001));
    let deep = format!("SELECT Id FROM Account WHERE {}Name = 'x'", "(".repeat(20_000));

    for (soql, refused) in [
        (long_statement, "SOQL statements cannot be longer than 100,000 characters"),
        (long_text, "String literal exceeds the maximum length of 4000 characters"),
        (deep, "unexpected token: '('"),
    ] {
        let refusal = test.refusal(&soql);

        assert!(refusal.ends_with(refused), "{refused}");
    }
}

#[test]
fn a_query_may_use_55_relationships() {
    let test = TestOrg::empty();
    let mut parents = vec!["Owner".to_owned(), "CreatedBy".to_owned(), "LastModifiedBy".to_owned()];
    for at in 0..20 {
        parents.extend(["Manager", "CreatedBy", "LastModifiedBy"].map(|up| format!("{}.{up}", parents[at])));
    }
    let prepare = |count: usize| {
        let condition = parents[..count].iter().map(|parent| format!("{parent}.Name = 'x'"));
        test.prepare(&format!("SELECT Id FROM Account WHERE {}", condition.collect::<Vec<_>>().join(" OR ")))
    };

    assert!(prepare(55).is_ok());
    assert!(prepare(56).is_err());
}

#[test]
fn a_text_of_4000_characters_is_fine() {
    let soql = format!("SELECT Id FROM Account WHERE Name = '{}'", "x".repeat(4_000));

    assert!(TestOrg::empty().prepare(&soql).is_ok());
}
