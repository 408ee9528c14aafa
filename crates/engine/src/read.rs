//! Reading the records of one sync rule: by Bulk API 2.0 or by REST pages, and what follows when a read is over.

pub(crate) mod bulk;
pub(crate) mod cover;
mod fields;
mod filtered;
pub(crate) mod finish;
pub(crate) mod keyset;
pub(crate) mod precedence;
mod query_job;
pub(crate) mod split;
pub(crate) mod start;
pub(crate) mod sweep;
