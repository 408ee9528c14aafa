//! The ids of our own rows.
//!
//! An id is a prefix that tells its noun, and a version 7 UUID in 26 lower-case base-32 characters. It is the same text
//! in SQL, in the API and in URLs, and sorts by the time it was made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::{Clock, Random};

/// Digits of Crockford's base 32: no i, l, o, u, and in ascending byte order, so that ids sort by time.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 26 digits of 5 bits hold the 128 bits of a UUID.
const LENGTH: usize = 26;

/// A text is not an id of this noun.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected an id that starts with {prefix}_ and has 26 lower-case letters and digits after it")]
pub struct IdError {
    prefix: &'static str,
}

macro_rules! define_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes a new id: time from the clock, the rest from chance.
            pub fn new(clock: &Clock, random: &Random) -> Self {
                Self(new_uuid(clock, random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_id($prefix, self.0, formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, formatter)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_id($prefix, text).map(Self).ok_or(IdError { prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )+};
}

define_ids! {
    /// Names a workspace: one tenant of a server.
    WorkspaceId = "wsp";
    /// Names a person.
    UserId = "usr";
    /// Names a group of members.
    GroupId = "grp";
    /// Names a Salesforce org that a workspace knows; not Salesforce's own organization id.
    OrgId = "org";
    /// Names a connection: one Salesforce user's grant.
    ConnectionId = "con";
    /// Names an integration.
    IntegrationId = "int";
    /// Names a sync rule.
    SyncRuleId = "rul";
    /// Names a sync run.
    SyncRunId = "run";
    /// Names a sweep of a sync rule.
    SweepId = "swp";
    /// Names a signed-in browser.
    SessionId = "ses";
    /// Names an API key.
    ApiKeyId = "key";
    /// Names one walk through Salesforce's consent page.
    ConnectFlowId = "flw";
    /// Names a field mapping.
    FieldMappingId = "map";
    /// Names a piece of durable work.
    WorkId = "wrk";
    /// Names a data key, which seals the secrets of one workspace.
    DataKeyId = "dek";
    /// Names an entry of the timeline.
    TimelineId = "tml";
}

fn new_uuid(clock: &Clock, random: &Random) -> Uuid {
    let mut bytes: [u8; 16] = random.bytes();
    bytes[..6].copy_from_slice(&clock.now().as_millis().to_be_bytes()[2..]);
    bytes[6] = (bytes[6] & 0x0f) | 0x70;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    Uuid::from_bytes(bytes)
}

fn write_id(prefix: &str, uuid: Uuid, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut number = uuid.as_u128();
    let mut digits = [b'0'; LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number & 31) as usize];
        number >>= 5;
    }
    write!(formatter, "{prefix}_{}", str::from_utf8(&digits).expect("the digits are ASCII"))
}

fn parse_id(prefix: &str, text: &str) -> Option<Uuid> {
    let digits = text.strip_prefix(prefix)?.strip_prefix('_')?.as_bytes();
    // 26 digits hold 130 bits, so the first digit may only use three.
    if digits.len() != LENGTH || digits[0] > b'7' {
        return None;
    }
    let number = digits.iter().try_fold(0_u128, |number, digit| {
        let value = DIGITS.iter().position(|known| known == digit)?;
        Some(number << 5 | value as u128)
    })?;
    Some(Uuid::from_u128(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TestClock;
    use salesforce::Timestamp;

    #[test]
    fn an_id_reads_back_from_its_text() {
        let id = WorkspaceId::new(&Clock::System, &Random::from_number(3));

        let text = id.to_string();

        assert_eq!(text.len(), 30);
        assert_eq!(text.parse(), Ok(id));
        assert!(text.parse::<ConnectionId>().is_err());
    }

    #[test]
    fn ids_sort_by_time_as_text_and_as_values() {
        let test_clock = TestClock::at(Timestamp::from_millis(1_763_000_000_000));
        let clock = Clock::Test(test_clock.clone());
        let random = Random::from_number(3);

        let earlier = SyncRunId::new(&clock, &random);
        test_clock.advance(1);
        let later = SyncRunId::new(&clock, &random);

        assert!(earlier < later);
        assert!(earlier.to_string() < later.to_string());
    }

    #[test]
    fn other_texts_are_refused() {
        let cases = [
            "",
            "wsp",
            "wsp_",
            "wsp_0000000000000000000000000",
            "wsp_zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "wsp_0000000000000000000000000l",
            "WSP_00000000000000000000000000",
        ];

        for text in cases {
            assert!(text.parse::<WorkspaceId>().is_err(), "{text}");
        }
    }
}
