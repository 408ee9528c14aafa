//! What every request goes through: the log, size limits, faults; and every answer: headers, compression, the count.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};

use super::call::Played;
use super::fault_answers::{self, replace_headers};
use super::kinds::call_kind;
use super::outgoing::{BodyFault, FLUSH_PAUSE, Outgoing};
use super::socket::Peer;
use crate::app::App;
use crate::clock;
use crate::errors::ApiError;
use crate::faults::{FaultKind, FaultSpec};
use crate::log::Served;

/// The most bytes of a URI, and of a URI with its headers (REST API Developer Guide, URI Length Limits).
const MAX_URI_BYTES: usize = 16_384;

/// How late an answer is if the fault does not say.
const DEFAULT_DELAY_MS: u64 = 20_000;

/// How much is put before a body if the fault does not say.
const DEFAULT_PAD_BYTES: u64 = 256 * 1024 * 1024;

/// The address of the org as the caller knows it.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl(pub(crate) String);

/// Whether the caller used a host that signs in users of all orgs, such as `login.salesforce.com`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AtLoginHost(pub(crate) bool);

/// Takes a request through, in the order in which Salesforce's edge and servers would.
pub(crate) async fn pass(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let kind = call_kind(request.method(), request.uri().path());
    let number = app.log.begin(app.now_ms(), request.method().as_str(), &loggable_path(&request), kind);
    if let Some(client) = option(request.headers(), "sforce-call-options", "client") {
        app.log.named(number, client);
    }
    if let Some(accept) = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()) {
        app.log.asked_for(number, accept);
    }
    app.transactions.settle(&app).await;
    let faults = befall(&app, kind, &request);
    let_time_pass(&app, &faults).await;
    let accepts_gzip = accepts_gzip(request.headers());
    let base_url = base_url(&app, request.headers());
    request.extensions_mut().insert(BaseUrl(base_url));
    let is_at_login_host = is_login_host(&app, request.headers());
    request.extensions_mut().insert(AtLoginHost(is_at_login_host));
    request.extensions_mut().insert(Played(faults.clone()));

    let request = fault_answers::expire_session(&app, &faults, request).await;
    let early = match refuse_size(&request).or_else(|| send_to_new_host(&app, &request)) {
        Some(refusal) => Some(refusal),
        None => fault_answers::answer(&app, &faults, request.uri().path(), request.headers()).await,
    };
    wait(&faults, false).await;
    let response = match early {
        Some(response) => response,
        None => next.run(request).await,
    };
    wait(&faults, true).await;

    let names = faults.iter().map(|fault| format!("{:?}", fault.kind)).collect();
    app.log.answered(number, response.status().as_u16(), names);
    if faults.iter().any(|fault| fault.kind == FaultKind::Reset) {
        peer.reset();
        return Body::from_stream(stream::once(async { Err::<Vec<u8>, _>("reset on purpose") }))
            .into_response();
    }
    send(app, number, response, accepts_gzip, &faults).await
}

/// Returns one of the options that a header names, such as `batchSize` of `Sforce-Query-Options: batchSize=500`.
pub(super) fn option<'h>(headers: &'h HeaderMap, header: &str, option: &str) -> Option<&'h str> {
    headers.get(header)?.to_str().ok()?.split([',', ';']).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case(option).then(|| value.trim())
    })
}

/// Returns the address that URLs are made from: the configured one, else the one the caller used.
fn base_url(app: &App, headers: &HeaderMap) -> String {
    if let Some(base_url) = &app.config.base_url {
        return base_url.trim_end_matches('/').to_owned();
    }
    if is_login_host(app, headers) {
        // What a login host hands out leads to the org's own host.
        return app.default_base_url.clone();
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let plain = |host: &&str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte))
    };
    let scheme = app.scheme();
    host.filter(plain).map_or_else(|| app.default_base_url.clone(), |host| format!("{scheme}://{host}"))
}

/// Returns whether a request went to a login host and not to the org's own. For tests `login.localhost` will do.
fn is_login_host(app: &App, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let own = app.default_base_url.split_once("://").map_or("", |(_, host)| host);
    let name = |host: &str| host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let is_named_so = host.split_once('.').is_some_and(|(name, _)| matches!(name, "login" | "test"));
    is_named_so && name(host) != name(own)
}

/// Returns the path to log. Query strings of other than data calls may hold tokens.
fn loggable_path(request: &Request) -> String {
    let uri = request.uri();
    match uri.query() {
        Some(query) if uri.path().starts_with("/services/data") => format!("{}?{query}", uri.path()),
        _ => uri.path().to_owned(),
    }
}

