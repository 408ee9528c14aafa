//! Sweeps, what they find, and ids that a read keeps.

use std::collections::BTreeMap;

use model::{
    Clock, DayCounts, Finding, FindingKind, GoneEvidence, GoneRecord, GoneWhy, Problem, Random, RowStamp,
    Sweep, SweepCause, SweepCounts, SweepEnd, SweepId, SweepMode, SweepOutcome, SweepPosition, SweepStep,
    SyncRunId,
};
use store::read_ids::{IdPurpose, forget_ids, forget_ids_between, keep_ids, kept_among, list_kept_ids};
use store::sweeps::{self, SweepSchedule};

use crate::on_both;
use crate::test_store::{NOW, TestStore, at, id};

fn sweep_of(test_store: &TestStore, number: u64) -> Sweep {
    let (clock, random) = (Clock::System, Random::from_number(number));
    Sweep {
        id: SweepId::new(&clock, &random),
        sync_rule_id: test_store.sync_rule.id,
        sync_run_id: SyncRunId::new(&clock, &random),
        sobject: test_store.sync_rule.sobject.clone(),
        cause: SweepCause::Schedule,
        mode: SweepMode::Heal,
        started_at: at(1),
        complete_until: NOW,
        sees_all: None,
        end: None,
    }
}

fn position_of(sweep: &Sweep) -> SweepPosition {
    SweepPosition {
        sweep_id: sweep.id,
        mode: sweep.mode,
        cause: sweep.cause,
        started_at: sweep.started_at,
        begun_at: sweep.started_at,
        complete_until: sweep.complete_until,
        sees_all: sweep.sees_all,
        step: SweepStep::Listing { after: Some(id(b'1', 7)) },
        counts: SweepCounts { rows_in_org: 7, ..SweepCounts::default() },
    }
}

fn finding(number: u32, kind: FindingKind) -> Finding {
    Finding { row: RowStamp { id: id(b'1', number), stamp: Some(at(number.into())) }, kind }
}

