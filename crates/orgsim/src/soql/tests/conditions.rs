use super::{NOW_MS, TestOrg, date, number, text};
use crate::value::Value;

/// Three accounts, A with everything, B with other values, C with a name only; a contact of A, one of none.
fn test_org() -> TestOrg {
    let test = TestOrg::empty();
    let a = test.insert(
        "Account",
        &[
            ("Name", text("A")),
            ("Site", text("North Gate")),
            ("Type", text("Customer")),
            ("AnnualRevenue", number("1500")),
            ("NumberOfEmployees", Value::Int(10)),
            ("Newsletter__c", Value::Bool(true)),
            ("Regions__c", text("APAC;EMEA")),
            ("SLA_Expiration__c", date("2026-11-21")),
            ("LastViewedDate", Value::DateTime(NOW_MS)),
        ],
    );
    test.insert(
        "Account",
        &[
            ("Name", text("B")),
            ("Site", text("100% Öl_mill")),
            ("Type", text("Partner")),
            ("AnnualRevenue", number("2000.5")),
            ("NumberOfEmployees", Value::Int(20)),
            ("Regions__c", text("EMEA")),
            ("SLA_Expiration__c", date("2026-11-10")),
            ("LastViewedDate", Value::DateTime(NOW_MS - 86_400_000)),
            ("ParentId", Value::Id(a)),
        ],
    );
    test.insert("Account", &[("Name", text("C")), ("Newsletter__c", Value::Bool(false))]);
    let fields = [("LastName", text("Kid")), ("AccountId", Value::Id(a)), ("External_Id__c", text("x-1"))];
    test.insert("Contact", &fields);
    test.insert("Contact", &[("LastName", text("Orphan")), ("External_Id__c", text("X-1"))]);
    test
}

/// Asserts which accounts each condition keeps.
fn assert_kept(cases: &[(&str, &str)]) {
    let test = test_org();
    for (condition, kept) in cases {
        let soql = format!("SELECT Name FROM Account x WHERE {condition} ORDER BY Name");

        assert_eq!(test.values(&soql), *kept, "{condition}");
    }
}

#[test]
fn text_compares_without_regard_to_case_and_empty_is_null() {
    assert_kept(&[
        ("Name = 'a'", "A"),
        ("Name != 'a'", "B C"),
        ("Name <> 'a'", "B C"),
        ("Name > 'A'", "B C"),
        ("Name >= 'b'", "B C"),
        ("Name < 'b'", "A"),
        ("Name <= 'B'", "A B"),
        ("Site = ''", "C"),
        ("Site != ''", "A B"),
        ("name = 'A'", "A"),
    ]);
}

#[test]
fn a_null_differs_from_every_value() {
    assert_kept(&[
        ("Type = NULL", "C"),
        ("Type != NULL", "A B"),
        ("Type != 'customer'", "B C"),
        ("NOT Type = 'customer'", "B C"),
        ("Type < 'zzz'", "A B"),
        ("AnnualRevenue != 1500", "B C"),
        ("Type IN ('CUSTOMER', 'x')", "A"),
        ("Type NOT IN ('CUSTOMER', 'x')", "B C"),
        ("Type IN ('customer', NULL)", "A C"),
        ("Type NOT IN ('customer', NULL)", "B"),
        ("Type IN ('customer', '')", "A C"),
        ("AnnualRevenue IN (2000.50, 1)", "B"),
    ]);
}

#[test]
fn patterns_match_text() {
    assert_kept(&[
        ("Site LIKE 'north%'", "A"),
        ("Site LIKE '%gate'", "A"),
        ("Site LIKE 'north_gate'", "A"),
        ("Site LIKE '%öL%'", "B"),
        (r"Site LIKE '100\% %'", "B"),
        (r"Site LIKE '%\_mill'", "B"),
        (r"Site LIKE 'North\_Gate'", ""),
        ("NOT Site LIKE 'north%'", "B C"),
    ]);
}

