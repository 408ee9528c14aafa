//! The HTTP client below everything else.

mod answer;
mod body;
mod failure;
mod meter;
mod resolver;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

pub(crate) use answer::Answer;
pub(crate) use body::Body;
pub(crate) use meter::Meter;
pub(crate) use reqwest::Method;

use crate::host::HostRule;
use crate::{Error, Result, Withheld};

/// Salesforce refuses an address and headers of more than 16,384 bytes together (App Limits Cheatsheet, API
/// Requests Limits); the rest is left to the headers.
pub const MAX_URI_LENGTH: usize = 14_000;

/// What an org may send over HTTP/2 before it is read; the default of several megabytes is memory for nothing.
const WINDOW_BYTES: u32 = 1 << 20;

/// How to reach Salesforce.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// The name this program gives itself.
    pub user_agent: String,
    /// Which hosts are allowed.
    pub host_rule: HostRule,
    /// A file of PEM certificates to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// A proxy for all calls, such as `http://proxy.example:3128`. The proxy then resolves and checks addresses.
    pub proxy: Option<SecretString>,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long an answer may take to begin; a query may run for two minutes.
    pub answer_timeout: Duration,
    /// How long an answer may pause.
    pub idle_timeout: Duration,
    /// How long a call may take in all.
    pub total_timeout: Duration,
    /// Why no host may be called at all, where that is so: every call is held back with it.
    pub withhold: Option<fn() -> Withheld>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            user_agent: concat!("salesforce-rs/", env!("CARGO_PKG_VERSION")).into(),
            host_rule: HostRule::default(),
            ca_file: None,
            proxy: None,
            connect_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(130),
            idle_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(600),
            withhold: None,
        }
    }
}

/// One HTTP client for any number of orgs. Cloning is cheap and shares the connections.
///
/// It follows no redirect, speaks TLS to all but named hosts of this machine, and connects to no private address.
#[derive(Clone)]
pub struct Http(Arc<Inner>);

struct Inner {
    client: reqwest::Client,
    host_rule: HostRule,
    answer_timeout: Duration,
    idle_timeout: Duration,
    withhold: Option<fn() -> Withheld>,
}

/// What one call sends.
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) accept: &'static str,
    pub(crate) content: Content,
}

/// The body of a request.
pub(crate) enum Content {
    None,
    Json(Bytes),
    Form(Bytes),
}

impl Http {
    /// Sets the client up. Reads the CA file.
    pub fn new(config: HttpConfig) -> Result<Self> {
        // An error says that the program has chosen a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let setup = |part| move |source: reqwest::Error| Error::Setup { part, source: source.into() };
        let is_plain_allowed = config.host_rule.dev_allow_hosts.iter().any(|host| host.is_plain());
        let mut builder = reqwest::Client::builder()
            .user_agent(config.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .https_only(!is_plain_allowed)
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            .http2_initial_stream_window_size(WINDOW_BYTES)
            .http2_initial_connection_window_size(WINDOW_BYTES)
            .connect_timeout(config.connect_timeout)
            .timeout(config.total_timeout)
            .no_proxy();
        if let Some(path) = &config.ca_file {
            builder = builder.tls_certs_merge(read_certificates(path)?);
        }
        builder = match &config.proxy {
            Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.expose_secret()).map_err(setup("proxy"))?),
            None => builder.dns_resolver(resolver::PublicResolver::new(&config.host_rule)),
        };
        Ok(Self(Arc::new(Inner {
            client: builder.build().map_err(setup("TLS"))?,
            host_rule: config.host_rule,
            answer_timeout: config.answer_timeout,
            idle_timeout: config.idle_timeout,
            withhold: config.withhold,
        })))
    }

    /// The rule by which hosts are allowed.
    pub fn host_rule(&self) -> &HostRule {
        &self.0.host_rule
    }

    /// Sends a request and waits for the head of its answer, whatever its status; only redirects are refused.
    pub(crate) async fn send(
        &self,
        origin: &str,
        request: &Request,
        token: Option<&SecretString>,
        meter: &Arc<Meter>,
    ) -> Result<Answer> {
        if let Some(withhold) = self.0.withhold {
            return Err(Error::Withheld { request: request.label(), source: withhold() });
        }
        let url = format!("{origin}{}", request.path);
        if url.len() > MAX_URI_LENGTH {
            return Err(Error::UriTooLong { request: request.label(), length: url.len() });
        }
        let mut builder = self
            .0
            .client
            .request(request.method.clone(), url)
            .header(ACCEPT, request.accept)
            .header(ACCEPT_ENCODING, "gzip");
        if let Some(token) = token {
            builder = builder.header(AUTHORIZATION, bearer(token, request)?);
        }
        builder = match &request.content {
            Content::None => builder,
            Content::Json(json) => {
                builder.header(CONTENT_TYPE, "application/json; charset=UTF-8").body(json.clone())
            }
            Content::Form(form) => {
                builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.clone())
            }
        };
        meter.count_call();
        match tokio::time::timeout(self.0.answer_timeout, builder.send()).await {
            Ok(Ok(response)) => Answer::new(request.label(), response, self.0.idle_timeout, meter.clone()),
            Ok(Err(error)) => Err(failure::classify(request.label(), error)),
            Err(_) => Err(Error::Stalled { request: request.label(), received_bytes: 0 }),
        }
    }
}

