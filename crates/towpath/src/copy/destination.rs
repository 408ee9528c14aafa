//! Where a copy goes, and where it keeps what belongs to it.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use store::StoreUrl;

/// A copy's destination.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Destination {
    /// One file.
    Sqlite(PathBuf),
    /// A database of a server.
    Postgres(String),
    /// A folder with one file an sObject.
    Csv(PathBuf),
}

impl Destination {
    /// Reads the value of `--to`.
    ///
    /// # Errors
    /// A sentence that says what is wanted.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        // What was given is not repeated: it may be the address of another kind of database, with a password.
        let wanted = "--to is no destination. Give sqlite:FILE, postgres://USER@HOST/DATABASE or csv:DIR.";
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path_of(path))),
            Some(("csv", path)) if !path.is_empty() => Ok(Self::Csv(path_of(path))),
            _ => Err(wanted.to_owned()),
        }
    }

    /// The store that holds the copy's state, and its records where it is not a CSV folder.
    pub(crate) fn store_url(&self) -> StoreUrl {
        match self {
            Self::Sqlite(file) => StoreUrl::sqlite(file),
            Self::Postgres(url) => StoreUrl::Postgres(url.clone()),
            Self::Csv(dir) => StoreUrl::sqlite(&state_dir(dir).join("state.db")),
        }
    }

    /// The key that seals the copy's tokens, where none is named.
    pub(crate) fn key_file(&self, data_home: &Path) -> PathBuf {
        match self {
            Self::Sqlite(file) => beside(file, "key"),
            Self::Postgres(_) => data_home.join("towpath").join("keys").join("copy.key"),
            Self::Csv(dir) => state_dir(dir).join("key"),
        }
    }

    /// The folder for received pages. Two destinations never share one.
    pub(crate) fn spool_dir(&self, data_home: &Path) -> PathBuf {
        match self {
            Self::Sqlite(file) => beside(file, "spool"),
            Self::Postgres(_) => data_home.join("towpath").join("spool"),
            Self::Csv(dir) => state_dir(dir).join("spool"),
        }
    }

    /// The file whose lock says that a copy is being written. A server knows by itself who writes.
    pub(crate) fn lock_file(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite(file) => Some(beside(file, "lock")),
            Self::Postgres(_) => None,
            Self::Csv(dir) => Some(state_dir(dir).join("lock")),
        }
    }

    /// The folder of a CSV copy.
    pub(crate) fn csv_dir(&self) -> Option<&Path> {
        match self {
            Self::Csv(dir) => Some(dir),
            Self::Sqlite(_) | Self::Postgres(_) => None,
        }
    }
}

/// Without the user and the password of a database.
impl fmt::Display for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(_) | Self::Postgres(_) => self.store_url().fmt(formatter),
            Self::Csv(dir) => write!(formatter, "csv:{}", dir.display()),
        }
    }
}

/// Accepts `sqlite:crm.db`, `sqlite:/srv/crm.db` and the URL forms `sqlite://crm.db`, `sqlite:///srv/crm.db`.
fn path_of(text: &str) -> PathBuf {
    PathBuf::from(text.strip_prefix("//").unwrap_or(text))
}

fn state_dir(dir: &Path) -> PathBuf {
    dir.join(".towpath")
}

fn beside(file: &Path, what: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(what);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_read_as_people_write_them() {
        assert_eq!(Destination::parse("sqlite:crm.db"), Ok(Destination::Sqlite("crm.db".into())));
        assert_eq!(Destination::parse("sqlite:///srv/crm.db"), Ok(Destination::Sqlite("/srv/crm.db".into())));
        assert_eq!(Destination::parse("csv:out"), Ok(Destination::Csv("out".into())));
        assert_eq!(
            Destination::parse("postgres://ada@localhost/crm"),
            Ok(Destination::Postgres("postgres://ada@localhost/crm".to_owned()))
        );
    }

    #[test]
    fn anything_else_is_refused_with_the_choices() {
        for text in ["", "crm.db", "sqlite:", "mysql://ada:ada@x/y", "csv:"] {
            let refusal = Destination::parse(text).expect_err("not a destination");
            assert!(refusal.contains("sqlite:FILE") && !refusal.contains("ada"), "{refusal}");
        }
    }

    #[test]
    fn what_belongs_to_a_copy_lies_beside_it() {
        let sqlite = Destination::Sqlite("/srv/crm.db".into());

        assert_eq!(sqlite.key_file(Path::new("/home")), Path::new("/srv/crm.db.key"));
        assert_eq!(sqlite.spool_dir(Path::new("/home")), Path::new("/srv/crm.db.spool"));
        assert_eq!(
            Destination::Csv("/srv/crm".into()).key_file(Path::new("/home")),
            Path::new("/srv/crm/.towpath/key")
        );
    }
}
