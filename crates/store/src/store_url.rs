//! Addresses of databases.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::{Error, Result};

/// Where a database is.
#[derive(Clone, Eq, PartialEq)]
pub enum StoreUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A server. The address may hold a password.
    Postgres(String),
}

impl StoreUrl {
    /// Reads `sqlite:FILE` or `postgres://…`.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(Error::Url) } else { Ok(Self::Sqlite(PathBuf::from(path))) };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        Err(Error::Url)
    }

    /// Returns the address of a SQLite file.
    pub fn sqlite(path: &Path) -> Self {
        Self::Sqlite(path.to_owned())
    }
}

impl FromStr for StoreUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

/// Shows the address without user, password and options.
impl fmt::Display for StoreUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            Self::Postgres(text) => match url::Url::parse(text) {
                Ok(url) => {
                    let host = url.host_str().unwrap_or_default();
                    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                    write!(formatter, "postgres://{host}{port}{}", url.path())
                }
                Err(_) => formatter.write_str("postgres://…"),
            },
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::StoreUrl;

    #[test]
    fn addresses_are_shown_without_secrets() {
        let cases = [
            ("sqlite:crm.db", "sqlite:crm.db"),
            ("sqlite:///var/crm.db", "sqlite:/var/crm.db"),
            ("postgres://ada:secret@db.example:5433/crm?sslmode=require", "postgres://db.example:5433/crm"),
            ("postgresql:///crm?host=/tmp&password=secret", "postgres:///crm"),
        ];

        for (text, shown) in cases {
            assert_eq!(StoreUrl::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in ["", "sqlite:", "crm.db", "mysql://db/crm", "postgres"] {
            assert!(StoreUrl::parse(text).is_err(), "{text}");
        }
    }
}
