use super::{NOW_MS, TestOrg, date, number, text};
use crate::value::Value;

/// Deals of two accounts and of none, in three stages.
fn test_org() -> TestOrg {
    let test = TestOrg::empty();
    let acme = test.insert("Account", &[("Name", text("Acme")), ("NumberOfEmployees", Value::Int(3))]);
    test.insert("Account", &[("Name", text("acme")), ("NumberOfEmployees", Value::Int(4))]);
    let rows = [
        ("Prospecting", Some("100"), "2026-01-15", true),
        ("Qualification", Some("200.5"), "2026-02-15", true),
        ("Qualification", None, "2026-11-21", false),
        ("Closed Won", Some("50"), "2025-12-31", true),
        ("Closed Won", Some("50"), "2025-12-30", false),
    ];
    for (stage, amount, closes, is_of_acme) in rows {
        let mut fields =
            vec![("Name", text("Deal")), ("StageName", text(stage)), ("CloseDate", date(closes))];
        fields.extend(amount.map(|amount| ("Amount", number(amount))));
        if is_of_acme {
            fields.push(("AccountId", Value::Id(acme)));
        }
        test.insert("Opportunity", &fields);
    }
    test
}

#[test]
fn aggregates_leave_nulls_out() {
    let test = test_org();

    for (list, values) in [
        ("COUNT(Id)", r#""expr0":5"#),
        ("COUNT(Amount), COUNT_DISTINCT(Amount)", r#""expr0":4,"expr1":3"#),
        ("SUM(Amount) total, AVG(Amount)", r#""total":400.5,"expr0":100.125"#),
        (
            "MIN(Amount), MAX(Amount) most, MAX(CloseDate)",
            r#""expr0":50.0,"most":200.5,"expr1":"2026-11-21""#,
        ),
        // As the picklist lists its values.
        ("MIN(StageName), MAX(StageName)", r#""expr0":"Prospecting","expr1":"Closed Won""#),
        ("COUNT_DISTINCT(Account.Name)", r#""expr0":1"#),
        ("FORMAT(SUM(Amount))", r#""expr0":"$400.50""#),
    ] {
        assert_eq!(test.groups(&format!("SELECT {list} FROM Opportunity")), values, "{list}");
    }
    assert_eq!(test.groups("SELECT SUM(NumberOfEmployees) FROM Account"), r#""expr0":7"#);
    assert_eq!(
        test.groups("SELECT COUNT(Id), SUM(Amount) FROM Opportunity WHERE Name = 'x'"),
        r#""expr0":0,"expr1":null"#
    );
}

#[test]
fn rows_are_grouped_by_fields() {
    let test = test_org();

    assert_eq!(
        test.groups("SELECT StageName, COUNT(Id) FROM Opportunity GROUP BY StageName"),
        "\"StageName\":\"Prospecting\",\"expr0\":1\n\"StageName\":\"Qualification\",\"expr0\":2\n\
         \"StageName\":\"Closed Won\",\"expr0\":2"
    );
    assert_eq!(
        test.groups("SELECT Account.Name n, StageName FROM Opportunity GROUP BY Account.Name, StageName ORDER BY Account.Name DESC NULLS LAST, StageName DESC LIMIT 2"),
        "\"n\":\"Acme\",\"StageName\":\"Closed Won\"\n\"n\":\"Acme\",\"StageName\":\"Qualification\""
    );
    // Text groups as it compares.
    assert_eq!(
        test.groups("SELECT Name, COUNT(Id) FROM Account GROUP BY Name"),
        r#""Name":"Acme","expr0":2"#
    );
    assert_eq!(test.groups("SELECT StageName FROM Opportunity WHERE Name = 'x' GROUP BY StageName"), "");
}

#[test]
fn rows_are_grouped_by_date_functions() {
    let test = test_org();

    assert_eq!(
        test.groups("SELECT CALENDAR_YEAR(CloseDate) y, CALENDAR_MONTH(CloseDate), SUM(Amount) FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate), CALENDAR_MONTH(CloseDate) ORDER BY CALENDAR_YEAR(CloseDate) DESC, calendar_month(closedate) DESC"),
        "\"y\":2026,\"expr0\":11,\"expr1\":null\n\"y\":2026,\"expr0\":2,\"expr1\":200.5\n\
         \"y\":2026,\"expr0\":1,\"expr1\":100.0\n\"y\":2025,\"expr0\":12,\"expr1\":100.0"
    );
    let day = "SELECT DAY_ONLY(CreatedDate) d, HOUR_IN_DAY(convertTimezone(CreatedDate)) h FROM Opportunity \
               GROUP BY DAY_ONLY(CreatedDate), HOUR_IN_DAY(convertTimezone(CreatedDate))";
    assert_eq!(NOW_MS, 1_795_298_645_000);
    assert_eq!(test.groups(day), r#""d":"2026-11-21","h":14"#);
}

#[test]
fn groups_are_kept_by_having() {
    let test = test_org();

    for (having, kept) in [
        ("COUNT(Id) > 1", "Qualification Closed Won"),
        ("SUM(Amount) = NULL", ""),
        ("SUM(Amount) >= 100 AND StageName LIKE 'pro%'", "Prospecting"),
        ("NOT MAX(CloseDate) > LAST_YEAR", "Closed Won"),
        (
            "StageName IN ('Closed Won', 'Prospecting') OR COUNT_DISTINCT(Amount) = 0",
            "Prospecting Closed Won",
        ),
    ] {
        let groups =
            test.groups(&format!("SELECT StageName s FROM Opportunity GROUP BY StageName HAVING {having}"));

        let names: Vec<_> =
            groups.lines().map(|line| line.trim_start_matches("\"s\":").trim_matches('"')).collect();
        assert_eq!(names.join(" "), kept, "{having}");
    }
}

#[test]
fn rollup_and_cube_sum_up() {
    let test = test_org();
    let list =
        "SELECT CALENDAR_YEAR(CloseDate) y, StageName s, GROUPING(StageName) g, COUNT(Id) n FROM Opportunity";

    let rollup = test.groups(&format!("{list} GROUP BY ROLLUP(CALENDAR_YEAR(CloseDate), StageName)"));
    let cube = test.groups(&format!("{list} GROUP BY CUBE(CALENDAR_YEAR(CloseDate), StageName) HAVING GROUPING(CALENDAR_YEAR(CloseDate)) = 1"));

    assert_eq!(
        rollup.replace('"', ""),
        "y:2025,s:Closed Won,g:0,n:2\ny:2025,s:null,g:1,n:2\ny:2026,s:Prospecting,g:0,n:1\n\
         y:2026,s:Qualification,g:0,n:2\ny:2026,s:null,g:1,n:3\ny:null,s:null,g:1,n:5"
    );
    assert_eq!(
        cube.replace('"', ""),
        "y:null,s:Prospecting,g:0,n:1\ny:null,s:Qualification,g:0,n:2\ny:null,s:Closed Won,g:0,n:2\n\
         y:null,s:null,g:1,n:5"
    );
}

#[test]
fn more_groups_than_a_page_are_refused() {
    let test = TestOrg::with_records(&[("Contact", 2_100)]);
    let run = |soql: &str| test.prepare(soql).unwrap().write_groups(&test.org.read(), &mut Vec::new());

    assert_eq!(run("SELECT Id FROM Contact GROUP BY Id LIMIT 2000"), Ok(2_000));
    assert_eq!(run("SELECT Id FROM Contact GROUP BY Id").unwrap_err().code, "EXCEEDED_ID_LIMIT");
}
