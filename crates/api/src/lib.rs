//! HTTP: sign-in, permissions, routes, OpenAPI, events, the embedded web build.

mod app_files;
mod app_state;
mod config;
mod connect_flow_view;
mod cookies;
mod docs;
mod envelope;
mod error;
mod filter;
mod instant;
mod integration_view;
mod oauth_callback;
mod one_time_link;
mod openapi;
mod page;
mod page_token;
mod password;
mod permission;
mod person;
mod precondition;
mod problem;
mod rate_limit;
mod request;
mod routes;
mod serve;
mod sign_in;
mod token;
mod web;

pub use app_state::AppState;
pub use config::{ApiConfig, ConfigError, SignInLimits};
pub use error::{ApiError, ProblemDetails};
pub use one_time_link::{OneTimeLink, create_setup_link, create_sign_in_link};
pub use openapi::openapi;
pub use serve::{router, serve};
