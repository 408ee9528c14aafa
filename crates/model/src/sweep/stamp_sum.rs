//! A checksum over ids and stamps.

use std::fmt;
use std::ops::AddAssign;

use salesforce::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use super::RowStamp;

/// A checksum over ids and stamps that does not depend on their order: equal sets have equal sums, and the sums of
/// ranges add up to the sum of the whole.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StampSum(u128);

impl StampSum {
    /// Adds a record.
    pub fn add(&mut self, row: RowStamp) {
        let stamp = row.stamp.map_or(i64::MIN, Timestamp::as_millis);
        let digest =
            Sha256::new().chain_update(row.id.as_bytes()).chain_update(stamp.to_be_bytes()).finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        self.0 = self.0.wrapping_add(u128::from_be_bytes(half));
    }
}

impl StampSum {
    /// Takes a record out again.
    pub(super) fn remove(&mut self, row: RowStamp) {
        let mut one = Self::default();
        one.add(row);
        self.0 = self.0.wrapping_sub(one.0);
    }
}

impl AddAssign for StampSum {
    fn add_assign(&mut self, more: Self) {
        self.0 = self.0.wrapping_add(more.0);
    }
}

impl fmt::Display for StampSum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl Serialize for StampSum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StampSum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(Self).map_err(de::Error::custom)
    }
}

impl StampSum {
    /// Returns the sum of some records.
    pub(super) fn of(rows: impl Iterator<Item = RowStamp>) -> Self {
        let mut sum = Self::default();
        rows.for_each(|row| sum.add(row));
        sum
    }
}
