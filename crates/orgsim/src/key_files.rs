//! The files that clients read keys and certificates from. They are gone when the org is.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use tempfile::TempDir;

use crate::error::{Error, Result};

/// A folder of this run, which its user alone may read.
#[derive(Debug)]
pub(crate) struct KeyFiles(TempDir);

impl KeyFiles {
    pub(crate) fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("orgsim-").tempdir().map_err(Error::KeyFile)?;
        Ok(Self(folder))
    }

    /// Writes a file and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<String> {
        let path = self.0.path().join(name);
        write_private(&path, text).map_err(Error::KeyFile)?;
        Ok(path.to_string_lossy().into_owned())
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}
