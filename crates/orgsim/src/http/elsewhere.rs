//! What is asked of APIs and pages that the simulator has not: refused in the form that their clients read.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::errors::{ApiError, json_response};

const XML: &str = "text/xml;charset=UTF-8";

/// Answers what no route answers.
pub(super) async fn answer(request: Request) -> Response {
    let path = request.uri().path();
    let begins =
        |prefix: &str| path.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if begins("/services/Soap/") {
        return soap_fault(&ApiError::not_simulated("The SOAP API"));
    }
    if begins("/services/async/") {
        return async_error(request.headers(), &ApiError::not_simulated("Bulk API 1.0"));
    }
    for (prefix, name) in [("/services/apexrest/", "Apex REST"), ("/cometd/", "The Streaming API")] {
        if begins(prefix) {
            return ApiError::not_simulated(name).into_response();
        }
    }
    if begins("/services/") {
        return ApiError::not_found().into_response();
    }
    (StatusCode::NOT_FOUND, "URL No Longer Exists").into_response()
}

/// Refuses a SOAP call, `login()` included (SOAP API Developer Guide, API Fault Element).
fn soap_fault(error: &ApiError) -> Response {
    let ApiError { code, message, .. } = error;
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:sf=\"urn:fault.partner.soap.sforce.com\"><soapenv:Body><soapenv:Fault>\
         <faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>\
         <detail><sf:UnexpectedErrorFault><sf:exceptionCode>{code}</sf:exceptionCode>\
         <sf:exceptionMessage>{message}</sf:exceptionMessage></sf:UnexpectedErrorFault></detail>\
         </soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    );
    (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, XML)], body).into_response()
}

/// Refuses a call of Bulk API 1.0, in JSON where the client speaks JSON (Bulk API Developer Guide, Errors).
fn async_error(headers: &HeaderMap, error: &ApiError) -> Response {
    const CODE: &str = "FeatureNotEnabled";
    let speaks_json = [header::CONTENT_TYPE, header::ACCEPT].iter().any(|name| {
        headers.get(name).is_some_and(|value| value.to_str().is_ok_and(|text| text.contains("json")))
    });
    let message = &error.message;
    if speaks_json {
        let body = json!({ "exceptionCode": CODE, "exceptionMessage": message });
        return json_response(StatusCode::BAD_REQUEST, &body);
    }
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <error xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\">\
         <exceptionCode>{CODE}</exceptionCode><exceptionMessage>{message}</exceptionMessage></error>"
    );
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, XML)], body).into_response()
}
