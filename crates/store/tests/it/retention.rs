//! History that is old enough is forgotten, and what a rule did last is kept.

use std::time::Duration;

use model::{
    Outcome, RunCounts, RunEnd, RunPhase, SyncRun, SyncRunId, TimelineEntry, TimelineId, TimelineKind,
};
use salesforce::Timestamp;
use store::retention::{Horizons, forget_history};
use store::row_errors::{RowError, put_row_errors};
use store::sync_runs;
use store::timeline::add_timeline_entries;

use crate::on_both;
use crate::test_store::{NOW, TestStore};

const DAY: Duration = Duration::from_secs(24 * 3_600);

fn days_ago(days: u32) -> Timestamp {
    NOW - DAY * days
}

fn horizons() -> Horizons {
    Horizons { runs: days_ago(90), quiet_runs: days_ago(14), calls: days_ago(90), timeline: days_ago(730) }
}

/// A run of the rule that ended so many days ago, or has not.
async fn add_run(test_store: &TestStore, days: u32, outcome: Option<Outcome>, updated: u64) -> SyncRunId {
    test_store.test_clock.advance(1);
    let id = SyncRunId::new(&test_store.clock, &test_store.random);
    let (rule, at) = (test_store.sync_rule.id, days_ago(days));
    let run = SyncRun { id, integration_id: test_store.integration.id, started_at: at, end: None };
    let counts = RunCounts { rows_read: updated, updated, ..RunCounts::default() };
    let mut tx = test_store.store.begin().await.unwrap();
    sync_runs::create_run(&mut tx, &run).await.unwrap();
    sync_runs::put_phase(&mut tx, id, rule, RunPhase::Reading, None, at).await.unwrap();
    sync_runs::add_progress(&mut tx, id, rule, &counts).await.unwrap();
    if let Some(outcome) = outcome {
        let end = RunEnd { finished_at: at, outcome, problem: None };
        sync_runs::finish_rule(&mut tx, id, rule, &end).await.unwrap();
        sync_runs::finish_run(&mut tx, id, &end).await.unwrap();
    }
    tx.commit().await.unwrap();
    id
}

async fn runs(test_store: &TestStore) -> Vec<SyncRunId> {
    let of_rules = format!("select sync_run_id from {} order by 1", test_store.control("sync_run_rules"));
    let of_runs = format!("select sync_run_id from {} order by 1", test_store.control("sync_runs"));
    let found = test_store.texts(&of_runs).await;
    assert_eq!(test_store.texts(&of_rules).await, found);
    found.into_iter().map(|id| id.unwrap().parse().unwrap()).collect()
}

async fn forget(test_store: &TestStore, most_rows: u32) -> bool {
    forget_history(&test_store.store, test_store.integration.id, &horizons(), most_rows).await.unwrap()
}

on_both! {
    async fn runs_are_forgotten_by_their_age_and_quiet_ones_sooner(test_store: TestStore) {
        let well = Some(Outcome::Succeeded);
        add_run(&test_store, 91, well, 5).await;
        add_run(&test_store, 91, Some(Outcome::Failed), 0).await;
        let mut kept = vec![add_run(&test_store, 89, well, 5).await];
        add_run(&test_store, 20, well, 0).await;
        kept.push(add_run(&test_store, 20, Some(Outcome::Failed), 0).await);
        kept.push(add_run(&test_store, 13, well, 0).await);
        kept.push(add_run(&test_store, 12, well, 0).await);

        assert!(!forget(&test_store, 100).await);

        assert_eq!(runs(&test_store).await, kept);
    }

    async fn what_a_rule_did_last_is_kept_and_so_is_what_row_errors_tell_of(test_store: TestStore) {
        let well = Some(Outcome::Succeeded);
        add_run(&test_store, 400, well, 1).await;
        let rejected = add_run(&test_store, 400, well, 1).await;
        let last = add_run(&test_store, 400, Some(Outcome::Failed), 0).await;
        let open = add_run(&test_store, 400, None, 0).await;
        let error = RowError {
            sync_rule_id: test_store.sync_rule.id,
            record_id: "001000000000001AAA".to_owned(),
            field: String::new(),
            code: "value.unreadable".to_owned(),
            message: "no number".to_owned(),
            sync_run_id: rejected,
            failed_at: NOW,
        };
        let mut tx = test_store.store.begin().await.unwrap();
        put_row_errors(&mut tx, &[error]).await.unwrap();
        tx.commit().await.unwrap();

        forget(&test_store, 100).await;

        assert_eq!(runs(&test_store).await, [rejected, last, open]);
    }

    async fn no_more_is_forgotten_at_once_than_was_said(test_store: TestStore) {
        for _ in 0..5 {
            add_run(&test_store, 100, Some(Outcome::Succeeded), 1).await;
        }
        let last = add_run(&test_store, 100, Some(Outcome::Succeeded), 1).await;

        assert!(forget(&test_store, 3).await);
        assert_eq!(runs(&test_store).await.len(), 3);
        assert!(!forget(&test_store, 3).await);
        assert_eq!(runs(&test_store).await, [last]);
    }

    async fn the_timeline_and_the_calls_are_forgotten_by_their_age(test_store: TestStore) {
        let entry = |days| TimelineEntry {
            id: TimelineId::new(&test_store.clock, &test_store.random),
            workspace_id: test_store.workspace.id,
            integration_id: None,
            sync_rule_id: None,
            sobject: None,
            field: None,
            kind: TimelineKind::RuleAdded,
            user_id: None,
            before: None,
            after: Some(format!("{days} days ago")),
            happened_at: days_ago(days),
        };
        let mut tx = test_store.store.begin().await.unwrap();
        add_timeline_entries(&mut tx, &[entry(731), entry(729)]).await.unwrap();
        tx.commit().await.unwrap();
        for days in [91, 89] {
            let (table, at) = (test_store.control("api_calls"), days_ago(days).as_millis());
            let (org, integration) = (test_store.connection.org_id, test_store.integration.id);
            test_store
                .execute(&format!(
                    "insert into {table} (org_id, integration_id, hour_at, kind, calls)
                     values ('{org}', '{integration}', {at}, 'query', 7)"
                ))
                .await;
        }

        forget(&test_store, 100).await;

        let timeline = format!("select value_after from {}", test_store.control("timeline"));
        assert_eq!(test_store.texts(&timeline).await, [Some("729 days ago".to_owned())]);
        let calls = format!("select cast(hour_at as text) from {}", test_store.control("api_calls"));
        assert_eq!(test_store.texts(&calls).await, [Some(days_ago(89).as_millis().to_string())]);
    }
}
