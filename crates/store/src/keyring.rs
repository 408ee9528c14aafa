//! Key-encryption keys, which come from a file and never from the database.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::Random;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Error, Result};

/// A file of keys is a few lines; more than this is another file.
const MAX_FILE_LENGTH: u64 = 64 * 1024;
/// Others on the machine may neither read nor change a key file.
const OTHERS: u32 = 0o007;

/// The keys that seal the data keys of workspaces: the newest seals, all open.
#[derive(Clone, Debug)]
pub struct Keyring {
    /// At least one; the newest last.
    keys: Vec<KeyEncryptionKey>,
}

/// One key.
#[derive(Clone)]
pub(crate) struct KeyEncryptionKey {
    bytes: Zeroizing<[u8; 32]>,
    id: String,
}

impl Keyring {
    /// Reads a key file: one key a line, each 32 random bytes in base64, the newest last.
    ///
    /// Refuses a file that everybody on the machine may read, and a key of nothing but zeros.
    pub fn load(path: &Path) -> Result<Self> {
        let refused = |problem| Error::KeyFile { path: path.to_owned(), problem, source: None };
        let unreadable = |source| Error::KeyFile {
            path: path.to_owned(),
            problem: "it cannot be read",
            source: Some(source),
        };
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.permissions().mode() & OTHERS != 0 {
            return Err(refused("everybody on this machine may read it; chmod 0400 it"));
        }
        let mut text = Zeroizing::new(String::new());
        file.take(MAX_FILE_LENGTH).read_to_string(&mut text).map_err(unreadable)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let keys: Option<Vec<_>> = lines.map(KeyEncryptionKey::parse).collect();
        match keys {
            None => Err(refused("expected lines of 32 random bytes in base64")),
            Some(keys) if keys.is_empty() => Err(refused("it holds no key")),
            Some(keys) if keys.iter().any(|key| *key.bytes == [0; 32]) => {
                Err(refused("a key of nothing but zeros protects nothing"))
            }
            Some(keys) => Ok(Self { keys }),
        }
    }

    /// Makes a key file with one new key, and reads it. `mode` is 0400 or 0600. Never overwrites a file.
    pub fn create(path: &Path, mode: u32, random: &Random) -> Result<Self> {
        let failed = |source| Error::KeyFile {
            path: path.to_owned(),
            problem: "it cannot be created",
            source: Some(source),
        };
        let bytes = Zeroizing::new(random.bytes::<32>());
        let mut text = Zeroizing::new(STANDARD.encode(&bytes[..]));
        text.push('\n');
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(mode & 0o600).open(path).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        Self::load(path)
    }

    /// Returns the key that seals.
    pub(crate) fn newest(&self) -> &KeyEncryptionKey {
        self.keys.last().expect("a keyring has at least one key")
    }

    /// Returns a key for another purpose, which tells nothing of the key it comes from.
    pub(crate) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        // The key has a fixed length and stands first, and what follows is no secret: nothing can be appended to learn
        // the digest of another purpose, because each purpose's digest is only used as a key itself.
        let digest = Sha256::new()
            .chain_update(b"towpath derived key\0")
            .chain_update(self.newest().bytes())
            .chain_update(purpose.as_bytes())
            .finalize();
        Zeroizing::new(digest.into())
    }

    /// Returns the key of this id.
    pub(crate) fn find(&self, id: &str) -> Option<&KeyEncryptionKey> {
        self.keys.iter().find(|key| key.id == id)
    }
}

impl KeyEncryptionKey {
    fn parse(line: &str) -> Option<Self> {
        let decoded = Zeroizing::new(STANDARD.decode(line).ok()?);
        let bytes: [u8; 32] = decoded.as_slice().try_into().ok()?;
        // The id must not help to find the key, so it is a piece of a hash that nothing else uses.
        let digest = Sha256::new().chain_update(b"towpath key id\0").chain_update(bytes).finalize();
        let id = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Self { bytes: Zeroizing::new(bytes), id })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyEncryptionKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn written(text: &str, mode: u32) -> Result<Keyring> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        Keyring::load(&path)
    }

    #[test]
    fn a_created_key_file_is_private_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");

        let created = Keyring::create(&path, 0o400, &Random::from_number(1)).unwrap();
        let loaded = Keyring::load(&path).unwrap();

        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o400);
        assert_eq!(created.newest().id(), loaded.newest().id());
        assert!(Keyring::create(&path, 0o400, &Random::from_number(2)).is_err());
    }

    #[test]
    fn unfit_key_files_are_refused() {
        let key = STANDARD.encode([7; 32]);
        let cases = [
            (key.clone(), 0o600, ""),
            (format!("{key}\n{}\n", STANDARD.encode([8; 32])), 0o440, ""),
            (key.clone(), 0o644, "everybody on this machine may read it; chmod 0400 it"),
            (STANDARD.encode([0; 32]), 0o600, "a key of nothing but zeros protects nothing"),
            (String::new(), 0o600, "it holds no key"),
            ("secret".to_owned(), 0o600, "expected lines of 32 random bytes in base64"),
            (STANDARD.encode([7; 16]), 0o600, "expected lines of 32 random bytes in base64"),
        ];

        for (text, mode, expected) in cases {
            match (written(&text, mode), expected) {
                (Ok(_), "") => {}
                (Err(Error::KeyFile { problem, .. }), _) => assert_eq!(problem, expected),
                (other, _) => panic!("{other:?}"),
            }
        }
    }
}
