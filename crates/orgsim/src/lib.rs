//! A Salesforce org in a program, to test and demonstrate against.
//!
//! Tests start one with [`Simulator::start`], people with the program `orgsim`.

mod app;
mod audit;
mod bulk;
mod bulk1;
mod cli;
mod clock;
mod cometd;
mod control;
mod data;
mod der;
pub mod describe;
mod entities;
mod error;
mod errors;
mod etag;
mod event_logs;
mod faults;
mod formula;
#[cfg(feature = "fuzz")]
pub mod fuzz;
pub mod hash;
mod http;
pub mod id;
mod index;
mod json;
mod kept;
mod key_files;
mod keys;
mod limits;
mod log;
mod oauth;
pub mod org;
mod overlay;
mod pubsub;
mod random;
mod recent;
mod rights;
mod roll_up;
pub mod schema;
mod search;
mod seed;
mod sessions;
mod sign_in;
mod simulator;
mod soap;
pub mod soql;
mod stream;
mod time_zone;
mod tls;
mod users;
pub mod value;
mod xml;

pub use self::bulk::ResultBytes;
pub use self::cli::run;
pub use self::clock::Clock;
pub use self::error::{Error, Result};
pub use self::faults::{ArmedFault, FaultKind, FaultSpec, Faults};
pub use self::log::{Counters, LogEntry};
pub use self::rights::Rights;
pub use self::simulator::{Simulator, SimulatorConfig, StartLine};
pub use self::time_zone::TimeZone;
