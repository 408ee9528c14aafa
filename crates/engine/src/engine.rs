//! The handle through which others act on orgs and copies.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use model::{Clock, Connection, ConnectionId, Random};
use salesforce::{Client, Http, HttpConfig, Session, Timestamp, host::HostRule};
use secrecy::SecretString;
use store::{
    CsvFolder, Store,
    connections::{Tokens, find_connection, find_tokens},
};
use tokio::sync::Notify;

use crate::{
    catalog::Catalog,
    config::EngineConfig,
    connect::PINNED_VERSION,
    error::{Error, Result},
    kill_point::KillPoint,
    org_client::OrgClient,
    spool::Spool,
    tokens,
};

/// No honest clock of an org and of this machine are further apart.
const CLOCKS_APART: Duration = Duration::from_secs(24 * 3_600);

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
    /// Rings when there may be work.
    bell: Notify,
}

/// A client, and the grant that it was made with.
#[derive(Debug)]
struct KnownClient {
    fingerprint: String,
    client: OrgClient,
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
            ..HttpConfig::default()
        })?;
        let spool = Spool::new(config.spool_dir.clone());
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
            bell: Notify::new(),
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

    /// The client of a connection, made at its first use and again after another grant took the place of its own. All
    /// rules of a connection share its session and counters.
    pub(crate) async fn client(&self, id: ConnectionId) -> Result<OrgClient> {
        let fingerprint =
            self.connection(id).await.inspect_err(|_| self.forget_client(id))?.credential_fingerprint;
        if let Some(known) = self.clients().get(&id).filter(|known| known.fingerprint == fingerprint) {
            return Ok(known.client.clone());
        }
        let token = tokens::access_token(self, &self.tokens(id).await?)?;
        let session = Session::renewable(token, tokens::refresher(self, id));
        let pinned = Client::new(self.http().clone(), session, PINNED_VERSION);
        let version = pinned.negotiate_version(PINNED_VERSION).await?;
        let client = OrgClient::new(pinned.with_version(version));
        let mut clients = self.clients();
        // Whoever made it at the same time has the same.
        if let Some(known) = clients.get(&id).filter(|known| known.fingerprint == fingerprint) {
            return Ok(known.client.clone());
        }
        clients.insert(id, KnownClient { fingerprint, client: client.clone() });
        Ok(client)
    }

    /// Forgets the client of a connection, whose grant has ended.
    pub(crate) fn forget_client(&self, id: ConnectionId) {
        self.clients().remove(&id);
        self.catalog().forget(id);
    }

    /// The secret of an app of this server's configuration.
    pub(crate) fn configured_secret(&self, client_id: &str) -> Option<SecretString> {
        let apps = &self.config().connect.as_ref()?.apps;
        apps.iter().find(|app| app.client_id == client_id)?.client_secret.clone()
    }

    /// Lets a worker of this process look for work at once. Only a hint: the work is a row in the store.
    pub(crate) fn wake_workers(&self) {
        self.0.bell.notify_one();
    }

    /// Completes when somebody woke the workers.
    pub(crate) async fn woken(&self) {
        self.0.bell.notified().await;
    }

    fn clients(&self) -> std::sync::MutexGuard<'_, HashMap<ConnectionId, KnownClient>> {
        self.0.clients.lock().expect("nothing panics while it holds the clients")
    }

    /// The org's clock, which all windows are measured by, or ours where the org does not tell its own.
    ///
    /// # Errors
    /// The two are more than a day apart. A window up to the wrong one would leave changes out for good.
    pub(crate) fn org_now(&self, client: &OrgClient) -> Result<Timestamp> {
        let ours = self.clock().now();
        let theirs = client.server_date().unwrap_or(ours);
        if theirs.since(ours).max(ours.since(theirs)) > CLOCKS_APART {
            return Err(Error::ClocksApart { theirs, ours });
        }
        Ok(theirs)
    }
}
