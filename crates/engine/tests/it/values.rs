//! Values that are hard to carry: each arrives as it is in the org, by every way, in both databases and in CSV files.

use chrono::NaiveDate;
use model::Outcome;
use orgsim::value::Value;
use orgsim::{FaultKind, FaultSpec};
use rust_decimal::Decimal;
use store::row_errors::list_row_errors;

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::Setup;
use crate::test_org::{TestOrg, text};

on_both!(
    hard_texts_arrive_byte_by_byte,
    hard_numbers_arrive_digit_by_digit,
    dates_and_instants_arrive_on_their_day,
    a_nul_is_left_out_and_told,
    a_value_that_cannot_be_read_costs_its_record_only,
);

const TEXTS: Rule = all("Account").fields(&["Name", "Site", "Description", "Background__c", "Regions__c"]);
const NUMBERS: Rule = all("Project__c").fields(&["Name", "Budget__c", "Serial_Number__c", "Weight__c"]);
const DATES: Rule = all("Project__c").fields(&["Name", "Start_Date__c", "Kick_Off__c", "Daily_Stand_Up__c"]);

const HARD_TEXTS: [&str; 36] = [
    "\"",
    "\"\"",
    "say \"hello\"",
    "\",\"",
    ",",
    "one\ntwo",
    "one\r\ntwo",
    "one\rtwo",
    "\n",
    "\r\n",
    "ends in a line end\n",
    "\"\n\"",
    "a\tb",
    "\\",
    "\\n is no line end",
    "\\.",
    "\\N",
    "C:\\temp\\new",
    " ",
    "  two before and two after  ",
    "'",
    "it''s; drop table accounts; --",
    "NULL",
    "null",
    "#N/A",
    "=1+1",
    "\u{feff}a byte order mark",
    "\u{1a}\u{1}\u{1f}\u{7f}\u{85}",
    "line\u{2028}paragraph\u{2029}",
    "👩‍👩‍👧‍👦 🇩🇪 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \u{10ffff}",
    "שלום \u{202e}مرحبا\u{202c} 123",
    "e\u{301} and é",
    "\u{fffd}\u{fffe}\u{e000}",
    "ﬀ İ ı ß ẞ ǅ",
    "日本語 中文 한국어 ไทย",
    "&lt;b&gt; <script>alert(1)</script> &amp;",
];

/// Copies by each way, and compares every time.
async fn assert_arrive(org: &TestOrg, database: Database, rule: Rule) {
    for setup in [Setup::bulk(database, 7), Setup::rest(database)] {
        let app = setup.connect(org).await;
        app.run_well(&[rule]).await;
        app.assert_copy_equals(org, &rule).await;

        // What is the same is not taken for a change.
        org.pass_minutes(-1);
        let again = app.run_well(&[rule]).await;
        assert_eq!(again.counts().updated, 0);
        org.pass_minutes(1);
    }
    if database == Database::Sqlite {
        let app = Setup { is_csv: true, ..Setup::bulk(database, 7) }.connect(org).await;
        app.run_well(&[rule]).await;
        app.assert_csv_equals(org, &rule);
    }
}

async fn hard_texts_arrive_byte_by_byte(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let long = ["All \"work\", \\no play\r\n", "🎉\n"].map(|line| line.repeat(100_000 / line.len()));
    for value in HARD_TEXTS.into_iter().chain(long.iter().map(String::as_str)) {
        let fields = ["Site", "Description", "Background__c", "Regions__c"].map(|name| (name, text(value)));
        org.insert("Account", &[&[("Name", text("Nordwind"))], &fields[..]].concat());
        // The first and the last column too.
        org.insert("Account", &[("Name", text(value))]);
    }
    org.pass_minutes(1);

    assert_arrive(&org, database, TEXTS).await;
}

async fn hard_numbers_arrive_digit_by_digit(database: Database) {
    let org = TestOrg::with_records("Project__c", 3);
    let numbers = [
        "0",
        "-0",
        "-0.00",
        "1",
        "-1",
        "0.1",
        "0.01",
        "-0.01",
        "0.000001",
        "-0.000001",
        "1.100000",
        "10",
        "1000000",
        "9999999",
        "10000000",
        "123456789",
        "1390000000",
        "999999999999999",
        "9007199254740993",
        "123456789012345678",
        "999999999999999999",
        "-999999999999999999",
        "1234567890123456.78",
        "9999999999999999.99",
        "-9999999999999999.99",
        "1234567890.123456",
        "9999999999.999999",
        "0.30000000000000004",
        "79228162514264337593543950335",
        "-79228162514264337593543950335",
    ];
    for number in numbers {
        let number: Decimal = number.parse().unwrap();
        let names = ["Budget__c", "Serial_Number__c", "Weight__c"];
        org.insert("Project__c", &names.map(|name| (name, Value::Number(number))));
    }
    org.pass_minutes(1);

    assert_arrive(&org, database, NUMBERS).await;
}

