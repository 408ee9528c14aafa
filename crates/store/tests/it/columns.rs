//! Columns that are filled alone, what is remembered of tables, and the timeline.

use model::drift::KeptTable;
use model::{
    ColumnState, FieldPolicy, KeptColumn, NewFields, Source, TimelineEntry, TimelineId, TimelineKind,
};
use salesforce::{ApiVersion, FieldType};
use store::bulk_refusals::{find_bulk_refusal, put_bulk_refusal};
use store::field_policies::{find_field_policy, find_field_policy_of, put_field_policy};
use store::timeline::{add_timeline_entries, list_timeline};
use store::{Applied, ApplyMode, apply_rows, find_kept_table, put_kept_table};

use crate::on_both;
use crate::test_store::{NOW, TestStore, at, id, layout, stamp, text};

const COLUMNS: [(&str, FieldType); 3] =
    [("Name", FieldType::String), ("SystemModstamp", FieldType::DateTime), ("Hall__c", FieldType::String)];

on_both! {
    async fn a_column_is_filled_where_the_record_is_the_same(test_store: TestStore) {
        let table = test_store.table(&COLUMNS).await;
        let mut batch = table.new_batch(Source::Bulk, at(0));
        for (number, seconds) in [(1, 10), (2, 10), (3, 10)] {
            batch.push(id(b'1', number), [text("Ada"), stamp(seconds), text("old")]).unwrap();
        }
        let mut tx = test_store.store.begin().await.unwrap();
        apply_rows(&mut tx, &mut batch, ApplyMode::FirstLoad).await.unwrap();
        tx.commit().await.unwrap();
        let narrow = table.for_columns_of(&layout(&COLUMNS[1..]));

        // New; the same; changed since in the org; not there.
        let mut batch = narrow.new_batch(Source::Refresh, at(50));
        for (number, seconds, hall) in [(1, 10, "new"), (2, 10, "old"), (3, 20, "newer"), (4, 10, "new")] {
            batch.push(id(b'1', number), [stamp(seconds), text(hall)]).unwrap();
        }
        let mut tx = test_store.store.begin().await.unwrap();
        let applied = apply_rows(&mut tx, &mut batch, ApplyMode::Upsert).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(applied, Applied { inserted: 0, updated: 1, unchanged: 3 });
        let sql = format!(
            "select \"name\" || ' ' || \"hall__c\" || ' ' || \"_source\" from {} order by \"id\"",
            table.name()
        );
        let rows: Vec<_> = test_store.texts(&sql).await.into_iter().flatten().collect();
        assert_eq!(rows, ["Ada new refresh", "Ada old bulk", "Ada old bulk"]);
    }

    async fn what_is_known_of_a_table_is_remembered(test_store: TestStore) {
        test_store.table(&COLUMNS).await;
        let sobject = "Account".parse().unwrap();
        let kept = find_kept_table(&test_store.store, &test_store.integration, &sobject).await.unwrap().unwrap();
        let mut columns = kept.columns;
        columns[2] = KeptColumn {
            state: ColumnState::Frozen,
            as_of: Some(NOW),
            refused: Some("double(18,2)".to_owned()),
            ..columns[2].clone()
        };
        let seen = Some([("Name".parse().unwrap(), "Account Name".to_owned())].into());
        let kept = KeptTable { columns, seen, missing_since: Some(at(9)) };

        let mut tx = test_store.store.begin().await.unwrap();
        put_kept_table(&mut tx, &test_store.integration, &sobject, &kept, NOW).await.unwrap();
        tx.commit().await.unwrap();

        let found = find_kept_table(&test_store.store, &test_store.integration, &sobject).await.unwrap();
        assert_eq!(found, Some(kept));
    }

    async fn the_timeline_is_told_the_newest_first_and_to_its_workspace_only(test_store: TestStore) {
        let reader = test_store.reader().await;
        let mut entries = Vec::new();
        for kind in [TimelineKind::FieldAdded, TimelineKind::FieldMissing, TimelineKind::FieldAccepted] {
            test_store.test_clock.advance(1_000);
            entries.push(TimelineEntry {
                id: TimelineId::new(&test_store.clock, &test_store.random),
                workspace_id: test_store.workspace.id,
                integration_id: Some(test_store.integration.id),
                sync_rule_id: Some(test_store.sync_rule.id),
                sobject: Some("Account".parse().unwrap()),
                field: Some("Hall__c".to_owned()),
                kind,
                user_id: (kind == TimelineKind::FieldAccepted).then(|| reader.user_id()),
                before: Some("string(80)".to_owned()),
                after: None,
                happened_at: test_store.test_clock.now(),
            });
        }
        let mut tx = test_store.store.begin().await.unwrap();
        add_timeline_entries(&mut tx, &entries).await.unwrap();
        tx.commit().await.unwrap();

        let page = list_timeline(&test_store.store, &reader, Some(test_store.integration.id), None, 2).await.unwrap();
        let rest = list_timeline(&test_store.store, &reader, None, Some(page[1].0.id), 9).await.unwrap();
        let foreign = list_timeline(&test_store.store, &test_store.foreign_reader().await, None, None, 9).await.unwrap();

        assert!(page[0].1.is_some() && page[1].1.is_none());
        let told: Vec<_> = page.into_iter().chain(rest).map(|(entry, _)| entry).collect();
        entries.reverse();
        assert_eq!(told, entries);
        assert!(foreign.is_empty());
    }

    async fn a_policy_and_a_refusal_are_remembered(test_store: TestStore) {
        let rule = test_store.sync_rule.id;
        assert_eq!(find_field_policy(&test_store.store, rule).await.unwrap(), FieldPolicy::default());
        let policy = FieldPolicy {
            new_fields: Some(NewFields::Ask),
            held: vec!["Hall__c".parse().unwrap()],
            volatile: vec!["Rate__c".parse().unwrap()],
            refresh_ms: 7_200_000,
        };
        let (org, sobject) = (test_store.connection.org_id, "Account".parse().unwrap());

        let mut tx = test_store.store.begin().await.unwrap();
        put_field_policy(&mut tx, rule, &policy, NOW).await.unwrap();
        for code in ["INVALIDENTITY", "API_ERROR"] {
            put_bulk_refusal(&mut tx, org, &sobject, ApiVersion::PINNED, code, NOW).await.unwrap();
        }
        tx.commit().await.unwrap();

        assert_eq!(find_field_policy(&test_store.store, rule).await.unwrap(), policy);
        let foreign = test_store.foreign_reader().await;
        assert_eq!(find_field_policy_of(&test_store.store, &foreign, rule).await.unwrap(), None);
        let refusal = find_bulk_refusal(&test_store.store, org, &sobject, ApiVersion::PINNED).await.unwrap();
        assert_eq!(refusal.as_deref(), Some("API_ERROR"));
        let other = find_bulk_refusal(&test_store.store, org, &"Contact".parse().unwrap(), ApiVersion::PINNED).await.unwrap();
        assert_eq!(other, None);
    }
}
