//! Where the command line remembers a server and the key for it.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::{Failure, server_url};
use crate::config::variable;

/// Who else has an account on this machine may not read the key.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// What the file holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    url: String,
    token: SecretString,
}

/// The server and key of the environment, `TOWPATH_URL` and `TOWPATH_TOKEN`, else of the file.
pub(super) fn find_login() -> Result<(Url, SecretString), Failure> {
    let not_signed_in = |sentence: &str| Failure::NotSignedIn(sentence.to_owned());
    let (url, token) = match (text_of("TOWPATH_URL"), token_of_environment()) {
        (Some(url), Some(token)) => (url, token),
        (None, None) => {
            let login = read()?.ok_or_else(|| {
                not_signed_in(
                    "Not signed in. Call `towpath login URL`, or set TOWPATH_URL and TOWPATH_TOKEN.",
                )
            })?;
            (login.url, login.token)
        }
        // The key of one server must not reach another.
        _ => return Err(not_signed_in("TOWPATH_URL and TOWPATH_TOKEN go together: set both or none.")),
    };
    Ok((server_url(&url).map_err(Failure::Unclear)?, token))
}

/// The key in the environment.
pub(crate) fn token_of_environment() -> Option<SecretString> {
    text_of("TOWPATH_TOKEN").map(SecretString::from)
}

/// Writes down a server and its key. Answers where.
pub(crate) fn write(url: &Url, token: &SecretString) -> io::Result<PathBuf> {
    let path = path();
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
    }
    let text = to_toml(url.as_str(), token.expose_secret());
    // A new file takes the place of the old one, so that the key is at no moment in a file that others may read.
    let new = path.with_extension("toml.new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&new)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
    fs::rename(&new, &path)?;
    Ok(path)
}

/// Forgets the server and its key. Answers whether there was one.
pub(crate) fn forget() -> io::Result<bool> {
    match fs::remove_file(path()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn read() -> Result<Option<Login>, Failure> {
    let path = path();
    let refused =
        |why: &dyn std::fmt::Display| Failure::Unclear(format!("{} cannot be used: {why}.", path.display()));
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(&error)),
    };
    let read =
        figment::Figment::from(<figment::providers::Toml as figment::providers::Format>::string(&text));
    // What is wrong in the file is not repeated: it may be the key.
    read.extract().map(Some).map_err(|_| refused(&"it does not hold a url and a token"))
}

/// An address and a key hold nothing that would have to be escaped but quotes and backslashes, which JSON escapes alike.
fn to_toml(url: &str, token: &str) -> String {
    let quoted = |text: &str| serde_json::to_string(text).expect("a text can be written as JSON");
    format!("url = {}\ntoken = {}\n", quoted(url), quoted(token))
}

/// `$XDG_CONFIG_HOME/towpath/login.toml`, else `~/.config/towpath/login.toml`.
fn path() -> PathBuf {
    let given = variable("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    let home = || variable("HOME").map(|home| home.join(".config"));
    given.or_else(home).unwrap_or_default().join("towpath").join("login.toml")
}

fn text_of(name: &str) -> Option<String> {
    variable(name).and_then(|value| value.into_os_string().into_string().ok())
}
