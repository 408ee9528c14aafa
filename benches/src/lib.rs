//! Measures copies, kills them, and compares every cell of a destination with the org.
//!
//! Nothing here shares code with the program that is measured: the destinations are read with plain SQL and a CSV reader,
//! the org is asked over HTTP, and both processes are started from their command lines.

pub mod canonical;
pub mod column;
pub mod copy;
pub mod destination;
pub mod machine;
pub mod org;
pub mod postgres;
pub mod process;
pub mod random;
pub mod shortest_task;
pub mod site;
pub mod source;
pub mod stopwatch;
pub mod table;
pub mod visitor;

mod canonical_decimal;
