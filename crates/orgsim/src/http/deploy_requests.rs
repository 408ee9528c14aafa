//! Deployments over REST (Metadata API Developer Guide, Deploying with REST).

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value as Json, json};

use super::Call;
use super::multipart;
use crate::errors::{ApiError, json_response};
use crate::json::Node;
use crate::metadata::{self, DeployOptions, Deployment};
use crate::users::{self, User};

/// The parts that options come in: as the guide calls it, and as jsforce does.
const OPTIONS: [&str; 2] = ["json", "entity_content"];

/// Answers `/metadata/deployRequest` and what is below it.
pub(super) fn answer(call: &Call, given: &[&str]) -> Result<Response, ApiError> {
    if !metadata::may_call(&call.app, call.session.user_id) {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "INSUFFICIENT_ACCESS", metadata::NO_PERMISSION));
    }
    match given {
        [] if call.method == Method::POST => deploy(call),
        [] => Err(ApiError::method_not_allowed(call.method.as_str(), "POST")),
        [id] => {
            if call.method == Method::PATCH {
                return Err(ApiError::not_simulated("Cancelling a deployment"));
            }
            call.only_reads()?;
            let deployment = call.app.deployments.find(id).ok_or_else(ApiError::not_found)?;
            let has_details = call.param("includeDetails") == Some("true");
            Ok(json_response(StatusCode::OK, &describe(&deployment, has_details)))
        }
        _ => Err(ApiError::not_found()),
    }
}

fn deploy(call: &Call) -> Result<Response, ApiError> {
    let missing =
        |name: &str| ApiError::bad_request("MISSING_ARGUMENT", format!("The request lacks the part {name}"));
    let kind = call.header("content-type").unwrap_or_default();
    let Some(boundary) = multipart::boundary(kind) else {
        return Err(match call.json()?.get("validatedDeployRequestId") {
            Some(_) => ApiError::not_simulated("Deploying a recent validation"),
            None => missing("file"),
        });
    };
    let parts = multipart::split(&call.body, &boundary);
    let zip = parts.iter().find(|part| part.name == "file").ok_or_else(|| missing("file"))?;
    let options = parts.iter().find(|part| OPTIONS.contains(&part.name.as_str()));
    let options = options.ok_or_else(|| missing(OPTIONS[0]))?;
    let options =
        Node::parse(options.body).map_err(|message| ApiError::bad_request("JSON_PARSER_ERROR", message))?;
    let user_id = call.session.user_id;
    let user = users::find_user(&call.app.org, &user_id).unwrap_or_else(|| User::nobody(user_id));
    let deployment = call.app.deployments.deploy(
        &call.app,
        &user,
        zip.body.to_vec(),
        read_options(options.get("deployOptions")),
    );
    let mut body = describe(&deployment, false);
    // It is told of as it stood when the request came.
    for (name, value) in
        [("done", Json::Bool(false)), ("status", json!("Pending")), ("success", Json::Bool(false))]
    {
        body["deployResult"][name] = value;
    }
    Ok(json_response(StatusCode::CREATED, &body))
}

fn read_options(given: Option<&Node>) -> DeployOptions {
    let is_on = |name: &str| given.and_then(|given| given.get(name)?.as_bool()).unwrap_or(false);
    let tests = given.and_then(|given| given.get("runTests")?.items()).unwrap_or_default();
    DeployOptions::of(is_on, tests.iter().filter_map(|test| Some(test.as_str()?.to_owned())).collect())
}

fn describe(deployment: &Deployment, has_details: bool) -> Json {
    json!({
        "id": deployment.id.to_string(),
        "validatedDeployRequestId": Json::Null,
        "deployOptions": deployment.to_options(),
        "deployResult": deployment.to_result(has_details),
    })
}
