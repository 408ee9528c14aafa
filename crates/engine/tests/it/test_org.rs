//! A simulated org, and what tests do to it.

use std::collections::BTreeMap;

use orgsim::id::RecordId;
use orgsim::org::Mutation;
use orgsim::schema::SObject;
use orgsim::value::Value;
use orgsim::{FaultKind, FaultSpec, Simulator, SimulatorConfig};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The org's time when it starts: a Saturday.
pub(crate) const NOW_MS: i64 = 1_795_298_645_000;

const MINUTE_MS: i64 = 60_000;

/// A running org.
pub(crate) struct TestOrg {
    pub(crate) simulator: Simulator,
}

impl TestOrg {
    pub(crate) fn with_records(sobject: &str, count: u32) -> Self {
        Self::with_counts(&[(sobject, count)])
    }

    pub(crate) fn with_counts(counts: &[(&str, u32)]) -> Self {
        Self::start(config(counts))
    }

    pub(crate) fn start(config: SimulatorConfig) -> Self {
        Self { simulator: Simulator::start(config).unwrap() }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.simulator.clock().now_ms()
    }

    /// Lets time pass in the org.
    pub(crate) fn pass_minutes(&self, minutes: i64) {
        self.simulator.clock().advance(minutes * MINUTE_MS);
    }

