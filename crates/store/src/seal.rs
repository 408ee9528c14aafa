//! Sealing of secrets.
//!
//! Every workspace has a data key, sealed by a key-encryption key of the [`Keyring`]. A secret is sealed with the data
//! key and bound to its place: table, column, row, workspace and key. Moved anywhere else it does not open.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use model::{Clock, DataKeyId, Random, WorkspaceId};
use secrecy::{ExposeSecret, SecretString};
use sqlx::FromRow;
use zeroize::Zeroizing;

use crate::db::{AsParam, statement};
use crate::{Error, Keyring, Result, Store, Tx};

/// The first byte of a sealed value: how the rest is made.
const FORMAT: u8 = 1;
const NONCE_LENGTH: usize = 24;

/// Where a sealed value stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) row: &'a str,
    pub(crate) workspace_id: WorkspaceId,
}

/// Seals and opens secrets.
#[derive(Debug)]
pub(crate) struct Sealer {
    keyring: Option<Keyring>,
    random: Random,
}

/// The key of one workspace.
pub(crate) struct DataKey {
    id: String,
    bytes: Zeroizing<[u8; 32]>,
}

#[derive(FromRow)]
struct DataKeyRow {
    data_key_id: String,
    key_id: String,
    sealed_key: Vec<u8>,
}

impl Sealer {
    pub(crate) fn new(keyring: Option<Keyring>, random: Random) -> Self {
        Self { keyring, random }
    }

    /// Returns a key for another purpose than sealing.
    pub(crate) fn derive_key(&self, purpose: &str) -> Result<Zeroizing<[u8; 32]>> {
        Ok(self.keyring.as_ref().ok_or(Error::NoKey)?.derive(purpose))
    }

    /// Whether secrets can be sealed.
    pub(crate) fn has_keyring(&self) -> bool {
        self.keyring.is_some()
    }

    fn has_key(&self, id: &str) -> bool {
        self.keyring.as_ref().is_some_and(|keyring| keyring.find(id).is_some())
    }

    /// Refuses to go on where the database holds secrets that no key of ours opens.
    pub(crate) async fn check(&self, store: &Store) -> Result<()> {
        #[derive(FromRow)]
        struct KeyIdRow {
            key_id: String,
        }
        let select = statement("look for keys", "select distinct key_id\nfrom towpath.data_keys");
        let rows: Vec<KeyIdRow> = store.fetch_all(select, &[]).await?;
        match rows.into_iter().find(|row| !self.has_key(&row.key_id)) {
            Some(row) => Err(Error::UnknownKey(row.key_id)),
            None => Ok(()),
        }
    }

    /// Returns the workspace's newest data key, made now if it has none.
    pub(crate) async fn data_key(
        &self,
        tx: &mut Tx,
        workspace_id: WorkspaceId,
        clock: &Clock,
    ) -> Result<DataKey> {
        let select = statement(
            "find the data key of a workspace",
            "select data_key_id, key_id, sealed_key
             from towpath.data_keys
             where workspace_id = $1
             order by data_key_id desc
             limit 1",
        );
        match tx.fetch_optional(select, &[workspace_id.as_param()]).await? {
            Some(row) => self.open_data_key(&row, workspace_id),
            None => self.create_data_key(tx, workspace_id, clock).await,
        }
    }

    async fn create_data_key(
        &self,
        tx: &mut Tx,
        workspace_id: WorkspaceId,
        clock: &Clock,
    ) -> Result<DataKey> {
        let key = self.keyring.as_ref().ok_or(Error::NoKey)?.newest();
        let id = DataKeyId::new(clock, &self.random);
        let text = id.to_string();
        let bytes = Zeroizing::new(self.random.bytes());
        let place = data_key_place(&text, workspace_id);
        let sealed = seal_with(key.bytes(), key.id(), place, &bytes[..], &self.random);
        tx.execute(
            statement(
                "store the data key of a workspace",
                "insert into towpath.data_keys (workspace_id, data_key_id, key_id, sealed_key, created_at)
                 values ($1, $2, $3, $4, $5)",
            ),
            &[
                workspace_id.as_param(),
                id.as_param(),
                key.id().as_param(),
                sealed.as_param(),
                clock.now().as_param(),
            ],
        )
        .await?;
        Ok(DataKey { id: text, bytes })
    }

    fn open_data_key(&self, row: &DataKeyRow, workspace_id: WorkspaceId) -> Result<DataKey> {
        let keyring = self.keyring.as_ref().ok_or(Error::NoKey)?;
        let key = keyring.find(&row.key_id).ok_or_else(|| Error::UnknownKey(row.key_id.clone()))?;
        let place = data_key_place(&row.data_key_id, workspace_id);
        let opened = open_with(key.bytes(), key.id(), place, &row.sealed_key)?;
        let bytes = opened.as_slice().try_into().map_err(|_| unsealable(place))?;
        Ok(DataKey { id: row.data_key_id.clone(), bytes: Zeroizing::new(bytes) })
    }

