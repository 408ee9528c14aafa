//! From arguments to an engine that is ready to run.

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use engine::{Credentials, Engine, EngineConfig, KillPoint, Network, PageSize, Problem, RuleRequest};
use model::{Clock, Random, Slug};
use salesforce::host::{DevHost, HostRule};
use store::{
    CsvFolder, Keyring, Ownership, Store, StoreOptions, connections::end_claims, instances::Address,
    take_ownership, work::delete_all_work,
};

use super::{Stop, credentials, destination::Destination, rules};
use crate::{cli::CopyArgs, lock::take_lock};

/// The key file may be read and replaced by its owner only.
const KEY_FILE_MODE: u32 = 0o600;
/// How often the ownership of a store is tried to take, and after which wait again: two seconds in all.
const OWNING_TRIES: u32 = 10;
const OWN_AGAIN: Duration = Duration::from_millis(200);

/// What a copy shall do, checked before anything is opened.
pub(crate) struct Wanted {
    pub(crate) destination: Destination,
    pub(crate) slug: Slug,
    pub(crate) credentials: Credentials,
    pub(crate) rules: Vec<RuleRequest>,
    host_rule: HostRule,
    data_home: PathBuf,
}

/// Reads the arguments.
///
/// # Errors
/// A sentence that says what is wrong with them.
pub(crate) fn parse(args: &CopyArgs) -> Result<Wanted, String> {
    let host_rule = host_rule(&args.dev_allow_host)?;
    Ok(Wanted {
        destination: Destination::parse(&args.to)?,
        slug: args.name.parse().map_err(|error| format!("--name {}: {error}.", args.name))?,
        credentials: credentials::from_environment(&args.environment, &args.login_url, &host_rule)?,
        rules: rules::parse(&args.rules, &args.fields)?,
        host_rule,
        data_home: data_home(args),
    })
}

/// An engine on an open destination.
pub(crate) struct Opened {
    pub(crate) engine: Engine,
    /// Both held while this process writes.
    _lock: Option<File>,
    ownership: Ownership,
}

impl Opened {
    /// Closes the destination, so that it is one whole file where it is a file.
    pub(crate) async fn close(self) {
        drop(self.ownership);
        self.engine.store().close().await;
    }
}

/// Opens the destination, made where it is missing, with the key that seals its tokens.
pub(crate) async fn open(args: &CopyArgs, wanted: &Wanted) -> Result<Opened, Stop> {
    let random = Random::from_os().map_err(|error| failed("system.random", &error))?;
    let csv_folder = match wanted.destination.csv_dir() {
        Some(dir) => Some(CsvFolder::open(dir)?),
        None => None,
    };
    let lock = match wanted.destination.lock_file() {
        Some(path) => Some(lock(&path)?),
        None => None,
    };
    let keyring = open_keyring(args, wanted, &random)?;
    let kill_at = || args.dev_kill_at.as_deref().map(KillPoint::parse);
    let options = StoreOptions { keyring: Some(keyring), ..StoreOptions::new(random.clone()) };
    let store = Store::open_as_it_is(&wanted.destination.store_url(), options).await?;
    // A server that is running on it keeps its tables as they are.
    let ownership = own(&store).await?;
    store.bring_up_to_date(Some(&Address::Untold), kill_at().as_ref()).await?;
    delete_all_work(&store).await?;
    end_claims(&store, Clock::System.now()).await?;
    let network = Network {
        host_rule: wanted.host_rule.clone(),
        ca_file: args.ca_file.clone(),
        proxy: args.environment.https_proxy.clone().map(Into::into),
        ..Network::default()
    };
    let config = EngineConfig {
        page_size: PageSize::new(args.page_rows),
        kill_at: kill_at(),
        ..EngineConfig::new(wanted.destination.spool_dir(&wanted.data_home))
    };
    let engine = Engine::new(store, Clock::System, random, config, network, csv_folder)?;
    Ok(Opened { engine, _lock: lock, ownership })
}

/// Takes the ownership of the store. A database needs a moment to notice that its last owner was killed.
async fn own(store: &Store) -> Result<Ownership, Stop> {
    for _ in 0..OWNING_TRIES {
        if let Some(ownership) = take_ownership(store).await? {
            return Ok(ownership);
        }
        tokio::time::sleep(OWN_AGAIN).await;
    }
    Err(busy())
}

/// Takes the lock of a destination that one process may write at a time.
fn lock(path: &Path) -> Result<File, Stop> {
    take_lock(path).map_err(|error| failed("destination.invalid", &error))?.ok_or_else(busy)
}

fn busy() -> Stop {
    let text =
        "Another process is working on this destination. Wait until it is done, or stop it.".to_owned();
    Stop::Failed(Problem { code: "store.busy", text })
}

/// The key file that is named, or the one beside the destination, made where there is none.
fn open_keyring(args: &CopyArgs, wanted: &Wanted, random: &Random) -> Result<Keyring, Stop> {
    if let Some(path) = &args.environment.towpath_key_file {
        return Ok(Keyring::load(path)?);
    }
    let path = wanted.destination.key_file(&wanted.data_home);
    if path.exists() {
        return Ok(Keyring::load(&path)?);
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| failed("destination.invalid", &error))?;
    }
    Ok(Keyring::create(&path, KEY_FILE_MODE, random)?)
}

fn failed(code: &'static str, error: &dyn std::error::Error) -> Stop {
    Stop::Failed(Problem { code, text: format!("The destination cannot be used: {error}.") })
}

fn host_rule(dev_hosts: &[String]) -> Result<HostRule, String> {
    let hosts: Result<Vec<DevHost>, String> = dev_hosts
        .iter()
        .map(|host| host.parse().map_err(|error| format!("--dev-allow-host {host}: {error}.")))
        .collect();
    Ok(HostRule { dev_allow_hosts: hosts?, ..HostRule::default() })
}

/// `$XDG_DATA_HOME`, else `~/.local/share`, else here.
fn data_home(args: &CopyArgs) -> PathBuf {
    let environment = &args.environment;
    let given = environment.xdg_data_home.clone().filter(|path| path.is_absolute());
    given
        .or_else(|| environment.home.as_ref().map(|home| home.join(".local").join("share")))
        .unwrap_or_else(|| PathBuf::from(".towpath"))
}