on_both! {
    async fn a_sweep_reads_back_while_it_runs_and_when_it_has_ended(test_store: TestStore) {
        let (store, rule) = (&test_store.store, test_store.sync_rule.id);
        let reader = test_store.reader().await;
        let integration = test_store.integration.id;
        let mut sweep = sweep_of(&test_store, 1);
        let mut tx = store.begin().await.unwrap();
        sweep.sees_all = Some(true);
        sweeps::create_sweep(&mut tx, &sweep).await.unwrap();
        sweeps::pause_sweep(&mut tx, &position_of(&sweep)).await.unwrap();
        tx.commit().await.unwrap();

        let open = sweeps::find_open_sweep(store, rule).await.unwrap();
        assert_eq!(open, Some((sweep.clone(), Some(position_of(&sweep)))));
        assert_eq!(sweeps::find_last_sweep(store, rule).await.unwrap(), None);

        let end = SweepEnd {
            finished_at: at(9),
            outcome: SweepOutcome::Frozen,
            counts: SweepCounts { lost: 3, frozen: 3, ..SweepCounts::default() },
            problem: Some(Problem { code: "records.hidden".to_owned(), text: "Three are gone.".to_owned() }),
        };
        let mut tx = store.begin().await.unwrap();
        sweeps::finish_sweep(&mut tx, sweep.id, rule, &end).await.unwrap();
        tx.commit().await.unwrap();
        sweep.end = Some(end);

        assert_eq!(sweeps::find_open_sweep(store, rule).await.unwrap(), None);
        assert_eq!(sweeps::find_last_sweep(store, rule).await.unwrap(), Some(sweep.clone()));
        let listed = sweeps::list_sweeps_of(store, &reader, integration, None, 5).await.unwrap();
        assert_eq!(listed, std::slice::from_ref(&sweep));
        let found = sweeps::find_sweep_of(store, &reader, integration, sweep.id).await.unwrap();
        assert_eq!(found, Some(sweep.clone()));
        let stranger = test_store.foreign_reader().await;
        assert_eq!(sweeps::list_sweeps_of(store, &stranger, integration, None, 5).await.unwrap(), []);
        assert_eq!(sweeps::find_sweep_of(store, &stranger, integration, sweep.id).await.unwrap(), None);
    }

    async fn a_sweep_that_was_left_open_is_given_up_by_the_next(test_store: TestStore) {
        let (store, rule) = (&test_store.store, test_store.sync_rule.id);
        let (first, second) = (sweep_of(&test_store, 1), sweep_of(&test_store, 2));

        let mut tx = store.begin().await.unwrap();
        sweeps::create_sweep(&mut tx, &first).await.unwrap();
        sweeps::create_sweep(&mut tx, &second).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(sweeps::find_open_sweep(store, rule).await.unwrap(), Some((second, None)));
        assert_eq!(sweeps::find_last_sweep(store, rule).await.unwrap(), None);
    }

    async fn the_days_of_a_sweep_add_up(test_store: TestStore) {
        let (store, reader) = (&test_store.store, test_store.reader().await);
        let sweep = sweep_of(&test_store, 1);
        let day = |day: &str, rows_in_org, rows_in_copy| (day.to_owned(), DayCounts { rows_in_org, rows_in_copy });

        let mut tx = store.begin().await.unwrap();
        sweeps::create_sweep(&mut tx, &sweep).await.unwrap();
        let first = [day("2026-11-21", 5, 5), day("2026-11-22", 1, 0)];
        sweeps::add_sweep_days(&mut tx, sweep.id, &first).await.unwrap();
        sweeps::add_sweep_days(&mut tx, sweep.id, &[day("2026-11-22", 2, 4)]).await.unwrap();
        sweeps::take_from_day(&mut tx, sweep.id, "2026-11-22").await.unwrap();
        tx.commit().await.unwrap();

        let days = sweeps::list_sweep_days_of(store, &reader, sweep.id).await.unwrap();
        assert_eq!(days, [day("2026-11-21", 5, 5), day("2026-11-22", 3, 3)]);
    }

    async fn findings_wait_until_they_are_acted_on(test_store: TestStore) {
        let (store, rule) = (&test_store.store, test_store.sync_rule.id);
        let found = [
            finding(1, FindingKind::Missing),
            finding(2, FindingKind::Lost),
            finding(3, FindingKind::Lost),
            finding(4, FindingKind::Stale),
        ];
        let verdict = GoneRecord {
            id: id(b'1', 3),
            why: GoneWhy::Merged,
            evidence: GoneEvidence::RecycleBin,
            merged_into: Some(id(b'1', 9)),
            system_modstamp: Some(at(30)),
        };
        let mut tx = store.begin().await.unwrap();
        sweeps::add_findings(&mut tx, rule, &found).await.unwrap();
        sweeps::add_findings(&mut tx, rule, &found[..1]).await.unwrap();
        sweeps::put_verdicts(&mut tx, rule, std::slice::from_ref(&verdict)).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(sweeps::list_findings(store, rule, None, 9).await.unwrap(), [found[0], found[3]]);
        let after = Some(id(b'1', 1));
        assert_eq!(sweeps::list_findings(store, rule, after, 9).await.unwrap(), [found[3]]);
        assert_eq!(sweeps::list_unexplained(store, rule, None, 9).await.unwrap(), [found[1]]);
        assert_eq!(sweeps::count_unexplained(store, rule).await.unwrap(), 1);
        assert_eq!(sweeps::list_verdicts(store, rule, 9).await.unwrap(), [verdict]);

        let mut tx = store.begin().await.unwrap();
        sweeps::delete_findings(&mut tx, rule, &[id(b'1', 3), id(b'1', 4)]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(sweeps::list_verdicts(store, rule, 9).await.unwrap(), []);
        assert_eq!(sweeps::list_findings(store, rule, None, 9).await.unwrap(), [found[0]]);
        let mut tx = store.begin().await.unwrap();
        sweeps::clear_findings(&mut tx, rule).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(sweeps::count_unexplained(store, rule).await.unwrap(), 0);
    }

    async fn a_request_holds_until_the_next_sweep_is_planned(test_store: TestStore) {
        let (store, rule) = (&test_store.store, test_store.sync_rule.id);
        assert_eq!(sweeps::find_sweep_schedule(store, rule).await.unwrap(), None);

        let mut tx = store.begin().await.unwrap();
        sweeps::request_sweep(&mut tx, rule, SweepMode::Report, NOW).await.unwrap();
        tx.commit().await.unwrap();
        let schedule = SweepSchedule { due_at: NOW, requested: Some(SweepMode::Report) };
        assert_eq!(sweeps::find_sweep_schedule(store, rule).await.unwrap(), Some(schedule));

        let mut tx = store.begin().await.unwrap();
        sweeps::schedule_sweep(&mut tx, rule, at(9)).await.unwrap();
        tx.commit().await.unwrap();
        let schedule = SweepSchedule { due_at: at(9), requested: None };
        assert_eq!(sweeps::find_sweep_schedule(store, rule).await.unwrap(), Some(schedule));
    }

    async fn ids_are_kept_by_purpose_and_listed_by_their_bytes(test_store: TestStore) {
        let (store, rule) = (&test_store.store, test_store.sync_rule.id);
        let rows: Vec<RowStamp> =
            (1..=1_200).rev().map(|number| RowStamp { id: id(b'1', number), stamp: Some(at(1)) }).collect();
        let ids = BTreeMap::from_iter(rows.iter().map(|row| (row.id, row.stamp)));
        let mut tx = store.begin().await.unwrap();
        keep_ids(&mut tx, rule, IdPurpose::Sweep, &rows).await.unwrap();
        keep_ids(&mut tx, rule, IdPurpose::Sweep, &rows[..10]).await.unwrap();
        let asked = [id(b'1', 3), id(b'1', 5_000)];
        assert_eq!(kept_among(&mut tx, rule, IdPurpose::Sweep, &asked).await.unwrap(), [id(b'1', 3)]);
        assert_eq!(kept_among(&mut tx, rule, IdPurpose::InFilter, &asked).await.unwrap(), []);
        tx.commit().await.unwrap();

        let listed = list_kept_ids(store, rule, IdPurpose::Sweep, None, 2_000).await.unwrap();
        assert!(listed.iter().map(|row| (row.id, row.stamp)).eq(ids));
        let next = list_kept_ids(store, rule, IdPurpose::Sweep, Some(listed[0].id), 1).await.unwrap();
        assert_eq!(next, [listed[1]]);
        let mut tx = store.begin().await.unwrap();
        keep_ids(&mut tx, rule, IdPurpose::InFilter, &rows[..1]).await.unwrap();
        forget_ids_between(&mut tx, rule, IdPurpose::Sweep, None, listed[1].id).await.unwrap();
        forget_ids_between(&mut tx, rule, IdPurpose::Sweep, Some(listed[2].id), listed[3].id).await.unwrap();
        tx.commit().await.unwrap();
        let first = list_kept_ids(store, rule, IdPurpose::Sweep, None, 2).await.unwrap();
        assert_eq!(first, [listed[2], listed[4]]);

        let mut tx = store.begin().await.unwrap();
        forget_ids(&mut tx, rule, IdPurpose::Sweep).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(list_kept_ids(store, rule, IdPurpose::Sweep, None, 9).await.unwrap(), []);
        assert_eq!(list_kept_ids(store, rule, IdPurpose::InFilter, None, 9).await.unwrap(), rows[..1]);
    }
}
