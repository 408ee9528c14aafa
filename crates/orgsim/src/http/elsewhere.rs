//! What is asked of APIs and pages that the simulator has not: refused in the form that their clients read.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::App;
use crate::errors::{ApiError, json_response};

const XML: &str = "text/xml;charset=UTF-8";

/// Answers what no route answers.
pub(super) async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path();
    let begins =
        |prefix: &str| path.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if begins("/services/async/") {
        let token = request.headers().get("x-sfdc-session").and_then(|token| token.to_str().ok());
        let session = token
            .or(super::bearer(request.headers()))
            .and_then(|token| app.find_session(token, app.now_ms()));
        return match session {
            None => async_error(request.headers(), "InvalidSessionId", "Invalid session id"),
            Some(_) => {
                let message = ApiError::not_simulated("Bulk API 1.0").message;
                async_error(request.headers(), "FeatureNotEnabled", &message)
            }
        };
    }
    if begins("/services/apexrest/") {
        return ApiError::not_simulated("Apex REST").into_response();
    }
    if begins("/services/") {
        return ApiError::not_found().into_response();
    }
    (StatusCode::NOT_FOUND, "URL No Longer Exists").into_response()
}

/// Refuses a call of Bulk API 1.0, in JSON where the client speaks JSON (Bulk API Developer Guide, Errors).
fn async_error(headers: &HeaderMap, code: &str, message: &str) -> Response {
    let speaks_json = [header::CONTENT_TYPE, header::ACCEPT].iter().any(|name| {
        headers.get(name).is_some_and(|value| value.to_str().is_ok_and(|text| text.contains("json")))
    });
    if speaks_json {
        let body = json!({ "exceptionCode": code, "exceptionMessage": message });
        return json_response(StatusCode::BAD_REQUEST, &body);
    }
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <error xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\">\
         <exceptionCode>{code}</exceptionCode><exceptionMessage>{message}</exceptionMessage></error>"
    );
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, XML)], body).into_response()
}