    /// Returns the data key that a sealed value names.
    pub(crate) async fn find_data_key(
        &self,
        store: &Store,
        place: Place<'_>,
        sealed: &[u8],
    ) -> Result<DataKey> {
        let (id, _) = split(sealed).ok_or_else(|| unsealable(place))?;
        let select = statement(
            "find a data key",
            "select data_key_id, key_id, sealed_key
             from towpath.data_keys
             where workspace_id = $1 and data_key_id = $2",
        );
        let row = store.fetch_optional(select, &[place.workspace_id.as_param(), id.as_param()]).await?;
        self.open_data_key(&row.ok_or_else(|| unsealable(place))?, place.workspace_id)
    }

    /// Seals a secret for its place.
    pub(crate) fn seal(&self, key: &DataKey, place: Place<'_>, secret: &SecretString) -> Vec<u8> {
        seal_with(&key.bytes, &key.id, place, secret.expose_secret().as_bytes(), &self.random)
    }

    /// Opens a secret found in a place.
    pub(crate) async fn open(&self, store: &Store, place: Place<'_>, sealed: &[u8]) -> Result<SecretString> {
        let key = self.find_data_key(store, place, sealed).await?;
        let opened = open_with(&key.bytes, &key.id, place, sealed)?;
        let text = std::str::from_utf8(&opened).map_err(|_| unsealable(place))?;
        Ok(SecretString::from(text))
    }
}

fn data_key_place(data_key_id: &str, workspace_id: WorkspaceId) -> Place<'_> {
    Place { table: "data_keys", column: "sealed_key", row: data_key_id, workspace_id }
}

fn unsealable(place: Place<'_>) -> Error {
    Error::Unsealable { column: place.column, row: place.row.to_owned() }
}

/// A sealed value is the format, the length of the key's id, that id, the nonce, and the ciphertext with its tag.
fn seal_with(key: &[u8; 32], key_id: &str, place: Place<'_>, secret: &[u8], random: &Random) -> Vec<u8> {
    let nonce: [u8; NONCE_LENGTH] = random.bytes();
    let payload = Payload { msg: secret, aad: &associated_data(place, key_id) };
    let ciphertext = XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(nonce), payload)
        .expect("a secret is far shorter than the cipher's bound");
    let id_length = u8::try_from(key_id.len()).expect("ids of keys are short");
    [&[FORMAT, id_length], key_id.as_bytes(), &nonce, &ciphertext].concat()
}

fn open_with(key: &[u8; 32], key_id: &str, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let (_, rest) = split(sealed).filter(|(id, _)| *id == key_id).ok_or_else(|| unsealable(place))?;
    let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or_else(|| unsealable(place))?;
    let payload = Payload { msg: ciphertext, aad: &associated_data(place, key_id) };
    XChaCha20Poly1305::new(key.into())
        .decrypt(&XNonce::from(*nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| unsealable(place))
}

/// Splits a sealed value into the id of its key and the rest.
fn split(sealed: &[u8]) -> Option<(&str, &[u8])> {
    let (&[format, id_length], rest) = sealed.split_first_chunk::<2>()?;
    let (id, rest) = rest.split_at_checked(usize::from(id_length))?;
    (format == FORMAT).then_some(())?;
    Some((std::str::from_utf8(id).ok()?, rest))
}

/// Each part is preceded by its length, so that no two places look alike.
fn associated_data(place: Place<'_>, key_id: &str) -> Vec<u8> {
    let workspace = place.workspace_id.to_string();
    let mut data = vec![FORMAT];
    for part in [place.table, place.column, place.row, &workspace, key_id] {
        data.extend_from_slice(&(part.len() as u64).to_be_bytes());
        data.extend_from_slice(part.as_bytes());
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed_in(place: Place<'_>) -> Vec<u8> {
        seal_with(&[7; 32], "dek_1", place, b"refresh-token", &Random::from_number(1))
    }

    #[test]
    fn a_value_opens_only_in_its_place() {
        let clock = Clock::System;
        let random = Random::from_number(1);
        let workspace_id = WorkspaceId::new(&clock, &random);
        let place = Place { table: "connections", column: "refresh_token", row: "con_1", workspace_id };
        let sealed = sealed_in(place);

        let elsewhere = [
            Place { table: "apps", ..place },
            Place { column: "access_token", ..place },
            Place { row: "con_2", ..place },
            Place { workspace_id: WorkspaceId::new(&clock, &random), ..place },
        ];
        assert_eq!(*open_with(&[7; 32], "dek_1", place, &sealed).unwrap(), b"refresh-token");
        for other in elsewhere {
            assert!(matches!(open_with(&[7; 32], "dek_1", other, &sealed), Err(Error::Unsealable { .. })));
        }
        assert!(open_with(&[7; 32], "dek_2", place, &sealed).is_err());
        assert!(open_with(&[8; 32], "dek_1", place, &sealed).is_err());
    }

    #[test]
    fn a_changed_value_does_not_open() {
        let workspace_id = WorkspaceId::new(&Clock::System, &Random::from_number(1));
        let place = Place { table: "connections", column: "refresh_token", row: "con_1", workspace_id };
        let sealed = sealed_in(place);

        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(open_with(&[7; 32], "dek_1", place, &changed).is_err(), "{index}");
            assert!(open_with(&[7; 32], "dek_1", place, &sealed[..index]).is_err(), "{index}");
        }
    }
}
