use std::task::{Context, Waker};

use model::{GoneEvidence, GoneRecord, GoneWhy, Source};
use salesforce::{FieldType, FieldValue, RecordId, ValueError};
use store::{Applied, ApplyMode, Error, Pushed, RecordTable, RejectedRow, RowLoad, apply_rows, mark_gone};

use crate::on_both;
use crate::test_store::{NOW, TestStore, at, id, layout, stamp, text};

const COLUMNS: [(&str, FieldType); 2] =
    [("Name", FieldType::String), ("SystemModstamp", FieldType::DateTime)];

fn account(number: u32) -> RecordId {
    id(b'1', number)
}

/// Stores accounts by number, name and seconds of their stamp.
async fn apply(
    test_store: &TestStore,
    table: &RecordTable,
    rows: &[(u32, &str, i64)],
    mode: ApplyMode,
    synced: i64,
) -> Applied {
    let mut batch = table.new_batch(Source::Bulk, at(synced));
    for (number, name, seconds) in rows {
        batch.push(account(*number), [text(name), stamp(*seconds)]).unwrap();
    }
    let mut tx = test_store.store.begin().await.unwrap();
    let applied = apply_rows(&mut tx, &mut batch, mode).await.unwrap();
    tx.commit().await.unwrap();
    assert!(batch.is_empty());
    applied
}

/// Returns a value for every fourth field: PostgreSQL takes 800 columns, but not 8 KiB of short texts in one row.
fn wide_row(names: &[String]) -> impl Iterator<Item = Result<FieldValue<'_>, ValueError>> {
    names
        .iter()
        .enumerate()
        .map(|(index, name)| if index % 4 == 0 { text(name) } else { Ok(FieldValue::Null) })
}

async fn names(test_store: &TestStore, table: &RecordTable) -> Vec<String> {
    let sql = format!("select \"name\" from {} order by \"id\"", table.name());
    test_store.texts(&sql).await.into_iter().map(Option::unwrap_or_default).collect()
}

async fn column(test_store: &TestStore, table: &RecordTable, column: &str) -> Vec<Option<String>> {
    test_store
        .texts(&format!("select cast(\"{column}\" as text) from {} order by \"id\"", table.name()))
        .await
}

/// PostgreSQL writes who locked a row last into it, and a page that is written to goes into the log.
#[tokio::test]
async fn rows_that_are_the_same_are_not_locked() {
    let test_store = TestStore::postgres().await;
    let table = test_store.table(&COLUMNS).await;
    apply(&test_store, &table, &[(1, "Ada", 0), (2, "Bo", 0)], ApplyMode::FirstLoad, 0).await;

    let again = apply(&test_store, &table, &[(1, "Ada", 0), (2, "Bo", 0)], ApplyMode::Upsert, 9).await;

    assert_eq!(again.unchanged, 2);
    assert_eq!(column(&test_store, &table, "xmax").await, vec![Some("0".to_owned()); 2]);
}

