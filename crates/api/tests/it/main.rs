//! The API over HTTP: a server on a port of its own, a simulated org, and clients that hold their cookies in hand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod api_keys;
mod connect_flows;
mod copies;
mod docs;
mod drift;
mod events;
mod groups;
mod limits;
mod mappings;
mod members;
mod openapi;
mod protocol;
mod records;
mod roles;
mod row_errors;
mod session;
mod sessions;
mod shares;
mod sobjects;
mod sweeps;
mod sync_rules;
mod test_app;
mod timeline;
mod versions;
