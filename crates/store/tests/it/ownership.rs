//! Who may work on a database of PostgreSQL, and with whom.

use store::{Store, join_workers, take_ownership};

use crate::test_store::{NOW, TestStore, open_store};

/// Who has the lock, alone or with others.
const HOLDERS: &str = "select mode from pg_locks
    where locktype = 'advisory' and granted
        and database = (select oid from pg_database where datname = current_database())";
/// As a PostgreSQL that is started anew does, to whoever holds the lock.
const END_HOLDERS: &str = "select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())";

async fn open_beside(test_store: &TestStore) -> Store {
    open_store(&test_store.url, &test_store.key_file()).await.unwrap()
}

#[tokio::test]
async fn workers_share_a_database_that_nobody_else_may_have_for_itself() {
    let test_store = TestStore::postgres().await;
    let beside = open_beside(&test_store).await;

    let first = join_workers(&test_store.store, NOW).await.unwrap();
    let second = join_workers(&beside, NOW).await.unwrap();

    assert!(first.is_some() && second.is_some());
    let third = open_beside(&test_store).await;
    assert!(take_ownership(&third).await.unwrap().is_none());
    drop((first, second));
    beside.close().await;
    test_store.store.close().await;
    // A moment later PostgreSQL has noticed that they are gone.
    let _alone = loop {
        if let Some(alone) = take_ownership(&third).await.unwrap() {
            break alone;
        }
    };
    let fourth = open_beside(&test_store).await;
    assert!(join_workers(&fourth, NOW).await.unwrap().is_none());
}

#[tokio::test]
async fn a_lock_that_was_lost_with_its_connection_is_taken_again() {
    for is_alone in [false, true] {
        let test_store = TestStore::postgres().await;
        let taken = match is_alone {
            true => take_ownership(&test_store.store).await,
            false => join_workers(&test_store.store, NOW).await,
        };
        let ownership = taken.unwrap().unwrap();
        let held = test_store.texts(HOLDERS).await;
        assert_eq!(held.len(), 1);

        test_store.execute(END_HOLDERS).await;
        while !test_store.texts(HOLDERS).await.is_empty() {}
        while test_store.texts(HOLDERS).await != held {}

        assert!(take_ownership(&open_beside(&test_store).await).await.unwrap().is_none(), "{is_alone}");
        drop(ownership);
    }
}
