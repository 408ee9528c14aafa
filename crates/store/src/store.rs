//! An open store, and its transactions.

use std::sync::Arc;

use model::Random;
use zeroize::Zeroizing;

use crate::db::{self, Connection, Db, DbTx, Dialect, Param, Statement, StoredRow};
use crate::instances::{Address, Whose, find_whose};
use crate::kill_point::KillPoint;
use crate::seal::Sealer;
use crate::{Error, Keyring, Result, StoreUrl};

/// How a store is opened.
#[derive(Debug)]
pub struct StoreOptions {
    /// The keys that seal secrets. Without them the store keeps everything but secrets.
    pub keyring: Option<Keyring>,
    /// Where nonces and data keys come from.
    pub random: Random,
    /// How much memory each SQLite connection may use as page cache. Default 2,048 KiB, SQLite's own.
    pub sqlite_cache_kib: u32,
    /// How many connections may read a SQLite file at once. Default 2.
    pub readers: u32,
    /// How many connections to PostgreSQL may be open at once. Default 8.
    pub postgres_connections: u32,
}

impl StoreOptions {
    /// Returns the defaults: no keys, small caches.
    pub fn new(random: Random) -> Self {
        Self { keyring: None, random, sqlite_cache_kib: 2_048, readers: 2, postgres_connections: 8 }
    }
}

/// What opening a database did to its control tables.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Upgrade {
    /// Their version before; `None` for a new database.
    pub from: Option<i64>,
    /// Their version now.
    pub to: i64,
}

impl Upgrade {
    /// Whether there are control tables, and older ones than this program's.
    fn is_due(self) -> bool {
        self.from.is_some_and(|from| from < self.to)
    }
}

/// An open database with its control tables up to date. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    upgrade: Upgrade,
    sealer: Arc<Sealer>,
}

impl Store {
    /// Opens a database as [`open_as_it_is`](Self::open_as_it_is) does, and brings its control tables up to date
    /// whoever it belongs to.
    pub async fn open(url: &StoreUrl, options: StoreOptions) -> Result<Self> {
        let store = Self::open_as_it_is(url, options).await?;
        store.bring_up_to_date(None, None).await?;
        Ok(store)
    }

    /// Opens a database whatever its control tables are like, for whoever looks first whose it is and who works on it.
    pub async fn open_as_it_is(url: &StoreUrl, options: StoreOptions) -> Result<Self> {
        let db = match url {
            StoreUrl::Sqlite(path) => db::connect_sqlite(url, path, &options).await?,
            StoreUrl::Postgres(text) => db::connect_postgres(url, text, &options).await?,
        };
        let upgrade = db::find_version(&db).await?;
        Ok(Self { db, upgrade, sealer: Arc::new(Sealer::new(options.keyring, options.random)) })
    }

    /// Creates or upgrades the control tables, and checks that the secrets can be opened.
    ///
    /// Refuses a database that a newer program upgraded, and one whose secrets are sealed with a key that is not in
    /// the keyring. Older control tables of another instance than `own` stay as they are: it may be using them. Where it
    /// fails the store is to be closed, and with it what it had locked. At `kill_at` a test kills the process between two
    /// steps.
    pub async fn bring_up_to_date(&self, own: Option<&Address>, kill_at: Option<&KillPoint>) -> Result<()> {
        if let Some(own) = own
            && self.upgrade.is_due()
            && let Whose::Others(other) = find_whose(self, own).await?
        {
            return Err(Error::SchemaOfOther(other));
        }
        db::upgrade(&self.db, self.upgrade, kill_at).await?;
        if self.sealer.has_keyring() { self.sealer.check(self).await } else { Ok(()) }
    }

    /// Makes sure that this program could work on a database as it is now: no newer program upgraded it, and the keyring
    /// opens its secrets.
    pub async fn check(&self) -> Result<()> {
        match self.upgrade {
            Upgrade { from: Some(found), to: known } if found > known => {
                Err(Error::NewerSchema { found, known })
            }
            _ => self.sealer.check(self).await,
        }
    }

    /// Returns what opening did to the control tables.
    pub fn upgrade(&self) -> Upgrade {
        self.upgrade
    }

