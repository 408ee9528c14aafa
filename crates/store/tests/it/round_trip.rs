//! Every value that can be read from an org is stored exactly.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use model::Source;
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rust_decimal::Decimal;
use salesforce::{FieldType, FieldValue, Timestamp};
use store::{ApplyMode, Pushed, apply_rows};

use crate::on_both;
use crate::test_store::{NOW, TestStore, id};

const COLUMNS: [(&str, FieldType); 6] = [
    ("A_Text", FieldType::Textarea),
    ("A_Flag", FieldType::Boolean),
    ("A_Count", FieldType::Long),
    ("Case", FieldType::Currency),
    ("Order", FieldType::Date),
    ("User", FieldType::DateTime),
];

const ROWS: usize = 600;

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>().prop_map(|text| text.replace('\0', "")),
        prop::collection::vec(
            prop::sample::select(vec![
                "\\N", "\\", "\t", "\n", "\r\n", "'", "\"", ",", "😀", "é", "e\u{301}", "$1", "?", "NULL",
                " ", "\u{7f}", "\u{feff}", "\\.", "0", "-", "1e5"
            ]),
            1..12
        )
        .prop_map(|pieces| pieces.concat()),
    ]
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        (-999_999_999_999_999_999_i64..=999_999_999_999_999_999, 0_u32..=18)
            .prop_map(|(digits, scale)| Decimal::new(digits, scale)),
        (any::<i128>(), 0_u32..=28)
            .prop_map(|(digits, scale)| Decimal::from_i128_with_scale(digits >> 33, scale)),
        prop::sample::select(vec!["0", "0.1", "-0.01", "1000000", "0.0001", "79228162514264337593543950335"])
            .prop_map(|text| text.parse().unwrap()),
    ]
    .prop_map(|decimal| decimal.normalize())
}

fn any_row() -> impl Strategy<Value = Vec<FieldValue<'static>>> {
    let or_null = |value: proptest::strategy::BoxedStrategy<FieldValue<'static>>| prop_oneof![1 => Just(FieldValue::Null), 9 => value];
    let instants = Timestamp::MIN.as_millis()..=Timestamp::MAX.as_millis();
    (
        or_null(any_text().prop_map(|text| FieldValue::Text(text.into())).boxed()),
        or_null(any::<bool>().prop_map(FieldValue::Bool).boxed()),
        or_null(any::<i64>().prop_map(FieldValue::Int).boxed()),
        or_null(any_decimal().prop_map(FieldValue::Decimal).boxed()),
        or_null(
            (1..=9_999, 1_u32..=366)
                .prop_filter_map("a day", |(year, day)| {
                    NaiveDate::from_yo_opt(year, day).map(FieldValue::Date)
                })
                .boxed(),
        ),
        or_null(instants.prop_map(|millis| FieldValue::DateTime(Timestamp::from_millis(millis))).boxed()),
    )
        .prop_map(|(a, b, c, d, e, f)| vec![a, b, c, d, e, f])
}

/// Returns the text that a value reads back as.
fn shown(value: &FieldValue<'_>) -> Option<String> {
    match value {
        FieldValue::Null => None,
        FieldValue::Bool(value) => Some(value.to_string()),
        FieldValue::Int(value) => Some(value.to_string()),
        FieldValue::Decimal(value) => Some(value.to_string()),
        FieldValue::Date(value) => Some(value.to_string()),
        FieldValue::DateTime(value) => Some(value.to_string()),
        FieldValue::Text(text) => Some(text.clone().into_owned()),
    }
}

/// Reads a column as text, by id. Decimals of SQLite are read as what they are stored as.
async fn read(
    test_store: &TestStore,
    table: &str,
    column: &str,
    field_type: FieldType,
) -> BTreeMap<String, Option<String>> {
    let quoted = format!("\"{column}\"");
    let text = match (test_store.is_sqlite(), field_type) {
        (true, FieldType::Boolean) => format!("case {quoted} when 1 then 'true' when 0 then 'false' end"),
        (false, FieldType::Date) => format!("to_char({quoted}, 'YYYY-MM-DD')"),
        (false, FieldType::DateTime) => format!("(extract(epoch from {quoted}) * 1000)::bigint::text"),
        (true, FieldType::Currency) => {
            format!(
                "typeof({quoted}) || ' ' || case typeof({quoted}) when 'real' then printf('%!.17g', {quoted}) else {quoted} end"
            )
        }
        _ => format!("cast({quoted} as text)"),
    };
    let ids = test_store.texts(&format!("select \"id\" from {table} order by \"id\"")).await;
    let values = test_store.texts(&format!("select {text} from {table} order by \"id\"")).await;
    ids.into_iter().map(Option::unwrap).zip(values).collect()
}

/// Returns the decimal that a cell of SQLite holds.
fn sqlite_decimal(cell: &str) -> Decimal {
    match cell.split_once(' ').unwrap() {
        ("real", digits) => digits.parse::<f64>().unwrap().to_string().parse().unwrap(),
        (_, digits) => digits.parse().unwrap(),
    }
}

on_both! {
    async fn random_values_read_back_exactly(test_store: TestStore) {
        let mut runner = TestRunner::default();
        let rows: Vec<_> = (0..ROWS).map(|_| any_row().new_tree(&mut runner).unwrap().current()).collect();
        let table = test_store.table(&COLUMNS).await;
        let mut batch = table.new_batch(Source::Bulk, NOW);
        for mode in [ApplyMode::FirstLoad, ApplyMode::Upsert] {
            for (number, row) in rows.iter().enumerate() {
                let pushed = batch.push(id(b'1', number as u32), row.iter().cloned().map(Ok));
                assert_eq!(pushed, Ok(Pushed::Whole));
            }
            let mut tx = test_store.store.begin().await.unwrap();
            let applied = apply_rows(&mut tx, &mut batch, mode).await.unwrap();
            tx.commit().await.unwrap();
            // What is stored equals what comes again.
            assert_eq!(applied.inserted + applied.unchanged, ROWS as u64);
        }

        for (index, (name, field_type)) in COLUMNS.into_iter().enumerate() {
            let stored = read(&test_store, table.name(), &name.to_lowercase(), field_type).await;
            for (number, row) in rows.iter().enumerate() {
                let value = &row[index];
                let found = &stored[id(b'1', number as u32).as_str()];
                match value {
                    FieldValue::Decimal(decimal) => {
                        let found = found.as_deref().unwrap();
                        let exact = if test_store.is_sqlite() { sqlite_decimal(found) } else { found.parse().unwrap() };
                        assert_eq!(exact, *decimal, "{found}");
                    }
                    FieldValue::DateTime(instant) if !test_store.is_sqlite() => {
                        assert_eq!(found.as_deref(), Some(instant.as_millis().to_string().as_str()));
                    }
                    _ => assert_eq!(*found, shown(value), "{name}"),
                }
            }
        }
    }
}
