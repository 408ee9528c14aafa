//! Record ids: 15 case-sensitive characters and three that guard their case.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The digits of an id in the order Salesforce counts and sorts them.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The alphabet of the three check characters.
const CHECK: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The characters after the key prefix that name the pod the org lives on.
const POD: &[u8; 3] = b"Tw0";

/// The 18-character id of a record.
///
/// Ordered by bytes, which for ids made by [`RecordId::new`] under one prefix is the order of their sequence.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RecordId([u8; 18]);

impl RecordId {
    /// Returns the id of the record with that number under a key prefix.
    pub fn new(prefix: &[u8; 3], sequence: u64) -> Self {
        let mut id = [b'0'; 18];
        id[..3].copy_from_slice(prefix);
        id[3..6].copy_from_slice(POD);
        let mut rest = sequence;
        for place in id[6..15].iter_mut().rev() {
            *place = DIGITS[(rest % 62) as usize];
            rest /= 62;
        }
        Self::with_checksum(id)
    }

    /// Reads an id of 15 or 18 characters.
    ///
    /// The case of an 18-character id is restored from its check characters, as Salesforce does for ids that went
    /// through software that ignores case (Object Reference, ID Field Type). Answers `None` where that cannot be.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        let mut id = [b'0'; 18];
        match bytes.len() {
            15 => id[..15].copy_from_slice(bytes),
            18 => restore_case(bytes, &mut id)?,
            _ => return None,
        }
        Some(Self::with_checksum(id))
    }

    /// Returns the 18 characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("an id holds ASCII only")
    }

    /// Returns the key prefix, which names the sObject.
    pub fn prefix(&self) -> [u8; 3] {
        [self.0[0], self.0[1], self.0[2]]
    }

    /// Returns the number behind the prefix where [`RecordId::new`] can have made this id.
    pub fn sequence(&self) -> Option<u64> {
        if self.0[3..6] != *POD {
            return None;
        }
        self.0[6..15].iter().try_fold(0_u64, |number, digit| Some(number * 62 + digit_value(*digit)?))
    }

    fn with_checksum(mut id: [u8; 18]) -> Self {
        for group in 0..3 {
            let upper_case = id[group * 5..group * 5 + 5].iter().enumerate();
            let bits = upper_case.fold(0, |bits, (i, c)| bits | usize::from(c.is_ascii_uppercase()) << i);
            id[15 + group] = CHECK[bits];
        }
        Self(id)
    }
}

fn restore_case(bytes: &[u8], id: &mut [u8; 18]) -> Option<()> {
    for (i, byte) in bytes[..15].iter().enumerate() {
        let check = bytes[15 + i / 5].to_ascii_uppercase();
        let bits = CHECK.iter().position(|c| *c == check)?;
        let upper = bits >> (i % 5) & 1 == 1;
        if upper && !byte.is_ascii_alphabetic() {
            return None;
        }
        id[i] = if upper { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
    }
    Some(())
}

fn digit_value(digit: u8) -> Option<u64> {
    match digit {
        b'0'..=b'9' => Some(u64::from(digit - b'0')),
        b'A'..=b'Z' => Some(u64::from(digit - b'A') + 10),
        b'a'..=b'z' => Some(u64::from(digit - b'a') + 36),
        _ => None,
    }
}

impl Serialize for RecordId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("no record id"))
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::RecordId;

    #[test]
    fn fifteen_characters_get_their_checksum() {
        let id = RecordId::parse("001D000000IqhSL").unwrap();

        assert_eq!(id.as_str(), "001D000000IqhSLIAZ");
        assert_eq!(&id.prefix(), b"001");
    }

    #[test]
    fn the_case_of_eighteen_characters_is_restored() {
        let id = RecordId::parse("001d000000iqhsliaz").unwrap();

        assert_eq!(id.as_str(), "001D000000IqhSLIAZ");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in
            ["", "001", "001D000000IqhSLIA", "001D000000IqhS-", "001D000000IqhSLIA!", "001D000000IqhSL555"]
        {
            assert_eq!(RecordId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_sequence_comes_back_and_orders() {
        let ids: Vec<_> =
            [0, 1, 9, 10, 61, 62, 3_843, 3_844, 1_000_000].map(|n| RecordId::new(b"003", n)).into();

        assert!(ids.is_sorted());
        assert_eq!(ids[8].sequence(), Some(1_000_000));
        assert_eq!(RecordId::parse(&ids[8].as_str()[..15]), Some(ids[8]));
    }
}