async fn dates_and_instants_arrive_on_their_day(database: Database) {
    let org = TestOrg::with_records("Project__c", 3);
    let days = [
        (1, 1, 1),
        (1582, 10, 14),
        (1600, 2, 29),
        (1699, 12, 31),
        (1700, 1, 1),
        (1969, 12, 31),
        (1970, 1, 1),
        (1999, 12, 31),
        (2000, 1, 1),
        (2000, 2, 29),
        (2038, 1, 20),
        (4000, 12, 31),
        (9999, 12, 31),
    ];
    for (year, month, day) in days {
        let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        for (hour, minute, second, ms) in [(0, 0, 0, 0), (12, 34, 56, 0), (23, 59, 59, 999)] {
            let instant = date.and_hms_milli_opt(hour, minute, second, ms).unwrap().and_utc();
            let time = ((hour * 60 + minute) * 60 + second) * 1_000 + ms;
            let fields = [
                ("Start_Date__c", Value::Date(date)),
                ("Kick_Off__c", Value::DateTime(instant.timestamp_millis())),
                ("Daily_Stand_Up__c", Value::Time(time)),
            ];
            org.insert("Project__c", &fields);
        }
    }
    org.pass_minutes(1);

    assert_arrive(&org, database, DATES).await;
}

async fn a_nul_is_left_out_and_told(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let id = org.insert("Account", &[("Name", text("a\0b")), ("Description", text("\0"))]);
    org.pass_minutes(1);
    for setup in [Setup::bulk(database, 7), Setup::rest(database)] {
        let app = setup.connect(&org).await;
        let (run, rules) = app.start(&[TEXTS]).await;
        app.drive().await;
        let run = app.end(run, &rules).await;

        app.assert_copy_equals(&org, &TEXTS).await;
        assert_eq!((run.counts().rows_read, run.counts().rejected), (4, 0));
        let errors = list_row_errors(app.store(), rules[0].id, 10).await.unwrap();
        let told: Vec<_> =
            errors.iter().map(|error| (&*error.record_id, &*error.field, &*error.code)).collect();
        assert_eq!(told, [(id.as_str(), "Description", "text.nul"), (id.as_str(), "Name", "text.nul")]);
    }
}

async fn a_value_that_cannot_be_read_costs_its_record_only(database: Database) {
    let org = TestOrg::with_records("Project__c", 0);
    let app = Setup::rest(database).connect(&org).await;
    let record = |id: &str, budget: &str| {
        format!(
            r#"{{"attributes":{{"type":"Project__c"}},"Id":"{id}","IsDeleted":false,"Name":"P","Budget__c":{budget},
                "Serial_Number__c":1.0,"Weight__c":null,"SystemModstamp":"2026-11-01T00:00:00.000+0000"}}"#
        )
    };
    let records = [
        record("a00000000000001AAA", "1.5"),
        record("a00000000000002AAA", "\"much\""),
        record("a00000000000003AAA", "1E400"),
        record("a00000000000004AAA", "1.5E2"),
    ];
    org.befall(FaultSpec {
        nth: 2,
        status: Some(200),
        body: Some(format!(r#"{{"totalSize":4,"done":true,"records":[{}]}}"#, records.join(","))),
        ..FaultSpec::new(FaultKind::Status, "query")
    });

    let (run, rules) = app.start(&[NUMBERS]).await;
    app.drive().await;
    let run = app.end(run, &rules).await;

    let counts = run.counts();
    assert_eq!((counts.rows_read, counts.inserted, counts.rejected), (4, 2, 2));
    assert_eq!(run.outcome, Outcome::PartlyDone);
    let errors = list_row_errors(app.store(), rules[0].id, 10).await.unwrap();
    let told: Vec<_> = errors.iter().map(|error| (&*error.record_id, &*error.field, &*error.code)).collect();
    assert_eq!(
        told,
        [
            ("a00000000000002AAA", "Budget__c", "value.unreadable"),
            ("a00000000000003AAA", "Budget__c", "value.unreadable"),
        ]
    );
    assert!(errors.iter().all(|error| !error.message.contains("much")), "{errors:?}");
}
