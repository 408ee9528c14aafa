//! A server with a simulated org, and the clients that speak to it.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use api::{ApiConfig, AppState, SignInLimits};
use engine::{ConfiguredApp, ConnectConfig, Engine, EngineConfig, Network};
use model::{Clock, Environment, Random, TestClock};
use orgsim::{Simulator, SimulatorConfig};
use reqwest::{Method, Response};
use salesforce::Timestamp;
use salesforce::host::{DevHost, HostRule};
use serde_json::{Value, json};
use store::{Keyring, Store, StoreOptions, StoreUrl};
use tempfile::TempDir;

const NOW_MS: i64 = 1_795_298_645_000;
pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const OWNER: &str = "ada@acme.example";

/// A running server.
pub(crate) struct TestApp {
    pub(crate) url: String,
    pub(crate) state: AppState,
    pub(crate) engine: Engine,
    pub(crate) clock: TestClock,
    pub(crate) org: Simulator,
    _folder: TempDir,
}

/// What a client sends with each request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) cookie: Option<String>,
    pub(crate) csrf: Option<String>,
    pub(crate) key: Option<String>,
}

impl TestApp {
    /// A server that nobody has set up.
    pub(crate) async fn fresh() -> Self {
        Self::with_limits(SignInLimits {
            per_address: 10_000.try_into().unwrap(),
            together: 10_000.try_into().unwrap(),
            ..SignInLimits::default()
        })
        .await
    }

    pub(crate) async fn with_limits(limits: SignInLimits) -> Self {
        Self::with_config(|config| config.sign_in_limits = limits).await
    }

    /// A server that is configured somehow.
    pub(crate) async fn with_config(configure: impl FnOnce(&mut ApiConfig)) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let random = Random::from_os().unwrap();
        let keyring = Keyring::create(&folder.path().join("key"), 0o400, &random).unwrap();
        let options = StoreOptions { keyring: Some(keyring), ..StoreOptions::new(random.clone()) };
        let store = Store::open(&StoreUrl::sqlite(&folder.path().join("towpath.db")), options).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let org = Simulator::start(SimulatorConfig {
            counts: BTreeMap::from([("Account".to_owned(), 20)]),
            now_ms: Some(NOW_MS),
            callback_urls: vec![format!("{url}/oauth/salesforce/callback")],
            jwt_key: true,
            ..SimulatorConfig::default()
        })
        .unwrap();
        let clock = TestClock::at(Timestamp::from_millis(NOW_MS));
        let engine = engine(store, &clock, &random, &folder, &org, &url);
        let mut config = ApiConfig::new(url.parse().unwrap()).unwrap();
        configure(&mut config);
        let state = AppState::new(engine.clone(), config, random).unwrap();
        tokio::spawn(api::serve(listener, state.clone(), std::future::pending()));
        Self { url, state, engine, clock, org, _folder: folder }
    }

    /// A server with an owner, who is signed in.
    pub(crate) async fn set_up() -> (Self, Person) {
        let app = Self::fresh().await;
        let owner = app.make_owner().await;
        (app, owner)
    }

    /// Makes the first owner.
    pub(crate) async fn make_owner(&self) -> Person {
        let response = self.post(&Person::default(), "/setup", self.setup_body().await).await;
        assert_eq!(response.status(), 201);
        Person::of(response).await
    }

    pub(crate) async fn setup_body(&self) -> Value {
        let link = api::create_setup_link(&self.state).await.unwrap().unwrap();
        json!({
            "token": token_of(&link.url), "workspace_name": "Nordwind", "name": "Ada Lind", "email": OWNER,
            "password": PASSWORD, "time_zone": "Europe/Berlin",
        })
    }

    /// Invites somebody, who accepts.
    pub(crate) async fn join(&self, owner: &Person, email: &str, role: &str) -> Person {
        let invitation = json!({"email": email, "name": "Ben Ode", "role": role});
        let invited = body(self.post(owner, "/members", invitation).await, 201).await;
        let welcome = json!({"token": token_of(invited["link"].as_str().unwrap()), "password": PASSWORD});
        Person::of(self.post(&Person::default(), "/welcome", welcome).await).await
    }

    pub(crate) async fn get(&self, person: &Person, path: &str) -> Response {
        self.send(person, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, person: &Person, path: &str, body: Value) -> Response {
        self.send(person, Method::POST, path, Some(body)).await
    }

    pub(crate) async fn send(
        &self,
        person: &Person,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Response {
        let mut request = client().request(method, format!("{}/api/v1{path}", self.url));
        if let Some(cookie) = &person.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(csrf) = &person.csrf {
            request = request.header("x-csrf-token", csrf);
        }
        if let Some(key) = &person.key {
            request = request.bearer_auth(key);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }
}

impl Person {
    /// Who an answer signed in.
    pub(crate) async fn of(response: Response) -> Self {
        let cookie = cookie_of(&response);
        let body: Value = response.json().await.unwrap();
        Self { cookie: Some(cookie), csrf: body["csrf_token"].as_str().map(str::to_owned), key: None }
    }

    pub(crate) fn with_key(key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..Self::default() }
    }
}

fn engine(
    store: Store,
    clock: &TestClock,
    random: &Random,
    folder: &TempDir,
    org: &Simulator,
    url: &str,
) -> Engine {
    // The second is where the org is when it was renamed.
    let hosts = [org.base_url().to_owned(), org.base_url().replace("127.0.0.1", "localhost")];
    let hosts = hosts.map(|host| host.parse::<DevHost>().unwrap());
    let simulated_host = org.base_url().split_once("://").map(|(_, host)| host.to_owned());
    let line = org.start_line();
    let connect = ConnectConfig {
        redirect_uri: format!("{url}/oauth/salesforce/callback"),
        apps: vec![ConfiguredApp {
            environment: Environment::Simulated,
            client_id: line.client_id.clone(),
            client_secret: Some(line.client_secret.clone().into()),
        }],
        simulated_host,
        most_integrations: NonZeroU32::new(5),
    };
    let config = EngineConfig { connect: Some(connect), ..EngineConfig::new(folder.path().join("spool")) };
    let network = Network {
        host_rule: HostRule { dev_allow_hosts: hosts.to_vec(), ..HostRule::default() },
        ..Network::default()
    };
    Engine::new(store, Clock::Test(clock.clone()), random.clone(), config, network, None).unwrap()
}

pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

/// The body of an answer that has to have this status.
pub(crate) async fn body(response: Response, status: u16) -> Value {
    let found = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap_or_default()
}

/// Makes sure that an answer is a problem document of this status and code.
pub(crate) async fn refused(response: Response, status: u16, code: &str) {
    let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    let problem = body(response, status).await;
    assert_eq!(media_type, "application/problem+json");
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["type"], format!("/docs/errors#{code}"));
    assert!(problem["request_id"].as_str().unwrap().starts_with("req_"));
}

pub(crate) fn token_of(link: &str) -> &str {
    link.split_once('#').unwrap().1
}

pub(crate) fn cookie_of(response: &Response) -> String {
    response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}
