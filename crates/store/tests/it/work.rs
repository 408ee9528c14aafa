use model::{Checkpoint, KeysetPass, KeysetPosition, Position, ReadKind, WaitingRead};
use sqlx::Executor as _;
use store::Error;
use store::checkpoints::{
    find_checkpoint, find_waiting_read, forget_checkpoint, put_checkpoint, put_waiting_read,
};
use store::work::{Next, claim_work, claim_work_of, fence, finish_work, renew};

use crate::on_both;
use crate::test_store::{NOW, TestStore, at};

fn until(seconds: i64) -> Checkpoint {
    Checkpoint { position: Position::Idle, complete_until: Some(at(seconds)) }
}

on_both! {
    async fn a_worker_that_wakes_up_too_late_commits_nothing(test_store: TestStore) {
        let rule = test_store.sync_rule.id;
        let frozen = test_store.lease("worker-1").await.unwrap();
        assert_eq!(claim_work(&test_store.store, "worker-2", 10_000, at(9)).await.unwrap(), None);
        let successor = claim_work(&test_store.store, "worker-2", 10_000, at(11)).await.unwrap().unwrap();

        let mut tx = test_store.store.begin().await.unwrap();
        let late = put_checkpoint(&mut tx, &frozen, rule, &until(1), at(12)).await;
        drop(tx);
        let mut tx = test_store.store.begin().await.unwrap();
        put_checkpoint(&mut tx, &successor, rule, &until(2), at(12)).await.unwrap();
        tx.commit().await.unwrap();

        assert!(matches!(late, Err(Error::LeaseLost)));
        assert!(matches!(renew(&test_store.store, &frozen, at(12)).await, Err(Error::LeaseLost)));
        assert!(successor.epoch > frozen.epoch);
        assert_eq!(find_checkpoint(&test_store.store, rule).await.unwrap(), Some(until(2)));
    }

    async fn a_fence_renews_the_lease(test_store: TestStore) {
        let lease = test_store.lease("worker-1").await.unwrap();

        let mut tx = test_store.store.begin().await.unwrap();
        fence(&mut tx, &lease, at(9)).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(claim_work(&test_store.store, "worker-2", 10_000, at(15)).await.unwrap(), None);
        assert!(claim_work(&test_store.store, "worker-2", 10_000, at(19)).await.unwrap().is_some());
    }

    async fn what_comes_next_decides_when_work_is_due(test_store: TestStore) {
        let store = &test_store.store;
        let finish = async |lease, next, now| {
            let mut tx = store.begin().await.unwrap();
            finish_work(&mut tx, &lease, next, now).await.unwrap();
            tx.commit().await.unwrap();
        };
        let lease = test_store.lease("worker-1").await.unwrap();
        assert_eq!(lease.attempt, 0);
        finish(lease, Next::Retry(at(60)), at(1)).await;

        assert_eq!(claim_work(store, "worker-1", 10_000, at(59)).await.unwrap(), None);
        let lease = claim_work(store, "worker-1", 10_000, at(60)).await.unwrap().unwrap();
        assert_eq!(lease.attempt, 1);
        finish(lease, Next::Wait(at(60)), at(60)).await;

        let lease = claim_work(store, "worker-1", 10_000, at(60)).await.unwrap().unwrap();
        assert_eq!(lease.attempt, 1);
        finish(lease, Next::At(at(90)), at(61)).await;

        let (kind, subject) = ("sync", test_store.sync_rule.id.to_string());
        let lease = claim_work_of(store, kind, &subject, "worker-1", 10_000, at(62)).await.unwrap().unwrap();
        assert_eq!(lease.attempt, 0);
        finish(lease, Next::Done, at(63)).await;

        assert_eq!(claim_work(store, "worker-1", 10_000, at(1_000)).await.unwrap(), None);
        assert!(test_store.lease("worker-1").await.is_some());
    }

    async fn a_checkpoint_is_never_complete_to_an_earlier_instant(test_store: TestStore) {
        let rule = test_store.sync_rule.id;
        let lease = test_store.lease("worker-1").await.unwrap();
        let position = Position::Keyset(KeysetPosition {
            from: Some(at(10)),
            until: at(20),
            after: None,
            kind: ReadKind::Changes,
            pass: KeysetPass::Records,
            is_weighed: false,
        });
        let put = async |checkpoint: Checkpoint| {
            let mut tx = test_store.store.begin().await.unwrap();
            put_checkpoint(&mut tx, &lease, rule, &checkpoint, NOW).await.unwrap();
            tx.commit().await.unwrap();
        };

        put(until(10)).await;
        put(Checkpoint { position: position.clone(), complete_until: Some(at(5)) }).await;
        let earlier = find_checkpoint(&test_store.store, rule).await.unwrap().unwrap();
        put(Checkpoint { position: position.clone(), complete_until: None }).await;
        let none = find_checkpoint(&test_store.store, rule).await.unwrap().unwrap();
        put(until(20)).await;

        assert_eq!(earlier, Checkpoint { position: position.clone(), complete_until: Some(at(10)) });
        assert_eq!(none, earlier);
        assert_eq!(find_checkpoint(&test_store.store, rule).await.unwrap(), Some(until(20)));
    }

    async fn a_read_that_waits_is_kept_with_the_checkpoint_and_goes_with_it(test_store: TestStore) {
        let (store, rule) = (&test_store.store, test_store.sync_rule.id);
        let lease = test_store.lease("worker-1").await.unwrap();
        let waiting = WaitingRead { position: Position::GivenUp { jobs: 2 }, columns: Vec::new() };
        let mut tx = store.begin().await.unwrap();
        put_checkpoint(&mut tx, &lease, rule, &until(1), NOW).await.unwrap();
        put_waiting_read(&mut tx, rule, Some(&waiting)).await.unwrap();
        put_checkpoint(&mut tx, &lease, rule, &until(2), NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(find_waiting_read(store, rule).await.unwrap(), Some(waiting.clone()));

        let mut tx = store.begin().await.unwrap();
        put_waiting_read(&mut tx, rule, None).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(find_waiting_read(store, rule).await.unwrap(), None);

        let mut tx = store.begin().await.unwrap();
        put_waiting_read(&mut tx, rule, Some(&waiting)).await.unwrap();
        forget_checkpoint(&mut tx, rule).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(find_waiting_read(store, rule).await.unwrap(), None);
    }

    async fn a_checkpoint_that_is_forgotten_ends_the_slice_under_way(test_store: TestStore) {
        let rule = test_store.sync_rule.id;
        let lease = test_store.lease("worker-1").await.unwrap();
        let mut tx = test_store.store.begin().await.unwrap();
        put_checkpoint(&mut tx, &lease, rule, &until(1), NOW).await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = test_store.store.begin().await.unwrap();
        forget_checkpoint(&mut tx, rule).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(find_checkpoint(&test_store.store, rule).await.unwrap(), None);
        assert!(matches!(renew(&test_store.store, &lease, NOW).await, Err(Error::LeaseLost)));
    }
}

/// On SQLite no second process has the store open.
#[tokio::test]
async fn a_transaction_whose_process_is_frozen_keeps_nobody_from_its_work() {
    let test_store = TestStore::postgres().await;
    let lease = test_store.lease("worker-1").await.unwrap();
    let mut frozen = test_store.store.begin().await.unwrap();
    fence(&mut frozen, &lease, at(9)).await.unwrap();

    let successor =
        claim_work_of(&test_store.store, &lease.kind, &lease.subject, "worker-2", 10_000, at(11)).await;

    assert!(successor.unwrap().is_some());
    let woken = frozen.commit().await.unwrap_err();
    assert!(matches!(woken.retry(), salesforce::Retry::Later(_)), "{woken:?}");
}

/// PostgreSQL waits without limit for the rest of a COPY.
#[tokio::test]
async fn a_load_whose_process_is_frozen_is_ended_by_whoever_takes_over() {
    let test_store = TestStore::postgres().await;
    test_store.lease("worker-1").await.unwrap();
    test_store.execute("create table public.loaded (id int primary key)").await;
    let mut frozen = test_store.postgres_connection("towpath").await;
    // As a page is stored: the lease is made sure of first, which locks its row.
    frozen.execute("begin; update towpath.work set lease_until = lease_until").await.unwrap();
    let mut load = frozen.copy_in_raw("copy public.loaded from stdin").await.unwrap();
    load.send(b"1\n".as_slice()).await.unwrap();
    let waiting =
        "select query from pg_stat_activity where datname = current_database() and wait_event = 'ClientRead'
         and state = 'active'";
    while test_store.texts(waiting).await.is_empty() {}

    let long = 3_600_000;
    assert!(claim_work(&test_store.store, "worker-2", long, at(11)).await.unwrap().is_none());
    assert_eq!(test_store.texts(waiting).await.len(), 1, "a load that began a moment ago goes on");
    while claim_work(&test_store.store, "worker-3", 0, at(11)).await.unwrap().is_none() {}

    test_store.execute("set lock_timeout = '10s'; insert into public.loaded values (1)").await;
    assert!(load.finish().await.is_err());
}
