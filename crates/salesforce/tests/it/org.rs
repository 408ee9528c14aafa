//! A simulated org and a client connected to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt;
use orgsim::value::Value;
use orgsim::{FaultKind, FaultSpec, Simulator, SimulatorConfig};
use salesforce::host::{HostRule, InstanceUrl, LoginHost};
use salesforce::oauth::{self, App};
use salesforce::{
    AccessToken, ApiVersion, Client, Http, HttpConfig, RecordId, RefreshError, Refresher, Session, Timestamp,
};
use secrecy::SecretString;
use tokio::sync::Mutex;

/// A simulated org with 250 accounts unless told otherwise.
pub(crate) struct TestOrg {
    pub(crate) simulator: Simulator,
    pub(crate) http: Http,
    pub(crate) app: App,
}

impl TestOrg {
    pub(crate) fn start() -> Self {
        Self::start_with(SimulatorConfig::default())
    }

    pub(crate) fn start_with(config: SimulatorConfig) -> Self {
        let counts = [("Account".to_owned(), 250), ("Contact".to_owned(), 20)].into();
        let config = SimulatorConfig { counts, ..config };
        let simulator = Simulator::start(config).unwrap();
        let host_rule =
            HostRule { dev_allow_hosts: vec![simulator.base_url().parse().unwrap()], ..HostRule::default() };
        let http = Http::new(HttpConfig { host_rule, ..HttpConfig::default() }).unwrap();
        let line = simulator.start_line();
        let app =
            App { client_id: line.client_id.clone(), client_secret: Some(line.client_secret.clone().into()) };
        Self { simulator, http, app }
    }

    pub(crate) fn login_host(&self) -> LoginHost {
        LoginHost::parse(self.simulator.base_url(), self.http.host_rule()).unwrap()
    }

    pub(crate) fn refresh_token(&self) -> SecretString {
        self.simulator.start_line().refresh_token.clone().into()
    }

    fn token(&self) -> AccessToken {
        AccessToken {
            secret: self.simulator.start_line().access_token.clone().into(),
            instance_url: InstanceUrl::parse(self.simulator.base_url(), self.http.host_rule()).unwrap(),
            generation: 0,
        }
    }

    /// A client whose session ends with its token.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.http.clone(), Session::fixed(self.token()), ApiVersion::PINNED)
    }

    /// A client that renews its session and keeps a rotated refresh token, and how often it did.
    pub(crate) fn renewing_client(&self) -> (Client, Arc<AtomicU64>) {
        let renewals = Arc::new(AtomicU64::new(0));
        let kept = Arc::new(Mutex::new(self.refresh_token()));
        let (http, app, login_host, counted) =
            (self.http.clone(), self.app.clone(), self.login_host(), renewals.clone());
        let refresher: Refresher = Arc::new(move |generation| {
            let (http, app, login_host) = (http.clone(), app.clone(), login_host.clone());
            let (kept, counted) = (kept.clone(), counted.clone());
            async move {
                let mut kept = kept.lock().await;
                let token = oauth::refresh(&http, &app, &login_host, &kept).await?;
                counted.fetch_add(1, Ordering::SeqCst);
                if let Some(rotated) = token.refresh_token {
                    *kept = rotated;
                }
                let (secret, instance_url) = (token.access_token, token.instance_url);
                Ok::<_, RefreshError>(AccessToken { secret, instance_url, generation: generation + 1 })
            }
            .boxed()
        });
        let session = Session::renewable(self.token(), refresher);
        (Client::new(self.http.clone(), session, ApiVersion::PINNED), renewals)
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.simulator.clock().now_ms())
    }

    /// Adds an account of this name.
    pub(crate) fn insert_account(&self, name: &'static str) -> RecordId {
        let org = self.simulator.org();
        let account = org.schema().find("Account").unwrap();
        let field = account.field("Name").unwrap().index;
        let id = org.insert(account, &[(field, Value::Text(name.into()))], self.simulator.clock().now_ms());
        id.as_str().parse().unwrap()
    }

    /// Puts an account into the recycle bin.
    pub(crate) fn delete_account(&self, id: RecordId) {
        let org = self.simulator.org();
        let account = org.schema().find("Account").unwrap();
        let id = orgsim::id::RecordId::parse(id.as_str()).unwrap();
        org.delete(account, &id, self.simulator.clock().now_ms()).unwrap();
    }

    pub(crate) fn play(&self, kind: FaultKind, pattern: &str) {
        self.simulator.faults().add(FaultSpec::new(kind, pattern));
    }

    pub(crate) fn requests(&self, kind: &str) -> u64 {
        self.simulator.counters().requests.get(kind).copied().unwrap_or_default()
    }
}
