//! A plain HTTP client of an org, and the org.

use std::collections::BTreeMap;

use orgsim::{Simulator, SimulatorConfig, StartLine};
use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

/// The clock's start: a Saturday.
pub(crate) const NOW_MS: i64 = 1_795_298_645_000;

/// An answer that has been read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Returns the status and the one error code of an error answer.
    pub(crate) fn error(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(body.as_array().map(Vec::len), Some(1), "{body}");
        (self.status.as_u16(), body[0]["errorCode"].as_str().unwrap().to_owned())
    }

    pub(crate) fn message(&self) -> String {
        self.json()[0]["message"].as_str().unwrap().to_owned()
    }
}

/// An org and a client signed in to it.
pub(crate) struct TestOrg {
    pub(crate) simulator: Simulator,
    pub(crate) line: StartLine,
    pub(crate) http: Client,
    pub(crate) token: String,
}

/// Returns a client that follows no redirects and decodes nothing.
pub(crate) fn plain_client() -> Client {
    // A second install is refused, which is fine: it is the same provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(Policy::none()).build().unwrap()
}

pub(crate) fn config() -> SimulatorConfig {
    SimulatorConfig { now_ms: Some(NOW_MS), ..SimulatorConfig::default() }
}

impl TestOrg {
    pub(crate) fn start() -> Self {
        Self::start_with(config())
    }

    /// Starts an org with that many records of one sObject, and two users.
    pub(crate) fn with_records(sobject: &str, count: u32) -> Self {
        let counts = BTreeMap::from([(sobject.to_owned(), count), ("User".to_owned(), 2)]);
        Self::start_with(SimulatorConfig { counts, ..config() })
    }

    pub(crate) fn start_with(config: SimulatorConfig) -> Self {
        let simulator = Simulator::start(config).unwrap();
        let line = simulator.start_line().clone();
        let token = line.access_token.clone();
        Self { simulator, line, http: plain_client(), token }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.line.base_url)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path =
            if path.starts_with('/') { path.to_owned() } else { format!("/services/data/v66.0/{path}") };
        self.http.request(method, self.url(&path)).header(AUTHORIZATION, format!("Bearer {}", self.token))
    }

    /// Sends a signed-in request; a path without a leading slash is one of version 66.0.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::read(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// Sends a request under another token.
    pub(crate) async fn get_as(&self, token: &str, path: &str) -> Answer {
        let url = self.url(&format!("/services/data/v66.0/{path}"));
        Answer::read(self.http.get(url).bearer_auth(token).send().await.unwrap()).await
    }

    /// Changes switches of sign-in.
    pub(crate) async fn switch(&self, switches: Value) {
        let answer = self.control(Method::POST, "/sign-in", switches).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }

    pub(crate) async fn query(&self, soql: &str) -> Answer {
        let request = self.request(Method::GET, "query").query(&[("q", soql)]);
        Answer::read(request.send().await.unwrap()).await
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Answer {
        let url = format!("{}{path}", self.line.control_url);
        let request = self.http.request(method, url).header("X-Orgsim-Token", &self.line.control_token);
        Answer::read(request.json(&body).send().await.unwrap()).await
    }

    /// Asks for a token with some form fields beside the client's.
    pub(crate) async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        let mut form =
            vec![("client_id", self.line.client_id.as_str()), ("client_secret", &self.line.client_secret)];
        form.extend_from_slice(fields);
        let request = self.http.post(self.url("/services/oauth2/token")).form(&form);
        Answer::read(request.send().await.unwrap()).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// Creates a Bulk query job and returns its id.
    pub(crate) async fn create_job(&self, soql: &str) -> String {
        let answer =
            self.send(Method::POST, "jobs/query", Some(json!({ "operation": "query", "query": soql }))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn arm(&self, fault: Value) {
        let answer = self.control(Method::POST, "/faults", fault).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    }
}