    pub(crate) fn sobject(&self, name: &str) -> &'static SObject {
        self.simulator.org().schema().find(name).unwrap()
    }

    /// Returns the ids of the live records, in their order.
    pub(crate) fn ids(&self, sobject: &str) -> Vec<RecordId> {
        let view = self.simulator.org().read();
        let rows = view.rows(self.sobject(sobject)).filter(|row| !view.is_deleted(row));
        rows.map(|row| view.id(&row)).collect()
    }

    /// Returns a record's stamp of last change, as JSON has it.
    pub(crate) fn stamp(&self, sobject: &str, id: &RecordId) -> String {
        let view = self.simulator.org().read();
        let described = self.sobject(sobject);
        let row = view.find(described, id).unwrap();
        let value = view.value(described, &row, described.field("SystemModstamp").unwrap());
        let Value::DateTime(ms) = value else { panic!("{sobject} has no stamp") };
        salesforce::Timestamp::from_millis(ms).to_soql().replace('Z', "+0000")
    }

    /// Returns a text that a record has.
    pub(crate) fn text(&self, sobject: &str, id: &RecordId, field: &str) -> String {
        let view = self.simulator.org().read();
        let described = self.sobject(sobject);
        let row = view.find(described, id).unwrap();
        match view.value(described, &row, described.field(field).unwrap()) {
            Value::Text(text) => text.to_string(),
            other => panic!("{sobject}.{field} is {other:?}"),
        }
    }

    pub(crate) fn insert(&self, sobject: &str, fields: &[(&str, Value<'static>)]) -> RecordId {
        let described = self.sobject(sobject);
        self.simulator.org().insert(described, &indexed(described, fields), self.now_ms())
    }

    pub(crate) fn update(&self, sobject: &str, id: &RecordId, fields: &[(&str, Value<'static>)]) {
        self.update_at(sobject, id, fields, self.now_ms());
    }

    /// Writes to a record as if it had been at another time.
    pub(crate) fn update_at(
        &self,
        sobject: &str,
        id: &RecordId,
        fields: &[(&str, Value<'static>)],
        at_ms: i64,
    ) {
        let described = self.sobject(sobject);
        self.simulator.org().update(described, id, &indexed(described, fields), at_ms).unwrap();
    }

    pub(crate) fn delete(&self, sobject: &str, id: &RecordId) {
        self.simulator.org().delete(self.sobject(sobject), id, self.now_ms()).unwrap();
    }

    pub(crate) fn undelete(&self, sobject: &str, id: &RecordId) {
        self.simulator.org().undelete(self.sobject(sobject), id, self.now_ms()).unwrap();
    }

    /// Merges a record into another, which leaves it in the recycle bin with the winner's id.
    pub(crate) fn merge(&self, sobject: &str, loser: &RecordId, winner: &RecordId) {
        self.update(sobject, loser, &[("MasterRecordId", Value::Id(*winner))]);
        self.delete(sobject, loser);
    }

    pub(crate) fn mutate(&self, sobject: &str, mutation: Mutation) {
        self.simulator.org().mutate(self.sobject(sobject), mutation, self.now_ms());
    }

    pub(crate) fn befall(&self, fault: FaultSpec) {
        self.simulator.faults().add(fault);
    }

    /// Refuses Bulk for accounts, as Salesforce does for sObjects that it does not support there.
    pub(crate) fn refuse_bulk(&self) {
        let body = r#"[{"errorCode":"INVALIDENTITY","message":"Entity 'Account' is not supported by the Bulk API."}]"#;
        self.befall(FaultSpec {
            status: Some(400),
            body: Some(body.to_owned()),
            times: 100,
            ..FaultSpec::new(FaultKind::Status, "bulk_create")
        });
    }

    pub(crate) fn end_faults(&self) {
        self.simulator.faults().clear();
    }

    /// Returns how often all faults together were played.
    pub(crate) fn faults_played(&self) -> u64 {
        self.simulator.faults().list().iter().map(|fault| fault.played).sum()
    }

    /// Returns the rows of an sObject in pages that were sent whole.
    pub(crate) fn rows_served(&self, sobject: &str) -> u64 {
        self.simulator.counters().rows.get(sobject).copied().unwrap_or_default()
    }

    /// Returns how many calls of a kind there were.
    pub(crate) fn calls(&self, kind: &str) -> u64 {
        self.simulator.counters().requests.get(kind).copied().unwrap_or_default()
    }

    /// Calls the control API for what the simulator has no function for.
    pub(crate) async fn control(&self, path: &str, body: &str) {
        let header = format!("X-Orgsim-Token: {}", self.simulator.start_line().control_token);
        self.send("POST", &format!("/__orgsim/{path}"), &header, body).await;
    }

    /// Changes fields of Project__c, as an administrator may: `add`, `rename`, `retype`, `remove` and `restore`. No record
    /// is touched.
    pub(crate) async fn change_fields(&self, changes: Json) {
        let items = |list: &str| changes[list].as_array().cloned().unwrap_or_default();
        let members = |list: &str| changes[list].as_object().cloned().unwrap_or_default();
        for mut new in items("add") {
            new["field"] = new["name"].take();
            new.as_object_mut().unwrap().remove("name");
            self.change_field("add", new).await;
        }
        for (field, to) in members("rename") {
            self.change_field("rename", json!({"field": field, "to": to})).await;
        }
        for (field, mut shape) in members("retype") {
            (shape["field"], shape["convert"]) = (json!(field), json!(true));
            self.change_field("change", shape).await;
        }
        for op in ["remove", "restore"] {
            for field in items(op) {
                self.change_field(op, json!({"field": field})).await;
            }
        }
    }

    /// Gives projects so many more fields, whose names are long.
    pub(crate) async fn widen_projects(&self, count: u32) {
        let name = "A_Rather_Long_Name_As_People_Like_Them_#__c";
        self.change_fields(json!({"add": [{"name": name, "like": "Hotline__c", "count": count}]})).await;
    }

    async fn change_field(&self, op: &str, mut change: Json) {
        (change["op"], change["sobject"]) = (json!(op), json!("Project__c"));
        self.control("fields", &change.to_string()).await;
    }

    /// Says what the connected user may do with a field of projects: `none`, `read` or `edit`.
    pub(crate) async fn let_user(&self, field: &str, right: &str) {
        let username = &self.simulator.start_line().username;
        let body = json!({
            "user": username,
            "permissions": {"ViewAllFieldsGlobal": false},
            "objects": {"Project__c": ["read", "create", "edit", "delete", "view_all", "modify_all"]},
            "fields": {field: right},
        });
        self.control("rights", &body.to_string()).await;
    }

    /// Says what the connected user may do with projects.
    pub(crate) async fn let_user_see_projects(&self, rights: &str) {
        let username = &self.simulator.start_line().username;
        let body = format!(
            r#"{{"user":"{username}","permissions":{{"ModifyAllData":false,"ViewAllData":false}},
                "objects":{{"Project__c":[{rights}]}}}}"#
        );
        self.control("rights", &body).await;
    }

    /// Aborts every query job, as an administrator may.
    pub(crate) async fn abort_job(&self, job_id: &str) {
        let header = format!("Authorization: Bearer {}", self.simulator.approve().0);
        let path = format!("/services/data/v66.0/jobs/query/{job_id}");
        self.send("PATCH", &path, &header, r#"{"state":"Aborted"}"#).await;
    }

    /// Removes a query job with its results.
    pub(crate) async fn delete_job(&self, job_id: &str) {
        let header = format!("Authorization: Bearer {}", self.simulator.approve().0);
        self.send("DELETE", &format!("/services/data/v66.0/jobs/query/{job_id}"), &header, "").await;
    }

    /// Whether the org still accepts a refresh token.
    pub(crate) async fn accepts(&self, refresh_token: &SecretString) -> bool {
        let line = self.simulator.start_line();
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("grant_type", "refresh_token"),
                ("client_id", &line.client_id),
                ("client_secret", &line.client_secret),
                ("refresh_token", refresh_token.expose_secret()),
            ])
            .finish();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("{}/services/oauth2/token", line.base_url));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        request.send().await.unwrap().status().is_success()
    }

    async fn send(&self, method: &str, path: &str, header: &str, body: &str) {
        let host = self.simulator.base_url().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{header}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
    }
}

/// An org with so many records of some sObjects, and two users.
pub(crate) fn config(counts: &[(&str, u32)]) -> SimulatorConfig {
    let mut all = BTreeMap::from([("User".to_owned(), 2)]);
    all.extend(counts.iter().map(|(name, count)| ((*name).to_owned(), *count)));
    SimulatorConfig { counts: all, now_ms: Some(NOW_MS), ..SimulatorConfig::default() }
}

pub(crate) fn text(text: &str) -> Value<'static> {
    Value::owned_text(text.to_owned())
}

fn indexed(sobject: &SObject, fields: &[(&str, Value<'static>)]) -> Vec<(usize, Value<'static>)> {
    fields.iter().map(|(name, value)| (sobject.field(name).unwrap().index, value.clone())).collect()
}
