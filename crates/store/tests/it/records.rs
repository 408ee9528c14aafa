//! Pages of records, single records, and what may be asked of them.

use model::{
    CellValue, ColumnKind, GoneEvidence, GoneRecord, GoneWhy, Query, QueryText, RecordLayout, Seek, Source,
    TimeZone,
};
use salesforce::{FieldType, FieldValue, RecordId, SObjectName};
use serde_json::json;
use store::records::{
    COUNT_BOUND, RecordPage, find_record, find_record_source, list_record_tables, list_records,
};
use store::{ApplyMode, Error, Reader, RecordTable, apply_rows, mark_gone};

use crate::on_both;
use crate::test_store::{NOW, TestStore, at, id, layout};

const COLUMNS: [(&str, FieldType); 4] = [
    ("Name", FieldType::String),
    ("Amount", FieldType::Currency),
    ("CloseDate", FieldType::Date),
    ("OwnerId", FieldType::Reference),
];

pub(crate) fn account() -> SObjectName {
    "Account".parse().unwrap()
}

/// Parses a query for the record table as it is.
pub(crate) async fn query(test_store: &TestStore, reader: &Reader, text: QueryText) -> Query {
    let source = find_record_source(&test_store.store, reader, test_store.integration.id, &account()).await;
    let zone: TimeZone = test_store.workspace.time_zone.parse().unwrap();
    Query::parse(text, &source.unwrap().unwrap().layout, zone, NOW).unwrap()
}

pub(crate) async fn ask(test_store: &TestStore, reader: &Reader, text: QueryText) -> RecordPage {
    let query = query(test_store, reader, text).await;
    list_records(&test_store.store, reader, test_store.integration.id, &account(), &query)
        .await
        .unwrap()
        .unwrap()
}

/// Stores accounts by number, name, amount and close date; empty text is no value.
async fn store_accounts(test_store: &TestStore, rows: &[(u32, &str, &str, &str)]) -> RecordTable {
    let table = test_store.table(&COLUMNS).await;
    let mut batch = table.new_batch(Source::Bulk, at(0));
    for (number, name, amount, closed) in rows {
        let or_null =
            |text: &str, value: FieldValue<'static>| if text.is_empty() { FieldValue::Null } else { value };
        let values = [
            or_null(name, FieldValue::Text((*name).to_owned().into())),
            or_null(amount, FieldValue::Decimal(amount.parse().unwrap_or_default())),
            or_null(closed, FieldValue::Date(closed.parse().unwrap_or_default())),
            FieldValue::Text(id(b'5', 1).to_string().into()),
        ];
        batch.push(id(b'1', *number), values.map(Ok)).unwrap();
    }
    let mut tx = test_store.store.begin().await.unwrap();
    apply_rows(&mut tx, &mut batch, ApplyMode::Upsert).await.unwrap();
    tx.commit().await.unwrap();
    table
}