#[test]
fn numbers_checkboxes_and_sets_compare_as_such() {
    assert_kept(&[
        ("AnnualRevenue = 1500.00", "A"),
        ("AnnualRevenue = 1.5e3", "A"),
        ("AnnualRevenue > 1500", "B"),
        ("AnnualRevenue >= -1", "A B"),
        ("NumberOfEmployees = 10", "A"),
        ("NumberOfEmployees > 10.5", "B"),
        ("Newsletter__c = TRUE", "A"),
        ("Newsletter__c = FALSE", "B C"),
        ("Newsletter__c != true", "B C"),
        ("Newsletter__c = NULL", "B C"),
        ("Newsletter__c != NULL", "A"),
        ("Newsletter__c IN (true)", "A"),
        ("Regions__c INCLUDES ('EMEA')", "A B"),
        ("Regions__c INCLUDES ('apac;emea', 'x')", "A"),
        ("Regions__c INCLUDES ('APAC', 'EMEA')", "A B"),
        ("Regions__c EXCLUDES ('APAC')", "B C"),
        ("Regions__c = 'EMEA'", "B"),
        ("Regions__c = 'EMEA;APAC'", "A"),
        ("Regions__c != 'EMEA'", "A C"),
    ]);
}

#[test]
fn dates_compare_with_days_and_spans() {
    assert_kept(&[
        ("SLA_Expiration__c = 2026-11-21", "A"),
        ("SLA_Expiration__c < 2026-11-21", "B"),
        ("SLA_Expiration__c = TODAY", "A"),
        ("SLA_Expiration__c = LAST_WEEK", "B"),
        ("SLA_Expiration__c != TODAY", "B C"),
        ("SLA_Expiration__c > LAST_WEEK", "A"),
        ("SLA_Expiration__c >= LAST_WEEK", "A B"),
        ("SLA_Expiration__c < THIS_WEEK", "B"),
        ("SLA_Expiration__c <= THIS_WEEK", "A B"),
        ("SLA_Expiration__c IN (TODAY, 2026-11-10)", "A B"),
        ("LastViewedDate = 2026-11-21T22:04:05Z", "A"),
        ("LastViewedDate = 2026-11-21T14:04:05.000-08:00", "A"),
        ("LastViewedDate = TODAY", "A"),
        ("LastViewedDate = YESTERDAY", "B"),
        ("LastViewedDate = LAST_N_DAYS:1", "A B"),
    ]);
}

#[test]
fn conditions_combine() {
    assert_kept(&[
        ("Name = 'A' AND Type = 'Customer'", "A"),
        ("Name = 'A' OR Name = 'C'", "A C"),
        ("NOT (Name = 'A' OR Name = 'C')", "B"),
        ("Name != 'C' AND (Type = 'Partner' OR AnnualRevenue = 1500)", "A B"),
        ("Name > 'A' AND Name < 'C'", "B"),
    ]);
}

#[test]
fn fields_of_parents_are_null_where_there_is_none() {
    assert_kept(&[
        ("Account.Name = 'A'", "A"),
        ("x.Name = 'A'", "A"),
        ("Parent.Name = 'A'", "B"),
        ("Parent.Name = NULL", "A C"),
        ("Parent.Name != 'A'", "A C"),
        ("Parent.Newsletter__c = FALSE", "A C"),
        ("Parent.Name = 'A' OR Name = 'C'", "B C"),
        ("Owner.Name != NULL", "A B C"),
    ]);
}

#[test]
fn ids_compare_in_both_lengths() {
    let test = TestOrg::empty();
    let [one, two] = ["one", "two"].map(|name| test.insert("Account", &[("Name", text(name))]));
    let lower = one.as_str().to_ascii_lowercase();
    for (condition, kept) in [
        (format!("Id = '{one}'"), "one"),
        (format!("Id = '{}'", &one.as_str()[..15]), "one"),
        (format!("Id = '{lower}'"), "one"),
        (format!("Id != '{one}'"), "two"),
        (format!("Id IN ('{two}', '{one}', '{one}')"), "one two"),
        (format!("Id > '{one}'"), "two"),
        (format!("Id = '{one}' AND Name = 'two'"), ""),
        (format!("Id NOT IN ('{one}')"), "two"),
        ("Id = '001000000000000'".to_owned(), ""),
        ("Id = ''".to_owned(), ""),
    ] {
        let soql = format!("SELECT Name FROM Account WHERE {condition}");

        assert_eq!(test.values(&soql), kept, "{condition}");
    }
}

