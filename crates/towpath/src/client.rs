//! Speaking to a Towpath server over its HTTP API.

mod failure;
pub(crate) mod login_file;

use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use url::{Host, Url};

pub(crate) use failure::Failure;
use failure::ProblemBody;

/// A call that takes longer has been forgotten by the server.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How much a page of a list holds: the most that the API gives.
const PAGE: usize = 500;

/// A server, and the key that opens it.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    token: SecretString,
}

/// A page of a list. Items stay as the server wrote them, so that no number changes on the way.
#[derive(Debug, serde::Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl Client {
    /// A client of the server at an address that [`server_url`] accepted.
    pub(crate) fn new(base: Url, token: SecretString) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("towpath/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            // A redirect would lead the key elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(Failure::Unreachable)?;
        Ok(Self { http, base, token })
    }

    /// The client for the server and key in the environment, else for those that `towpath login` wrote down.
    pub(crate) fn signed_in() -> Result<Self, Failure> {
        let (base, token) = login_file::find_login()?;
        Self::new(base, token)
    }

    /// The address of the server.
    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// Reads one thing.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, Failure> {
        self.call(Method::GET, path, &[], None).await
    }

    /// Reads one thing, and which version of it that is.
    pub(crate) async fn get_seen<T: DeserializeOwned>(&self, path: &[&str]) -> Result<(T, String), Failure> {
        let request = self.request(Method::GET, path, &[]);
        let response = request.send().await.map_err(Failure::Unreachable)?;
        let etag = response.headers().get(header::ETAG).and_then(|value| value.to_str().ok());
        let version = etag.unwrap_or_default().trim_matches('"').to_owned();
        Ok((read_answer(response).await?, version))
    }

    /// Reads one thing, with a query.
    pub(crate) async fn get_with<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<T, Failure> {
        self.call(Method::GET, path, query, None).await
    }

    /// Reads all pages of a list.
    pub(crate) async fn list<T: DeserializeOwned>(&self, path: &[&str]) -> Result<Vec<T>, Failure> {
        let mut items = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut query = vec![("limit", PAGE.to_string())];
            query.extend(after.map(|after| ("after", after)));
            let page: Page<T> = self.get_with(path, &query).await?;
            items.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(items);
            }
        }
    }

    /// Makes something, or asks for something to be done.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &[&str], body: &Json) -> Result<T, Failure> {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    /// Puts something in the place of the version that was seen, or where there was nothing.
    pub(crate) async fn put_seen<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &Json,
        version: Option<&str>,
    ) -> Result<T, Failure> {
        let (name, value) = match version {
            Some(version) => (header::IF_MATCH, format!("\"{version}\"")),
            None => (header::IF_NONE_MATCH, "*".to_owned()),
        };
        let request = self.request(Method::PUT, path, &[]).header(name, value).json(body);
        read_answer(request.send().await.map_err(Failure::Unreachable)?).await
    }

    /// Changes a part of the version of something that was seen.
    pub(crate) async fn patch_seen<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &Json,
        version: &str,
    ) -> Result<T, Failure> {
        let request = self.request(Method::PATCH, path, &[]).json(body);
        let request = request.header(header::IF_MATCH, format!("\"{version}\""));
        read_answer(request.send().await.map_err(Failure::Unreachable)?).await
    }

    /// Asks for something to be done with the version of something that was seen.
    pub(crate) async fn post_seen(&self, path: &[&str], body: &Json, version: &str) -> Result<(), Failure> {
        let request = self.request(Method::POST, path, &[]).json(body);
        let request = request.header(header::IF_MATCH, format!("\"{version}\""));
        read_answer::<Json>(request.send().await.map_err(Failure::Unreachable)?).await.map(drop)
    }

    /// Deletes the version of something that was seen.
    pub(crate) async fn delete_seen(&self, path: &[&str], version: &str) -> Result<(), Failure> {
        let request = self.request(Method::DELETE, path, &[]);
        let request = request.header(header::IF_MATCH, format!("\"{version}\""));
        read_answer::<Json>(request.send().await.map_err(Failure::Unreachable)?).await.map(drop)
    }

    /// Deletes something.
    pub(crate) async fn delete<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<T, Failure> {
        self.call(Method::DELETE, path, query, None).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
        body: Option<&Json>,
    ) -> Result<T, Failure> {
        let mut request = self.request(method, path, query);
        if let Some(body) = body {
            request = request.json(body);
        }
        read_answer(request.send().await.map_err(Failure::Unreachable)?).await
    }

    fn request(&self, method: Method, path: &[&str], query: &[(&str, String)]) -> reqwest::RequestBuilder {
        self.http
            .request(method, api_url(&self.base, path, query))
            .bearer_auth(self.token.expose_secret())
            .header(header::ACCEPT, "application/json")
    }
}

/// Reads an answer of the API, or what it says is wrong.
pub(crate) async fn read_answer<T: DeserializeOwned>(response: reqwest::Response) -> Result<T, Failure> {
    let status = response.status();
    let body = response.bytes().await.map_err(Failure::Unreachable)?;
    if status.is_success() {
        let text: &[u8] = if status == StatusCode::NO_CONTENT { b"null" } else { &body };
        return serde_json::from_slice(text).map_err(Failure::NotAnAnswer);
    }
    match serde_json::from_slice::<ProblemBody>(&body) {
        Ok(problem) => Err(Failure::Refused { status, problem: Box::new(problem) }),
        Err(_) => Err(Failure::NotTowpath(status)),
    }
}

/// The address of something in the API. Each part of the path is one segment, whatever it holds.
pub(crate) fn api_url(base: &Url, path: &[&str], query: &[(&str, String)]) -> Url {
    let mut url = base.clone();
    url.path_segments_mut()
        .expect("an http address has a path")
        .pop_if_empty()
        .extend(["api", "v1"])
        .extend(path);
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

/// Reads the address of a server. A key is sent to it, so it must be https unless it is on this machine.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(crate) fn server_url(text: &str) -> Result<Url, String> {
    let wanted = "Give the address of a Towpath server, such as https://towpath.example.com.";
    let mut url = Url::parse(text.trim()).map_err(|_| wanted.to_owned())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wanted.to_owned());
    }
    let is_this_machine = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(wanted.to_owned()),
    };
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine => {}
        "http" => return Err("A key is not sent without encryption: give an https:// address.".to_owned()),
        _ => return Err(wanted.to_owned()),
    }
    // A page of the server stands for the server.
    url.set_path("");
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sent_only_where_nobody_reads_along() {
        for (text, base) in [
            (" https://towpath.example.com/integrations?tab=runs#x", Some("https://towpath.example.com/")),
            ("http://127.0.0.1:4600", Some("http://127.0.0.1:4600/")),
            ("http://localhost:4600/", Some("http://localhost:4600/")),
            ("http://[::1]:4600", Some("http://[::1]:4600/")),
            ("http://towpath.example.com", None),
            ("http://localhost.example.com", None),
            ("https://ada:secret@towpath.example.com", None),
            ("towpath.example.com", None),
            ("ftp://towpath.example.com", None),
        ] {
            assert_eq!(server_url(text).ok().as_ref().map(Url::as_str), base, "{text}");
        }
    }

    #[test]
    fn a_part_of_a_path_stays_one_part() {
        let base = Url::parse("http://localhost:4600").unwrap();

        let url = api_url(&base, &["integrations", "../members?x", "runs"], &[("after", "a&b".to_owned())]);

        assert_eq!(
            url.as_str(),
            "http://localhost:4600/api/v1/integrations/..%2Fmembers%3Fx/runs?after=a%26b"
        );
    }
}
