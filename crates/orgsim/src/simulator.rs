//! Starting and stopping a simulated org.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde::Serialize;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::app::{App, Secrets};
use crate::bulk::ResultBytes;
use crate::client_apps::ClientApp;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::faults::Faults;
use crate::http::{self, Listener};
use crate::kept::{Kept, KeptFile};
use crate::key_files::KeyFiles;
use crate::limits::{DEVELOPER_EDITION_REQUESTS, Usage};
use crate::log::{Counters, LogEntry};
use crate::org::{DescribeAge, Org, OrgConfig};
use crate::random;
use crate::sessions::{Issued, Mirror, Sessions, Subject, TokenPolicy};
use crate::sign_in::{PasswordFlow, SignIn, SignInPolicy};
use crate::stream::Streams;
use crate::tls::{self, TlsCertificate};

/// Connections are served by as many threads: a client and a server share small machines.
const WORKER_THREADS: usize = 2;

/// What the app of the start line is called.
pub(crate) const CLIENT_NAME: &str = "Simulated client";

/// What a simulator is started with.
#[derive(Clone, Debug)]
pub struct SimulatorConfig {
    /// The address to listen on.
    pub host: String,
    /// The port to listen on; 0 is any free one.
    pub port: u16,
    /// The port of the Pub/Sub API, which is served on the other port, too; 0 is any free one.
    pub pubsub_port: u16,
    /// The address that all URLs handed out begin with; the Host header of the request if none.
    pub base_url: Option<String>,
    /// Whether to speak HTTPS, with a certificate made for this run.
    pub tls: bool,
    /// Names of the certificate beside those of this machine.
    pub tls_names: Vec<String>,
    /// What the certificate is like, for clients that must refuse it.
    pub tls_certificate: TlsCertificate,
    /// Whether to make a key pair, registered with the app, that clients sign JWTs with.
    pub jwt_key: bool,
    /// The number all records are computed from.
    pub seed: u64,
    /// How many records of an sObject there are, by API name.
    pub counts: BTreeMap<String, u32>,
    /// The org's time at its start; system time if none.
    pub now_ms: Option<i64>,
    /// Whether time stands still but for who moves the clock.
    pub clock_stands: bool,
    /// Whether each refresh returns a new refresh token and ends the one presented.
    pub rotate_refresh_tokens: bool,
    /// Whether presenting a rotated refresh token ends the whole approval.
    pub revoke_family_on_reuse: bool,
    /// Whether the authorize endpoint refuses clients without PKCE.
    pub require_pkce: bool,
    /// Whether a refresh needs the client's secret.
    pub require_secret_for_refresh: bool,
    /// Whether every user may send username and password to the token endpoint, not the administrator alone.
    pub allow_password_flow: bool,
    /// Whether all callers are in the org's trusted network, where passwords need no security token.
    pub trusted_network: bool,
    /// Callback URLs of the client beside those on the loopback interface.
    pub callback_urls: Vec<String>,
    /// Rows of a Bulk result page where the client does not say.
    pub page_rows: u32,
    /// How many looks at a Bulk job find it in progress.
    pub bulk_polls: u32,
    /// API requests the org may make in 24 hours.
    pub daily_api_requests: u64,
    /// Whether calls beyond them are refused.
    pub enforce_daily_limit: bool,
    /// Whether every version of every record is kept, to be read by the control API.
    pub history: bool,
    /// A file in which the app's secrets, the password and the approvals outlive a restart. Without one they are new
    /// each time.
    pub keep_in: Option<PathBuf>,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        let counts = [("Account", 200), ("Contact", 600), ("Opportunity", 300), ("Case", 150), ("User", 12)];
        Self {
            host: "127.0.0.1".to_owned(),
            port: 0,
            pubsub_port: 0,
            base_url: None,
            tls: false,
            tls_names: Vec::new(),
            tls_certificate: TlsCertificate::Good,
            jwt_key: false,
            seed: 1,
            counts: counts.map(|(name, count)| (name.to_owned(), count)).into(),
            now_ms: None,
            clock_stands: false,
            rotate_refresh_tokens: false,
            revoke_family_on_reuse: false,
            require_pkce: false,
            require_secret_for_refresh: true,
            allow_password_flow: false,
            trusted_network: false,
            callback_urls: Vec::new(),
            page_rows: 50_000,
            bulk_polls: 0,
            daily_api_requests: DEVELOPER_EDITION_REQUESTS,
            enforce_daily_limit: false,
            history: false,
            keep_in: None,
        }
    }
}

