//! The configuration of the server: one TOML file and `TOWPATH_*` variables, read once.

mod check;

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use model::Environment;
use salesforce::host::DevHost;
use secrecy::SecretString;
use serde::Deserialize;
use store::StoreUrl;
use url::Url;

/// Where the server listens if nobody says otherwise.
const LISTEN: &str = "127.0.0.1:4600";
/// The file that is read if it is there and no other is named.
const DEFAULT_FILE: &str = "towpath.toml";
/// Variables with our prefix that are no keys of the configuration.
const OTHER_VARIABLES: [&str; 5] = ["config", "url", "token", "test_postgres", "binary"];

/// What the file and the variables may say. A variable wins over the file; `TOWPATH_LISTEN` is `listen`, and
/// `TOWPATH_SALESFORCE__PRODUCTION__CLIENT_ID` is `client_id` under `[salesforce.production]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    /// The folder for everything the server keeps. Default `$XDG_DATA_HOME/towpath`, else `~/.local/share/towpath`.
    data_dir: Option<PathBuf>,
    /// `sqlite:FILE` or `postgres://USER@HOST/DATABASE`. Default: `towpath.db` in `data_dir`.
    database_url: Option<SecretString>,
    /// The address and port to listen on. Default `127.0.0.1:4600`.
    listen: Option<SocketAddr>,
    /// The address people open, such as `https://towpath.example.com`. Default: that of `listen`, where it is this
    /// machine's own.
    public_url: Option<String>,
    /// The file with the key that seals tokens. Needed where `public_url` is https or `listen` can be reached from
    /// other machines; else a key is made in `data_dir`.
    key_file: Option<PathBuf>,
    /// Hosts of this machine that stand in for Salesforce, such as `["localhost:4601"]`. For trying things only.
    dev_allow_hosts: Option<Vec<String>>,
    /// A proxy for all calls to Salesforce, such as `http://proxy.example.com:3128`. Default: none.
    proxy_url: Option<SecretString>,
    /// A PEM file of certificate authorities to trust besides the system's, such as a company's own. Default: none.
    ca_file: Option<PathBuf>,
    /// The addresses from which this server calls Salesforce, such as `["203.0.113.7"]`, to show to people who set up
    /// an org's allow lists. Default: none.
    egress_addresses: Option<Vec<IpAddr>>,
    /// The version of a package that holds the app, such as `04t5g000000AbcDAAS`; its install links are shown to people
    /// who connect. Default: none.
    package_id: Option<String>,
    /// How many integrations one org may have in a workspace; 0 for any number. Default 5, as many approvals as Salesforce
    /// keeps of one user for one app.
    integrations_per_org: Option<u32>,
    /// How logs are written: `text` or `json`. Default `text`.
    log_format: Option<LogFormat>,
    /// The app registered in Salesforce, for each kind of org that people may connect.
    #[serde(default)]
    salesforce: BTreeMap<AppFor, AppKeys>,
}

/// A kind of org that has an app of its own.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AppFor {
    /// Orgs that sign in at `login.salesforce.com`.
    Production,
    /// Orgs that sign in at `test.salesforce.com`.
    Sandbox,
    /// Orgs that sign in at their My Domain.
    Custom,
    /// The simulated org among `dev_allow_hosts`.
    Simulated,
}

impl AppFor {
    /// The same as the engine knows it.
    pub(crate) fn environment(self) -> Environment {
        match self {
            Self::Production => Environment::Production,
            Self::Sandbox => Environment::Sandbox,
            Self::Custom => Environment::Custom,
            Self::Simulated => Environment::Simulated,
        }
    }
}

/// An app of Salesforce (External Client App or connected app).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AppKeys {
    /// The app's consumer key.
    client_id: String,
    /// A file with the app's consumer secret, where the app has one.
    client_secret_file: Option<PathBuf>,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// A configuration that was read and checked.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    pub(crate) store_url: StoreUrl,
    pub(crate) listen: SocketAddr,
    /// Without a path. `None` is the address that is listened on.
    pub(crate) public_url: Option<Url>,
    pub(crate) key: Key,
    pub(crate) dev_allow_hosts: Vec<DevHost>,
    /// As they were written, to be shown.
    pub(crate) dev_host_names: Vec<String>,
    pub(crate) proxy_url: Option<SecretString>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) egress_addresses: Vec<String>,
    pub(crate) package_id: Option<String>,
    pub(crate) integrations_per_org: Option<NonZeroU32>,
    pub(crate) log_format: LogFormat,
    pub(crate) apps: BTreeMap<AppFor, App>,
}

/// Where the key that seals tokens is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Key {
    /// In this file, which must be there.
    Given(PathBuf),
    /// In this file, which is made where it is missing.
    Own(PathBuf),
}

impl Key {
    /// The file, wherever it comes from.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Given(path) | Self::Own(path) => path,
        }
    }
}

/// An app of Salesforce with its secret.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<SecretString>,
}

/// What is wrong with a configuration, as a sentence.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Config {
    /// The address people open, of a server that listens on `address`.
    pub(crate) fn public_url_on(&self, address: SocketAddr) -> Url {
        self.public_url.clone().unwrap_or_else(|| {
            Url::parse(&format!("http://{address}")).expect("an address and a port make a URL")
        })
    }

    /// Reads the file that is named, by argument or `TOWPATH_CONFIG`, else `./towpath.toml` where there is one, and the
    /// variables.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self, ConfigError> {
        let named = named.map(Path::to_owned).or_else(|| variable("TOWPATH_CONFIG"));
        let mut figment = Figment::new();
        match &named {
            Some(path) => figment = figment.merge(Toml::file_exact(path)),
            None if Path::new(DEFAULT_FILE).exists() => {
                figment = figment.merge(Toml::file_exact(DEFAULT_FILE));
            }
            None => {}
        }
        let variables = Env::prefixed("TOWPATH_").ignore(&OTHER_VARIABLES).split("__");
        let keys: Keys = figment.merge(variables).extract().map_err(|error| ConfigError::of(&error))?;
        check::check(keys, &default_data_dir())
    }
}

impl ConfigError {
    fn of(error: &figment::Error) -> Self {
        let all: Vec<String> = error.clone().into_iter().map(|error| error.to_string()).collect();
        Self(format!("The configuration is not right: {}.", all.join("; ")))
    }

    fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// `$XDG_DATA_HOME/towpath`, else `~/.local/share/towpath`, else a folder here.
fn default_data_dir() -> PathBuf {
    let given = variable("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let home = || variable("HOME").map(|home| home.join(".local").join("share"));
    given.or_else(home).map_or_else(|| PathBuf::from(".towpath"), |base| base.join("towpath"))
}

/// A variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
