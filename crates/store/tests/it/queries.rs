//! Both databases answer every query alike, and its pages hold each record once.

use std::collections::HashSet;

use chrono::NaiveDate;
use model::{CellValue, Query, QueryText, Source};
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, ValueTree};
use proptest::test_runner::TestRunner;
use salesforce::{FieldType, FieldValue, RecordId, Timestamp};
use store::records::list_records;
use store::{ApplyMode, Reader, apply_rows};

use crate::records::{account, query};
use crate::test_store::{TestStore, at};

const COLUMNS: [(&str, FieldType); 7] = [
    ("Name", FieldType::String),
    ("Notes", FieldType::Textarea),
    ("IsWon", FieldType::Boolean),
    ("Seats", FieldType::Int),
    ("Amount", FieldType::Currency),
    ("CloseDate", FieldType::Date),
    ("CreatedDate", FieldType::DateTime),
];
const TEXTS: [&str; 24] = [
    "acme",
    "Acme",
    "ACME",
    "acme GmbH",
    "\u{c4}pfel",
    "\u{e4}pfel",
    "100%",
    "100",
    "a_b",
    "axb",
    "O'Neil",
    "back\\slash",
    "' OR Name != '",
    "\u{2028}",
    "\u{1f600}",
    "zebra",
    "Zebra",
    "e\u{301}",
    "\u{e9}",
    "  lead",
    "\"",
    "Z",
    "[a]",
    "a*?",
];
const DECIMALS: [&str; 16] = [
    "10.10",
    "9.9",
    "0.000000001",
    "0",
    "-5",
    "-5.25",
    "1000000",
    "0.1",
    "0.1000000000000000055",
    "9007199254740993.5",
    "9007199254740993",
    "123456789012345678.12",
    "79228162514264337593543950335",
    "-0.01",
    "9223372036854775808",
    "9.95",
];
const DATES: [&str; 6] = ["0001-01-01", "1999-12-31", "2025-11-21", "2025-11-22", "2026-03-29", "9998-12-31"];
const INSTANTS: [&str; 6] = [
    "1999-12-31T23:59:59.999Z",
    "2025-11-20T23:00:00.000Z",
    "2025-11-21T22:04:05.000Z",
    "2025-11-21T22:59:59.999Z",
    "2025-11-21T23:00:00.000Z",
    "9998-12-31T00:00:00.001Z",
];
const ROWS: usize = 120;
const QUERIES: usize = 60;

type Row = Vec<FieldValue<'static>>;

fn any_row() -> impl Strategy<Value = Row> {
    let or_null =
        |value: BoxedStrategy<FieldValue<'static>>| prop_oneof![1 => Just(FieldValue::Null), 5 => value];
    let text = || {
        prop_oneof![
            4 => select(TEXTS.to_vec()).prop_map(str::to_owned),
            1 => any::<String>().prop_map(|text| format!("x{}", text.replace('\0', ""))),
        ]
    };
    (
        or_null(text().prop_map(|text| FieldValue::Text(text.into())).boxed()),
        or_null(text().prop_map(|text| FieldValue::Text(text.into())).boxed()),
        or_null(any::<bool>().prop_map(FieldValue::Bool).boxed()),
        or_null(select(vec![i64::MIN, -1, 0, 1, 2, 10, i64::MAX]).prop_map(FieldValue::Int).boxed()),
        or_null(
            select(DECIMALS.to_vec()).prop_map(|digits| FieldValue::Decimal(digits.parse().unwrap())).boxed(),
        ),
        or_null(
            select(DATES.to_vec())
                .prop_map(|date| FieldValue::Date(date.parse::<NaiveDate>().unwrap()))
                .boxed(),
        ),
        or_null(
            select(INSTANTS.to_vec())
                .prop_map(|instant| FieldValue::DateTime(instant.parse::<Timestamp>().unwrap()))
                .boxed(),
        ),
    )
        .prop_map(|(a, b, c, d, e, f, g)| vec![a, b, c, d, e, f, g])
}

fn any_filter() -> impl Strategy<Value = String> {
    let comparison = || select(vec!["eq", "ne", "lt", "lte", "gt", "gte"]);
    let text = || select(TEXTS.to_vec());
    prop_oneof![
        (
            select(vec!["Name", "Notes"]),
            select(vec!["eq", "ne", "lt", "lte", "gt", "gte", "contains", "starts"]),
            text()
        )
            .prop_map(|(field, operator, text)| format!("{field}:{operator}:{text}")),
        prop::collection::vec(text(), 1..4)
            .prop_map(|texts| format!("Name:in:{}", serde_json::to_string(&texts).unwrap())),
        (select(vec!["eq", "ne"]), any::<bool>())
            .prop_map(|(operator, value)| format!("IsWon:{operator}:{value}")),
        (comparison(), select(vec![i64::MIN, -1, 0, 1, i64::MAX]))
            .prop_map(|(operator, value)| format!("Seats:{operator}:{value}")),
        (comparison(), select(DECIMALS.to_vec()))
            .prop_map(|(operator, value)| format!("Amount:{operator}:{value}")),
        prop::collection::vec(select(DECIMALS.to_vec()), 1..4)
            .prop_map(|values| format!("Amount:in:[{}]", values.join(","))),
        (comparison(), select(DATES.to_vec()))
            .prop_map(|(operator, value)| format!("CloseDate:{operator}:{value}")),
        (comparison(), prop_oneof![select(INSTANTS.to_vec()), select(DATES.to_vec())])
            .prop_map(|(operator, value)| format!("CreatedDate:{operator}:{value}")),
        (
            select(vec!["CloseDate", "CreatedDate"]),
            select(vec!["today", "tomorrow", "this_year", "last_30_days", "next_2_quarters"])
        )
            .prop_map(|(field, period)| format!("{field}:within:{period}")),
        (select(COLUMNS.map(|column| column.0).to_vec()), select(vec!["is_null", "not_null"]))
            .prop_map(|(field, operator)| format!("{field}:{operator}")),
    ]
}

