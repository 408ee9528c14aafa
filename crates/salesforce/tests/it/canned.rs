//! A server that answers with bytes a test wrote, for what no well-behaved server would send.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use salesforce::host::{HostRule, InstanceUrl, LoginHost};
use salesforce::{AccessToken, ApiVersion, Client, Http, HttpConfig, Session};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What to do with one request.
pub(crate) enum Reply {
    /// Send these bytes and close.
    Bytes(Vec<u8>),
    /// Send these bytes and then nothing, keeping the connection open.
    Stall(Vec<u8>),
}

/// A server on a port of its own that answers each request by a closure over its text.
pub(crate) struct Canned {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Canned {
    pub(crate) async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (seen, reply) = (requests.clone(), Arc::new(reply));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(answer(stream, seen.clone(), reply.clone()));
            }
        });
        Self { address, requests, task }
    }

    /// A server that answers every request alike.
    pub(crate) async fn always(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |_| Reply::Bytes(bytes.clone())).await
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn http(&self) -> Http {
        let host_rule =
            HostRule { dev_allow_hosts: vec!["127.0.0.1".parse().unwrap()], ..HostRule::default() };
        let idle_timeout = Duration::from_millis(200);
        Http::new(HttpConfig { host_rule, idle_timeout, ..HttpConfig::default() }).unwrap()
    }

    pub(crate) fn login_host(&self) -> LoginHost {
        LoginHost::parse(&self.address.to_string(), self.http().host_rule()).unwrap()
    }

    pub(crate) fn token(&self, generation: u64) -> AccessToken {
        let instance_url = InstanceUrl::parse(&self.origin(), self.http().host_rule()).unwrap();
        AccessToken { secret: format!("token-{generation}").into(), instance_url, generation }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.http(), Session::fixed(self.token(1)), ApiVersion::PINNED)
    }
}

impl Drop for Canned {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut stream: TcpStream, seen: Arc<Mutex<Vec<String>>>, reply: Arc<impl Fn(&str) -> Reply>) {
    let request = read_request(&mut stream).await;
    seen.lock().unwrap().push(request.clone());
    match reply(&request) {
        Reply::Bytes(bytes) => stream.write_all(&bytes).await.unwrap_or_default(),
        Reply::Stall(bytes) => {
            stream.write_all(&bytes).await.unwrap_or_default();
            // Ends when the client gives up.
            let _ = stream.read(&mut [0]).await;
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return String::from_utf8(request).unwrap();
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await.unwrap() {
            0 => return String::from_utf8(request).unwrap(),
            read => request.extend_from_slice(&buffer[..read]),
        }
    }
}

/// A whole answer with its length.
pub(crate) fn whole(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes =
        format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len()).into_bytes();
    headers.iter().for_each(|header| bytes.extend(format!("{header}\r\n").bytes()));
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

pub(crate) const JSON: &str = "Content-Type: application/json;charset=UTF-8";
pub(crate) const CSV: &str = "Content-Type: text/csv; charset=UTF-8";

/// A whole answer of JSON.
pub(crate) fn json(status: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    whole(status, &[JSON], body)
}

/// What an org says to a token it no longer knows.
pub(crate) fn session_expired() -> Vec<u8> {
    json("401 Unauthorized", r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#)
}