fn befall(app: &App, kind: &str, request: &Request) -> Vec<FaultSpec> {
    if matches!(kind, "control" | "home") {
        return Vec::new();
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    app.faults.befall(kind, path)
}

/// Moves the clock on before the call is served, so that time passes and transactions end in the middle of a client's work.
async fn let_time_pass(app: &Arc<App>, faults: &[FaultSpec]) {
    for fault in faults.iter().filter(|fault| fault.kind == FaultKind::Later) {
        let delay_ms = fault.delay_ms.unwrap_or(DEFAULT_DELAY_MS);
        app.clock.advance(i64::try_from(delay_ms).unwrap_or(i64::MAX));
        app.transactions.settle(app).await;
    }
}

fn refuse_size(request: &Request) -> Option<Response> {
    let uri_bytes = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if uri_bytes > MAX_URI_BYTES {
        return Some(ApiError::new(StatusCode::URI_TOO_LONG, "URI_TOO_LONG", "URI Too Long").into_response());
    }
    let header_bytes: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len())
        .sum();
    (uri_bytes + header_bytes > MAX_URI_BYTES).then(|| {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        ApiError::new(status, "REQUEST_HEADER_FIELDS_TOO_LARGE", "Request Header Fields Too Large")
            .into_response()
    })
}

/// Sends callers of the API on where the My Domain was renamed (Salesforce Help, Previous My Domain Redirections). Hosts at
/// which people and apps sign in go on to answer.
fn send_to_new_host(app: &App, request: &Request) -> Option<Response> {
    let path = request.uri().path();
    let is_api = path.starts_with("/services/") && !path.starts_with("/services/oauth2/");
    let base_url = app.renamed_base_url().filter(|_| is_api)?;
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if base_url.split_once("://").is_some_and(|(_, new)| new.eq_ignore_ascii_case(host)) {
        return None;
    }
    let path = request.uri().path_and_query().map_or(path, |path| path.as_str());
    let location = HeaderValue::try_from(format!("{base_url}{path}")).ok()?;
    Some((StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, location)]).into_response())
}

/// Waits as long as faults say, before a call has had its effect or after.
async fn wait(faults: &[FaultSpec], is_after: bool) {
    for fault in faults.iter().filter(|fault| fault.kind == FaultKind::Delay && fault.after == is_after) {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms.unwrap_or(DEFAULT_DELAY_MS))).await;
    }
}

/// Puts spaces before a body, which JSON and CSV readers may skip, and which take much room once they are unpacked.
fn pad(body: Body, bytes: u64) -> Body {
    static PIECE: [u8; 64 * 1024] = [b' '; 64 * 1024];
    let pieces = (0..bytes.div_ceil(PIECE.len() as u64)).map(move |at| {
        let rest = bytes - at * PIECE.len() as u64;
        let length = usize::try_from(rest).unwrap_or(usize::MAX).min(PIECE.len());
        Ok(Bytes::from_static(&PIECE[..length]))
    });
    Body::from_stream(stream::iter(pieces).chain(body.into_data_stream()))
}

/// Returns whether the client reads gzip.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

async fn send(
    app: Arc<App>,
    number: u64,
    response: Response,
    accepts_gzip: bool,
    faults: &[FaultSpec],
) -> Response {
    let (mut parts, mut body) = response.into_parts();
    if let Some(fault) = faults.iter().find(|fault| fault.kind == FaultKind::Pad) {
        body = pad(body, fault.bytes.unwrap_or(DEFAULT_PAD_BYTES));
    }
    if let Ok(date) = HeaderValue::try_from(clock::format_http(app.now_ms())) {
        parts.headers.insert(header::DATE, date);
    }
    for fault in faults.iter().filter(|fault| fault.kind == FaultKind::Headers) {
        replace_headers(&mut parts.headers, fault);
    }
    if matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        app.log.completed(number);
        return Response::from_parts(parts, body);
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    let wrong_length = faults.iter().find(|fault| fault.kind == FaultKind::WrongLength);
    let served = parts.extensions.remove::<Served>().filter(|_| wrong_length.is_none());
    let mut outgoing =
        Outgoing::new(Arc::clone(&app), number, body, served).befallen_by(BodyFault::of(faults));
    let has_type = parts.headers.contains_key(header::CONTENT_TYPE);
    if accepts_gzip && has_type && !parts.headers.contains_key(header::CONTENT_ENCODING) {
        parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        parts.headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        outgoing = outgoing.compressed();
    }
    let body = outgoing.into_body();
    match wrong_length {
        Some(fault) => promise_too_much(parts, body, fault).await,
        None => Response::from_parts(parts, body),
    }
}

/// Announces more bytes than will come; the server closes the connection when they run out.
async fn promise_too_much(mut parts: axum::http::response::Parts, body: Body, fault: &FaultSpec) -> Response {
    const DEFAULT_EXCESS_BYTES: u64 = 100;
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let promised = bytes.len() as u64 + fault.bytes.unwrap_or(DEFAULT_EXCESS_BYTES);
    parts.headers.insert(header::CONTENT_LENGTH, promised.into());
    let pieces = [Some(bytes), None];
    let body = Body::from_stream(stream::iter(pieces).filter_map(async |piece| {
        if piece.is_none() {
            // What was sent must have left before the server notices that too little came, and closes.
            tokio::time::sleep(FLUSH_PAUSE).await;
        }
        piece.map(Ok::<_, Infallible>)
    }));
    Response::from_parts(parts, body)
}
