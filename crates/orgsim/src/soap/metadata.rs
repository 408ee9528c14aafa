//! The calls of the Metadata API (Metadata API Developer Guide, deploy() and checkDeployStatus()).

use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::Call;
use super::elements::write_plain;
use super::fault::Fault;
use crate::json::Node;
use crate::metadata::{self, DeployOptions};
use crate::users::User;
use crate::xml::Element;

/// Runs a call; nothing if the API as it is here has none of that name.
pub(super) fn run(
    call: &Call,
    user: impl FnOnce() -> Result<User, Fault>,
) -> Option<Result<Response, Fault>> {
    let run: fn(&Call, &User) -> Result<String, Fault> = match call.operation.name.as_str() {
        "deploy" => deploy,
        "checkDeployStatus" => check_status,
        _ => return None,
    };
    Some(user().and_then(|user| {
        if !metadata::may_call(&call.app, user.id) {
            return Err(Fault::new("INSUFFICIENT_ACCESS", metadata::NO_PERMISSION));
        }
        let (name, result) = (&call.operation.name, run(call, &user)?);
        Ok(call.envelope("", &format!("<{name}Response>{result}</{name}Response>")))
    }))
}

fn deploy(call: &Call, user: &User) -> Result<String, Fault> {
    let zip: String = call.operation.child_text("ZipFile").split_whitespace().collect();
    let zip = STANDARD.decode(zip).map_err(|_| Fault::client("ZipFile is not base64"))?;
    let options = call.operation.child("DeployOptions").map(read_options).unwrap_or_default();
    let deployment = call.app.deployments.deploy(&call.app, user, zip, options);
    // Clients are told to come back, as those of a real org are.
    Ok(format!("<result><done>false</done><id>{}</id><state>Queued</state></result>", deployment.id))
}

fn read_options(given: &Element) -> DeployOptions {
    let is_on = |name: &str| given.child_text(name) == "true";
    let tests = given.children.iter().filter(|child| child.name == "runTests");
    let tests = tests.map(|child| child.text.trim().to_owned()).filter(|name| !name.is_empty());
    DeployOptions::of(is_on, tests.collect())
}

fn check_status(call: &Call, _user: &User) -> Result<String, Fault> {
    let found = call.app.deployments.find(call.operation.child_text("asyncProcessId"));
    let unknown = || Fault::new("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id");
    let deployment = found.ok_or_else(unknown)?;
    let has_details = call.operation.child_text("includeDetails") == "true";
    let mut out = String::new();
    write_plain("result", &to_node(&deployment.to_result(has_details))?, &mut out);
    Ok(out)
}

fn to_node(value: &Json) -> Result<Node, Fault> {
    Node::parse(value.to_string().as_bytes()).map_err(|message| Fault::new("UNKNOWN_EXCEPTION", message))
}