fn read_certificates(path: &Path) -> Result<Vec<reqwest::Certificate>> {
    let setup = |source| Error::Setup { part: "CA file", source };
    let pem = std::fs::read(path).map_err(|source| setup(source.into()))?;
    match reqwest::Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if certificates.is_empty() => Err(setup("it holds no certificate".into())),
        certificates => certificates.map_err(|source| setup(source.into())),
    }
}

fn bearer(token: &SecretString, request: &Request) -> Result<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
        .map_err(|source| Error::Unreadable { request: request.label(), source: source.into() })?;
    value.set_sensitive(true);
    Ok(value)
}

impl Request {
    pub(crate) fn get(path: String) -> Self {
        Self { method: Method::GET, path, accept: "application/json", content: Content::None }
    }

    pub(crate) fn json(method: Method, path: String, body: &impl serde::Serialize) -> Self {
        let json = serde_json::to_vec(body).expect("our own bodies have text keys");
        Self { method, path, accept: "application/json", content: Content::Json(json.into()) }
    }

    pub(crate) fn form(path: &str, pairs: &[(&str, &str)]) -> Self {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Self {
            method: Method::POST,
            path: path.into(),
            accept: "application/json",
            content: Content::Form(form.into()),
        }
    }

    /// Method and path, without the query.
    pub(crate) fn label(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        format!("{} {path}", self.method)
    }
}

/// A path with a query; everything but letters, digits and `*-._` is encoded, `+` included.
pub(crate) fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Http, HttpConfig, Request};
    use crate::Error;
    use crate::host::HostRule;

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused() {
        // Plain http has to be possible at all; the name asked for is not the one allowed.
        let host_rule =
            HostRule { dev_allow_hosts: vec!["127.0.0.1".parse().unwrap()], ..HostRule::default() };
        let http = Http::new(HttpConfig { host_rule, ..HttpConfig::default() }).unwrap();

        let request = Request::get("/services/data/".into());
        let error = http.send("http://localhost:9", &request, None, &Arc::default()).await.unwrap_err();

        assert!(matches!(error, Error::PrivateAddress { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn nothing_goes_out_in_clear_text() {
        let http = Http::new(HttpConfig::default()).unwrap();

        let request = Request::get("/services/data/".into());
        let error = http.send("http://localhost:9", &request, None, &Arc::default()).await.unwrap_err();

        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    }

    #[test]
    fn a_ca_file_without_a_certificate_is_refused() {
        for path in ["/dev/null", "/nowhere/ca.pem"] {
            let config = HttpConfig { ca_file: Some(path.into()), ..HttpConfig::default() };
            assert!(matches!(Http::new(config), Err(Error::Setup { .. })), "{path}");
        }
    }
}
