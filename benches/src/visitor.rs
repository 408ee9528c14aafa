//! A person in a browser, as small as can be: keeps cookies, follows redirects only where told.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, RequestBuilder, header};
use serde_json::{Value as Json, json};
use url::{Url, form_urlencoded};

use crate::org::StartLine;

/// Somebody who visits a server and the org.
pub struct Visitor {
    http: Client,
    base: Url,
    cookies: BTreeMap<(String, String), String>,
    csrf_token: Option<String>,
}

/// What came back.
struct Answer {
    status: u16,
    location: Option<Url>,
    text: String,
}

impl Visitor {
    /// Makes the first owner of the server at `base`, by the token of its setup link.
    pub async fn set_up(base: Url, token: &str) -> Result<Self> {
        let mut visitor = Self::new(base)?;
        let owner = json!({
            "token": token, "workspace_name": "Bench", "name": "Ada", "email": "ada@example.com",
            "password": "a long password", "time_zone": "UTC",
        });
        visitor.ask(Method::POST, "setup", Some(owner)).await?;
        Ok(visitor)
    }

    fn new(base: Url) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        Ok(Self { http, base, cookies: BTreeMap::new(), csrf_token: None })
    }

    /// Invites another admin, and returns the token of the invitation.
    pub async fn invite(&mut self, email: &str) -> Result<String> {
        let member = json!({ "email": email, "name": "Ben", "role": "admin" });
        let invited = self.ask(Method::POST, "members", Some(member)).await?;
        let link: Url = text(&invited["link"])?.parse()?;
        Ok(link.fragment().context("the invitation has no token")?.to_owned())
    }

    /// Accepts an invitation to the same server, in a browser of its own.
    pub async fn accept(&self, token: &str) -> Result<Self> {
        let mut visitor = Self::new(self.base.clone())?;
        let welcome = json!({ "token": token, "password": "another long password" });
        visitor.ask(Method::POST, "welcome", Some(welcome)).await?;
        Ok(visitor)
    }

    /// Connects the org and returns the new integration's path below the API.
    pub async fn connect(&mut self, org: &StartLine, username: &str, password: &str) -> Result<String> {
        let flow = json!({ "name": "Bench", "environment": "simulated" });
        let started = self.ask(Method::POST, "connect-flows", Some(flow)).await?;
        let flow = text(&started["flow"]["id"])?;
        ensure!(started["authorize_url"].as_str().is_some_and(|url| url.starts_with(&org.base_url)));
        self.consent(&text(&started["authorize_url"])?, username, password).await?;
        let path = format!("connect-flows/{flow}/confirm");
        let integration = self.ask(Method::POST, &path, Some(json!({}))).await?;
        Ok(format!("integrations/{}", text(&integration["id"])?))
    }

    async fn consent(&mut self, authorize_url: &str, username: &str, password: &str) -> Result<()> {
        let (url, page) = self.follow(authorize_url.parse()?).await?;
        let start = page.hidden("startURL")?;
        let login = [("startURL", start.as_str()), ("username", username), ("password", password)];
        let signed_in = self.send_form(&url, &login).await?;
        let (url, page) = self.follow(signed_in.location.context("nobody was signed in")?).await?;
        let (source, form_token) = (page.hidden("source")?, page.hidden("form_token")?);
        let allow = [("source", source.as_str()), ("form_token", form_token.as_str()), ("decision", "allow")];
        let allowed = self.send_form(&url, &allow).await?;
        let callback = allowed.location.context("the org did not send us back")?;
        self.send(self.http.get(callback.clone()), &callback).await.map(drop)
    }

    async fn follow(&mut self, mut url: Url) -> Result<(Url, Answer)> {
        for _ in 0..5 {
            let answer = self.send(self.http.get(url.clone()), &url).await?;
            match answer.location {
                Some(next) => url = next,
                None => return Ok((url, answer)),
            }
        }
        anyhow::bail!("{url} leads from page to page")
    }

    async fn send_form(&mut self, url: &Url, fields: &[(&str, &str)]) -> Result<Answer> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.http.post(url.clone()).body(body);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, url).await
    }

    /// Asks the API of the server.
    pub async fn ask(&mut self, method: Method, path: &str, body: Option<Json>) -> Result<Json> {
        let url = self.base.join(&format!("/api/v1/{path}"))?;
        let mut request = self.http.request(method, url.clone());
        if let Some(body) = body {
            request = request.json(&body);
        }
        if let Some(token) = &self.csrf_token {
            request = request.header("x-csrf-token", token);
        }
        let answer = self.send(request, &url).await?;
        ensure!(answer.status < 400, "{path} was answered {}: {}", answer.status, answer.text);
        let body: Json = serde_json::from_str(&answer.text).unwrap_or_default();
        if let Some(token) = body["csrf_token"].as_str() {
            self.csrf_token = Some(token.to_owned());
        }
        Ok(body)
    }

    async fn send(&mut self, request: RequestBuilder, url: &Url) -> Result<Answer> {
        let origin = url.origin().ascii_serialization();
        let own = self.cookies.iter().filter(|((of, _), _)| *of == origin);
        let cookies: Vec<_> = own.map(|((_, name), value)| format!("{name}={value}")).collect();
        let response = request.header(header::COOKIE, cookies.join("; ")).send().await?;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert((origin.clone(), name.to_owned()), value.to_owned());
            }
        }
        let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let location = location.and_then(|location| url.join(location).ok());
        Ok(Answer { status: response.status().as_u16(), location, text: response.text().await? })
    }
}

impl Answer {
    fn hidden(&self, name: &str) -> Result<String> {
        let start = format!("name=\"{name}\" value=\"");
        let rest = self.text.split_once(&start).map(|(_, rest)| rest);
        let value = rest.and_then(|rest| rest.split_once('"')).map(|(value, _)| value);
        let value = value.with_context(|| format!("the page has no field {name}"))?;
        Ok(value.replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&"))
    }
}

fn text(value: &Json) -> Result<String> {
    Ok(value.as_str().context("the API did not name it")?.to_owned())
}
