use super::{NOW_MS, TestOrg, date, number, text};
use crate::value::Value;

fn test_org() -> TestOrg {
    let test = TestOrg::empty();
    let places =
        [("Berlin", "52.52", "13.405"), ("Paris", "48.8566", "2.3522"), ("Tokyo", "35.6762", "139.6503")];
    for (at, (name, latitude, longitude)) in places.into_iter().enumerate() {
        test.insert(
            "Account",
            &[
                ("Name", text(name)),
                ("BillingLatitude", number(latitude)),
                ("BillingLongitude", number(longitude)),
                ("CleanStatus", text(if at == 0 { "Matched" } else { "Pending" })),
                ("AnnualRevenue", number("1234567")),
                ("SLA_Expiration__c", date(["2025-02-28", "2026-03-31", "2026-11-21"][at])),
                ("LastViewedDate", Value::DateTime(NOW_MS - 3_600_000 * at as i64 * 13)),
            ],
        );
    }
    test.insert("Account", &[("Name", text("Nowhere"))]);
    test
}

#[test]
fn conditions_take_functions() {
    let test = test_org();
    for (condition, kept) in [
        ("CALENDAR_YEAR(SLA_Expiration__c) = 2026", "Paris Tokyo"),
        ("CALENDAR_YEAR(SLA_Expiration__c) != 2026", "Berlin Nowhere"),
        ("CALENDAR_QUARTER(SLA_Expiration__c) IN (1, 2)", "Berlin Paris"),
        ("DAY_IN_WEEK(SLA_Expiration__c) = 7", "Tokyo"),
        ("DAY_ONLY(LastViewedDate) = TODAY", "Berlin Paris"),
        ("DAY_ONLY(LastViewedDate) = 2026-11-21", "Berlin Paris"),
        ("HOUR_IN_DAY(LastViewedDate) = 22", "Berlin"),
        ("HOUR_IN_DAY(convertTimezone(LastViewedDate)) = 14", "Berlin"),
        ("DISTANCE(BillingAddress, GEOLOCATION(52.5, 13.4), 'km') < 900", "Berlin Paris"),
        ("DISTANCE(BillingAddress, GEOLOCATION(52.5, 13.4), 'mi') > 600", "Tokyo"),
        ("toLabel(CleanStatus) = 'in sync'", "Berlin"),
        ("FORMULA('AnnualRevenue - BillingLatitude') < 1234520", "Berlin Paris"),
        ("FORMULA('BillingLatitude + BillingLongitude') = NULL", "Nowhere"),
        ("toLabel(CleanStatus) LIKE 'not%'", "Paris Tokyo"),
    ] {
        let soql = format!("SELECT Name FROM Account WHERE {condition} ORDER BY Name");

        assert_eq!(test.values(&soql), kept, "{condition}");
    }
}

#[test]
fn orders_take_functions() {
    let test = test_org();
    for (order, sorted) in [
        ("DISTANCE(BillingAddress, GEOLOCATION(48, 2), 'km') NULLS LAST", "Paris Berlin Tokyo Nowhere"),
        ("DAY_IN_MONTH(SLA_Expiration__c) DESC, Name", "Nowhere Paris Berlin Tokyo"),
    ] {
        assert_eq!(test.values(&format!("SELECT Name FROM Account ORDER BY {order}")), sorted, "{order}");
    }
}

#[test]
fn selected_functions_keep_the_name_of_their_field() {
    let test = test_org();
    let account = test.values("SELECT Id FROM Account WHERE Name = 'Berlin'");
    let contact = test.insert(
        "Contact",
        &[("LastName", text("Kid")), ("AccountId", Value::Id(crate::id::RecordId::parse(&account).unwrap()))],
    );

    let records = test.json(
        "SELECT toLabel(CleanStatus), AnnualRevenue, FORMAT(AnnualRevenue) shown, FORMAT(SLA_Expiration__c), \
         FORMAT(LastViewedDate) seen, DISTANCE(BillingAddress, GEOLOCATION(52.52, 13.405), 'km') \
         FROM Account WHERE Name = 'Berlin'",
    );
    let contacts = test.json("SELECT toLabel(Account.CleanStatus), LastName FROM Contact");

    let url = "/services/data/v66.0/sobjects";
    assert_eq!(
        records,
        [format!(
            r#"{{"attributes":{{"type":"Account","url":"{url}/Account/{account}"}},"CleanStatus":"In Sync","AnnualRevenue":1234567.0,"shown":"$1,234,567","SLA_Expiration__c":"2/28/2025","seen":"11/21/2026, 2:04 PM","expr0":0.0}}"#
        )]
    );
    assert_eq!(
        contacts,
        [format!(
            r#"{{"attributes":{{"type":"Contact","url":"{url}/Contact/{contact}"}},"Account":{{"attributes":{{"type":"Account","url":"{url}/Account/{account}"}},"CleanStatus":"In Sync"}},"LastName":"Kid"}}"#
        )]
    );
}

#[test]
fn date_literals_start_days_by_the_clock_of_the_season() {
    let test = TestOrg::empty();
    // Midnight of the first of July in Los Angeles is 7:00 UTC then, and that of December 8:00.
    for (name, ms) in [("June", 1_782_888_600_000), ("July", 1_782_889_200_000)] {
        test.insert("Account", &[("Name", text(name)), ("LastViewedDate", Value::DateTime(ms))]);
    }

    assert_eq!(test.values("SELECT Name FROM Account WHERE LastViewedDate = LAST_N_MONTHS:4"), "July");
    assert_eq!(test.values("SELECT Name FROM Account WHERE LastViewedDate = N_MONTHS_AGO:5"), "June");
}
