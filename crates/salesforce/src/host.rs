//! Which hosts a token may be sent to.
//!
//! A person may type a log-in host and an org names its own host in each token answer. Both pass one rule: only
//! Salesforce's log-in hosts and My Domains (Salesforce Help, My Domain URL Formats). Hosts that serve content of
//! customers, such as sites and Lightning pages, are refused.

mod dev_host;
mod service_path;
mod suggest;

use std::fmt;

pub use dev_host::DevHost;
pub use service_path::{ForeignUrl, ServicePath};

/// Words that may stand between a My Domain and the suffix.
const PARTITIONS: [&str; 6] = ["demo", "develop", "patch", "sandbox", "scratch", "trailblaze"];

/// The hosts at which every org can log in, unless its admin forbids it.
const GENERIC_LOGIN_HOSTS: [&str; 2] = ["login.salesforce.com", "test.salesforce.com"];

/// The host rule as data, so that a new word is a change of configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostRule {
    /// Words allowed between a My Domain and its suffix.
    pub partitions: Vec<String>,
    /// Suffixes of My Domains; others, such as the government cloud's, are for the operator to add.
    pub suffixes: Vec<String>,
    /// Hosts of this machine that stand in for Salesforce while developing.
    pub dev_allow_hosts: Vec<DevHost>,
}

impl Default for HostRule {
    fn default() -> Self {
        Self {
            partitions: PARTITIONS.map(String::from).to_vec(),
            suffixes: vec!["my.salesforce.com".into()],
            dev_allow_hosts: Vec::new(),
        }
    }
}

/// A host the rule refuses.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a Salesforce host: {reason}{}", .correction.as_ref().map(|host| format!(", did you mean {host}?")).unwrap_or_default())]
pub struct HostError {
    /// Why it is refused.
    pub reason: &'static str,
    /// A host that the rule accepts and that the text may have meant.
    pub correction: Option<String>,
}

/// A host to log in at: `login.salesforce.com`, `test.salesforce.com` or a My Domain.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct LoginHost(Origin);

/// The host of an org, which all its API calls go to.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct InstanceUrl(Origin);

/// A scheme, a host and perhaps a port that passed the rule.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Origin {
    text: Box<str>,
    is_dev: bool,
}

impl LoginHost {
    /// Reads a bare host name, in any case and with spaces around it.
    pub fn parse(text: &str, rule: &HostRule) -> Result<Self, HostError> {
        let text = text.trim();
        if let Some(origin) = rule.dev_origin(text) {
            return Ok(Self(origin));
        }
        rule.check(text).map(|host| Self(Origin::of_salesforce(&host))).map_err(|reason| HostError {
            reason,
            correction: suggest::suggest(text).filter(|host| rule.check(host).is_ok()),
        })
    }

    /// Where every production org can log in.
    pub fn production() -> Self {
        Self(Origin::of_salesforce(GENERIC_LOGIN_HOSTS[0]))
    }

    /// Where every sandbox can log in.
    pub fn sandbox() -> Self {
        Self(Origin::of_salesforce(GENERIC_LOGIN_HOSTS[1]))
    }

    /// Scheme and host, without a slash at the end.
    pub fn origin(&self) -> &str {
        &self.0.text
    }

    /// The host, with its port where it has one.
    pub fn host(&self) -> &str {
        self.0.host()
    }

    /// Whether it is a host of this machine, allowed for developing only.
    pub fn is_dev(&self) -> bool {
        self.0.is_dev
    }
}

impl InstanceUrl {
    /// Reads the `instance_url` of a token answer.
    pub fn parse(text: &str, rule: &HostRule) -> Result<Self, HostError> {
        let text = text.trim().trim_end_matches('/');
        if let Some(origin) = rule.dev_origin(text).filter(|_| text.contains("://")) {
            return Ok(Self(origin));
        }
        let refuse = |reason| HostError { reason, correction: None };
        let host = text.strip_prefix("https://").ok_or_else(|| refuse("it does not begin with https://"))?;
        let host = rule.check(host).map_err(refuse)?;
        Ok(Self(Origin::of_salesforce(&host)))
    }

    /// Scheme and host, without a slash at the end.
    pub fn origin(&self) -> &str {
        &self.0.text
    }

    /// The host, with its port where it has one.
    pub fn host(&self) -> &str {
        self.0.host()
    }

    /// Whether it is a host of this machine, allowed for developing only.
    pub fn is_dev(&self) -> bool {
        self.0.is_dev
    }
}

impl fmt::Display for LoginHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.host())
    }
}

impl fmt::Display for InstanceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.origin())
    }
}

impl Origin {
    fn of_salesforce(host: &str) -> Self {
        Self { text: format!("https://{host}").into(), is_dev: false }
    }

    fn host(&self) -> &str {
        self.text.split_once("://").map_or(&*self.text, |(_, host)| host)
    }
}

impl HostRule {
    /// The host in lower case, or why it is refused.
    fn check(&self, text: &str) -> Result<String, &'static str> {
        if text.is_empty() {
            return Err("it is empty");
        }
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) {
            return Err("a host has only letters, digits, dots and hyphens: no scheme, port or path");
        }
        let host = text.to_ascii_lowercase();
        if host.len() > 253 || host.split('.').any(|label| !is_label(label)) {
            return Err("it is not a host name");
        }
        if GENERIC_LOGIN_HOSTS.contains(&host.as_str())
            || self.suffixes.iter().any(|suffix| self.is_my_domain(&host, suffix))
        {
            return Ok(host);
        }
        Err("only login.salesforce.com, test.salesforce.com and My Domains are allowed")
    }

    fn is_my_domain(&self, host: &str, suffix: &str) -> bool {
        let Some(labels) = host.strip_suffix(suffix).and_then(|rest| rest.strip_suffix('.')) else {
            return false;
        };
        match labels.split_once('.') {
            None => true,
            Some((_, partition)) => self.partitions.iter().any(|word| word == partition),
        }
    }

    fn dev_origin(&self, text: &str) -> Option<Origin> {
        let origin = self.dev_allow_hosts.iter().find_map(|dev_host| dev_host.origin_of(text))?;
        Some(Origin { text: origin.into(), is_dev: true })
    }
}

fn is_label(label: &str) -> bool {
    // A label that begins with `xn--` stands for letters that may look like others.
    !label.is_empty()
        && label.len() <= 63
        && !label.starts_with('-')
        && !label.ends_with('-')
        && !label.starts_with("xn--")
}

#[cfg(test)]
mod tests;
