//! The handle through which others act on orgs and copies.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use model::{CallPurpose, Clock, Connection, ConnectionId, IntegrationId, OrgId, Random};
use salesforce::{ApiVersion, Client, Http, HttpConfig, Session, Timestamp, Withheld, host::HostRule};
use secrecy::SecretString;
use store::{
    CsvFolder, Store,
    connections::{Tokens, find_connection, find_tokens},
    work::Lease,
};
use tokio::sync::{Notify, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::{
    catalog::Catalog,
    config::EngineConfig,
    connect::PINNED_VERSION,
    error::{Error, Result},
    kill_point::KillPoint,
    org_client::{OrgClient, Payer, Told},
    read::start::Clocks,
    refresh::Refreshes,
    spool::Spool,
    tokens,
};

/// How to reach Salesforce from here.
#[derive(Clone, Debug)]
pub struct Network {
    /// Which hosts may be called.
    pub host_rule: HostRule,
    /// A PEM file of certificate authorities to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// A proxy for all calls.
    pub proxy: Option<SecretString>,
    /// How long an answer may pause before it is given up and asked for again.
    pub idle_timeout: Duration,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            host_rule: HostRule::default(),
            ca_file: None,
            proxy: None,
            idle_timeout: HttpConfig::default().idle_timeout,
        }
    }
}

/// Connects orgs and keeps copies of them. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: Clock,
    random: Random,
    config: EngineConfig,
    http: Http,
    spool: Spool,
    csv_folder: Option<CsvFolder>,
    owner: String,
    clients: Mutex<HashMap<ConnectionId, KnownClient>>,
    catalog: Catalog,
    cover_locks: Mutex<HashMap<OrgId, Arc<tokio::sync::Mutex<()>>>>,
    refreshes: Mutex<Refreshes>,
    /// Rings when there may be work.
    bell: Notify,
    /// When it was looked last for history of an integration that is too old.
    forgotten: Mutex<HashMap<IntegrationId, Timestamp>>,
    /// Held by each renewal of an access token while it is under way.
    renewals: Arc<RwLock<()>>,
}

/// No renewal of an access token is under way while this is held.
#[derive(Debug)]
pub struct Settled {
    _renewals: OwnedRwLockWriteGuard<()>,
}

/// What the clients of a connection share, and the grant that it was made with.
#[derive(Clone, Debug)]
struct KnownClient {
    fingerprint: String,
    session: Session,
    version: ApiVersion,
    told: Told,
}

/// What is said of every call, whoever makes it and what for, while the database belongs to another instance.
fn withhold() -> Withheld {
    let error = Error::Quarantined;
    Withheld { retry: error.retry(), source: Box::new(error) }
}

