//! Instants in bodies: text such as `2026-11-22T03:04:05.000Z`.

use salesforce::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An instant in UTC, to the millisecond (RFC 3339).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = DateTime, example = "2026-11-22T03:04:05.000Z")]
pub(crate) struct Instant(pub Timestamp);

impl From<Timestamp> for Instant {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp)
    }
}
