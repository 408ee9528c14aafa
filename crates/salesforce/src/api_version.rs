//! Versions of the API.

use std::fmt;
use std::str::FromStr;

use crate::ParseError;

/// A version of the REST and Bulk APIs, such as 66.0.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ApiVersion(u16);

impl ApiVersion {
    /// The version this crate is written against.
    pub const PINNED: Self = Self(66);

    /// The version with this whole number; the part after the point is always 0.
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The whole number.
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.0", self.0)
    }
}

impl FromStr for ApiVersion {
    type Err = ParseError;

    /// Reads `66`, `66.0` or `v66.0`.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let number = text.strip_prefix('v').unwrap_or(text);
        let number = number.strip_suffix(".0").unwrap_or(number);
        number.parse().map(Self).map_err(|_| ParseError { expected: "API version" })
    }
}

#[cfg(test)]
mod tests {
    use super::ApiVersion;

    #[test]
    fn versions_are_read_and_shown() {
        for text in ["66", "66.0", "v66.0"] {
            assert_eq!(text.parse::<ApiVersion>().unwrap(), ApiVersion::PINNED);
        }
        assert_eq!(ApiVersion::PINNED.to_string(), "66.0");
        assert!("66.1".parse::<ApiVersion>().is_err());
    }
}
