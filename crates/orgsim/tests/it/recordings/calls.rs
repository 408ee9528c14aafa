//! Recorded calls, sent again to this org.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use super::ids::Ids;
use super::shape::Shape;
use crate::client::{Answer, TestOrg};

/// Sends the recorded calls of a file in their order, and returns where the answers differ.
pub(super) async fn differences(org: &TestOrg, text: &str) -> BTreeSet<String> {
    let recorded: Value = serde_json::from_str(text).unwrap();
    // A file has several calls, or one.
    let (calls, shapes) = match &recorded {
        Value::Array(calls) => (calls.clone(), serde_json::from_str::<Vec<Shape>>(text).unwrap()),
        _ => (vec![recorded.clone()], vec![Shape::read(text)]),
    };
    let mut ids = Ids::of(org).await;
    let mut found = BTreeSet::new();
    for (call, shape) in calls.iter().zip(shapes) {
        let answer = send(org, &mut ids, &call["request"]).await;
        compare(call, &shape.at(&["response", "body"]), &answer, &mut ids, &mut found);
    }
    found
}

async fn send(org: &TestOrg, ids: &mut Ids, recorded: &Value) -> Answer {
    let method = Method::from_bytes(recorded["method"].as_str().unwrap().as_bytes()).unwrap();
    let address = recorded["uri"].as_str().or_else(|| recorded["path"].as_str()).unwrap();
    let host_and_path =
        address.strip_prefix("https://").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    let path = host_and_path.unwrap_or(address);
    // Versions were taken out by the recorder.
    let path = path.replace("/async/vxx.0/", "/async/66.0/").replace("/vxx.0/", "/v66.0/");
    let path = ids.put(&path);
    let mut request = org.request(method, &path);
    if let Some(params) = recorded["params"].as_object() {
        let params: Vec<_> = params.iter().map(|(name, value)| (name, value.as_str().unwrap())).collect();
        request = request.query(&params);
    }
    let request = match &recorded["body"] {
        Value::Null => request,
        Value::String(xml) if xml.starts_with('<') => {
            request.header("Content-Type", "application/xml").body(ids.put(xml))
        }
        Value::String(csv) => request.header("Content-Type", "text/csv").body(ids.put(&without_chunks(csv))),
        json => request.header("Content-Type", "application/json").body(ids.put(&json.to_string())),
    };
    Answer::read(request.send().await.unwrap()).await
}

/// Takes the lengths out of a body that was recorded in chunks.
fn without_chunks(body: &str) -> String {
    let chunks = body.split("\r\n").skip(1).step_by(3);
    chunks.collect::<Vec<_>>().join("\n")
}

fn compare(call: &Value, shape: &Shape, answer: &Answer, ids: &mut Ids, found: &mut BTreeSet<String>) {
    let recorded = &call["response"];
    let (status, kind) = (&recorded["status"], &recorded["headers"]["Content-Type"][0]);
    let status = if status.is_object() { &status["code"] } else { status };
    if *status != answer.status.as_u16() {
        found.insert(format!("{} instead of {status}: {}", answer.status, answer.text));
        return;
    }
    if let Some(kind) = kind.as_str().or_else(|| recorded["content_type"].as_str())
        && kind != answer.header("content-type")
    {
        found.insert(format!("type {} instead of {kind}", answer.header("content-type")));
    }
    match &recorded["body"] {
        Value::String(text) if text.is_empty() && answer.text.is_empty() => {}
        Value::String(text) if text.starts_with('<') => compare_xml(text, answer, ids, found),
        Value::String(text) => compare_rows(text, answer, ids, found),
        body => {
            shape.differences(&Shape::read(&answer.text), "", found);
            ids.learn(body, &answer.json());
        }
    }
}

/// Lists the names of a document's elements in their order.
fn elements(xml: &str) -> Vec<&str> {
    let tags = xml.split('<').skip(1).filter(|tag| !tag.starts_with(['/', '?']));
    tags.map(|tag| tag.split(|letter: char| !letter.is_alphanumeric()).next().unwrap()).collect()
}

fn compare_xml(recorded: &str, answer: &Answer, ids: &mut Ids, found: &mut BTreeSet<String>) {
    if elements(recorded) != elements(&answer.text) {
        found.insert(format!("elements {:?} instead of {:?}", elements(&answer.text), elements(recorded)));
    }
    let values = |xml: &str| -> Vec<String> {
        let tags = xml.split('<').skip(1).filter_map(|tag| tag.split_once('>'));
        tags.map(|(_, text)| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
    };
    values(recorded)
        .iter()
        .zip(values(&answer.text))
        .for_each(|(recorded, own)| ids.learn_one(recorded, &own));
}

/// Compares files of results: everything but the ids.
fn compare_rows(recorded: &str, answer: &Answer, ids: &mut Ids, found: &mut BTreeSet<String>) {
    let rows = |text: &str| -> Vec<(String, String)> {
        let cells = text.lines().filter_map(|line| line.split_once(','));
        cells.map(|(id, rest)| (id.trim_matches('"').to_owned(), rest.to_owned())).collect()
    };
    let (recorded, own) = (rows(recorded), rows(&answer.text));
    let rest = |rows: &[(String, String)]| rows.iter().map(|row| row.1.clone()).collect::<Vec<_>>();
    if rest(&recorded) != rest(&own) {
        found.insert(format!("rows {:?} instead of {:?}", rest(&own), rest(&recorded)));
    }
    recorded.iter().zip(&own).for_each(|(recorded, own)| ids.learn_one(&recorded.0, &own.0));
}
