//! Events of the org over the Pub/Sub API, read as its clients read them.

mod avro;
mod changes;
pub(crate) mod client;
mod managed;
mod publish;
mod subscribe;
