//! A Salesforce org in a program, to test and demonstrate against.

mod data;
pub mod describe;
pub mod hash;
pub mod id;
pub mod org;
mod overlay;
pub mod schema;
pub mod soql;
pub mod value;
