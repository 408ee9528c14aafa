//! The simulated org as a client meets it.

mod bulk;
mod client;
mod control;
mod faults;
mod oauth;
mod query;
mod recordings;
mod rest;
