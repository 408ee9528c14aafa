//! What is asked of APIs and pages that the simulator has not: refused in the form that their clients read.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::errors::ApiError;

/// Answers what no route answers.
pub(super) async fn answer(request: Request) -> Response {
    let path = request.uri().path();
    let begins =
        |prefix: &str| path.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if begins("/services/apexrest/") {
        return ApiError::not_simulated("Apex REST").into_response();
    }
    if begins("/services/") {
        return ApiError::not_found().into_response();
    }
    (StatusCode::NOT_FOUND, "URL No Longer Exists").into_response()
}
