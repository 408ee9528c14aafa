//! A browser as small as can be: it keeps cookies and does not follow redirects by itself.

use std::collections::BTreeMap;

use reqwest::{Method, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use url::{Url, form_urlencoded};

use super::walk::Error;
use crate::client::api_url;

/// Somebody who visits the server and the org.
pub(super) struct Visitor {
    http: reqwest::Client,
    /// The server.
    base: Url,
    /// By origin and name.
    cookies: BTreeMap<(String, String), SecretString>,
    csrf_token: Option<String>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    /// Where a redirect leads.
    pub(super) location: Option<Url>,
    pub(super) text: String,
}

impl Visitor {
    /// A visitor of the server at `base`, not signed in.
    pub(super) fn new(base: Url) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(Error::Call)?;
        Ok(Self { http, base, cookies: BTreeMap::new(), csrf_token: None })
    }

    /// Asks the API. What it answers is kept as the token of the session where it is one.
    pub(super) async fn ask(
        &mut self,
        method: Method,
        path: &[&str],
        body: Option<Json>,
    ) -> Result<Json, Error> {
        let url = api_url(&self.base, path, &[]);
        let mut request = self.http.request(method, url.clone()).header(header::ACCEPT, "application/json");
        if let Some(body) = body {
            request = request.json(&body);
        }
        if let Some(token) = &self.csrf_token {
            request = request.header("x-csrf-token", token);
        }
        let answer = self.send(request, &url).await?;
        let body: Json = serde_json::from_str(&answer.text).unwrap_or_default();
        if answer.status >= 400 {
            let detail = body["detail"].as_str().or(body["title"].as_str()).unwrap_or_default();
            return Err(Error::Refused(format!("{} answered {}: {detail}", url.path(), answer.status)));
        }
        if let Some(token) = body["csrf_token"].as_str() {
            self.csrf_token = Some(token.to_owned());
        }
        Ok(body)
    }

    /// Opens a page.
    pub(super) async fn open(&mut self, url: &Url) -> Result<Answer, Error> {
        self.send(self.http.get(url.clone()), url).await
    }

    /// Sends a form.
    pub(super) async fn send_form(&mut self, url: &Url, fields: &[(&str, &str)]) -> Result<Answer, Error> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .http
            .post(url.clone())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        self.send(request, url).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder, url: &Url) -> Result<Answer, Error> {
        let origin = url.origin().ascii_serialization();
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .filter(|((of, _), _)| *of == origin)
            .map(|((_, name), value)| format!("{name}={}", value.expose_secret()))
            .collect();
        let response =
            request.header(header::COOKIE, cookies.join("; ")).send().await.map_err(Error::Call)?;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert((origin.clone(), name.to_owned()), SecretString::from(value));
            }
        }
        let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        Ok(Answer {
            status: response.status().as_u16(),
            location: location.and_then(|location| url.join(location).ok()),
            text: response.text().await.map_err(Error::Call)?,
        })
    }
}

impl Answer {
    /// The value of a hidden field of the page's form.
    pub(super) fn hidden_field(&self, name: &str) -> Option<String> {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&start)?;
        let (value, _) = rest.split_once('"')?;
        Some(
            value
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&"),
        )
    }
}
