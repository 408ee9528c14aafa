//! From what was read to a configuration that holds together.

use std::{fs, num::NonZeroU32, path::Path};

use secrecy::{ExposeSecret, SecretString};
use store::StoreUrl;
use url::{Host, Url};

use super::{App, AppKeys, Config, ConfigError, Key, Keys, LISTEN};

/// As many approvals as Salesforce keeps of one user for one app.
const INTEGRATIONS_PER_ORG: u32 = 5;

/// A consumer secret is one line.
const MAX_SECRET_LENGTH: u64 = 4_096;

const KEY_NEEDED: &str = "key_file is needed where public_url is https or other machines can reach the server: make a key with \
    `head -c 32 /dev/urandom | base64`, in a file that only the server may read (0400), and keep it apart from backups of \
    the database.";

pub(super) fn check(keys: Keys, default_data_dir: &Path) -> Result<Config, ConfigError> {
    let data_dir = keys.data_dir.unwrap_or_else(|| default_data_dir.to_owned());
    let listen = keys.listen.unwrap_or_else(|| LISTEN.parse().expect("an address and a port"));
    let store_url = match &keys.database_url {
        None => StoreUrl::sqlite(&data_dir.join("towpath.db")),
        // What was given is not repeated: it may hold a password.
        Some(text) => StoreUrl::parse(text.expose_secret()).map_err(|_| {
            ConfigError::new("database_url is neither sqlite:FILE nor postgres://USER@HOST/DATABASE.")
        })?,
    };
    let public_url = keys.public_url.as_deref().map(check_public_url).transpose()?;
    let is_reached_by_others = !listen.ip().is_loopback();
    if public_url.is_none() && is_reached_by_others {
        return Err(ConfigError::new(
            "public_url is needed where other machines can reach the server: say at which address people open it.",
        ));
    }
    let is_https = public_url.as_ref().is_some_and(|url| url.scheme() == "https");
    let key = match keys.key_file {
        Some(path) => Key::Given(path),
        None if is_https || is_reached_by_others => return Err(ConfigError::new(KEY_NEEDED)),
        None => Key::Own(data_dir.join("keys").join("towpath.key")),
    };
    let dev_host_names = keys.dev_allow_hosts.unwrap_or_default();
    let dev_allow_hosts = dev_host_names
        .iter()
        .map(|host| {
            host.parse().map_err(|error| ConfigError::new(format!("dev_allow_hosts: {host:?} is {error}.")))
        })
        .collect::<Result<_, _>>()?;
    let apps = keys.salesforce.into_iter().map(|(kind, app)| Ok((kind, read_app(app)?)));
    Ok(Config {
        store_url,
        listen,
        public_url,
        key,
        dev_allow_hosts,
        dev_host_names,
        proxy_url: keys.proxy_url,
        ca_file: keys.ca_file,
        egress_addresses: keys.egress_addresses.unwrap_or_default().iter().map(ToString::to_string).collect(),
        package_id: keys.package_id.map(check_package_id).transpose()?,
        integrations_per_org: NonZeroU32::new(keys.integrations_per_org.unwrap_or(INTEGRATIONS_PER_ORG)),
        log_format: keys.log_format.unwrap_or_default(),
        apps: apps.collect::<Result<_, ConfigError>>()?,
        data_dir,
    })
}

/// It stands in links that people follow.
fn check_package_id(text: String) -> Result<String, ConfigError> {
    let is_id = matches!(text.len(), 15 | 18)
        && text.starts_with("04t")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match is_id {
        true => Ok(text),
        false => Err(ConfigError::new(
            "package_id is the id of a package's version: 04t and 12 or 15 more letters and digits.",
        )),
    }
}

/// The cookies of people who sign in, and what they see, must not cross a network in the clear.
fn check_public_url(text: &str) -> Result<Url, ConfigError> {
    let wanted =
        || ConfigError::new("public_url is only https:// and a host, such as https://towpath.example.com.");
    let url = Url::parse(text).map_err(|_| wanted())?;
    let is_whole = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !is_whole || !url.username().is_empty() || url.password().is_some() {
        return Err(wanted());
    }
    let is_this_machine = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_machine => Ok(url),
        _ => Err(ConfigError::new("public_url must begin with https:// where it is not this machine's own.")),
    }
}