    /// Begins a transaction. Dropped without a commit, it changes nothing.
    ///
    /// On SQLite it holds the one writer: keep it short, at most 200 ms.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(Tx { inner: Some(self.db.begin().await?), sealer: Arc::clone(&self.sealer), loads: 0 })
    }

    /// Closes all connections, and on SQLite empties the write-ahead log into the file.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Returns a key that only this server has, for what it hands out and wants back unchanged.
    ///
    /// It comes from the newest key of the keyring: with another key file it is another.
    pub fn derive_key(&self, purpose: &str) -> Result<Zeroizing<[u8; 32]>> {
        self.sealer.derive_key(purpose)
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// Runs a reading statement outside any transaction.
    pub(crate) async fn fetch_all<T: StoredRow>(
        &self,
        statement: Statement<'_>,
        params: &[Param<'_>],
    ) -> Result<Vec<T>> {
        self.db.reader().await?.connection().fetch_all(statement, params).await
    }

    /// Runs a reading statement that has one row at most.
    pub(crate) async fn fetch_optional<T: StoredRow>(
        &self,
        statement: Statement<'_>,
        params: &[Param<'_>],
    ) -> Result<Option<T>> {
        self.db.reader().await?.connection().fetch_optional(statement, params).await
    }

    /// Runs one statement in a transaction of its own.
    pub(crate) async fn execute(&self, statement: Statement<'_>, params: &[Param<'_>]) -> Result<u64> {
        let mut tx = self.begin().await?;
        let changed = tx.execute(statement, params).await?;
        tx.commit().await?;
        Ok(changed)
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.db.dialect()
    }

    pub(crate) fn db(&self) -> &Db {
        &self.db
    }
}

/// A transaction: everything done with it commits together or not at all.
#[derive(Debug)]
pub struct Tx {
    /// Absent only while a bulk load of SQLite holds it on another thread, or where such a load was given up.
    inner: Option<DbTx>,
    sealer: Arc<Sealer>,
    /// Bulk loads of this transaction, which name their temporary tables.
    loads: u32,
}

impl Tx {
    /// Makes everything done with this transaction durable and visible.
    pub async fn commit(self) -> Result<()> {
        self.inner.ok_or(Error::TransactionEnded)?.commit().await
    }

    /// Undoes everything at once, where dropping would leave it to a moment later.
    pub async fn roll_back(self) -> Result<()> {
        self.inner.ok_or(Error::TransactionEnded)?.roll_back().await
    }

    pub(crate) fn connection(&mut self) -> Result<Connection<'_>> {
        Ok(self.inner.as_mut().ok_or(Error::TransactionEnded)?.connection())
    }

    pub(crate) async fn execute(&mut self, statement: Statement<'_>, params: &[Param<'_>]) -> Result<u64> {
        self.connection()?.execute(statement, params).await
    }

    pub(crate) async fn fetch_all<T: StoredRow>(
        &mut self,
        statement: Statement<'_>,
        params: &[Param<'_>],
    ) -> Result<Vec<T>> {
        self.connection()?.fetch_all(statement, params).await
    }

    pub(crate) async fn fetch_optional<T: StoredRow>(
        &mut self,
        statement: Statement<'_>,
        params: &[Param<'_>],
    ) -> Result<Option<T>> {
        self.connection()?.fetch_optional(statement, params).await
    }

    pub(crate) fn sealer(&self) -> Arc<Sealer> {
        Arc::clone(&self.sealer)
    }

    pub(crate) fn dialect(&self) -> Result<Dialect> {
        Ok(self.inner.as_ref().ok_or(Error::TransactionEnded)?.dialect())
    }

    /// Lends the transaction to a bulk load, which gives it back with [`Tx::put_back`].
    pub(crate) fn take(&mut self) -> Result<DbTx> {
        self.inner.take().ok_or(Error::TransactionEnded)
    }

    pub(crate) fn put_back(&mut self, inner: DbTx) {
        self.inner = Some(inner);
    }

    /// Returns a number that no other bulk load of this transaction has.
    pub(crate) fn next_load(&mut self) -> u32 {
        self.loads += 1;
        self.loads
    }
}
