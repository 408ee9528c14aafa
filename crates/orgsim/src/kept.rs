//! What an org remembers from one start to the next, where it is told to: its app, its password, its approvals.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::random;
use crate::sessions::Approval;

/// It holds secrets, though of an org that is none.
#[cfg(unix)]
const FILE_MODE: u32 = 0o600;

/// What is remembered.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) password: String,
    pub(crate) security_token: String,
    /// When the org first started. Its records are computed from this.
    pub(crate) made_at_ms: i64,
    /// The refresh token of the start line.
    pub(crate) refresh_token: Option<String>,
    pub(crate) approvals: Vec<Approval>,
}

impl Kept {
    /// Draws the secrets of a new org.
    pub(crate) fn new(now_ms: i64) -> Self {
        Self {
            client_id: format!("3MVG9{}", random::letters(80)),
            client_secret: random::letters(64),
            password: random::letters(12),
            security_token: random::letters(24),
            made_at_ms: now_ms,
            refresh_token: None,
            approvals: Vec::new(),
        }
    }
}

/// The file it is remembered in.
#[derive(Debug)]
pub(crate) struct KeptFile {
    path: PathBuf,
    kept: Mutex<Kept>,
}

impl KeptFile {
    /// Reads the file, or begins one.
    pub(crate) fn open(path: &Path, now_ms: i64) -> Result<Self> {
        let failed = |source| Error::Keep { path: path.to_owned(), source };
        let kept = match fs::read(path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| failed(error.into()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Kept::new(now_ms),
            Err(error) => return Err(failed(error)),
        };
        let file = Self { path: path.to_owned(), kept: Mutex::new(kept) };
        file.write(&file.kept()).map_err(failed)?;
        Ok(file)
    }

    /// What is remembered now.
    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers something else. An org that cannot goes on, and says so.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Kept)) {
        let mut kept = self.kept();
        change(&mut kept);
        if let Err(error) = self.write(&kept) {
            tracing::warn!(%error, "the org will not remember its approvals");
        }
    }

    /// A new file takes the place of the old one, so that a crash leaves one of them.
    fn write(&self, kept: &Kept) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
        options.open(&new)?.write_all(&serde_json::to_vec_pretty(kept)?)?;
        fs::rename(&new, &self.path)
    }
}