fn read_app(keys: AppKeys) -> Result<App, ConfigError> {
    let client_secret = keys.client_secret_file.as_deref().map(read_secret).transpose()?;
    Ok(App { client_id: keys.client_id, client_secret })
}

fn read_secret(path: &Path) -> Result<SecretString, ConfigError> {
    let refused = |why: &str| ConfigError::new(format!("client_secret_file {}: {why}.", path.display()));
    let length = fs::metadata(path).map_err(|error| refused(&error.to_string()))?.len();
    if length > MAX_SECRET_LENGTH {
        return Err(refused("it is too long to be a consumer secret"));
    }
    let text = SecretString::from(fs::read_to_string(path).map_err(|error| refused(&error.to_string()))?);
    match text.expose_secret().trim() {
        "" => Err(refused("it is empty")),
        secret => Ok(SecretString::from(secret)),
    }
}

#[cfg(test)]
mod tests {
    use figment::{
        Figment,
        providers::{Format, Toml},
    };

    use super::*;
    use crate::config::AppFor;

    fn checked(toml: &str) -> Result<Config, String> {
        let keys: Keys = Figment::from(Toml::string(toml))
            .extract()
            .map_err(|error| ConfigError::of(&error).to_string())?;
        check(keys, Path::new("/home/ada/.local/share/towpath")).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_at_all_is_a_server_on_this_machine() {
        let config = checked("").unwrap();

        assert_eq!(config.public_url_on(config.listen).as_str(), "http://127.0.0.1:4600/");
        assert_eq!(config.store_url.to_string(), "sqlite:/home/ada/.local/share/towpath/towpath.db");
        assert_eq!(config.key, Key::Own("/home/ada/.local/share/towpath/keys/towpath.key".into()));
    }

    #[test]
    fn a_server_that_others_reach_needs_its_address_and_a_key() {
        let cases = [
            ("public_url = 'https://towpath.example.com'", "key_file is needed"),
            ("listen = '0.0.0.0:4600'", "public_url is needed"),
            ("listen = '0.0.0.0:4600'\npublic_url = 'http://localhost:4600'", "key_file is needed"),
            ("public_url = 'http://towpath.example.com'", "must begin with https"),
            ("public_url = 'https://towpath.example.com/crm'", "only https:// and a host"),
        ];

        for (toml, sentence) in cases {
            let refusal = checked(toml).unwrap_err();
            assert!(refusal.contains(sentence), "{toml}: {refusal}");
        }
        let toml =
            "listen = '[::]:4600'\npublic_url = 'https://towpath.example.com'\nkey_file = '/etc/towpath/key'";
        assert_eq!(checked(toml).unwrap().key, Key::Given("/etc/towpath/key".into()));
    }

    #[test]
    fn what_is_not_known_is_refused_by_its_name() {
        for (toml, name) in [
            ("listen_on = '127.0.0.1:1'", "listen_on"),
            ("[salesforce.production]\nclient_id = 'x'\nclient_secret = 'y'", "client_secret"),
            ("[salesforce.government]\nclient_id = 'x'", "government"),
            ("log_format = 'xml'", "xml"),
            ("dev_allow_hosts = ['salesforce.com']", "salesforce.com"),
        ] {
            let refusal = checked(toml).unwrap_err();
            assert!(refusal.contains(name), "{toml}: {refusal}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let refusal = checked("database_url = 'mysql://ada:lovelace@db/crm'").unwrap_err();
        let config = checked("database_url = 'postgres://ada:lovelace@db/crm'").unwrap();

        assert!(!refusal.contains("lovelace") && !format!("{config:?}").contains("lovelace"));
    }

    #[test]
    fn the_secret_of_an_app_stands_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "s3cret\n").unwrap();
        let toml =
            format!("[salesforce.sandbox]\nclient_id = '3MVG9'\nclient_secret_file = '{}'", path.display());

        let config = checked(&toml).unwrap();

        let app = &config.apps[&AppFor::Sandbox];
        assert_eq!(app.client_secret.as_ref().unwrap().expose_secret(), "s3cret");
        fs::write(&path, "\n").unwrap();
        assert!(checked(&toml).unwrap_err().contains("it is empty"));
    }
}
