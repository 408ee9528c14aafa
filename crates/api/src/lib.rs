//! HTTP: sign-in, permissions, routes, OpenAPI, events, the embedded web build.

mod app_state;
mod error;
mod filter;
mod instant;
mod openapi;
mod page;
mod permission;
mod problem;
mod request;
mod routes;

pub use app_state::AppState;
pub use error::{ApiError, ProblemDetails};
pub use openapi::openapi;
