//! The simulated org as a process of its own, asked over HTTP only.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::canonical::RowsHash;
use crate::column::{Column, Describe, columns_of};
use crate::process;

/// The version of the REST API that benches use.
pub const API_VERSION: &str = "v66.0";

/// What the org says when it is ready.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the line")]
pub struct StartLine {
    pub base_url: String,
    pub client_id: String,
    pub client_secret: String,
    pub username: String,
    pub password: String,
    pub access_token: String,
    pub refresh_token: String,
    pub control_url: String,
    pub control_token: String,
}

/// What the org has served since its counters were reset.
#[derive(Clone, Debug, Deserialize)]
pub struct Counters {
    /// Requests by kind of call.
    pub requests: BTreeMap<String, u64>,
    /// Rows by sObject, in pages that were sent whole.
    pub rows: BTreeMap<String, u64>,
    /// Calls that count towards the daily limit.
    pub api_calls: u64,
    /// Calls of the token endpoint.
    pub token_calls: u64,
    /// Refreshes that were granted.
    pub refreshes: u64,
    /// Refresh tokens that were presented after they had been replaced.
    pub refresh_reuses: u64,
}

impl Counters {
    /// Returns the rows of an sObject that were served.
    pub fn rows_of(&self, sobject: &str) -> u64 {
        self.rows.get(sobject).copied().unwrap_or_default()
    }
}

/// How many records to change at random.
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Mutation {
    pub created: u32,
    pub updated: u32,
    pub deleted: u32,
    pub seed: u64,
}

/// A running org. It ends when this is dropped.
#[derive(Debug)]
pub struct Org {
    process: Child,
    /// What it said when it was ready.
    pub start_line: StartLine,
    http: Client,
}

impl Org {
    /// Starts `towpath orgsim` on a free port with more arguments, such as `--accounts 1000`.
    pub fn start(towpath: &Path, arguments: &[&str]) -> Result<Self> {
        let mut process = Command::new(towpath)
            .args(["orgsim", "--port", "0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {} orgsim", towpath.display()))?;
        let mut line = String::new();
        if let Some(stdout) = &mut process.stdout {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let start_line = serde_json::from_str(&line).context("the org did not say that it is ready")?;
        Ok(Self { process, start_line, http: http_client()? })
    }

    /// Returns the HTTP client for further calls.
    pub fn http(&self) -> &Client {
        &self.http
    }

    /// Returns the most memory it has had resident so far, in KiB.
    pub fn peak_kib(&self) -> Result<u64> {
        process::peak_kib(&self.process)
    }

    /// Lists the columns that a copy of all fields of an sObject has.
    pub async fn columns(&self, sobject: &str) -> Result<Vec<Column>> {
        let describe: Describe = self.get(&format!("sobjects/{sobject}/describe")).await?;
        Ok(columns_of(describe))
    }

    /// Runs a query by REST and returns its first page.
    pub async fn query(&self, soql: &str) -> Result<Json> {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", soql).finish();
        self.get(&format!("query?{query}")).await
    }

    /// Calls the REST API, in a session of its own where that of the start line has ended.
    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let url = format!("{}/services/data/{API_VERSION}/{path}", self.start_line.base_url);
        let mut response = self.http.get(&url).bearer_auth(&self.start_line.access_token).send().await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            response = self.http.get(&url).bearer_auth(self.sign_in().await?).send().await?;
        }
        Ok(response.error_for_status()?.json().await?)
    }

    async fn sign_in(&self) -> Result<String> {
        let StartLine { base_url, client_id, client_secret, .. } = &self.start_line;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", client_id)
            .append_pair("client_secret", client_secret)
            .finish();
        let request = self.http.post(format!("{base_url}/services/oauth2/token")).body(form);
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        let answer: Json = request.send().await?.error_for_status()?.json().await?;
        Ok(answer["access_token"].as_str().context("the org gave no token")?.to_owned())
    }

    /// Returns the org's own hash of the live records that the condition keeps.
    pub async fn hash_where(&self, sobject: &str, columns: &[Column], condition: &str) -> Result<RowsHash> {
        let fields: Vec<&str> = columns.iter().map(|column| column.field.as_str()).collect();
        let fields = fields.join(",");
        let mut parameters = vec![("sobject", sobject), ("fields", &fields)];
        if !condition.is_empty() {
            parameters.push(("where", condition));
        }
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        self.control(Method::GET, &format!("hash?{query}"), None).await
    }

    /// Returns the org's own hash of all live records.
    pub async fn hash(&self, sobject: &str, columns: &[Column]) -> Result<RowsHash> {
        self.hash_where(sobject, columns, "").await
    }

    /// Returns what was served since the last reset.
    pub async fn counters(&self) -> Result<Counters> {
        self.control(Method::GET, "counters", None).await
    }

    /// Begins to count anew.
    pub async fn reset_counters(&self) -> Result<()> {
        self.command("counters/reset", json!({})).await
    }

    /// Creates, updates and deletes records at random.
    pub async fn mutate(&self, sobject: &str, mutation: Mutation) -> Result<()> {
        let mut body = serde_json::to_value(mutation)?;
        body["sobject"] = sobject.into();
        self.command("mutate", body).await
    }

    /// Puts a fault in place.
    pub async fn add_fault(&self, fault: Json) -> Result<()> {
        self.command("faults", fault).await
    }

    /// Ends all faults.
    pub async fn clear_faults(&self) -> Result<()> {
        self.control::<Json>(Method::DELETE, "faults", None).await.map(drop)
    }

    /// Lists the faults in place, with how often each was `played`.
    pub async fn faults(&self) -> Result<Vec<Json>> {
        self.control(Method::GET, "faults", None).await
    }

    /// Sends a command to the control API.
    pub async fn command(&self, path: &str, body: Json) -> Result<()> {
        self.control::<Json>(Method::POST, path, Some(body)).await.map(drop)
    }

    async fn control<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Json>,
    ) -> Result<T> {
        let url = format!("{}/{path}", self.start_line.control_url.trim_end_matches('/'));
        let mut request =
            self.http.request(method, url).header("X-Orgsim-Token", &self.start_line.control_token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let (status, text) = (response.status(), response.text().await?);
        ensure!(status.is_success(), "the control API refuses {path}: {status} {text}");
        let text = if text.is_empty() { "null" } else { &text };
        serde_json::from_str(text)
            .with_context(|| format!("the control API answers {path} in another form: {text}"))
    }
}

impl Drop for Org {
    fn drop(&mut self) {
        // Nothing can be done about a process that has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Only this machine is spoken to, and a proxy has no part in that.
fn http_client() -> Result<Client> {
    // The program may have done this already when it is linked into the same process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(Client::builder().no_proxy().build()?)
}
