//! Tests of the client: each API area against a simulated org, and what the wire may do to it.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails the test")]

mod canned;
mod composite;
mod org;

mod bulk2;
mod connect;
mod describe;
mod limits;
mod pages;
mod query;
mod replication;
mod session;
mod tokens;
mod wire;
