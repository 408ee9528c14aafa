use salesforce::{FieldType, Timestamp};

use super::*;
use crate::filter::Comparison;
use crate::{Column, RecordLayout, TimeZone};

fn layout() -> RecordLayout {
    let columns = [
        ("Name", FieldType::String),
        ("IsWon", FieldType::Boolean),
        ("Seats__c", FieldType::Int),
        ("Amount", FieldType::Currency),
        ("CloseDate", FieldType::Date),
        ("CreatedDate", FieldType::DateTime),
        ("Owner.Type", FieldType::String),
    ];
    let columns = columns.map(|(path, field_type)| Column {
        name: if path == "Owner.Type" { "ownerid_type".to_owned() } else { path.to_ascii_lowercase() },
        path: path.to_owned(),
        field_type,
        kind: ColumnKind::of(field_type),
    });
    RecordLayout {
        sobject: "Opportunity".parse().unwrap(),
        columns: columns.to_vec(),
        stamp: None,
        skipped: Vec::new(),
    }
}

fn parse(text: QueryText) -> Result<Query, QueryError> {
    let now: Timestamp = "2026-11-22T03:14:00Z".parse().unwrap();
    Query::parse(text, &layout(), "Europe/Berlin".parse().unwrap(), now)
}

fn parse_filter(filter: &str) -> Result<Condition, QueryError> {
    let text = QueryText { filters: vec![filter.to_owned()], ..QueryText::default() };
    parse(text).map(|mut query| query.conditions.remove(0))
}

fn instant(text: &str) -> CellValue {
    CellValue::Instant(text.parse().unwrap())
}

fn date(text: &str) -> CellValue {
    CellValue::Date(text.parse().unwrap())
}