/// Everything a client needs to know of a running org; printed as one line of JSON.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names are those of what they hold")]
pub struct StartLine {
    pub base_url: String,
    /// Where the Pub/Sub API is.
    pub pubsub_url: String,
    pub client_id: String,
    pub client_secret: String,
    pub username: String,
    pub password: String,
    pub security_token: String,
    pub access_token: String,
    pub refresh_token: String,
    pub org_id: String,
    pub control_url: String,
    pub control_token: String,
    /// The private key to sign JWTs with, in PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt_key_file: Option<String>,
    /// The certificate of the authority to trust, in PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
}

/// A simulated org that answers on a port until it is dropped.
#[derive(Debug)]
pub struct Simulator {
    app: Arc<App>,
    start_line: StartLine,
    /// Kept for the files to stay.
    _key_files: Option<KeyFiles>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts an org on threads of its own. It answers once this returns.
    pub fn start(config: SimulatorConfig) -> Result<Self> {
        check_base_url(config.base_url.as_deref())?;
        let (listener, address) = listen(&config, config.port)?;
        let (pubsub_listener, pubsub_address) = listen(&config, config.pubsub_port)?;
        let pubsub_url = local_url(&config, pubsub_address);
        let key_files = if config.tls || config.jwt_key { Some(KeyFiles::new()?) } else { None };
        let tls = tls::make_for(&config)?;
        let app = Arc::new(build(config, address)?);
        let mut start_line = write_start_line(&app, pubsub_url);
        if let Some(files) = &key_files {
            let key = app.registered_key().map(|key| files.write("jwt-key.pem", &key.to_pem()));
            start_line.jwt_key_file = key.transpose()?;
            let ca = tls.as_ref().map(|tls| files.write("ca.pem", &tls.authority_pem));
            start_line.ca_file = ca.transpose()?;
        }
        let acceptor = tls.map(|tls| tls.acceptor);
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&app);
        let runtime = Builder::new_multi_thread()
            .worker_threads(WORKER_THREADS)
            .thread_name("orgsim")
            .enable_all()
            .build()
            .map_err(Error::Runtime)?;
        let thread = std::thread::Builder::new()
            .name("orgsim-serve".to_owned())
            .spawn(move || serve(runtime, [listener, pubsub_listener], acceptor, serving, stopped))
            .map_err(Error::Runtime)?;
        Ok(Self { app, start_line, _key_files: key_files, stop: Some(stop), thread: Some(thread) })
    }

    /// Returns what a client needs to know.
    pub fn start_line(&self) -> &StartLine {
        &self.start_line
    }

    /// Returns the address of the org, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.start_line.base_url
    }

    /// Returns the address of the control API.
    pub fn control_url(&self) -> &str {
        &self.start_line.control_url
    }

    /// Returns the org, to read and to change it.
    pub fn org(&self) -> &Org {
        &self.app.org
    }

    /// Returns the faults, to put some in place.
    pub fn faults(&self) -> &Faults {
        &self.app.faults
    }

    /// Returns the clock, which all clients see and tests may set.
    pub fn clock(&self) -> &Clock {
        &self.app.clock
    }

    /// Returns what has been served.
    pub fn counters(&self) -> Counters {
        self.app.log.counters()
    }

    /// Starts counting anew.
    pub fn reset_counters(&self) {
        self.app.log.reset_counters();
    }

    /// Returns the last requests, oldest first.
    pub fn log(&self, limit: usize) -> Vec<LogEntry> {
        self.app.log.last(limit)
    }

    /// Ends all sessions; refresh tokens live on.
    pub fn expire_sessions(&self) {
        self.app.sessions.expire_all();
    }

    /// Renames the org's My Domain: token answers name the new `host:port`, and calls of the API at any other are sent there.
    pub fn rename_my_domain(&self, host: &str) {
        let policy = self.app.sign_in.policy();
        self.app.sign_in.set_policy(SignInPolicy { my_domain: Some(host.to_owned()), ..policy });
    }

    /// Ends all approvals and their sessions, as when an administrator blocks the app.
    pub fn revoke_approvals(&self) {
        self.app.browser.forget_approvals();
        self.app.sessions.revoke_all();
    }

    /// Aborts every query job of Bulk API 2.0 that has not ended, as an administrator may. Returns how many.
    pub fn abort_query_jobs(&self) -> usize {
        self.app.jobs.abort_all(self.app.now_ms())
    }

    /// Removes every query job of Bulk API 2.0 with its results. Returns how many.
    pub fn remove_query_jobs(&self) -> usize {
        self.app.jobs.remove_all()
    }

    /// Returns how much the results of query jobs of Bulk API 2.0 take up.
    pub fn result_bytes(&self) -> ResultBytes {
        self.app.jobs.result_bytes()
    }

    /// Issues tokens as if the user had just approved the app; counts as one of five approvals.
    pub fn approve(&self) -> (String, String) {
        let issued = approve(&self.app);
        (issued.access_token, issued.refresh_token.unwrap_or_default())
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // The server's thread waits for who makes their results.
        self.app.jobs.remove_all();
        // Either may be gone already if the server's thread has ended by itself.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn check_base_url(base_url: Option<&str>) -> Result<()> {
    let Some(text) = base_url else { return Ok(()) };
    let is_good = Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.path() == "/"
            && url.query().is_none()
    });
    if is_good { Ok(()) } else { Err(Error::BaseUrl(text.to_owned())) }
}

