//! Tests of the client: what the wire may do to it, and each API area against the simulator.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails the test")]

mod canned;
mod pages;
mod session;
mod tokens;
mod wire;
