//! Days in the life of several orgs, drawn from a seed: people change records, rights and time, everything fails, processes
//! die. When it is quiet the copy must equal the orgs, and on the way no promise may have been broken.
//!
//! One seed is one history: the same seed makes the same calls and ends with the same copy.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod administrators;
#[path = "../it/browser.rs"]
mod browser;
mod budget;
mod checker;
mod checking;
#[expect(dead_code, reason = "shared with the other tests of the engine")]
#[path = "../it/copied.rs"]
mod copied;
mod days;
mod dice;
mod driver;
mod history;
mod members;
mod org_side;
mod people;
mod planted;
mod playing;
mod processes;
mod replay;
#[path = "../it/rules.rs"]
mod rules;
mod seeds;
mod stored;
mod tally;
#[expect(dead_code, reason = "shared with the other tests of the engine")]
#[path = "../it/test_database.rs"]
mod test_database;
#[expect(dead_code, reason = "shared with the other tests of the engine")]
#[path = "../it/test_org.rs"]
mod test_org;
mod transactions;
mod trouble;
mod truth;
mod world;