/// Listens without a runtime, so that a simulator can be started from within one.
fn listen(config: &SimulatorConfig, port: u16) -> Result<(TcpListener, SocketAddr)> {
    let address = format!("{}:{port}", config.host);
    let fail = |source| Error::Listen { address: address.clone(), source };
    let listener = TcpListener::bind(&address).map_err(fail)?;
    listener.set_nonblocking(true).map_err(fail)?;
    let bound = listener.local_addr().map_err(fail)?;
    Ok((listener, bound))
}

fn build(config: SimulatorConfig, address: SocketAddr) -> Result<App> {
    let clock = make_clock(&config);
    let file = match &config.keep_in {
        Some(path) => Some(Arc::new(KeptFile::open(path, clock.now_ms())?)),
        None => None,
    };
    let kept = file.as_ref().map_or_else(|| Kept::new(clock.now_ms()), |file| file.kept().clone());
    let org = make_org(&config, kept.made_at_ms, &clock);
    let (streams, faults) = (Arc::new(Streams::new(clock.clone())), Arc::new(Faults::default()));
    streams.suffer(Arc::clone(&faults));
    org.tell_changes_to(Arc::clone(&streams));
    let sessions = Sessions::new(&org.organization_id(), token_policy(&config));
    let sessions = file.iter().fold(sessions, |sessions, file| sessions.keep_in(Arc::clone(file)));
    let mirror = mirror(&org, &kept.client_id);
    Ok(App {
        default_base_url: default_base_url(&config, address),
        started_at: clock.now_ms(),
        client: Arc::new(ClientApp {
            client_id: kept.client_id,
            client_secret: kept.client_secret,
            name: CLIENT_NAME.to_owned(),
            has_secret: true,
            callback_urls: config.callback_urls.clone(),
            requires_pkce: config.require_pkce,
            deployed: None,
        }),
        command_line: Arc::new(ClientApp::command_line()),
        deployed: Default::default(),
        deployments: Default::default(),
        sign_in: SignIn::new(sign_in_policy(&config)),
        secrets: Secrets {
            password: kept.password,
            security_token: kept.security_token,
            control_token: random::letters(40),
        },
        sessions: sessions.mirrored_in(mirror),
        kept: file,
        browser: Default::default(),
        devices: Default::default(),
        keys: Default::default(),
        cometd: Default::default(),
        cursors: Default::default(),
        recent: Default::default(),
        jobs: Default::default(),
        ingest_jobs: Default::default(),
        async_jobs: Default::default(),
        faults,
        event_logs: Default::default(),
        describe_age: DescribeAge::new(&org, clock.now_ms()),
        transactions: Default::default(),
        exhausted: Default::default(),
        app_quota: Default::default(),
        log: Default::default(),
        usage: Usage::new(config.daily_api_requests, config.enforce_daily_limit),
        covered_until: Mutex::new(None),
        clock,
        org,
        streams,
        config,
    })
}

fn make_clock(config: &SimulatorConfig) -> Clock {
    let clock = Clock::default();
    if config.clock_stands {
        clock.stop();
    }
    if let Some(now_ms) = config.now_ms {
        clock.set(now_ms);
    }
    clock
}

