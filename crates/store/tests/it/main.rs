//! The store, every test on SQLite and PostgreSQL by the same body.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod batches;
mod budgets;
mod columns;
mod connections;
mod control;
mod csv;
mod field_mappings;
mod groups;
mod ownership;
mod queries;
mod records;
mod retention;
mod round_trip;
mod schema;
mod sessions;
mod shares;
mod sweeps;
mod test_store;
mod work;
