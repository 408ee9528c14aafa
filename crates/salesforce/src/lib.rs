//! A Salesforce client: OAuth, describe, query, Bulk API 2.0, limits, replication.
//!
//! Without features the crate holds only types: ids, names, instants, field values, describe results, and the
//! error that tells whether trying again helps. They need no async runtime. The feature `client` adds the network
//! half.

pub mod describe;
pub mod host;
pub mod limits;

mod api_version;
mod error;
mod field_type;
mod field_value;
mod name;
mod record_id;
mod timestamp;

pub use api_version::ApiVersion;
pub use error::{ApiError, Cause, Error, OAuthError, ParseError, RefreshError, Result, Retry};
pub use field_type::FieldType;
pub use field_value::{FieldValue, ValueError};
pub use name::{FieldName, SObjectName};
pub use record_id::RecordId;
pub use timestamp::Timestamp;