fn make_org(config: &SimulatorConfig, made_at_ms: i64, clock: &Clock) -> Org {
    let org = Org::new(OrgConfig { seed: config.seed, counts: config.counts.clone(), now_ms: made_at_ms });
    org.set_clock(clock.clone());
    if config.history {
        org.keep_history(clock);
    }
    org
}

/// Makes what keeps records of sessions and approvals, which name the apps.
fn mirror(org: &Org, client_id: &str) -> Mirror {
    let command_line = ClientApp::command_line();
    let names = [(client_id.to_owned(), CLIENT_NAME.to_owned()), (command_line.client_id, command_line.name)];
    Mirror::new(org.clone(), names.into())
}

fn token_policy(config: &SimulatorConfig) -> TokenPolicy {
    TokenPolicy {
        rotates: config.rotate_refresh_tokens,
        revokes_on_reuse: config.revoke_family_on_reuse,
        ..TokenPolicy::default()
    }
}

fn sign_in_policy(config: &SimulatorConfig) -> SignInPolicy {
    let password_flow =
        if config.allow_password_flow { PasswordFlow::Everyone } else { PasswordFlow::Administrator };
    SignInPolicy { password_flow, trusted_network: config.trusted_network, ..SignInPolicy::default() }
}

/// Names the address by the name `localhost` where that is what it is, as people type it.
fn default_base_url(config: &SimulatorConfig, address: SocketAddr) -> String {
    if let Some(base_url) = &config.base_url {
        return base_url.trim_end_matches('/').to_owned();
    }
    local_url(config, address)
}

fn local_url(config: &SimulatorConfig, address: SocketAddr) -> String {
    let scheme = if config.tls { "https" } else { "http" };
    match address.ip() {
        ip if ip.is_unspecified() || config.host == "localhost" => {
            format!("{scheme}://localhost:{}", address.port())
        }
        _ => format!("{scheme}://{address}"),
    }
}

fn write_start_line(app: &App, pubsub_url: String) -> StartLine {
    let issued = approve_at_start(app);
    StartLine {
        base_url: app.default_base_url.clone(),
        pubsub_url,
        client_id: app.client.client_id.clone(),
        client_secret: app.client.client_secret.clone(),
        username: app.main_user().username,
        password: app.secrets.password.clone(),
        security_token: app.secrets.security_token.clone(),
        access_token: issued.access_token,
        refresh_token: issued.refresh_token.unwrap_or_default(),
        org_id: app.org.organization_id().to_string(),
        control_url: format!("{}/__orgsim", app.default_base_url),
        control_token: app.secrets.control_token.clone(),
        jwt_key_file: None,
        ca_file: None,
    }
}

/// The approval of the start line, which is the same after a restart where it is remembered and still good.
fn approve_at_start(app: &App) -> Issued {
    let Some(file) = &app.kept else { return approve(app) };
    let token = file.kept().refresh_token.clone().unwrap_or_default();
    let issued = match app.sessions.refresh(&token, &app.client.client_id, app.now_ms()) {
        Ok(issued) => Issued { refresh_token: issued.refresh_token.or(Some(token)), ..issued },
        Err(_) => approve(app),
    };
    file.change(|kept| kept.refresh_token.clone_from(&issued.refresh_token));
    issued
}

fn approve(app: &App) -> Issued {
    let scopes = ["refresh_token", "api", "id"].map(str::to_owned).to_vec();
    let subject = Subject { user_id: app.org.user_id(), client_id: app.client.client_id.clone(), scopes };
    app.sessions.approve(subject, app.now_ms())
}

fn serve(
    runtime: Runtime,
    listeners: [TcpListener; 2],
    tls: Option<TlsAcceptor>,
    app: Arc<App>,
    stopped: oneshot::Receiver<()>,
) {
    let router = http::router(app);
    runtime.block_on(async {
        let serve = |listener| {
            let tcp = tokio::net::TcpListener::from_std(listener).expect("the listener does not block");
            http::serve(Listener { tcp, tls: tls.clone() }, router.clone())
        };
        let [rest, pubsub] = listeners.map(serve);
        tokio::select! {
            () = rest => {}
            () = pubsub => {}
            _ = stopped => {}
        }
    });
    runtime.shutdown_background();
}
