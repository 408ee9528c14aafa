//! Being the only process that works on a store.

use sqlx::pool::PoolConnection;
use sqlx::{FromRow, Postgres};

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
