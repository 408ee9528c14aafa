//! A person's browser, and what an app sends it to.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::StatusCode;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use ring::digest;
use url::Url;

use crate::client::{Answer, TestOrg};

pub(crate) const CALLBACK: &str = "http://127.0.0.1:9/callback";
pub(crate) const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-1";

/// A person's browser.
pub(crate) struct Browser<'a> {
    org: &'a TestOrg,
    pub(crate) cookie: String,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(org: &'a TestOrg) -> Self {
        Self { org, cookie: String::new() }
    }

    pub(crate) async fn get(&self, address: &str) -> Answer {
        let request = self.org.http.get(self.absolute(address)).header(COOKIE, &self.cookie);
        Answer::read(request.send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, address: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.org.http.post(self.absolute(address)).header(COOKIE, &self.cookie).form(form);
        Answer::read(request.send().await.unwrap()).await
    }

    fn absolute(&self, address: &str) -> String {
        Url::parse(&self.org.line.base_url).unwrap().join(address).unwrap().to_string()
    }

    /// Signs in on the login page that an answer led to; returns where that leads.
    pub(crate) async fn sign_in(&mut self, led_here: &Answer) -> String {
        let page = self.get(led_here.header(LOCATION.as_str())).await;
        let start = hidden(&page.text, "startURL");
        let line = &self.org.line;
        let form = [("username", line.username.as_str()), ("password", &line.password), ("startURL", &start)];
        let answer = self.post("/login", &form).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.text);
        self.cookie = answer.header(SET_COOKIE.as_str()).split(';').next().unwrap().to_owned();
        answer.header("location").to_owned()
    }

    /// Decides on the consent page; returns where that leads.
    pub(crate) async fn submit(&self, address: &str, decision: &str) -> Answer {
        let page = self.get(address).await;
        let (source, form_token) = (hidden(&page.text, "source"), hidden(&page.text, "form_token"));
        let form = [("source", source.as_str()), ("form_token", &form_token), ("decision", decision)];
        self.post("/setup/secur/RemoteAccessAuthorizationPage.apexp", &form).await
    }

    /// Decides on the consent page; returns what the callback is called with.
    pub(crate) async fn decide(&self, address: &str, decision: &str) -> BTreeMap<String, String> {
        callback(&self.submit(address, decision).await)
    }

    /// Goes all the way from the authorize address to the callback.
    pub(crate) async fn allow(&mut self, extra: &[(&str, &str)]) -> BTreeMap<String, String> {
        let first = self.get(&authorize_url(self.org, extra)).await;
        let consent = self.sign_in(&first).await;
        self.decide(&consent, "allow").await
    }
}

/// Returns the value of a hidden field.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let (_, rest) =
        page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name}: {page}"));
    rest.split_once('"').unwrap().0.replace("&amp;", "&")
}

pub(crate) fn callback(answer: &Answer) -> BTreeMap<String, String> {
    assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.text);
    let url = Url::parse(answer.header("location")).unwrap();
    assert!(url.as_str().starts_with(CALLBACK), "{url}");
    // What is not a code comes in the fragment.
    let text = url.fragment().or(url.query()).unwrap_or_default();
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

pub(crate) fn authorize_url(org: &TestOrg, extra: &[(&str, &str)]) -> String {
    let mut pairs = BTreeMap::from([
        ("response_type", "code"),
        ("client_id", org.line.client_id.as_str()),
        ("redirect_uri", CALLBACK),
        ("scope", "api refresh_token id"),
        ("state", "s p&=é"),
    ]);
    pairs.extend(extra.iter().copied());
    let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/services/oauth2/authorize?{query}")
}

pub(crate) fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, VERIFIER.as_bytes()))
}

pub(crate) fn redeem(code: &str) -> Vec<(&'static str, &str)> {
    vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)]
}
