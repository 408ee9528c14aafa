//! Hosts of this machine.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::ParseError;

/// A host of this machine that stands in for Salesforce while developing, such as `localhost:4601`.
///
/// Without a port every port of it is meant, without a scheme plain http.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DevHost {
    scheme: &'static str,
    name: String,
    port: Option<u16>,
}

impl DevHost {
    /// The origin where the text names this host, with or without a scheme.
    pub(super) fn origin_of(&self, text: &str) -> Option<String> {
        let other: Self = text.parse().ok()?;
        let has_scheme = text.contains("://");
        if other.name != self.name || has_scheme && other.scheme != self.scheme {
            return None;
        }
        match (self.port, other.port) {
            (Some(allowed), Some(port)) if allowed != port => None,
            (_, Some(port)) | (Some(port), None) => Some(format!("{}://{}:{port}", self.scheme, self.name)),
            (None, None) => Some(format!("{}://{}", self.scheme, self.name)),
        }
    }

    /// The name without its port.
    #[cfg(feature = "client")]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is spoken to without TLS.
    #[cfg(feature = "client")]
    pub(crate) fn is_plain(&self) -> bool {
        self.scheme == "http"
    }
}

impl FromStr for DevHost {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        const ERROR: ParseError = ParseError { expected: "host of this machine" };
        let (scheme, host) = match text.split_once("://") {
            None => ("http", text),
            Some(("http", host)) => ("http", host),
            Some(("https", host)) => ("https", host),
            Some(_) => return Err(ERROR),
        };
        // In `[::1]:4601` only the last colon is the port's.
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, Some(port.parse().map_err(|_| ERROR)?)),
            _ => (host, None),
        };
        let name = name.to_ascii_lowercase();
        if !is_loopback(&name) {
            return Err(ERROR);
        }
        Ok(Self { scheme, name, port })
    }
}

fn is_loopback(name: &str) -> bool {
    if let Some(address) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    name == "localhost" || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}
