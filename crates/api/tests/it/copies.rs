//! Integrations that have a copy of the simulated org.

use engine::{Patience, Step, run_next};
use reqwest::Method;
use serde_json::{Value, json};

use crate::connect_flows::connect;
use crate::test_app::{Person, TestApp, body};

const MOST_STEPS: usize = 500;

/// Connects the org, saves a rule for all accounts and a mapping, and returns the path of the integration.
pub(crate) async fn activate(app: &TestApp, person: &Person) -> String {
    let integration = connect(app, person).await;
    body(put_rule(app, person, &integration, "Account", json!({})).await, 201).await;
    let mapping = json!({"entity": "company", "property": "name", "sobject": "Account", "field": "Name"});
    let path = format!("{integration}/field-mappings");
    body(app.send(person, Method::PUT, &path, Some(json!({"items": [mapping]}))).await, 200).await;
    integration
}

/// The same with a finished first run.
pub(crate) async fn copy(app: &TestApp, person: &Person) -> String {
    let integration = activate(app, person).await;
    finish_run(app, person, &integration).await;
    integration
}

pub(crate) async fn put_rule(
    app: &TestApp,
    person: &Person,
    integration: &str,
    sobject: &str,
    rule: Value,
) -> reqwest::Response {
    app.send(person, Method::PUT, &format!("{integration}/sync-rules/{sobject}"), Some(rule)).await
}

/// Does what is due, without letting time pass.
pub(crate) async fn work(app: &TestApp) {
    for _ in 0..MOST_STEPS {
        if run_next(&app.engine, Patience::of_server()).await.unwrap() != Step::Worked {
            return;
        }
    }
    panic!("the work does not come to an end");
}

/// Lets time pass until the run of an integration has ended, and returns the run.
pub(crate) async fn finish_run(app: &TestApp, person: &Person, integration: &str) -> Value {
    for _ in 0..MOST_STEPS {
        work(app).await;
        let body = body(app.get(person, integration).await, 200).await;
        if body["current_run"].is_null() && !body["last_run"].is_null() {
            return body["last_run"].clone();
        }
        app.clock.advance(1_000);
    }
    panic!("the run does not come to an end");
}
