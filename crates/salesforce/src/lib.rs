//! A Salesforce client: OAuth, describe, query, Bulk API 2.0, limits, replication.
//!
//! Without features the crate holds only types: ids, names, instants, field values, describe results, and the
//! error that tells whether trying again helps. They need no async runtime. The feature `client` adds the network
//! half.

pub mod describe;
pub mod host;
pub mod limits;

#[cfg(feature = "client")]
pub mod bulk2;
#[cfg(feature = "client")]
pub mod composite;
#[cfg(feature = "client")]
pub mod oauth;

mod api_version;
mod error;
mod field_type;
mod field_value;
mod name;
mod record_id;
mod timestamp;

#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod http;
#[cfg(feature = "client")]
mod page;
#[cfg(feature = "client")]
mod query;
#[cfg(feature = "client")]
mod replication;
#[cfg(feature = "client")]
mod session;
#[cfg(feature = "client")]
mod versions;

pub use api_version::ApiVersion;
pub use error::{
    ApiError, Cause, CertificateFlaw, Error, OAuthError, ParseError, RefreshError, Result, Retry, Withheld,
};
pub use field_type::FieldType;
pub use field_value::{FieldValue, ValueError};
pub use name::{FieldName, SObjectName};
pub use record_id::RecordId;
pub use timestamp::Timestamp;

#[cfg(feature = "client")]
pub use client::{Client, Gate};
#[cfg(feature = "client")]
pub use http::{Http, HttpConfig, MAX_URI_LENGTH};
#[cfg(feature = "client")]
pub use page::{PageBody, PageMeta, PageRequest};
#[cfg(feature = "client")]
pub use query::QueryPage;
#[cfg(feature = "client")]
pub use replication::{Deleted, DeletedRecord, Updated};
#[cfg(feature = "client")]
pub use session::{AccessToken, Refresher, Session};