on_both! {
    async fn unchanged_rows_are_counted_and_untouched(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;
        let first = apply(&test_store, &table, &[(1, "Ada", 0), (2, "Bo", 0)], ApplyMode::FirstLoad, 0).await;
        assert_eq!(first, Applied { inserted: 2, updated: 0, unchanged: 0 });
        let written = column(&test_store, &table, "_synced_at").await;

        let second =
            apply(&test_store, &table, &[(1, "Ada", 0), (2, "Bea", 1), (3, "Cy", 1)], ApplyMode::Upsert, 9).await;

        assert_eq!(second, Applied { inserted: 1, updated: 1, unchanged: 1 });
        assert_eq!(names(&test_store, &table).await, ["Ada", "Bea", "Cy"]);
        let rewritten = column(&test_store, &table, "_synced_at").await;
        assert_eq!(rewritten[0], written[0]);
        assert_ne!(rewritten[1], written[1]);
    }

    async fn a_row_never_goes_back_to_an_older_stamp(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;
        apply(&test_store, &table, &[(1, "new", 10)], ApplyMode::Upsert, 0).await;

        let older = apply(&test_store, &table, &[(1, "old", 9)], ApplyMode::Upsert, 1).await;
        let equal = apply(&test_store, &table, &[(1, "formula", 10)], ApplyMode::Upsert, 1).await;

        assert_eq!(older, Applied { inserted: 0, updated: 0, unchanged: 1 });
        assert_eq!(equal, Applied { inserted: 0, updated: 1, unchanged: 0 });
        assert_eq!(names(&test_store, &table).await, ["formula"]);
    }

    async fn a_first_load_into_a_table_that_is_not_empty_is_right(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;
        apply(&test_store, &table, &[(1, "Ada", 5), (2, "Bo", 5)], ApplyMode::FirstLoad, 0).await;

        let again =
            apply(&test_store, &table, &[(1, "old", 1), (2, "Bea", 6), (3, "Cy", 6)], ApplyMode::FirstLoad, 0).await;

        assert_eq!(again, Applied { inserted: 1, updated: 1, unchanged: 1 });
        assert_eq!(names(&test_store, &table).await, ["Ada", "Bea", "Cy"]);
    }

    async fn a_record_that_stands_twice_in_a_batch_is_stored_once(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;

        let applied =
            apply(&test_store, &table, &[(1, "one", 1), (2, "Bo", 1), (1, "two", 2)], ApplyMode::Upsert, 0).await;

        assert_eq!(applied.inserted, 2);
        assert_eq!(applied.inserted + applied.updated + applied.unchanged, 3);
        assert_eq!(names(&test_store, &table).await, ["two", "Bo"]);
    }

    async fn of_a_record_that_stands_twice_in_a_batch_the_newer_counts(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;

        for (mode, number) in [(ApplyMode::FirstLoad, 1), (ApplyMode::Upsert, 2)] {
            let rows = [(number, "newer", 2), (number, "older", 1), (number + 2, "Bo", 1)];
            let applied = apply(&test_store, &table, &rows, mode, 0).await;

            assert_eq!(applied.inserted, 2, "{mode:?}");
        }
        assert_eq!(names(&test_store, &table).await, ["newer", "newer", "Bo", "Bo"]);
    }

    async fn large_batches_count_right(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;
        let rows: Vec<(u32, &str, i64)> = (0..1_000).map(|number| (number, "first", 0)).collect();
        let changed: Vec<(u32, &str, i64)> =
            (500..1_503).map(|number| (number, if number % 2 == 0 { "first" } else { "second" }, 0)).collect();

        let first = apply(&test_store, &table, &rows, ApplyMode::FirstLoad, 0).await;
        let second = apply(&test_store, &table, &changed, ApplyMode::Upsert, 0).await;

        assert_eq!(first, Applied { inserted: 1_000, updated: 0, unchanged: 0 });
        assert_eq!(second, Applied { inserted: 503, updated: 250, unchanged: 250 });
    }

    async fn several_batches_share_a_transaction(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;
        let mut batch = table.new_batch(Source::Poll, NOW);
        let mut tx = test_store.store.begin().await.unwrap();
        for number in 0..3 {
            batch.push(account(number), [text("Ada"), stamp(0)]).unwrap();
            apply_rows(&mut tx, &mut batch, ApplyMode::Upsert).await.unwrap();
        }
        tx.commit().await.unwrap();

        assert_eq!(names(&test_store, &table).await.len(), 3);
        assert_eq!(column(&test_store, &table, "_source").await[0].as_deref(), Some("poll"));
    }

    async fn a_load_takes_several_batches(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;
        apply(&test_store, &table, &[(1, "Ada", 0), (2, "Bo", 0)], ApplyMode::FirstLoad, 0).await;

        for mode in [ApplyMode::FirstLoad, ApplyMode::Upsert] {
            let offset = if mode == ApplyMode::FirstLoad { 0 } else { 100 };
            let mut tx = test_store.store.begin().await.unwrap();
            let mut load = RowLoad::new(mode);
            let mut applied = Applied::default();
            let new = [(3 + offset, "Cy", 0), (4 + offset, "Di", 0)];
            // The record 4 stands twice, and the last counts.
            let last = [(5 + offset, "Ed", 0), (4 + offset, "Dora", 1)];
            for rows in [&new[..], &[(1, "Ada", 0), (2, "Bea", 1 + i64::from(offset))], &last] {
                let mut batch = table.new_batch(Source::Bulk, at(1));
                for (number, name, seconds) in rows {
                    batch.push(account(*number), [text(name), stamp(*seconds)]).unwrap();
                }
                applied += load.take(&mut tx, &mut batch).await.unwrap();
                assert!(batch.is_empty());
            }
            let loaded = load.finish(&mut tx).await.unwrap();
            tx.commit().await.unwrap();

            applied += loaded.applied;
            assert_eq!(applied.inserted, 3, "{mode:?}");
            assert_eq!(applied.inserted + applied.updated + applied.unchanged, 6, "{mode:?}");
            assert!(loaded.too_wide.is_empty());
        }
        assert_eq!(
            names(&test_store, &table).await,
            ["Ada", "Bea", "Cy", "Dora", "Ed", "Cy", "Dora", "Ed"]
        );
    }

    async fn gone_rows_keep_their_values_and_can_come_back(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;
        apply(&test_store, &table, &[(1, "Ada", 0), (2, "Bo", 5), (3, "Cy", 0)], ApplyMode::Upsert, 0).await;
        let gone = |number, why, merged_into, seconds: Option<i64>| GoneRecord {
            id: account(number),
            why,
            evidence: GoneEvidence::RecycleBin,
            merged_into,
            system_modstamp: seconds.map(at),
        };
        let mut tx = test_store.store.begin().await.unwrap();
        let evidence = [
            gone(1, GoneWhy::Merged, Some(account(3)), Some(2)),
            gone(2, GoneWhy::Deleted, None, Some(4)),
            gone(4, GoneWhy::Deleted, None, None),
        ];
        assert_eq!(mark_gone(&mut tx, &table, &evidence, at(3)).await.unwrap(), [account(1)]);
        let live = store::live_ids_among(&mut tx, &table, &[account(1), account(2), account(9)]).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(live, [account(2)]);
        assert_eq!(column(&test_store, &table, "_gone_why").await, [Some("merged".to_owned()), None, None]);
        assert_eq!(column(&test_store, &table, "_merged_into").await[0], Some(account(3).to_string()));
        assert_eq!(names(&test_store, &table).await, ["Ada", "Bo", "Cy"]);
        assert_eq!(store::count_live_rows(&test_store.store, &table).await.unwrap(), 2);

        let stale = apply(&test_store, &table, &[(1, "Ada", 1)], ApplyMode::Upsert, 0).await;
        assert_eq!(stale.unchanged, 1);
        let revived = apply(&test_store, &table, &[(1, "Ada", 6)], ApplyMode::Upsert, 0).await;
        assert_eq!(revived.updated, 1);
        assert_eq!(column(&test_store, &table, "_gone_at").await, [None, None, None]);
        assert_eq!(column(&test_store, &table, "_merged_into").await, [None, None, None]);
    }

    async fn stronger_evidence_takes_the_place_of_weaker(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;
        apply(&test_store, &table, &[(1, "Ada", 0)], ApplyMode::Upsert, 0).await;
        let mark = async |why, seconds| {
            let evidence = GoneEvidence::NotFound;
            let gone = [GoneRecord { id: account(1), why, evidence, merged_into: None, system_modstamp: None }];
            let mut tx = test_store.store.begin().await.unwrap();
            let marked = mark_gone(&mut tx, &table, &gone, at(seconds)).await.unwrap();
            tx.commit().await.unwrap();
            marked.len()
        };

        assert_eq!(mark(GoneWhy::Absent, 1).await, 1);
        let went_at = column(&test_store, &table, "_gone_at").await;
        assert_eq!(mark(GoneWhy::Deleted, 2).await, 1);
        assert_eq!(mark(GoneWhy::Purged, 3).await, 1);
        assert_eq!(mark(GoneWhy::Absent, 4).await, 0);

        assert_eq!(column(&test_store, &table, "_gone_why").await, [Some("purged".to_owned())]);
        assert_eq!(column(&test_store, &table, "_gone_at").await, went_at);
    }

    async fn a_version_that_is_newer_than_the_evidence_stays(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;
        apply(&test_store, &table, &[(1, "newer", 3), (2, "same", 2), (3, "older", 1)], ApplyMode::Upsert, 0).await;
        let left = [1, 2, 3].map(|number| GoneRecord {
            id: account(number),
            why: GoneWhy::Filtered,
            evidence: GoneEvidence::OutsideFilter,
            merged_into: None,
            system_modstamp: Some(at(2)),
        });

        let mut tx = test_store.store.begin().await.unwrap();
        let mut marked = mark_gone(&mut tx, &table, &left, at(3)).await.unwrap();
        tx.commit().await.unwrap();

        marked.sort();
        assert_eq!(marked, [account(2), account(3)]);
    }

    async fn stamps_are_listed_by_range_and_by_id(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;
        apply(&test_store, &table, &[(1, "a", 1), (2, "b", 2), (3, "c", 3), (4, "d", 4)], ApplyMode::Upsert, 0).await;
        let gone = [GoneRecord {
            id: account(3),
            why: GoneWhy::Absent,
            evidence: GoneEvidence::NotFound,
            merged_into: None,
            system_modstamp: None,
        }];
        let mut tx = test_store.store.begin().await.unwrap();
        mark_gone(&mut tx, &table, &gone, at(5)).await.unwrap();
        tx.commit().await.unwrap();
        let stamp = |number, is_gone| {
            let stamp = Some(at(i64::from(number)));
            model::StoredStamp { row: model::RowStamp { id: account(number), stamp }, is_gone }
        };

        let store = &test_store.store;
        let range = store::list_stamps(store, &table, Some(account(1)), Some(account(3)), 9).await.unwrap();
        let first = store::list_stamps(store, &table, None, None, 1).await.unwrap();
        let some = store::list_stamps_of(store, &table, &[account(4), account(9)]).await.unwrap();

        assert_eq!(range, [stamp(2, false), stamp(3, true)]);
        assert_eq!(first, [stamp(1, false)]);
        assert_eq!(some, [stamp(4, false)]);
    }

    async fn ids_are_listed_in_pages(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;
        let rows: Vec<(u32, &str, i64)> = (0..5).map(|number| (number, "Ada", 0)).collect();
        apply(&test_store, &table, &rows, ApplyMode::Upsert, 0).await;

        let first = store::list_live_ids(&test_store.store, &table, None, 3).await.unwrap();
        let second = store::list_live_ids(&test_store.store, &table, first.last().copied(), 3).await.unwrap();

        assert_eq!(first, [account(0), account(1), account(2)]);
        assert_eq!(second, [account(3), account(4)]);
    }

    async fn a_row_that_does_not_fit_is_left_out_whole(test_store: TestStore) {
        let table = test_store.table(&[("Name", FieldType::String), ("Seats__c", FieldType::Int)]).await;
        let mut batch = table.new_batch(Source::Bulk, NOW);

        let malformed = ValueError::Malformed(FieldType::Int);
        let refused = batch.push(account(1), [text("Ada"), Err(malformed)]);
        let misfit = batch.push(account(2), [text("Bo"), text("many")]);
        let fitting = batch.push(account(3), [text("a\0b\0"), Ok(FieldValue::Int(3))]);

        assert_eq!(refused, Err(RejectedRow { column: 1, reason: malformed }));
        assert_eq!(misfit, Err(RejectedRow { column: 1, reason: malformed }));
        assert_eq!(fitting, Ok(Pushed::NulDropped { columns: vec![0] }));
        assert_eq!(batch.len(), 1);
        let mut tx = test_store.store.begin().await.unwrap();
        apply_rows(&mut tx, &mut batch, ApplyMode::Upsert).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(names(&test_store, &table).await, ["ab"]);
    }

    async fn a_transaction_that_is_dropped_leaves_nothing(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;
        let lease = test_store.lease("worker-1").await.unwrap();
        let mut batch = table.new_batch(Source::Bulk, NOW);
        batch.push(account(1), [text("Ada"), stamp(0)]).unwrap();

        let mut tx = test_store.store.begin().await.unwrap();
        apply_rows(&mut tx, &mut batch, ApplyMode::FirstLoad).await.unwrap();
        let checkpoint = model::Checkpoint { complete_until: Some(NOW), ..model::Checkpoint::default() };
        store::checkpoints::put_checkpoint(&mut tx, &lease, test_store.sync_rule.id, &checkpoint, NOW)
            .await
            .unwrap();
        drop(tx);

        assert_eq!(store::count_live_rows(&test_store.store, &table).await.unwrap(), 0);
        let found = store::checkpoints::find_checkpoint(&test_store.store, test_store.sync_rule.id).await;
        assert_eq!(found.unwrap(), None);
    }

    async fn a_load_that_is_given_up_leaves_nothing(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;
        let mut batch = table.new_batch(Source::Bulk, NOW);
        for number in 0..5_000 {
            batch.push(account(number), [text("Ada"), stamp(0)]).unwrap();
        }

        let mut tx = test_store.store.begin().await.unwrap();
        let mut load = Box::pin(apply_rows(&mut tx, &mut batch, ApplyMode::FirstLoad));
        assert!(load.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(load);

        assert!(matches!(tx.commit().await, Err(Error::TransactionEnded)));
        assert_eq!(store::count_live_rows(&test_store.store, &table).await.unwrap(), 0);
        let again = apply(&test_store, &table, &[(1, "Bo", 0)], ApplyMode::FirstLoad, 0).await;
        assert_eq!(again.inserted, 1);
    }

    async fn a_very_wide_sobject_is_stored(test_store: TestStore) {
        let names: Vec<String> = (0..800).map(|number| format!("Field_{number}__c")).collect();
        let columns: Vec<_> = names.iter().map(|name| (name.as_str(), FieldType::String)).collect();
        let table = test_store.table(&columns).await;
        let mut batch = table.new_batch(Source::Bulk, NOW);
        for number in 0..100 {
            batch.push(account(number), wide_row(&names)).unwrap();
        }

        let mut tx = test_store.store.begin().await.unwrap();
        let first = apply_rows(&mut tx, &mut batch, ApplyMode::FirstLoad).await.unwrap();
        for number in 0..100 {
            batch.push(account(number), wide_row(&names)).unwrap();
        }
        let second = apply_rows(&mut tx, &mut batch, ApplyMode::Upsert).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!((first.inserted, second.unchanged), (100, 100));
    }

    async fn a_new_field_gets_a_column(test_store: TestStore) {
        let before = test_store.table(&COLUMNS).await;
        apply(&test_store, &before, &[(1, "Ada", 0)], ApplyMode::Upsert, 0).await;

        let wider = [COLUMNS[0], ("Region__c", FieldType::Picklist), COLUMNS[1]];
        let after = test_store.table(&wider).await;
        let mut batch = after.new_batch(Source::Bulk, NOW);
        batch.push(account(1), [text("Ada"), text("North"), stamp(0)]).unwrap();
        let mut tx = test_store.store.begin().await.unwrap();
        let applied = apply_rows(&mut tx, &mut batch, ApplyMode::Upsert).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!((before.version(), after.version()), (1, 2));
        assert_eq!(applied.updated, 1);
        assert_eq!(column(&test_store, &after, "region__c").await, [Some("North".to_owned())]);
        assert_eq!(test_store.table(&wider).await.version(), 2);
    }

    async fn a_field_that_vanished_keeps_its_old_values(test_store: TestStore) {
        let before = test_store.table(&COLUMNS).await;
        apply(&test_store, &before, &[(1, "Ada", 0)], ApplyMode::Upsert, 0).await;

        let after = test_store.table(&[COLUMNS[1]]).await;
        let mut batch = after.new_batch(Source::Bulk, NOW);
        batch.push(account(1), [stamp(1)]).unwrap();
        let mut tx = test_store.store.begin().await.unwrap();
        apply_rows(&mut tx, &mut batch, ApplyMode::Upsert).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(names(&test_store, &after).await, ["Ada"]);
    }

    async fn a_field_that_changed_its_type_is_widened(test_store: TestStore) {
        let narrow = [
            ("A", FieldType::Int),
            ("B", FieldType::Double),
            ("C", FieldType::Boolean),
            ("D", FieldType::Date),
            ("E", FieldType::DateTime),
        ];
        let values = || {
            [
                Ok(FieldValue::Int(7)),
                Ok(FieldValue::Decimal("1.5".parse().unwrap())),
                Ok(FieldValue::Bool(true)),
                Ok(FieldValue::Date(chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap())),
                stamp(0),
            ]
        };
        let table = test_store.table(&narrow).await;
        let mut batch = table.new_batch(Source::Bulk, NOW);
        batch.push(account(1), values()).unwrap();
        let mut tx = test_store.store.begin().await.unwrap();
        apply_rows(&mut tx, &mut batch, ApplyMode::Upsert).await.unwrap();
        tx.commit().await.unwrap();

        let mut wide = narrow.map(|(name, _)| (name, FieldType::String));
        wide[0].1 = FieldType::Double;
        let table = test_store.table(&wide).await;
        let mut batch = table.new_batch(Source::Bulk, NOW);
        batch.push(account(1), values()).unwrap();
        let mut tx = test_store.store.begin().await.unwrap();
        let applied = apply_rows(&mut tx, &mut batch, ApplyMode::Upsert).await.unwrap();
        tx.commit().await.unwrap();

        // The old values have the form that new ones have, so the record is unchanged.
        assert_eq!(applied.unchanged, 1);
        for (name, expected) in
            [("a", "7"), ("b", "1.5"), ("c", "true"), ("d", "2026-11-21"), ("e", "2025-11-21T22:04:05.000Z")]
        {
            assert_eq!(column(&test_store, &table, name).await, [Some(expected.to_owned())], "{name}");
        }
        // What is wide stays wide, whatever the org says next.
        assert_eq!(test_store.table(&narrow).await.version(), 2);
    }
}

#[test]
fn layouts_of_tests_have_a_stamp() {
    assert_eq!(layout(&COLUMNS).stamp, Some(1));
}
