//! From a configuration to a store, an engine and an API.

use std::{
    fs::{DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use api::{ApiConfig, AppState};
use engine::{ConfiguredApp, ConnectConfig, Engine, EngineConfig, Network, Problem};
use model::{Clock, Random};
use salesforce::host::HostRule;
use store::kill_point::KillPoint;
use store::{
    Keyring, Ownership, Store, StoreOptions, StoreUrl,
    instances::{Address, Instance, Whose, claim_database},
    join_workers,
};
use url::Url;

use crate::{
    config::{Config, Key},
    lock::take_lock,
};

/// What a server keeps is for its own user.
const FOLDER_MODE: u32 = 0o700;
/// Nobody has a reason to change the key.
const KEY_FILE_MODE: u32 = 0o400;
/// People look at pages while copies are written.
const SQLITE_READERS: u32 = 4;
/// Indexes of record tables are walked again and again.
const SQLITE_CACHE_KIB: u32 = 16 * 1024;
/// Slices, requests and lease renewals at once.
const POSTGRES_CONNECTIONS: u32 = 16;

/// A store and what was taken to open it.
pub(crate) struct OpenedStore {
    pub(crate) store: Store,
    pub(crate) random: Random,
    /// Held while this process lives.
    pub(crate) locks: Vec<File>,
    /// Held while this process works on the store, alone or with others.
    pub(crate) ownership: Ownership,
    /// Where this process keeps pages that it received.
    pub(crate) spool_dir: PathBuf,
    /// Whose the database is, where it is not this instance's.
    pub(crate) other: Option<Instance>,
}

/// A machine has no use for more workers in one folder.
const MOST_WORKERS: u32 = 64;

/// Opens the store, made where it is missing, with the key that seals its secrets.
pub(crate) async fn open_store(config: &Config, dev_kill_at: Option<&str>) -> Result<OpenedStore, Problem> {
    make_folder(&config.data_dir).map_err(|error| unusable(&config.data_dir, &error))?;
    let locks = take_locks(config)?;
    let own = address_of_server(config);
    let mut opened = open_with(config, (locks, config.data_dir.join("spool")), &own, dev_kill_at).await?;
    opened.other = find_other(&opened.store, &own).await?;
    Ok(opened)
}

/// The same without making the database this server's.
pub(crate) async fn open_unclaimed_store(config: &Config) -> Result<OpenedStore, Problem> {
    make_folder(&config.data_dir).map_err(|error| unusable(&config.data_dir, &error))?;
    let locks = take_locks(config)?;
    let spool_dir = config.data_dir.join("spool");
    open_with(config, (locks, spool_dir), &address_of_server(config), None).await
}

/// The store as it is, and the locks of its folder and file, for who asks whose it is: its tables may be older.
pub(crate) async fn open_store_as_it_is(config: &Config) -> Result<(Store, Vec<File>), Problem> {
    make_folder(&config.data_dir).map_err(|error| unusable(&config.data_dir, &error))?;
    let locks = take_locks(config)?;
    let random = Random::from_os().map_err(|error| failed("system.random", &error))?;
    let keyring = find_keyring(&config.key)?;
    let options = StoreOptions { keyring, ..StoreOptions::new(random) };
    let store = Store::open_as_it_is(&config.store_url, options).await.map_err(of_store)?;
    Ok((store, locks))
}

/// The same for a process that only works. Several share a folder, each with a part of its own in it.
pub(crate) async fn open_store_as_worker(
    config: &Config,
    dev_kill_at: Option<&str>,
) -> Result<OpenedStore, Problem> {
    if let StoreUrl::Sqlite(_) = &config.store_url {
        return Err(Problem {
            code: "worker.sqlite",
            text: "Workers need a PostgreSQL database, which several processes can share. A SQLite file belongs to the server, \
                   which does its work itself: start `towpath serve` alone, or set database_url."
                .to_owned(),
        });
    }
    for number in 1..=MOST_WORKERS {
        let folder = config.data_dir.join(format!("worker-{number}"));
        make_folder(&folder).map_err(|error| unusable(&folder, &error))?;
        let path = folder.join("worker.lock");
        if let Some(lock) = take_lock(&path).map_err(|error| unusable(&path, &error))? {
            let own = address_of_worker(config);
            let opened = open_with(config, (vec![lock], folder.join("spool")), &own, dev_kill_at).await?;
            return match find_other(&opened.store, &own).await? {
                None => Ok(opened),
                // Nobody would look at a worker that does nothing.
                Some(_) => Err(engine::Error::Quarantined.problem()),
            };
        }
    }
    Err(busy(config))
}

async fn open_with(
    config: &Config,
    (locks, spool_dir): (Vec<File>, PathBuf),
    own: &Address,
    dev_kill_at: Option<&str>,
) -> Result<OpenedStore, Problem> {
    let random = Random::from_os().map_err(|error| failed("system.random", &error))?;
    let keyring = open_keyring(&config.key, &random)?;
    let options = StoreOptions {
        keyring: Some(keyring),
        readers: SQLITE_READERS,
        sqlite_cache_kib: SQLITE_CACHE_KIB,
        postgres_connections: POSTGRES_CONNECTIONS,
        ..StoreOptions::new(random.clone())
    };
    let store = Store::open_as_it_is(&config.store_url, options).await.map_err(of_store)?;
    let kill_at = dev_kill_at.map(KillPoint::parse);
    store.bring_up_to_date(Some(own), kill_at.as_ref()).await.map_err(of_store)?;
    // It also keeps `towpath copy` away, which would take the work of others for its own.
    let ownership = join_workers(&store, Clock::System.now()).await.map_err(of_store)?;
    let ownership = ownership.ok_or_else(|| busy(config))?;
    Ok(OpenedStore { store, random, locks, ownership, spool_dir, other: None })
}

async fn find_other(store: &Store, own: &Address) -> Result<Option<Instance>, Problem> {
    match claim_database(store, own, Clock::System.now()).await.map_err(of_store)? {
        Whose::Others(other) => Ok(Some(other)),
        Whose::Own | Whose::Nobodys => Ok(None),
    }
}

/// What a server is known by.
pub(crate) fn address_of_server(config: &Config) -> Address {
    match address_of_worker(config) {
        Address::Untold => Address::ThisMachine,
        told => told,
    }
}

/// A worker has the configuration of its server, or only as much of it as it needs.
fn address_of_worker(config: &Config) -> Address {
    let Some(url) = &config.public_url else { return Address::Untold };
    match url.scheme() {
        // No other is taken that other machines could reach.
        "http" => Address::ThisMachine,
        _ => Address::At(url.origin().ascii_serialization()),
    }
}

/// The engine of a server at `public_url`.
pub(super) fn engine(
    config: &Config,
    opened: &OpenedStore,
    public_url: &Url,
    dev_kill_at: Option<&str>,
) -> Result<Engine, Problem> {
    let network = Network {
        host_rule: HostRule { dev_allow_hosts: config.dev_allow_hosts.clone(), ..HostRule::default() },
        ca_file: config.ca_file.clone(),
        proxy: config.proxy_url.clone(),
        ..Network::default()
    };
    let apps = config.apps.iter().map(|(app_for, app)| ConfiguredApp {
        environment: app_for.environment(),
        client_id: app.client_id.clone(),
        client_secret: app.client_secret.clone(),
    });
    let connect = ConnectConfig {
        redirect_uri: public_url.join("/oauth/salesforce/callback").expect("the path is right").into(),
        apps: apps.collect(),
        simulated_host: config.dev_host_names.first().cloned(),
        most_integrations: config.integrations_per_org,
    };
    let engine_config = EngineConfig {
        connect: Some(connect),
        is_quarantined: opened.other.is_some(),
        kill_at: dev_kill_at.map(KillPoint::parse),
        ..EngineConfig::new(opened.spool_dir.clone())
    };
    Engine::new(opened.store.clone(), Clock::System, opened.random.clone(), engine_config, network, None)
        .map_err(|error| error.problem())
}

/// The API of a server at `public_url`.
pub(super) fn app(
    config: &Config,
    engine: &Engine,
    opened: &OpenedStore,
    public_url: &Url,
) -> Result<AppState, Problem> {
    let api_config = ApiConfig {
        simulated_host: config.dev_host_names.first().cloned(),
        egress_addresses: config.egress_addresses.clone(),
        package_id: config.package_id.clone(),
        is_quarantined: opened.other.is_some(),
        ..ApiConfig::new(public_url.clone()).map_err(|error| failed("server.failed", &error))?
    };
    AppState::new(engine.clone(), api_config, opened.random.clone()).map_err(of_store)
}

/// The lock of the folder, and of the database where it is a file, which `towpath copy` respects too.
fn take_locks(config: &Config) -> Result<Vec<File>, Problem> {
    let mut paths = vec![config.data_dir.join("towpath.lock")];
    if let StoreUrl::Sqlite(file) = &config.store_url {
        let mut beside = file.clone().into_os_string();
        beside.push(".lock");
        paths.push(beside.into());
    }
    let mut locks = Vec::new();
    for path in paths {
        let lock = take_lock(&path).map_err(|error| unusable(&path, &error))?;
        locks.push(lock.ok_or_else(|| busy(config))?);
    }
    Ok(locks)
}

fn busy(config: &Config) -> Problem {
    Problem {
        code: "store.busy",
        text: format!(
            "Another process is working in {} or on its database. Stop it, or choose another data_dir.",
            config.data_dir.display()
        ),
    }
}

fn open_keyring(key: &Key, random: &Random) -> Result<Keyring, Problem> {
    if let Some(keyring) = find_keyring(key)? {
        return Ok(keyring);
    }
    let path = key.path();
    if let Some(folder) = path.parent() {
        make_folder(folder).map_err(|error| unusable(folder, &error))?;
    }
    Keyring::create(path, KEY_FILE_MODE, random).map_err(of_store)
}

/// `None` where the server would make its own key, and has not yet.
fn find_keyring(key: &Key) -> Result<Option<Keyring>, Problem> {
    match key {
        Key::Own(path) if !path.exists() => Ok(None),
        key => Keyring::load(key.path()).map(Some).map_err(of_store),
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)
}

fn unusable(path: &Path, error: &io::Error) -> Problem {
    Problem { code: "data.invalid", text: format!("{} cannot be used: {error}.", path.display()) }
}

fn of_store(error: store::Error) -> Problem {
    engine::Error::from(error).problem()
}

pub(super) fn failed(code: &'static str, error: &dyn std::error::Error) -> Problem {
    Problem { code, text: format!("The server cannot go on: {error}.") }
}