/// Stores what the org says of the fields of an Account.
async fn put_describe(test_store: &TestStore, fields: serde_json::Value) {
    let describe =
        serde_json::from_value(json!({"name": "Account", "label": "Kunde", "fields": fields})).unwrap();
    let mut tx = test_store.store.begin().await.unwrap();
    store::sobject_describes::put_sobject_describe(&mut tx, test_store.connection.id, &describe, NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

fn names(page: &RecordPage) -> Vec<&str> {
    page.rows
        .iter()
        .map(|row| match &row.values[0] {
            CellValue::Text(text) => text.as_str(),
            _ => "-",
        })
        .collect()
}

fn search(text: &str) -> QueryText {
    QueryText { search: Some(text.to_owned()), ..QueryText::default() }
}

fn filter(text: &str) -> QueryText {
    QueryText { filters: vec![text.to_owned()], ..QueryText::default() }
}

fn sort(text: &str) -> QueryText {
    QueryText { sort: Some(text.to_owned()), ..QueryText::default() }
}

on_both! {
    async fn a_search_is_literal_and_knows_no_case(test_store: TestStore) {
        let names_stored = [
            "Acme", "100%", "1000", "a_b", "axb", "O'Neil", "back\\slash", "' OR Name != '", "line\u{2028}end",
            "\"quoted\"", "Ärger", "$1 :a ?1 @b",
        ];
        let rows: Vec<_> = names_stored.iter().zip(0..).map(|(name, number)| (number, *name, "", "")).collect();
        store_accounts(&test_store, &rows).await;
        put_describe(&test_store, json!([{"name": "OwnerId", "type": "reference"}])).await;
        let reader = test_store.reader().await;
        let cases: [(&str, &[&str]); 15] = [
            ("aCM", &["Acme"]),
            ("100%", &["100%"]),
            ("%", &["100%"]),
            ("a_b", &["a_b"]),
            ("_", &["a_b"]),
            ("'", &["O'Neil", "' OR Name != '"]),
            ("' or name != '", &["' OR Name != '"]),
            ("\\", &["back\\slash"]),
            ("\\s", &["back\\slash"]),
            ("e\u{2028}e", &["line\u{2028}end"]),
            ("\"", &["\"quoted\""]),
            ("Ärger", &["Ärger"]),
            ("ärg", &["Ärger"]),
            ("$1", &["$1 :a ?1 @b"]),
            // Ids of other records are not searched, the record's own is.
            ("005000000000001", &[]),
        ];

        for (text, expected) in cases {
            assert_eq!(names(&ask(&test_store, &reader, search(text)).await), expected, "{text}");
            if !expected.is_empty() {
                let contains = filter(&format!("Name:contains:{text}"));
                assert_eq!(names(&ask(&test_store, &reader, contains).await), expected, "{text}");
            }
        }
        assert_eq!(names(&ask(&test_store, &reader, search(id(b'1', 4).as_str())).await), ["axb"]);
        assert_eq!(names(&ask(&test_store, &reader, filter("Name:starts:A")).await), ["Acme", "a_b", "axb"]);
        assert_eq!(names(&ask(&test_store, &reader, filter("Name:eq:ACME")).await), ["Acme"]);
        assert_eq!(names(&ask(&test_store, &reader, filter("Name:eq:' OR Name != '")).await), ["' OR Name != '"]);
    }

    async fn sorts_put_what_has_no_value_last(test_store: TestStore) {
        let rows = [
            (1, "beta", "9.9", "2026-02-01"),
            (2, "Alpha", "10.10", ""),
            (3, "", "", "2026-01-31"),
            (4, "alpha", "0.000000001", "2026-01-31"),
            (5, "Beta", "-3", "1999-12-31"),
            (6, "\u{c4}rger", "79228162514264337593543950335", "9998-12-31"),
        ];
        store_accounts(&test_store, &rows).await;
        let reader = test_store.reader().await;
        let cases = [
            ("name", ["Alpha", "alpha", "Beta", "beta", "\u{c4}rger", "-"]),
            ("-name", ["\u{c4}rger", "beta", "Beta", "alpha", "Alpha", "-"]),
            ("amount", ["Beta", "alpha", "beta", "Alpha", "\u{c4}rger", "-"]),
            ("-amount", ["\u{c4}rger", "Alpha", "beta", "alpha", "Beta", "-"]),
            ("closedate,-name", ["Beta", "alpha", "-", "beta", "\u{c4}rger", "Alpha"]),
            ("-closedate,-id", ["\u{c4}rger", "beta", "alpha", "-", "Beta", "Alpha"]),
            ("-id", ["\u{c4}rger", "Beta", "alpha", "-", "Alpha", "beta"]),
        ];

        for (text, expected) in cases {
            let page = ask(&test_store, &reader, sort(text)).await;
            assert_eq!(names(&page), expected, "{text}");
            assert_eq!((page.total, page.total_is_exact, page.next), (6, true, None), "{text}");
        }
    }

    async fn filters_compare_values_and_not_their_text(test_store: TestStore) {
        let rows = [
            (1, "nine", "9.9", "2026-02-01"),
            (2, "ten", "10.10", "2026-11-22"),
            (3, "none", "", ""),
            (4, "tiny", "0.000000001", "2026-11-21"),
            (5, "long", "0.1000000000000000055", "2025-11-22"),
        ];
        store_accounts(&test_store, &rows).await;
        let reader = test_store.reader().await;
        let cases: [(&str, &[&str]); 14] = [
            ("Amount:gt:9.9", &["ten"]),
            ("Amount:gte:9.90", &["nine", "ten"]),
            ("Amount:lt:1e-1", &["tiny"]),
            ("Amount:lte:0.1000000000000000055", &["tiny", "long"]),
            ("Amount:eq:0.1", &[]),
            ("Amount:eq:1e-9", &["tiny"]),
            ("Amount:ne:9.9", &["ten", "none", "tiny", "long"]),
            ("Amount:in:[10.1, \"0.1000000000000000055\"]", &["ten", "long"]),
            ("Amount:is_null", &["none"]),
            ("CloseDate:not_null", &["nine", "ten", "tiny", "long"]),
            ("CloseDate:lt:2026-02-01", &["long"]),
            // Now is the 21st of November 2025 at 22:04 in UTC, and 23:04 in Berlin.
            ("CloseDate:within:tomorrow", &["long"]),
            ("CloseDate:within:today", &[]),
            ("CloseDate:ne:2026-11-22", &["nine", "none", "tiny", "long"]),
        ];

        for (text, expected) in cases {
            assert_eq!(names(&ask(&test_store, &reader, filter(text)).await), expected, "{text}");
        }
    }

    async fn values_come_back_exactly(test_store: TestStore) {
        store_accounts(&test_store, &[(1, "a\nb", "0.1000000000000000055", "0001-02-03")]).await;
        let reader = test_store.reader().await;

        let text = QueryText { fields: Some("amount,id,CloseDate".to_owned()), ..QueryText::default() };
        let page = ask(&test_store, &reader, text).await;
        let found = find_record(&test_store.store, &reader, test_store.integration.id, &account(), id(b'1', 1)).await;

        let amount = CellValue::Decimal("0.1000000000000000055".parse().unwrap());
        let closed = CellValue::Date("0001-02-03".parse().unwrap());
        let columns: Vec<_> = page.columns.iter().map(|column| column.column.name.as_str()).collect();
        assert_eq!(columns, ["amount", "closedate"]);
        assert_eq!(page.rows[0].values, [amount.clone(), closed.clone()]);
        let (source, record) = found.unwrap().unwrap();
        assert_eq!(source.layout.columns.len(), 4);
        let owner = CellValue::Text(id(b'5', 1).to_string());
        assert_eq!(record.values, [CellValue::Text("a\nb".to_owned()), amount, closed, owner]);
        assert_eq!((record.id, record.synced_at, record.source, record.gone), (id(b'1', 1), at(0), Source::Bulk, None));
    }

    async fn gone_records_are_shown_only_when_asked_for(test_store: TestStore) {
        let table = store_accounts(&test_store, &[(1, "here", "", ""), (2, "gone", "", "")]).await;
        let gone = GoneRecord { id: id(b'1', 2), why: GoneWhy::Merged, evidence: GoneEvidence::RecycleBin, merged_into: Some(id(b'1', 1)), system_modstamp: None };
        let mut tx = test_store.store.begin().await.unwrap();
        mark_gone(&mut tx, &table, &[gone], at(7)).await.unwrap();
        tx.commit().await.unwrap();
        let reader = test_store.reader().await;

        for (word, expected) in [("without", vec!["here"]), ("with", vec!["here", "gone"]), ("only", vec!["gone"])] {
            let text = QueryText { gone: Some(word.to_owned()), ..QueryText::default() };
            let page = ask(&test_store, &reader, text).await;
            assert_eq!((names(&page), page.total), (expected.clone(), expected.len() as u64), "{word}");
        }
        let found = find_record(&test_store.store, &reader, test_store.integration.id, &account(), id(b'1', 2)).await;
        let gone = found.unwrap().unwrap().1.gone.unwrap();
        assert_eq!((gone.at, gone.why, gone.merged_into), (at(7), GoneWhy::Merged, Some(id(b'1', 1))));
        let tables = list_record_tables(&test_store.store, &reader, test_store.integration.id).await.unwrap();
        assert_eq!((tables[0].rows, tables[0].gone_rows), (Some(1), Some(1)));
    }

    async fn another_workspace_sees_nothing(test_store: TestStore) {
        store_accounts(&test_store, &[(1, "secret", "", "")]).await;
        let (store, integration) = (&test_store.store, test_store.integration.id);
        let stranger = test_store.foreign_reader().await;

        assert!(list_records(store, &stranger, integration, &account(), &Query::all()).await.unwrap().is_none());
        assert!(find_record(store, &stranger, integration, &account(), id(b'1', 1)).await.unwrap().is_none());
        assert!(find_record_source(store, &stranger, integration, &account()).await.unwrap().is_none());
        assert!(list_record_tables(store, &stranger, integration).await.unwrap().is_empty());
    }

    async fn what_was_never_copied_is_none(test_store: TestStore) {
        store_accounts(&test_store, &[(1, "here", "", "")]).await;
        let (store, integration) = (&test_store.store, test_store.integration.id);
        let reader = test_store.reader().await;

        let lead = "Lead".parse().unwrap();
        assert!(list_records(store, &reader, integration, &lead, &Query::all()).await.unwrap().is_none());
        assert!(find_record(store, &reader, integration, &account(), id(b'1', 9)).await.unwrap().is_none());
    }

    async fn names_and_labels_are_those_of_the_org(test_store: TestStore) {
        store_accounts(&test_store, &[(1, "here", "", "")]).await;
        let reader = test_store.reader().await;
        let fields = json!([
            {"name": "Name", "type": "string", "label": "Kundenname"},
            {"name": "CloseDate", "type": "date", "label": ""}
        ]);
        put_describe(&test_store, fields).await;

        let tables = list_record_tables(&test_store.store, &reader, test_store.integration.id).await.unwrap();
        let columns = ask(&test_store, &reader, QueryText::default()).await.columns;

        assert_eq!((tables[0].sobject.as_str(), tables[0].label.as_str()), ("Account", "Kunde"));
        let shown: Vec<_> =
            columns.iter().map(|column| (column.column.path.as_str(), column.label.as_str())).collect();
        assert_eq!(
            shown,
            [("Name", "Kundenname"), ("Amount", "Amount"), ("CloseDate", "CloseDate"), ("OwnerId", "OwnerId")]
        );
    }

    async fn a_query_for_another_layout_is_refused(test_store: TestStore) {
        store_accounts(&test_store, &[(1, "here", "", "")]).await;
        let reader = test_store.reader().await;
        let other: [RecordLayout; 2] =
            [layout(&[("Region__c", FieldType::String)]), layout(&[("Amount", FieldType::String)])];

        for (layout, field) in other.iter().zip(["Region__c", "Amount"]) {
            for text in [filter(&format!("{field}:is_null")), sort(field), QueryText { fields: Some(field.to_owned()), ..QueryText::default() }] {
                let query = Query::parse(text, layout, TimeZone::UTC, NOW).unwrap();
                let answer =
                    list_records(&test_store.store, &reader, test_store.integration.id, &account(), &query).await;
                assert!(matches!(answer, Err(Error::LayoutChanged)), "{field}");
            }
        }
    }

    async fn totals_are_counted_up_to_a_bound(test_store: TestStore) {
        let table = test_store.table(&[("Seats", FieldType::Int)]).await;
        let rows = COUNT_BOUND + 1;
        let table = table.name();
        test_store
            .execute(&if test_store.is_sqlite() {
                format!(
                    "insert into {table} (\"id\", \"seats\", \"_synced_at\", \"_source\")
                     with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < {rows})
                     select '001' || printf('%012d', n) || 'AAA', n, '2026-01-31T12:00:00.000Z', 'bulk' from numbers"
                )
            } else {
                format!(
                    "insert into {table} (\"id\", \"seats\", \"_synced_at\", \"_source\")
                     select '001' || lpad(n::text, 12, '0') || 'AAA', n, '2026-01-31T12:00:00.000Z', 'bulk'
                     from generate_series(1, {rows}) as n"
                )
            })
            .await;
        let reader = test_store.reader().await;

        let all = ask(&test_store, &reader, QueryText::default()).await;
        let some = ask(&test_store, &reader, filter("Seats:gt:1")).await;

        assert_eq!((all.total, all.total_is_exact), (COUNT_BOUND, false));
        assert_eq!((some.total, some.total_is_exact), (COUNT_BOUND, true));
        assert_eq!(all.rows.len(), 50);
        assert_eq!(all.next, Some(Seek { keys: Vec::new(), id: all.rows[49].id }));
    }

    async fn a_widened_column_is_asked_as_what_it_is_now(test_store: TestStore) {
        let reader = test_store.reader().await;
        let table = test_store.table(&[("Seats", FieldType::Int)]).await;
        put_seats(&test_store, &table, id(b'1', 1), FieldValue::Int(7)).await;
        let table = test_store.table(&[("Seats", FieldType::Double)]).await;
        put_seats(&test_store, &table, id(b'1', 2), FieldValue::Decimal("7.5".parse().unwrap())).await;

        let page = ask(&test_store, &reader, QueryText { filters: vec!["Seats:lt:7.25".to_owned()], ..sort("seats") }).await;

        assert_eq!(page.columns[0].column.kind, ColumnKind::Decimal);
        assert_eq!(page.rows[0].values, [CellValue::Decimal(7.into())]);
        assert_eq!(page.total, 1);
    }
}

async fn put_seats(test_store: &TestStore, table: &RecordTable, id: RecordId, seats: FieldValue<'static>) {
    let mut batch = table.new_batch(Source::Poll, NOW);
    batch.push(id, [Ok(seats)]).unwrap();
    let mut tx = test_store.store.begin().await.unwrap();
    apply_rows(&mut tx, &mut batch, ApplyMode::Upsert).await.unwrap();
    tx.commit().await.unwrap();
}
