//! The API over HTTP.

mod openapi;
