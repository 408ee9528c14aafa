//! Sync rules: which sObject to copy, which records, which fields, how often.

use salesforce::{FieldName, SObjectName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Filter, IntegrationId, SyncRuleId};

/// One sObject to copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SyncRule {
    /// Its id.
    pub id: SyncRuleId,
    /// The integration it belongs to.
    pub integration_id: IntegrationId,
    /// The sObject. An integration has one rule for each at most.
    pub sobject: SObjectName,
    /// Which records; all where there is none.
    pub filter: Option<Filter>,
    /// Which fields.
    pub fields: FieldSelection,
    /// How often to look for changes.
    pub cadence_ms: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Which fields of an sObject to copy.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldSelection {
    /// All that the user may read, new ones too.
    #[default]
    All,
    /// These, beside the id and the system's own stamp.
    Only(Vec<FieldName>),
}

/// How often a rule looks for changes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Cadence(u64);

/// A cadence out of its bounds.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a rule looks for changes at most once a minute and at least once in seven days")]
pub struct CadenceError;

impl Cadence {
    /// Every 15 minutes.
    pub const DEFAULT: Self = Self(15 * 60);
    /// An org's own change tracking is no finer than a minute.
    const SHORTEST: u64 = 60;
    /// Records of the recycle bin are gone after fifteen days; a rule sees them before.
    const LONGEST: u64 = 7 * 24 * 3_600;

    /// A cadence of so many seconds.
    ///
    /// # Errors
    /// It is less than a minute or more than seven days.
    pub fn from_seconds(seconds: u64) -> Result<Self, CadenceError> {
        match seconds {
            Self::SHORTEST..=Self::LONGEST => Ok(Self(seconds)),
            _ => Err(CadenceError),
        }
    }

    /// The same in milliseconds.
    pub fn as_millis(self) -> u64 {
        self.0 * 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::Cadence;

    #[test]
    fn a_cadence_keeps_its_bounds() {
        for (seconds, is_one) in [(0, false), (59, false), (60, true), (604_800, true), (604_801, false)] {
            assert_eq!(Cadence::from_seconds(seconds).is_ok(), is_one, "{seconds}");
        }
    }
}
