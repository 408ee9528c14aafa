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
