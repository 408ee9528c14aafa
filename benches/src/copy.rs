//! Calling `towpath copy`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::destination::Destination;
use crate::org::{Org, StartLine};

/// The name that a copy has unless it is given another.
pub const DEFAULT_NAME: &str = "salesforce";

/// What every call of `towpath copy` in one home folder has in common.
#[derive(Clone, Debug)]
pub struct Copy {
    towpath: PathBuf,
    home: PathBuf,
    login_url: String,
    start_line: StartLine,
}

impl Copy {
    /// Copies from `org` with the program at `towpath`; keys and spooled pages are put below `home`.
    pub fn new(towpath: &Path, org: &Org, home: &Path) -> Self {
        Self {
            towpath: towpath.to_owned(),
            home: home.to_owned(),
            login_url: org.start_line.base_url.clone(),
            start_line: org.start_line.clone(),
        }
    }

    /// Signs in at another host of this machine, where somebody else answers, or nobody.
    pub fn signing_in_at(mut self, login_url: &str) -> Self {
        self.login_url = login_url.to_owned();
        self
    }

    /// Returns the command that copies to `destination`; options and rules are added to it.
    pub fn command(&self, destination: &Destination) -> Command {
        let mut command = Command::new(&self.towpath);
        command
            .args(["copy", "--login-url", &self.login_url])
            .args(["--dev-allow-host", self.login_url.trim_start_matches("http://")])
            .args(["--to", &destination.to_argument()])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.home)
            .env("XDG_DATA_HOME", self.home.join("data"))
            .env("SF_REFRESH_TOKEN", &self.start_line.refresh_token)
            .env("SF_CLIENT_ID", &self.start_line.client_id)
            .env("SF_CLIENT_SECRET", &self.start_line.client_secret);
        command
    }
}