#[test]
fn case_matters_where_the_field_says_so() {
    let test = test_org();
    for (condition, kept) in [
        ("External_Id__c = 'x-1'", "Kid"),
        ("External_Id__c = 'X-1'", "Orphan"),
        ("External_Id__c IN ('x-1')", "Kid"),
        ("Account.Name = 'a'", "Kid"),
        ("Account.Name = NULL", "Orphan"),
        ("Account.Newsletter__c = NULL", "Orphan"),
        ("a.Name = 'A'", "Kid"),
        ("p.Name = NULL", "Kid Orphan"),
    ] {
        let soql = format!("SELECT LastName FROM Contact c, c.Account a, a.Parent p WHERE {condition}");

        assert_eq!(test.values(&soql), kept, "{condition}");
    }
}

#[test]
fn polymorphic_parents_are_seen_through_name() {
    let test = TestOrg::empty();
    test.insert("Project__c", &[("Name", text("Bridge"))]);
    for (condition, kept) in [
        ("Owner.Type = 'user'", "Bridge"),
        ("Owner.Type IN ('Queue')", ""),
        ("Owner.Name != NULL", "Bridge"),
        ("Owner.Username = NULL", ""),
        ("Owner.IsActive = TRUE", "Bridge"),
    ] {
        let soql = format!("SELECT Name FROM Project__c WHERE {condition}");

        assert_eq!(test.values(&soql), kept, "{condition}");
    }
}

#[test]
fn times_of_day_compare() {
    let test = TestOrg::empty();
    test.insert("Project__c", &[("Name", text("Early")), ("Daily_Stand_Up__c", Value::Time(9 * 3_600_000))]);
    test.insert("Project__c", &[("Name", text("Late")), ("Daily_Stand_Up__c", Value::Time(15 * 3_600_000))]);

    let kept = test.values("SELECT Name FROM Project__c WHERE Daily_Stand_Up__c < 10:00:00.000Z");

    assert_eq!(kept, "Early");
}

#[test]
fn deleted_records_are_only_for_those_who_ask() {
    let mut test = TestOrg::empty();
    let gone = test.insert("Account", &[("Name", text("Gone"))]);
    test.insert("Account", &[("Name", text("There"))]);
    let account = crate::schema::Schema::standard().find("Account").unwrap();
    test.org.delete(account, &gone, NOW_MS).unwrap();

    assert_eq!(test.values("SELECT Name FROM Account"), "There");
    assert_eq!(test.values("SELECT Name FROM Account WHERE IsDeleted = TRUE"), "");
    assert_eq!(test.values(&format!("SELECT Name FROM Account WHERE Id = '{gone}'")), "");
    test.context.include_deleted = true;
    assert_eq!(test.values("SELECT Name FROM Account"), "Gone There");
    assert_eq!(test.values("SELECT Name FROM Account WHERE IsDeleted = TRUE"), "Gone");
}

#[test]
fn scopes_narrow_the_result() {
    let test = TestOrg::empty();
    test.insert("Account", &[("Name", text("Mine"))]);
    let other = crate::id::RecordId::new(b"005", 1);
    test.insert("Account", &[("Name", text("Other")), ("OwnerId", Value::Id(other))]);

    assert_eq!(test.values("SELECT Name FROM Account USING SCOPE everything"), "Mine Other");
    assert_eq!(test.values("SELECT Name FROM Account USING SCOPE Mine WHERE Name != NULL"), "Mine");
}
