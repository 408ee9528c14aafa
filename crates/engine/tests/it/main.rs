//! The engine against a simulated org and its faults, with a clock that tests hold in their hands.

mod copied;
mod fencing;
mod full_read;
mod incremental;
mod resume;
mod rules;
mod test_database;
mod test_engine;
mod test_org;
