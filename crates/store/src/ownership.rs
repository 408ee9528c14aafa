//! Being the only process that works on a store, or one of those that share its work.

use std::time::Duration;

use salesforce::Timestamp;
use sqlx::pool::PoolConnection;
use sqlx::{Connection, FromRow, PgConnection, PgPool, Postgres};
use tokio::task::AbortHandle;

use crate::connections::end_claims;
use crate::db::Db;
use crate::{Error, Result, Store};

/// How often the connection that holds a lock is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Held by the only process that works on a store, or by each of those that share its work, for as long as it lives.
///
/// It tells that whoever held leases before is dead, so that nobody need wait for their end. On PostgreSQL it is a lock of
/// a connection. Where that is lost while the process lives, as with a PostgreSQL that is started anew, the lock is taken
/// again within seconds. What keeps a copy right is the epoch of a lease alone: whoever comes in meanwhile stops us by it.
#[derive(Debug)]
pub struct Ownership {
    keeper: Option<AbortHandle>,
}

impl Drop for Ownership {
    fn drop(&mut self) {
        if let Some(keeper) = &self.keeper {
            keeper.abort();
        }
    }
}

/// A lock of PostgreSQL: alone, or together with others that have it so.
#[derive(Clone, Copy, Debug)]
enum Lock {
    Alone,
    Shared,
}

/// Joins the processes that share a store's work; `None` where one has it for itself. The first of them ends the claims of
/// those that were there before, all of which are dead.
///
/// On SQLite the lock of the file is its caller's, and this process is the only one.
pub async fn join_workers(store: &Store, now: Timestamp) -> Result<Option<Ownership>> {
    let Db::Postgres(pool) = store.db() else {
        end_claims(store, now).await?;
        return Ok(Some(Ownership { keeper: None }));
    };
    let failed = |source| Error::Statement { attempt: "join the workers of the store", source };
    let mut connection = pool.acquire().await.map_err(failed)?;
    let is_first = Lock::Alone.take(&mut connection).await.map_err(failed)?;
    if is_first {
        end_claims(store, now).await?;
    }
    let is_in = Lock::Shared.take(&mut connection).await.map_err(failed)?;
    if is_first {
        let sql = "select pg_advisory_unlock(hashtextextended('towpath', 0)) as taken";
        let _: Taken = sqlx::query_as(sql).fetch_one(&mut *connection).await.map_err(failed)?;
    }
    Ok(is_in.then(|| Ownership::keep(pool, connection, Lock::Shared)))
}

/// Takes the ownership of a store; `None` where another process has it.
///
/// On SQLite the lock of the file is its caller's, and this always succeeds.
pub async fn take_ownership(store: &Store) -> Result<Option<Ownership>> {
    let Db::Postgres(pool) = store.db() else { return Ok(Some(Ownership { keeper: None })) };
    let failed = |source| Error::Statement { attempt: "take the ownership of the store", source };
    let mut connection = pool.acquire().await.map_err(failed)?;
    let is_taken = Lock::Alone.take(&mut connection).await.map_err(failed)?;
    Ok(is_taken.then(|| Ownership::keep(pool, connection, Lock::Alone)))
}

impl Ownership {
    fn keep(pool: &PgPool, connection: PoolConnection<Postgres>, lock: Lock) -> Self {
        let keeper = tokio::spawn(keep(pool.clone(), connection, lock));
        Self { keeper: Some(keeper.abort_handle()) }
    }
}

/// Takes the lock again whenever it was lost with its connection, until the pool is closed.
async fn keep(pool: PgPool, mut connection: PoolConnection<Postgres>, lock: Lock) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if connection.ping().await.is_ok() {
            continue;
        }
        connection.close_on_drop();
        connection = loop {
            match take_again(&pool, lock).await {
                Ok(Some(holder)) => break holder,
                Ok(None) => {
                    tracing::warn!("another process took the database while the connection to it was lost")
                }
                Err(sqlx::Error::PoolClosed) => return,
                // It is not back yet.
                Err(_) => {}
            }
            tokio::time::sleep(LOOK_EVERY).await;
        };
    }
}

async fn take_again(pool: &PgPool, lock: Lock) -> sqlx::Result<Option<PoolConnection<Postgres>>> {
    let mut connection = pool.acquire().await?;
    Ok(lock.take(&mut connection).await?.then_some(connection))
}

#[derive(FromRow)]
struct Taken {
    taken: bool,
}

impl Lock {
    async fn take(self, connection: &mut PgConnection) -> sqlx::Result<bool> {
        let sql = match self {
            Self::Alone => "select pg_try_advisory_lock(hashtextextended('towpath', 0)) as taken",
            Self::Shared => "select pg_try_advisory_lock_shared(hashtextextended('towpath', 0)) as taken",
        };
        let row: Taken = sqlx::query_as(sql).fetch_one(connection).await?;
        Ok(row.taken)
    }
}
