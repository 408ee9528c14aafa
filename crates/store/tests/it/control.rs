use model::{
    FieldSelection, Filter, Outcome, Problem, RuleProgress, RunCounts, RunEnd, RunPhase, SyncRun, SyncRunId,
};
use salesforce::describe::SObjectDescribe;
use store::row_errors::{
    RowError, delete_row_errors_before, list_row_error_kinds, list_row_errors, put_row_errors,
};
use store::{sobject_describes, sync_rules, sync_runs};

use crate::on_both;
use crate::test_store::{NOW, TestStore, at, open_store, rule};

fn run_of(test_store: &TestStore) -> SyncRun {
    SyncRun {
        id: SyncRunId::new(&test_store.clock, &test_store.random),
        integration_id: test_store.integration.id,
        started_at: NOW,
        end: None,
    }
}

on_both! {
    async fn a_rule_is_stored_once_for_an_sobject(test_store: TestStore) {
        let mut changed = rule(&test_store.clock, &test_store.random, &test_store.integration, "ACCOUNT");
        changed.filter = Some(Filter::parse("Type = 'O\\'x' and CreatedDate > LAST_N_DAYS:30").unwrap());
        changed.fields = FieldSelection::Only(vec!["Name".parse().unwrap()]);

        let mut tx = test_store.store.begin().await.unwrap();
        let stored = sync_rules::put_sync_rule(&mut tx, &changed).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(stored, test_store.sync_rule.id);
        let expected = model::SyncRule { id: stored, ..changed };
        let listed = sync_rules::list_sync_rules(&test_store.store, test_store.integration.id).await.unwrap();
        assert_eq!(listed, std::slice::from_ref(&expected));
        assert_eq!(sync_rules::find_sync_rule(&test_store.store, stored).await.unwrap(), Some(expected));
    }

    async fn another_process_sees_the_progress(test_store: TestStore) {
        let (run, sync_rule) = (run_of(&test_store), test_store.sync_rule.id);
        let mut tx = test_store.store.begin().await.unwrap();
        sync_runs::create_run(&mut tx, &run).await.unwrap();
        sync_runs::put_phase(&mut tx, run.id, sync_rule, RunPhase::Waiting, None, at(1)).await.unwrap();
        sync_runs::put_phase(&mut tx, run.id, sync_rule, RunPhase::Reading, Some(9), at(2)).await.unwrap();
        tx.commit().await.unwrap();
        let counts = RunCounts { rows_read: 3, inserted: 2, rejected: 1, calls: 1, bytes: 99, ..RunCounts::default() };
        for _ in 0..2 {
            let mut tx = test_store.store.begin().await.unwrap();
            sync_runs::add_progress(&mut tx, run.id, sync_rule, &counts).await.unwrap();
            tx.commit().await.unwrap();
        }

        let other = open_store(&test_store.url, &test_store.key_file()).await.unwrap();
        let progress = sync_runs::list_progress(&other, run.id).await.unwrap();

        let mut sum = counts;
        sum += counts;
        assert!(sum.are_conserved());
        assert_eq!(progress, [RuleProgress {
            run_id: run.id,
            sync_rule_id: sync_rule,
            phase: RunPhase::Reading,
            rows_total: Some(9),
            counts: sum,
            started_at: Some(at(2)),
            retried_for: None,
            end: None,
        }]);
    }

    async fn a_run_ends_once(test_store: TestStore) {
        let run = run_of(&test_store);
        let failed = RunEnd {
            finished_at: at(5),
            outcome: Outcome::Failed,
            problem: Some(Problem { code: "limit.daily".to_owned(), text: "No calls are left.".to_owned() }),
        };
        let succeeded = RunEnd { finished_at: at(6), outcome: Outcome::Succeeded, problem: None };
        let integration = test_store.integration.id;

        let mut tx = test_store.store.begin().await.unwrap();
        sync_runs::create_run(&mut tx, &run).await.unwrap();
        sync_runs::put_phase(&mut tx, run.id, test_store.sync_rule.id, RunPhase::Reading, None, NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(sync_runs::find_open_run(&test_store.store, integration).await.unwrap(), Some(run.clone()));
        let mut tx = test_store.store.begin().await.unwrap();
        sync_runs::finish_rule(&mut tx, run.id, test_store.sync_rule.id, &failed).await.unwrap();
        sync_runs::finish_run(&mut tx, run.id, &failed).await.unwrap();
        sync_runs::finish_run(&mut tx, run.id, &succeeded).await.unwrap();
        tx.commit().await.unwrap();

        let found = sync_runs::find_run(&test_store.store, run.id).await.unwrap().unwrap();
        assert_eq!(found.end, Some(failed.clone()));
        assert_eq!(sync_runs::list_runs(&test_store.store, integration, 5).await.unwrap(), [found]);
        assert_eq!(sync_runs::find_open_run(&test_store.store, integration).await.unwrap(), None);
        let progress = sync_runs::list_progress(&test_store.store, run.id).await.unwrap();
        assert_eq!((progress[0].phase, &progress[0].end), (RunPhase::Finished, &Some(failed)));
    }

    async fn a_row_error_is_kept_once(test_store: TestStore) {
        let run = run_of(&test_store);
        let row_error = RowError {
            sync_rule_id: test_store.sync_rule.id,
            record_id: "001000000000001AAA".to_owned(),
            field: "Name".to_owned(),
            code: "text.nul".to_owned(),
            message: "A character U+0000 was dropped.".to_owned(),
            sync_run_id: run.id,
            failed_at: NOW,
        };
        let renewed = RowError { failed_at: at(1), ..row_error.clone() };

        let mut tx = test_store.store.begin().await.unwrap();
        sync_runs::create_run(&mut tx, &run).await.unwrap();
        put_row_errors(&mut tx, &[row_error.clone(), renewed.clone()]).await.unwrap();
        tx.commit().await.unwrap();

        let rule = test_store.sync_rule.id;
        assert_eq!(list_row_errors(&test_store.store, rule, 10).await.unwrap(), [renewed]);
        let integration = test_store.integration.id;
        let reader = test_store.reader().await;
        let kinds = list_row_error_kinds(&test_store.store, &reader, integration, 5).await.unwrap();
        assert_eq!((kinds.len(), kinds[0].code.as_str(), kinds[0].records), (1, "text.nul", 1));
        // It is as old as when it was met first.
        assert_eq!((kinds[0].since, kinds[0].failed_at), (NOW, at(1)));
        assert_eq!(kinds[0].examples, ["001000000000001AAA"]);
        let stranger = test_store.foreign_reader().await;
        assert_eq!(list_row_error_kinds(&test_store.store, &stranger, integration, 5).await.unwrap(), []);
        let mut tx = test_store.store.begin().await.unwrap();
        assert_eq!(delete_row_errors_before(&mut tx, rule, "value.unreadable", at(2)).await.unwrap(), 0);
        assert_eq!(delete_row_errors_before(&mut tx, rule, "text.nul", at(2)).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(list_row_errors(&test_store.store, rule, 10).await.unwrap(), []);
    }

    async fn a_describe_reads_back(test_store: TestStore) {
        let describe: SObjectDescribe = serde_json::from_value(serde_json::json!({
            "name": "Account",
            "fields": [{"name": "Name", "type": "string", "label": "Name \u{1F600}"}]
        })).unwrap();
        let connection = test_store.connection.id;

        let mut tx = test_store.store.begin().await.unwrap();
        for seconds in [0, 1] {
            sobject_describes::put_sobject_describe(&mut tx, connection, &describe, at(seconds)).await.unwrap();
        }
        tx.commit().await.unwrap();

        let sobject = "aCCount".parse().unwrap();
        let found = sobject_describes::find_sobject_describe(&test_store.store, connection, &sobject).await.unwrap();
        assert_eq!(found, Some((describe, at(1))));
    }

    async fn what_was_set_up_is_found(test_store: TestStore) {
        let store = &test_store.store;
        let workspaces = store::workspaces::list_workspaces(store).await.unwrap();
        let org = store::orgs::find_org(store, test_store.connection.org_id).await.unwrap().unwrap();
        let same = store::orgs::find_org_by_organization_id(store, test_store.workspace.id, org.organization_id).await;
        let by_slug = store::integrations::find_integration_by_slug(store, &test_store.integration.slug).await;

        assert_eq!(workspaces, std::slice::from_ref(&test_store.workspace));
        assert_eq!(same.unwrap(), Some(org.clone()));
        assert_eq!(by_slug.unwrap(), Some(test_store.integration.clone()));
        let connections = store::connections::list_connections(store, org.id).await.unwrap();
        assert_eq!(connections, std::slice::from_ref(&test_store.connection));
        let integrations = store::integrations::list_integrations(store, test_store.workspace.id).await.unwrap();
        assert_eq!(integrations, std::slice::from_ref(&test_store.integration));
    }
}
