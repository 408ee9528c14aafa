//! Record ids.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ParseError;

/// The id of a record in its 18-character form.
///
/// Ids are compared as bytes. The last three characters are a checksum over the case of the first fifteen
/// (Object Reference, Field Types, ID); [`RecordId::from_str`] verifies it, or appends it to a 15-character id.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RecordId([u8; 18]);

const CHECK_CHARACTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

impl RecordId {
    /// Reads an id of 15 or 18 characters from bytes.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        const ERROR: ParseError = ParseError { expected: "record id" };
        if !matches!(text.len(), 15 | 18) || !text.iter().all(u8::is_ascii_alphanumeric) {
            return Err(ERROR);
        }
        let mut id = [0; 18];
        id[..15].copy_from_slice(&text[..15]);
        let check = checksum(&text[..15]);
        if text.len() == 18 && text[15..] != check {
            return Err(ERROR);
        }
        id[15..].copy_from_slice(&check);
        Ok(Self(id))
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("an id holds only letters and digits")
    }

    /// The 18 characters as bytes.
    pub fn as_bytes(&self) -> &[u8; 18] {
        &self.0
    }

    /// The first three characters, which tell the sObject. Several sObjects may share one prefix.
    pub fn prefix(&self) -> &str {
        &self.as_str()[..3]
    }
}

/// Three characters, one for each group of five: bit *i* of its index is set where character *i* is a capital.
fn checksum(fifteen: &[u8]) -> [u8; 3] {
    let mut check = [0; 3];
    for (group, character) in fifteen.chunks_exact(5).zip(&mut check) {
        let index =
            group.iter().rev().fold(0, |bits, byte| bits << 1 | usize::from(byte.is_ascii_uppercase()));
        *character = CHECK_CHARACTERS[index];
    }
    check
}

impl FromStr for RecordId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({})", self.as_str())
    }
}

impl Serialize for RecordId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::RecordId;

    #[test]
    fn a_short_id_gets_its_checksum() {
        let cases = [
            ("001D000000IqhSL", "001D000000IqhSLIAZ"),
            ("000000000000000", "000000000000000AAA"),
            ("AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA555"),
            ("012000000000000", "012000000000000AAA"),
        ];
        for (short, long) in cases {
            assert_eq!(short.parse::<RecordId>().unwrap().as_str(), long);
            assert_eq!(long.parse::<RecordId>().unwrap().as_str(), long);
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let cases =
            ["", "001", "001D000000IqhSLIAA", "001D000000IqhS'", "001D000000IqhSLIAZ0", "001D000000Iqhé0"];
        for text in cases {
            assert!(text.parse::<RecordId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_long_form_reads_back(short in "[A-Za-z0-9]{15}") {
            let id: RecordId = short.parse().unwrap();
            prop_assert_eq!(id.as_str().parse::<RecordId>().unwrap(), id);
            prop_assert_eq!(&id.as_str()[..15], short);
        }
    }
}