#[test]
fn conditions_are_typed_by_their_column() {
    let text = |text: &str| CellValue::Text(text.to_owned());
    let decimal = |digits: &str| CellValue::Decimal(digits.parse().unwrap());
    let cases = [
        ("name:eq:Acme: a:b", "name", Test::Compare(Comparison::Equal, text("Acme: a:b"))),
        ("NAME:ne:' OR Name != '", "name", Test::Compare(Comparison::NotEqual, text("' OR Name != '"))),
        ("Name:contains:100%_\\", "name", Test::Contains("100%_\\".to_owned())),
        ("Name:starts:\u{2028}", "name", Test::Starts("\u{2028}".to_owned())),
        ("Name:is_null", "name", Test::IsNull),
        ("Name:not_null:", "name", Test::NotNull),
        ("Name:in:[\"a\",\"b\"]", "name", Test::OneOf(vec![text("a"), text("b")])),
        ("owner.type:eq:User", "ownerid_type", Test::Compare(Comparison::Equal, text("User"))),
        ("id:eq:001000000000001", "id", Test::Compare(Comparison::Equal, text("001000000000001AAA"))),
        ("IsWon:eq:true", "iswon", Test::Compare(Comparison::Equal, CellValue::Bool(true))),
        ("Seats__c:gt:-5", "seats__c", Test::Compare(Comparison::Greater, CellValue::Int(-5))),
        ("Amount:gte:10.10", "amount", Test::Compare(Comparison::GreaterOrEqual, decimal("10.1"))),
        ("Amount:lt:1e-9", "amount", Test::Compare(Comparison::Less, decimal("0.000000001"))),
        (
            "Amount:in:[0.1, 12345678901234567.89, \"3\"]",
            "amount",
            Test::OneOf(vec![decimal("0.1"), decimal("12345678901234567.89"), decimal("3")]),
        ),
        ("CloseDate:lte:2026-01-31", "closedate", Test::Compare(Comparison::LessOrEqual, date("2026-01-31"))),
        ("CloseDate:within:last_30_days", "closedate", Test::Within(date("2026-10-24"), date("2026-11-23"))),
        (
            "CreatedDate:within:today",
            "createddate",
            Test::Within(instant("2026-11-21T23:00:00Z"), instant("2026-11-22T23:00:00Z")),
        ),
        (
            "CreatedDate:eq:2026-03-29",
            "createddate",
            Test::Within(instant("2026-03-28T23:00:00Z"), instant("2026-03-29T22:00:00Z")),
        ),
        (
            "CreatedDate:lte:2026-03-29",
            "createddate",
            Test::Compare(Comparison::Less, instant("2026-03-29T22:00:00Z")),
        ),
        (
            "CreatedDate:gt:2026-01-31T12:00:00.250+01:00",
            "createddate",
            Test::Compare(Comparison::Greater, instant("2026-01-31T11:00:00.250Z")),
        ),
    ];

    for (filter, name, test) in cases {
        let condition = parse_filter(filter).unwrap();
        assert_eq!((condition.column.name(), condition.test), (name, test), "{filter}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_can() {
    let cases = [
        ("Name", "a filter is written field:operator:value, such as amount:gte:1000 or name:is_null"),
        ("Name:eq", "a filter is written field:operator:value, such as amount:gte:1000 or name:is_null"),
        (
            "Name:is_null:yes",
            "a filter is written field:operator:value, such as amount:gte:1000 or name:is_null",
        ),
        (
            "Region__c:eq:x",
            "there is no field Region__c in the copy of Opportunity; its fields are Id, Name, IsWon, Seats__c, Amount, \
             CloseDate, CreatedDate, Owner.Type",
        ),
        ("IsWon:like:x", "there is no operator like; IsWon takes eq, ne, is_null, not_null"),
        (
            "IsWon:contains:x",
            "contains does not fit IsWon, which holds true or false; it takes eq, ne, is_null, not_null",
        ),
        (
            "Amount:within:today",
            "within does not fit Amount, which holds numbers; it takes eq, ne, lt, lte, gt, gte, in, is_null, not_null",
        ),
        ("IsWon:eq:1", "the value for IsWon has to be true or false"),
        ("Seats__c:eq:1.5", "the value for Seats__c has to be a whole number"),
        (
            "Amount:eq:ten",
            "the value for Amount has to be a number of at most 28 digits, such as 1000 or 9.5",
        ),
        (
            "Amount:eq:1e999",
            "the value for Amount has to be a number of at most 28 digits, such as 1000 or 9.5",
        ),
        ("CloseDate:eq:31.1.2026", "the value for CloseDate has to be a date such as 2026-01-31"),
        ("CloseDate:eq:0000-01-01", "the value for CloseDate has to be a date such as 2026-01-31"),
        ("Name:contains:", "the value for Name has to be a text that is not empty"),
        ("Name:eq:a\0b", "the value for Name has to be a text that is not empty"),
        ("id:eq:Acme", "the value for id has to be an id of 15 or 18 characters"),
    ];

    for (filter, message) in cases {
        assert_eq!(parse_filter(filter).unwrap_err().to_string(), message, "{filter}");
    }
    for filter in ["Name:in:a,b", "Name:in:[]", "Name:in:[1]", "Seats__c:in:[true]", "Name:in:[null]"] {
        assert!(matches!(parse_filter(filter), Err(QueryError::Value { .. })), "{filter}");
    }
}

#[test]
fn whatever_grows_is_bounded() {
    let search = |length: usize| QueryText { search: Some("é".repeat(length)), ..QueryText::default() };
    let terms = "term ".repeat(5_000);
    let many = QueryText { filters: vec!["Name:is_null".to_owned(); 21], ..QueryText::default() };
    let long = QueryText { filters: vec![format!("Name:eq:{terms}")], ..QueryText::default() };
    let values = format!("Seats__c:in:[{}]", vec!["1"; 201].join(","));

    assert!(parse(search(200)).is_ok());
    assert_eq!(parse(search(201)), Err(QueryError::Search));
    assert_eq!(parse(QueryText { search: Some(terms), ..QueryText::default() }), Err(QueryError::Search));
    assert_eq!(parse(many), Err(QueryError::TooMany));
    assert_eq!(parse(long), Err(QueryError::TooMany));
    assert!(matches!(parse_filter(&values), Err(QueryError::Value { .. })));
    for limit in [0, 501] {
        assert_eq!(parse(QueryText { limit: Some(limit), ..QueryText::default() }), Err(QueryError::Limit));
    }
}

#[test]
fn sorts_and_fields_name_columns_once() {
    let sort = |text: &str| parse(QueryText { sort: Some(text.to_owned()), ..QueryText::default() });
    let fields = |text: &str| parse(QueryText { fields: Some(text.to_owned()), ..QueryText::default() });

    let terms: Vec<_> = sort("-amount, Name,id")
        .unwrap()
        .sort
        .into_iter()
        .map(|term| (term.column.name, term.direction))
        .collect();
    assert_eq!(
        terms,
        [
            ("amount".to_owned(), Direction::Descending),
            ("name".to_owned(), Direction::Ascending),
            ("id".to_owned(), Direction::Ascending)
        ]
    );
    for text in ["", "name,", "name,-Name", "--name", "name,amount,id,iswon,closedate"] {
        assert!(sort(text).is_err(), "{text}");
    }
    assert_eq!(fields("Id,amount").unwrap().fields.unwrap().len(), 2);
    for text in ["", "name,,amount", "name,NAME", "nothing"] {
        assert!(fields(text).is_err(), "{text}");
    }
}

#[test]
fn a_position_of_another_order_is_refused() {
    let id = "001000000000001AAA".parse().unwrap();
    let query = |sort: &str, keys: Vec<CellValue>| {
        let (sort, after) = (Some(sort.to_owned()), Some(Seek { keys, id }));
        parse(QueryText { sort, after, ..QueryText::default() })
    };

    assert!(query("amount", vec![CellValue::Null]).is_ok());
    assert!(query("name", vec![CellValue::Text("a".to_owned())]).is_ok());
    assert_eq!(query("amount", vec![CellValue::Text("a".to_owned())]), Err(QueryError::Position));
    assert_eq!(query("amount", Vec::new()), Err(QueryError::Position));
}

#[test]
fn a_position_survives_its_text() {
    let values = vec![
        CellValue::Null,
        CellValue::Bool(true),
        CellValue::Int(i64::MAX),
        CellValue::Decimal("0.1000000000000000055".parse().unwrap()),
        CellValue::Text("\u{2028}'".to_owned()),
        date("2026-01-31"),
        instant("2026-01-31T11:00:00.250Z"),
    ];
    let seek = Seek { keys: values, id: "001000000000001AAA".parse().unwrap() };

    let json = serde_json::to_string(&seek).unwrap();

    assert_eq!(serde_json::from_str::<Seek>(&json).unwrap(), seek);
}

#[test]
fn nothing_said_asks_for_the_first_live_records() {
    let query = Query::parse(QueryText::default(), &layout(), TimeZone::UTC, Timestamp::default()).unwrap();

    assert_eq!(query, Query::all());
    assert_eq!(
        parse(QueryText { search: Some("  ".to_owned()), ..QueryText::default() }).unwrap().search,
        None
    );
    assert_eq!(
        parse(QueryText { gone: Some("yes".to_owned()), ..QueryText::default() }),
        Err(QueryError::Gone)
    );
}
