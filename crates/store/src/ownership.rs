//! Being the only process that works on a store, or one of those that share its work.

use salesforce::Timestamp;
use sqlx::pool::PoolConnection;
use sqlx::{FromRow, Postgres};

use crate::connections::end_claims;
use crate::db::Db;
use crate::{Error, Result, Store};

/// Held by the only process that works on a store, for as long as it lives.
///
/// It tells that whoever held leases before is dead, so that nobody need wait for their end. What keeps a copy right is
/// the epoch of a lease alone: a server that loses this connection lets somebody else in, and the fence stops us.
#[derive(Debug)]
pub struct Ownership {
    _connection: Option<PoolConnection<Postgres>>,
}

#[derive(FromRow)]
struct Taken {
    taken: bool,
}

/// Joins the processes that share a store's work; `None` where one has it for itself. The first of them ends the claims of
/// those that were there before, all of which are dead.
///
/// On SQLite the lock of the file is its caller's, and this process is the only one.
pub async fn join_workers(store: &Store, now: Timestamp) -> Result<Option<Ownership>> {
    let Db::Postgres(pool) = store.db() else {
        end_claims(store, now).await?;
        return Ok(Some(Ownership { _connection: None }));
    };
    let failed = |source| Error::Statement { attempt: "join the workers of the store", source };
    let mut connection = pool.acquire().await.map_err(failed)?;
    let sql = "select pg_try_advisory_lock(hashtextextended('towpath', 0)) as taken";
    let alone: Taken = sqlx::query_as(sql).fetch_one(&mut *connection).await.map_err(failed)?;
    if alone.taken {
        end_claims(store, now).await?;
    }
    let sql = "select pg_try_advisory_lock_shared(hashtextextended('towpath', 0)) as taken";
    let shared: Taken = sqlx::query_as(sql).fetch_one(&mut *connection).await.map_err(failed)?;
    if alone.taken {
        let sql = "select pg_advisory_unlock(hashtextextended('towpath', 0)) as taken";
        let _: Taken = sqlx::query_as(sql).fetch_one(&mut *connection).await.map_err(failed)?;
    }
    Ok(shared.taken.then_some(Ownership { _connection: Some(connection) }))
}

/// Takes the ownership of a store; `None` where another process has it.
///
/// On SQLite the lock of the file is its caller's, and this always succeeds.
pub async fn take_ownership(store: &Store) -> Result<Option<Ownership>> {
    let Db::Postgres(pool) = store.db() else { return Ok(Some(Ownership { _connection: None })) };
    let failed = |source| Error::Statement { attempt: "take the ownership of the store", source };
    let mut connection = pool.acquire().await.map_err(failed)?;
    let sql = "select pg_try_advisory_lock(hashtextextended('towpath', 0)) as taken";
    let row: Taken = sqlx::query_as(sql).fetch_one(&mut *connection).await.map_err(failed)?;
    Ok(row.taken.then_some(Ownership { _connection: Some(connection) }))
}