impl Engine {
    /// An engine on an open store. Records go into `csv_folder` where there is one, else into the store.
    ///
    /// # Errors
    /// The CA file or the proxy cannot be used.
    pub fn new(
        store: Store,
        clock: Clock,
        random: Random,
        config: EngineConfig,
        network: Network,
        csv_folder: Option<CsvFolder>,
    ) -> Result<Self> {
        let http = Http::new(HttpConfig {
            user_agent: concat!("towpath/", env!("CARGO_PKG_VERSION")).to_owned(),
            host_rule: network.host_rule,
            ca_file: network.ca_file,
            proxy: network.proxy,
            idle_timeout: network.idle_timeout,
            withhold: config.is_quarantined.then_some(withhold),
            ..HttpConfig::default()
        })?;
        let spool = Spool::new(config.spool_dir.clone(), config.most_page_bytes);
        let owner = format!("wrk_{:016x}", u64::from_le_bytes(random.bytes()));
        Ok(Self(Arc::new(Inner {
            store,
            clock,
            random,
            config,
            http,
            spool,
            csv_folder,
            owner,
            clients: Mutex::default(),
            catalog: Catalog::default(),
            cover_locks: Mutex::default(),
            refreshes: Mutex::default(),
            bell: Notify::new(),
            forgotten: Mutex::default(),
            renewals: Arc::default(),
        })))
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn random(&self) -> &Random {
        &self.0.random
    }

    pub(crate) fn config(&self) -> &EngineConfig {
        &self.0.config
    }

    /// Makes sure that the database is this instance's own.
    pub(crate) fn check_not_quarantined(&self) -> Result<()> {
        match self.config().is_quarantined {
            true => Err(Error::Quarantined),
            false => Ok(()),
        }
    }

    pub(crate) fn http(&self) -> &Http {
        &self.0.http
    }

    pub(crate) fn spool(&self) -> &Spool {
        &self.0.spool
    }

    pub(crate) fn csv_folder(&self) -> Option<&CsvFolder> {
        self.0.csv_folder.as_ref()
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    pub(crate) fn refreshes(&self) -> &Mutex<Refreshes> {
        &self.0.refreshes
    }

    pub(crate) fn cover_locks(&self) -> &Mutex<HashMap<OrgId, Arc<tokio::sync::Mutex<()>>>> {
        &self.0.cover_locks
    }

    /// The name of this process on the leases it holds.
    pub(crate) fn owner(&self) -> &str {
        &self.0.owner
    }

    pub(crate) fn kill_at(&self) -> Option<&KillPoint> {
        self.0.config.kill_at.as_ref()
    }

    pub(crate) async fn connection(&self, id: ConnectionId) -> Result<Connection> {
        find_connection(self.store(), id).await?.ok_or(Error::ConnectionGone(id))
    }

    pub(crate) async fn tokens(&self, id: ConnectionId) -> Result<Tokens> {
        find_tokens(self.store(), id).await?.ok_or(Error::ConnectionGone(id))
    }

    /// A client of a connection for an integration's work in the background.
    pub(crate) async fn client_of(
        &self,
        id: ConnectionId,
        integration_id: IntegrationId,
    ) -> Result<OrgClient> {
        self.paid_client(id, Some(integration_id), CallPurpose::Background).await
    }

    /// A client of a connection for questions of people: its calls count to no run, and may spend the reserve.
    pub(crate) async fn questioner(&self, id: ConnectionId) -> Result<OrgClient> {
        self.paid_client(id, None, CallPurpose::Person).await
    }

    /// A client with counters of its own. All of a connection share its session, which is made at its first use and again
    /// after another grant took the place of its own.
    async fn paid_client(
        &self,
        id: ConnectionId,
        integration_id: Option<IntegrationId>,
        purpose: CallPurpose,
    ) -> Result<OrgClient> {
        let connection = self.connection(id).await.inspect_err(|_| self.forget_client(id))?;
        let payer = Payer { org_id: connection.org_id, integration_id, purpose };
        let known = self.known_client(id, connection.credential_fingerprint).await?;
        let client = Client::new(self.http().clone(), known.session, known.version);
        Ok(OrgClient::new(self, client, payer, known.told))
    }

    async fn known_client(&self, id: ConnectionId, fingerprint: String) -> Result<KnownClient> {
        if let Some(known) = self.clients().get(&id).filter(|known| known.fingerprint == fingerprint) {
            return Ok(known.clone());
        }
        let token = tokens::access_token(self, &self.tokens(id).await?)?;
        let session = Session::renewable(token, tokens::refresher(self, id));
        let pinned = Client::new(self.http().clone(), session.clone(), PINNED_VERSION);
        let version = pinned.negotiate_version(PINNED_VERSION).await?;
        let mut clients = self.clients();
        // Whoever made it at the same time has the same.
        if let Some(known) = clients.get(&id).filter(|known| known.fingerprint == fingerprint) {
            return Ok(known.clone());
        }
        let known = KnownClient { fingerprint, session, version, told: Told::default() };
        clients.insert(id, known.clone());
        Ok(known)
    }

    /// Forgets the client of a connection, whose grant has ended.
    pub(crate) fn forget_client(&self, id: ConnectionId) {
        self.clients().remove(&id);
        self.catalog().forget(id);
    }

    /// The same for the connection of a rule whose work is under way: the next client asks anew which version to call.
    pub(crate) async fn forget_client_of(&self, lease: &Lease) -> Result<()> {
        let rule = self.rule_of(lease).await?;
        self.forget_client(self.connection_id_of(&rule).await?);
        Ok(())
    }

    /// The secret of an app of this server's configuration.
    pub(crate) fn configured_secret(&self, client_id: &str) -> Option<SecretString> {
        let apps = &self.config().connect.as_ref()?.apps;
        apps.iter().find(|app| app.client_id == client_id)?.client_secret.clone()
    }

    /// Waits until renewals of access tokens that are under way have ended, and lets none begin while what it returns is
    /// held. An org that rotates refresh tokens has told the new one to nobody else.
    ///
    /// For who is about to close the store. A renewal that takes longer than its own time-outs is not waited for.
    pub async fn settle(&self) -> Option<Settled> {
        let settled =
            tokio::time::timeout(tokens::LONGEST_CALL, Arc::clone(&self.0.renewals).write_owned()).await;
        if settled.is_err() {
            tracing::warn!("a renewal of an access token is still under way and is left to itself");
        }
        settled.ok().map(|renewals| Settled { _renewals: renewals })
    }

    /// Says that a renewal is under way for as long as it is held.
    pub(crate) async fn begin_renewal(&self) -> OwnedRwLockReadGuard<()> {
        Arc::clone(&self.0.renewals).read_owned().await
    }

    /// Lets a worker of this process look for work at once. Only a hint: the work is a row in the store.
    pub(crate) fn wake_workers(&self) {
        self.0.bell.notify_one();
    }

    /// Completes when somebody woke the workers.
    pub(crate) async fn woken(&self) {
        self.0.bell.notified().await;
    }

    pub(crate) fn lock_forgotten(&self) -> MutexGuard<'_, HashMap<IntegrationId, Timestamp>> {
        self.0.forgotten.lock().expect("nothing panics while it holds the times")
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<ConnectionId, KnownClient>> {
        self.0.clients.lock().expect("nothing panics while it holds the clients")
    }

    /// The org's clock, or ours where the org does not tell its own.
    ///
    /// # Errors
    /// The two are more than a day apart.
    pub(crate) fn org_now(&self, client: &OrgClient) -> Result<Timestamp> {
        Ok(Clocks::read(self, client)?.now())
    }
}