fn any_query() -> impl Strategy<Value = QueryText> {
    let columns: Vec<&str> = COLUMNS.iter().map(|column| column.0).chain(["Id"]).collect();
    let sort = prop::sample::subsequence(columns, 0..4).prop_shuffle().prop_flat_map(|names| {
        let length = names.len();
        (Just(names), prop::collection::vec(any::<bool>(), length)).prop_map(|(names, descending)| {
            let terms: Vec<String> = names
                .iter()
                .zip(descending)
                .map(|(name, descending)| if descending { format!("-{name}") } else { (*name).to_owned() })
                .collect();
            (!terms.is_empty()).then(|| terms.join(","))
        })
    });
    let search =
        prop_oneof![3 => Just(None), 1 => select(TEXTS.to_vec()).prop_map(|text| Some(text.to_owned()))];
    (search, prop::collection::vec(any_filter(), 0..3), sort, 3_u32..60).prop_map(
        |(search, filters, sort, limit)| QueryText {
            search,
            filters,
            sort,
            limit: Some(limit),
            ..QueryText::default()
        },
    )
}

/// Returns an id whose capitals and small letters have to compare as bytes.
fn row_id(number: usize) -> RecordId {
    let letters = b"aAbBzZ09";
    let tail = [letters[number % 8], letters[number / 8 % 8], letters[number / 64 % 8]];
    let text = format!("001000000000{}", std::str::from_utf8(&tail).unwrap());
    text.parse().unwrap()
}

async fn store_rows(test_store: &TestStore, rows: &[Row]) {
    let table = test_store.table(&COLUMNS).await;
    let mut batch = table.new_batch(Source::Bulk, at(0));
    for (number, row) in rows.iter().enumerate() {
        batch.push(row_id(number), row.iter().cloned().map(Ok)).unwrap();
    }
    let mut tx = test_store.store.begin().await.unwrap();
    apply_rows(&mut tx, &mut batch, ApplyMode::Upsert).await.unwrap();
    tx.commit().await.unwrap();
}

/// Reads all pages of a query.
async fn read_all(
    test_store: &TestStore,
    reader: &Reader,
    text: &QueryText,
) -> Vec<(RecordId, Vec<CellValue>)> {
    let mut query: Query = query(test_store, reader, text.clone()).await;
    let mut rows = Vec::new();
    loop {
        let page =
            list_records(&test_store.store, reader, test_store.integration.id, &account(), &query).await;
        let page = page.unwrap().unwrap();
        let total = page.total;
        rows.extend(page.rows.into_iter().map(|row| (row.id, row.values)));
        query.after = page.next;
        if query.after.is_none() {
            assert_eq!(total, rows.len() as u64, "{text:?}");
            return rows;
        }
        assert!(rows.len() <= ROWS, "pages never end: {text:?}");
    }
}

#[tokio::test]
async fn both_databases_answer_every_query_alike() {
    let mut runner = TestRunner::default();
    let rows: Vec<Row> = (0..ROWS).map(|_| any_row().new_tree(&mut runner).unwrap().current()).collect();
    let (sqlite, postgres) = (TestStore::sqlite().await, TestStore::postgres().await);
    store_rows(&sqlite, &rows).await;
    store_rows(&postgres, &rows).await;
    let (sqlite_reader, postgres_reader) = (sqlite.reader().await, postgres.reader().await);
    let mut found = 0;

    for _ in 0..QUERIES {
        let text = any_query().new_tree(&mut runner).unwrap().current();
        let by_sqlite = read_all(&sqlite, &sqlite_reader, &text).await;
        let by_postgres = read_all(&postgres, &postgres_reader, &text).await;

        assert_eq!(by_sqlite, by_postgres, "{text:?}");
        let ids: HashSet<_> = by_sqlite.iter().map(|row| row.0).collect();
        assert_eq!(ids.len(), by_sqlite.len(), "a record stands on two pages: {text:?}");
        if text.search.is_none() && text.filters.is_empty() {
            assert_eq!(ids.len(), ROWS, "a record stands on no page: {text:?}");
        }
        found += ids.len();
    }
    assert!(found > ROWS, "the queries found nothing to compare");
}
