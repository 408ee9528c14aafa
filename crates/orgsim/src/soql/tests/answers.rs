use super::{NOW_MS, PIPES, TestOrg, date, number, text};
use crate::soql::CsvFormat;
use crate::value::Value;

#[test]
fn a_record_has_every_kind_of_value_in_query_order() {
    let test = TestOrg::empty();
    let id = test.insert(
        "Account",
        &[
            ("Name", text("Say \"hi\"\nÖl")),
            ("AnnualRevenue", number("1500")),
            ("Credit_Limit__c", number("12345678.90")),
            ("NumberOfEmployees", Value::Int(7)),
            ("SLA_Expiration__c", date("2026-11-21")),
            ("Regions__c", text("EMEA;APAC")),
        ],
    );

    let records = test.json(
        "SELECT name, ID, annualrevenue, Credit_Limit__c, NumberOfEmployees, SLA_Expiration__c, SystemModstamp, \
         Regions__c, Newsletter__c, Site FROM account",
    );

    assert_eq!(
        records,
        [format!(
            r#"{{"attributes":{{"type":"Account","url":"/services/data/v66.0/sobjects/Account/{id}"}},"Name":"Say \"hi\"\nÖl","Id":"{id}","AnnualRevenue":1500.0,"Credit_Limit__c":1.23456789E7,"NumberOfEmployees":7,"SLA_Expiration__c":"2026-11-21","SystemModstamp":"2026-11-21T22:04:05.000+0000","Regions__c":"EMEA;APAC","Newsletter__c":false,"Site":null}}"#
        )]
    );
}

#[test]
fn parents_nest_where_they_are_first_named() {
    let test = TestOrg::empty();
    let account = test.insert("Account", &[("Name", text("Acme"))]);
    let kid = test.insert("Contact", &[("LastName", text("Kid")), ("AccountId", Value::Id(account))]);
    let orphan = test.insert("Contact", &[("LastName", text("Orphan"))]);

    let records =
        test.json("SELECT Account.Name, LastName, Account.Parent.Name, Account.Newsletter__c FROM Contact");

    let url = "/services/data/v66.0/sobjects";
    assert_eq!(
        records,
        [
            format!(
                r#"{{"attributes":{{"type":"Contact","url":"{url}/Contact/{kid}"}},"Account":{{"attributes":{{"type":"Account","url":"{url}/Account/{account}"}},"Name":"Acme","Parent":null,"Newsletter__c":false}},"LastName":"Kid"}}"#
            ),
            format!(
                r#"{{"attributes":{{"type":"Contact","url":"{url}/Contact/{orphan}"}},"Account":null,"LastName":"Orphan"}}"#
            ),
        ]
    );
}

#[test]
fn a_polymorphic_parent_is_a_name() {
    let test = TestOrg::empty();
    let id = test
        .insert("Project__c", &[("Name", text("Bridge")), ("Daily_Stand_Up__c", Value::Time(36_000_000))]);
    let user = test.org.user_id();

    let records = test.json("SELECT Owner.Type, Daily_Stand_Up__c FROM Project__c");

    let url = "/services/data/v66.0/sobjects";
    assert_eq!(
        records,
        [format!(
            r#"{{"attributes":{{"type":"Project__c","url":"{url}/Project__c/{id}"}},"Owner":{{"attributes":{{"type":"Name","url":"{url}/User/{user}"}},"Type":"User"}},"Daily_Stand_Up__c":"10:00:00.000Z"}}"#
        )]
    );
}

#[test]
fn an_address_is_an_object_or_null() {
    let test = TestOrg::empty();
    let fields =
        [("Name", text("Acme")), ("BillingCity", text("Bern")), ("BillingLatitude", number("46.95"))];
    let id = test.insert("Account", &fields);

    let records = test.json("SELECT BillingAddress, ShippingAddress FROM Account");

    assert_eq!(
        records,
        [format!(
            r#"{{"attributes":{{"type":"Account","url":"/services/data/v66.0/sobjects/Account/{id}"}},"BillingAddress":{{"city":"Bern","country":null,"geocodeAccuracy":null,"latitude":46.95,"longitude":null,"postalCode":null,"state":null,"street":null}},"ShippingAddress":null}}"#
        )]
    );
}

#[test]
fn csv_quotes_everything() {
    let mut test = TestOrg::empty();
    let account = test.insert("Account", &[("Name", text("Say \"hi\",\nthere"))]);
    let fields = [
        ("LastName", text("Kid")),
        ("AccountId", Value::Id(account)),
        ("Loyalty_Points__c", number("1.50")),
        ("Birthdate", date("2001-02-03")),
        ("EmailBouncedDate", Value::DateTime(NOW_MS + 7)),
    ];
    let kid = test.insert("Contact", &fields);
    let orphan = test.insert("Contact", &[("LastName", text("Orphan"))]);
    test.context.bulk = true;
    let soql = "SELECT id, account.name, Account.Newsletter__c, DoNotCall, Loyalty_Points__c, Birthdate, \
                EmailBouncedDate FROM Contact";

    assert_eq!(
        test.csv(soql, CsvFormat::default()),
        format!(
            "\"Id\",\"Account.Name\",\"Account.Newsletter__c\",\"DoNotCall\",\"Loyalty_Points__c\",\"Birthdate\",\
             \"EmailBouncedDate\"\n\"{kid}\",\"Say \"\"hi\"\",\nthere\",\"false\",\"false\",\"1.5\",\"2001-02-03\",\
             \"2026-11-21T22:04:05.007Z\"\n\"{orphan}\",\"\",\"\",\"false\",\"\",\"\",\"\"\n"
        )
    );
    assert_eq!(
        test.csv("SELECT LastName, DoNotCall FROM Contact LIMIT 1", PIPES),
        "\"LastName\"|\"DoNotCall\"\r\n\"Kid\"|\"false\"\r\n"
    );
}

#[test]
fn fields_functions_name_all_fields_of_their_kind() {
    let mut test = TestOrg::empty();
    let account = crate::schema::Schema::standard().find("Account").unwrap();

    let all = test.prepare("SELECT FIELDS(ALL) FROM Account LIMIT 200").unwrap().columns();
    let standard = test.prepare("SELECT fields(standard) FROM Account").unwrap().columns();
    let custom =
        test.prepare("SELECT FIELDS(CUSTOM), Id FROM Account WHERE Id IN ('001000000000000')").unwrap();
    test.context.bulk = true;
    let bulk = test.prepare("SELECT FIELDS(STANDARD) FROM Account").unwrap().columns();

    assert_eq!(all, account.fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>());
    assert!(standard.contains(&"BillingAddress".to_owned()) && !standard.contains(&"Active__c".to_owned()));
    assert_eq!(custom.columns().last().map(String::as_str), Some("Id"));
    assert_eq!(custom.columns().len() - 1, all.len() - standard.len());
    assert_eq!(bulk.len(), standard.len() - 2);
}

#[test]
fn what_changes_nothing_is_accepted() {
    let test = TestOrg::empty();
    for soql in [
        "SELECT Id FROM Account FOR VIEW FOR REFERENCE",
        "SELECT Id FROM Account AS a LIMIT 1",
        "SELECT Account.Id FROM Account",
        "SELECT Id FROM Account LIMIT 1 OFFSET 2000",
        "SELECT\n\tId\nFROM\nAccount",
    ] {
        assert_eq!(test.json(soql), Vec::<String>::new(), "{soql}");
    }
}
