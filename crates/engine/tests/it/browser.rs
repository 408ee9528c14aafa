//! What a person's browser does on Salesforce's pages.

use std::collections::HashMap;

use engine::Callback;
use reqwest::{Client, Response, redirect::Policy};
use url::{Url, form_urlencoded::Serializer};

use crate::test_org::TestOrg;

/// Signs in, presses a button of the consent page, and comes back with what stands in the address.
pub(crate) async fn decide(org: &TestOrg, authorize_url: &str, decision: &str) -> Callback {
    let visit = Visit::sign_in(org, authorize_url).await;
    let html = visit.look().await.text().await.unwrap();
    let hidden = |name: &str| {
        html.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap()
    };
    let form = [("source", hidden("source")), ("form_token", hidden("form_token")), ("decision", decision)];
    let decided = visit.post("/setup/secur/RemoteAccessAuthorizationPage.apexp", &form).await;
    callback_in(&location(&decided))
}

/// A browser that is signed in at an org.
pub(crate) struct Visit {
    browser: Client,
    base_url: String,
    cookie: String,
    consent: String,
}

impl Visit {
    pub(crate) async fn sign_in(org: &TestOrg, authorize_url: &str) -> Self {
        let line = org.simulator.start_line();
        let browser =
            Client::builder().redirect(Policy::none()).no_proxy().tls_certs_only([]).build().unwrap();
        let login = location(&browser.get(authorize_url).send().await.unwrap());
        let start_url = Url::parse(&format!("{}{login}", line.base_url)).unwrap();
        let start_url = start_url.query_pairs().find(|(key, _)| key == "startURL").unwrap().1.into_owned();
        let form = [("username", &*line.username), ("password", &*line.password), ("startURL", &*start_url)];
        let (base_url, nothing) = (line.base_url.clone(), String::new());
        let visit = Self { browser, base_url, cookie: nothing.clone(), consent: nothing };
        let signed_in = visit.post("/login", &form).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
        Self { cookie: cookie.to_owned(), consent: location(&signed_in), ..visit }
    }

    /// Opens the page on which there is something to decide.
    pub(crate) async fn look(&self) -> Response {
        let page = self.browser.get(format!("{}{}", self.base_url, self.consent));
        page.header("cookie", &self.cookie).send().await.unwrap()
    }

    async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Response {
        let body = Serializer::new(String::new()).extend_pairs(pairs).finish();
        let request = self.browser.post(format!("{}{path}", self.base_url));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.header("cookie", &self.cookie).body(body).send().await.unwrap()
    }
}

/// What stands in the address of the way back.
pub(crate) fn callback_in(address: &str) -> Callback {
    let address = Url::parse(address).unwrap();
    let mut given: HashMap<String, String> = address.query_pairs().into_owned().collect();
    Callback {
        state: given.remove("state"),
        code: given.remove("code").map(Into::into),
        error: given.remove("error"),
        error_description: given.remove("error_description"),
        iss: given.remove("iss"),
    }
}

pub(crate) fn location(response: &Response) -> String {
    response.headers()["location"].to_str().unwrap().to_owned()
}
