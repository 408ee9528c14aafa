//! The simulated org as a client meets it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stderr, reason = "the comparison with recordings says that it has none")]

mod browser;
mod bulk;
mod bulk1;
mod client;
mod collections;
mod cometd;
mod composite;
mod control;
mod control_time;
mod data_rules;
mod deals;
mod deployments;
mod event_logs;
mod faults;
mod fields;
mod files;
mod grants;
mod headers;
mod ingest;
mod kept;
mod manual;
mod merges;
mod oauth;
mod openid;
mod people;
mod presentation;
mod query;
mod recent;
mod recordings;
mod rest;
mod rights;
mod search;
mod sign_in;
mod soap;
mod soap_records;
mod streaming;
mod tls;
mod tooling;
mod writes;
