//! The engine against a simulated org and its faults, with a clock that tests hold in their hands.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod approvals;
mod archived;
mod browser;
mod budget;
mod cadence;
mod connect_flows;
mod connection_checks;
mod copied;
mod costs;
mod direct_connects;
mod explanations;
mod faults;
mod fencing;
mod fills;
mod formulas;
mod frozen;
mod full_read;
mod gone;
mod incremental;
mod known_losses;
mod large_pages;
mod losses;
mod many_changes;
mod obstacles;
mod previews;
mod refused_connects;
mod renamed;
mod resume;
mod rule_changes;
mod rules;
mod schedules;
mod schema_changes;
mod sight;
mod sweep_jobs;
mod sweeps;
mod test_database;
mod test_engine;
mod test_org;
mod test_server;
mod tokens;
mod values;
mod wide;
