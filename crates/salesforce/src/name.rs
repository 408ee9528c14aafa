//! API names of sObjects and fields.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ParseError;

/// Longest API name: 40 characters, a namespace of 15 with its underscores, and a suffix leave room below this.
const MAX_LENGTH: usize = 80;

macro_rules! api_name {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        ///
        /// Compared and hashed without regard to case, as Salesforce does; shown in the case it came in.
        #[derive(Clone)]
        pub struct $name(Box<str>);

        impl $name {
            /// The name in the case it came in.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                if is_api_name(text) { Ok(Self(text.into())) } else { Err(ParseError { expected: $expected }) }
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.eq_ignore_ascii_case(&other.0)
            }
        }

        impl Eq for $name {}

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0.eq_ignore_ascii_case(other)
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0.eq_ignore_ascii_case(other)
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                lower_case(&self.0).cmp(lower_case(&other.0))
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                lower_case(&self.0).for_each(|byte| state.write_u8(byte));
                state.write_u8(0);
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

api_name! {
    /// The API name of an sObject, such as `Account` or `Invoice__c`.
    SObjectName, "sObject name"
}

api_name! {
    /// The API name of a field, such as `AnnualRevenue` or `Region__c`.
    FieldName, "field name"
}

fn is_api_name(text: &str) -> bool {
    text.len() <= MAX_LENGTH
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn lower_case(text: &str) -> impl Iterator<Item = u8> + '_ {
    text.bytes().map(|byte| byte.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{FieldName, SObjectName};

    #[test]
    fn names_differ_by_more_than_case() {
        let upper: SObjectName = "INVOICE__C".parse().unwrap();
        let mixed: SObjectName = "Invoice__c".parse().unwrap();

        let names = HashSet::from([upper.clone(), mixed.clone()]);

        assert_eq!(names.len(), 1);
        assert_eq!(upper.cmp(&mixed), std::cmp::Ordering::Equal);
        assert_eq!(mixed.to_string(), "Invoice__c");
        assert_eq!(mixed, "invoice__C");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = "a".repeat(81);
        for text in ["", "1A", "_a", "Name FROM User--", "Account.Name", "Näme", "a\n", &long] {
            assert!(text.parse::<FieldName>().is_err(), "{text}");
        }
    }
}
