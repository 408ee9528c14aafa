//! All SQL of Towpath, for SQLite and PostgreSQL.
//!
//! [`Store`] opens a database and brings its control tables up to date; [`Tx`] is a transaction. Each noun has a module
//! of plain functions: those that change something take `&mut Tx`, those that only read take `&Store`. Records are
//! written in batches: [`RowBatch`] encodes them, [`apply_rows`] stores them.

pub mod api_keys;
pub mod apps;
pub mod budgets;
pub mod bulk_refusals;
pub mod checkpoints;
pub mod connect_flows;
pub mod connections;
pub mod drafts;
pub mod explanations;
pub mod field_mappings;
pub mod field_policies;
pub mod groups;
pub mod instances;
pub mod integrations;
pub mod kill_point;
pub mod members;
pub mod one_time_links;
pub mod orgs;
pub mod read_ids;
pub mod records;
pub mod retention;
pub mod row_errors;
pub mod sessions;
pub mod shares;
pub mod sobject_describes;
pub mod sweeps;
pub mod sync_rules;
pub mod sync_runs;
pub mod timeline;
pub mod work;
pub mod workspaces;

mod access;
mod apply;
mod csv_folder;
mod db;
mod decode;
mod error;
mod gone;
mod keyring;
mod ownership;
mod reader;
mod record_tables;
mod row_batch;
mod seal;
mod store;
mod store_url;
mod token_hash;

pub use access::{Access, find_access};
pub use apply::{Applied, ApplyMode, Loaded, RowLoad, apply_rows};
pub use csv_folder::{CsvFile, CsvFolder, CsvRows, find_csv_length, put_csv_length};
pub use error::{Error, Result};
pub use gone::{
    count_live_rows, list_live_ids, list_stamps, list_stamps_of, live_ids_among, mark_gone, put_gone_evidence,
};
pub use keyring::Keyring;
pub use ownership::{Ownership, join_workers, take_ownership};
pub use reader::{Actor, Reader};
pub use record_tables::{
    RecordTable, find_kept_table, find_kept_table_in, find_kept_table_of, find_record_table, put_kept_table,
    set_aside_column, shape_record_table,
};
pub use row_batch::{Pushed, RejectedRow, RowBatch};
pub use store::{Store, StoreOptions, Tx, Upgrade};
pub use store_url::StoreUrl;
pub use token_hash::TokenHash;
