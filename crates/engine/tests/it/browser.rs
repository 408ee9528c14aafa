//! What a person's browser does on Salesforce's pages.

use std::collections::HashMap;

use engine::Callback;
use reqwest::{Client, Response, redirect::Policy};
use url::{Url, form_urlencoded::Serializer};

use crate::test_org::TestOrg;

/// Signs in, presses a button of the consent page, and comes back with what stands in the address.
pub(crate) async fn decide(org: &TestOrg, authorize_url: &str, decision: &str) -> Callback {
    let line = org.simulator.start_line();
    let browser = Client::builder().redirect(Policy::none()).no_proxy().tls_certs_only([]).build().unwrap();
    let page = |path: &str| format!("{}{path}", line.base_url);
    let post = |path: &str, pairs: &[(&str, &str)], cookie: &str| {
        let body = Serializer::new(String::new()).extend_pairs(pairs).finish();
        let request = browser.post(page(path)).header("content-type", "application/x-www-form-urlencoded");
        request.header("cookie", cookie.to_owned()).body(body).send()
    };

    let login = location(&browser.get(authorize_url).send().await.unwrap());
    let start_url = Url::parse(&page(&login)).unwrap();
    let start_url = start_url.query_pairs().find(|(key, _)| key == "startURL").unwrap().1.into_owned();
    let form = [("username", &*line.username), ("password", &*line.password), ("startURL", &*start_url)];
    let signed_in = post("/login", &form, "").await.unwrap();
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let consent = browser.get(page(&location(&signed_in))).header("cookie", &cookie).send().await.unwrap();
    let html = consent.text().await.unwrap();
    let hidden = |name: &str| {
        html.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap()
    };
    let form = [("source", hidden("source")), ("form_token", hidden("form_token")), ("decision", decision)];
    let decided = post("/setup/secur/RemoteAccessAuthorizationPage.apexp", &form, &cookie).await.unwrap();
    let address = Url::parse(&location(&decided)).unwrap();
    let mut given: HashMap<String, String> = address.query_pairs().into_owned().collect();
    Callback {
        state: given.remove("state"),
        code: given.remove("code").map(Into::into),
        error: given.remove("error"),
        error_description: given.remove("error_description"),
        iss: given.remove("iss"),
    }
}

fn location(response: &Response) -> String {
    response.headers()["location"].to_str().unwrap().to_owned()
}
