//! Connecting an org, over HTTP.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use url::{Url, form_urlencoded::Serializer};

use crate::test_app::{Person, TestApp, body, client, cookie_of, refused};

struct Started {
    flow: String,
    authorize_url: String,
    cookie: String,
}

async fn start(app: &TestApp, person: &Person, name: &str) -> Started {
    let response =
        app.post(person, "/connect-flows", json!({"name": name, "environment": "simulated"})).await;
    let cookie = response.headers().get("set-cookie").is_some().then(|| cookie_of(&response));
    let started = body(response, 201).await;
    Started {
        flow: started["flow"]["id"].as_str().unwrap().to_owned(),
        authorize_url: started["authorize_url"].as_str().unwrap().to_owned(),
        cookie: cookie.unwrap(),
    }
}

/// Signs in at the simulated org, presses a button, and returns where the browser is sent.
async fn decide(app: &TestApp, authorize_url: &str, decision: &str) -> String {
    let line = app.org.start_line();
    let page = |path: &str| format!("{}{path}", line.base_url);
    let post = |path: &str, pairs: &[(&str, &str)], cookie: &str| {
        let form = Serializer::new(String::new()).extend_pairs(pairs).finish();
        let request = client().post(page(path)).header("content-type", "application/x-www-form-urlencoded");
        request.header("cookie", cookie.to_owned()).body(form).send()
    };
    let login = location(&client().get(authorize_url).send().await.unwrap());
    let start_url = Url::parse(&page(&login)).unwrap();
    let start_url = start_url.query_pairs().find(|(key, _)| key == "startURL").unwrap().1.into_owned();
    let form = [("username", &*line.username), ("password", &*line.password), ("startURL", &*start_url)];
    let signed_in = post("/login", &form, "").await.unwrap();
    let cookie = cookie_of(&signed_in);
    let consent = client().get(page(&location(&signed_in))).header("cookie", &cookie).send().await.unwrap();
    let html = consent.text().await.unwrap();
    let hidden = |name: &str| {
        html.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap()
    };
    let form = [("source", hidden("source")), ("form_token", hidden("form_token")), ("decision", decision)];
    location(&post("/setup/secur/RemoteAccessAuthorizationPage.apexp", &form, &cookie).await.unwrap())
}

fn location(response: &Response) -> String {
    response.headers()["location"].to_str().unwrap().to_owned()
}

async fn come_back(person: &Person, url: &str, cookie: &str) -> Response {
    let cookies = format!("{}; {cookie}", person.cookie.as_deref().unwrap_or("none=1"));
    client().get(url).header("cookie", cookies).send().await.unwrap()
}

/// Connects the simulated org, and returns the path of the integration.
pub(crate) async fn connect(app: &TestApp, person: &Person) -> String {
    let started = start(app, person, "Sales org").await;
    let address = decide(app, &started.authorize_url, "allow").await;
    assert_eq!(come_back(person, &address, &started.cookie).await.status(), 303);
    let confirm = format!("/connect-flows/{}/confirm", started.flow);
    let integration = body(app.post(person, &confirm, json!({})).await, 201).await;
    format!("/integrations/{}", integration["id"].as_str().unwrap())
}

async fn flow_of(app: &TestApp, person: &Person, started: &Started) -> Value {
    body(app.get(person, &format!("/connect-flows/{}", started.flow)).await, 200).await
}

#[tokio::test]
async fn an_org_is_connected_and_confirmed_once() {
    let (app, owner) = TestApp::set_up().await;
    let started = start(&app, &owner, "Sales org").await;
    let address = decide(&app, &started.authorize_url, "allow").await;

    let back = come_back(&owner, &address, &started.cookie).await;

    assert_eq!(
        (back.status().as_u16(), location(&back)),
        (303, format!("/connect/done?flow={}", started.flow))
    );
    assert_eq!(come_back(&owner, &address, &started.cookie).await.status(), 400);
    let flow = flow_of(&app, &owner, &started).await;
    assert_eq!(flow["status"], "authorized", "{flow}");
    let confirm = format!("/connect-flows/{}/confirm", started.flow);
    let integration = body(app.post(&owner, &confirm, json!({})).await, 201).await;
    assert_eq!(
        (&integration["status"], &integration["missing"]),
        (&json!("incomplete"), &json!(["rule", "mapping"]))
    );
    let connections = body(app.get(&owner, "/connections").await, 200).await;
    let line = app.org.start_line();
    assert!(
        ![&line.access_token, &line.refresh_token]
            .iter()
            .any(|token| connections.to_string().contains(&***token))
    );
    let path = format!("/integrations/{}", integration["id"].as_str().unwrap());
    let change = json!({"instance_url": "https://evil.example"});
    refused(app.send(&owner, Method::PATCH, &path, Some(change)).await, 422, "request.invalid").await;
    let again = start(&app, &owner, "Again").await;
    let address = decide(&app, &again.authorize_url, "allow").await;
    come_back(&owner, &address, &again.cookie).await;
    let flow = flow_of(&app, &owner, &again).await;
    assert_eq!((&flow["status"], &flow["problem"]["code"]), (&json!("failed"), &json!("org.duplicate")));
    assert_eq!(flow["existing_integration"]["name"], "Sales org");
}

#[tokio::test]
async fn a_callback_belongs_to_one_browser_and_ten_minutes() {
    let (app, owner) = TestApp::set_up().await;
    let ben = app.join(&owner, "ben@acme.example", "admin").await;
    let started = start(&app, &owner, "Sales org").await;
    let callback = format!("{}/oauth/salesforce/callback", app.url);
    let address = decide(&app, &started.authorize_url, "allow").await;

    assert_eq!(come_back(&ben, &address, &started.cookie).await.status(), 403);
    assert_eq!(come_back(&owner, &address, "towpath_connect=guessed").await.status(), 403);
    assert_eq!(come_back(&owner, &callback, &started.cookie).await.status(), 400);
    assert_eq!(come_back(&owner, &format!("{address}&error=x"), &started.cookie).await.status(), 400);
    app.clock.advance(10 * 60_000 + 1);
    assert_eq!(come_back(&owner, &address, &started.cookie).await.status(), 400);
    refused(app.get(&ben, &format!("/connect-flows/{}", started.flow)).await, 404, "resource.unknown").await;
}

#[tokio::test]
async fn deny_says_so_without_a_word_of_the_request() {
    let (app, owner) = TestApp::set_up().await;
    let started = start(&app, &owner, "Sales org").await;
    let address = decide(&app, &started.authorize_url, "deny").await;
    let address =
        address.replace("error_description=", "error_description=%3Cscript%3Ealert(1)%3C/script%3E");

    let back = come_back(&owner, &address, &started.cookie).await;

    assert_eq!(back.status(), 303);
    assert!(!back.text().await.unwrap().contains("script"));
    let flow = flow_of(&app, &owner, &started).await;
    assert_eq!(flow["problem"]["code"], "connect.declined");
    assert!(!flow.to_string().contains("<script"));
}

#[tokio::test]
async fn hosts_that_are_not_salesforces_are_refused() {
    let (app, owner) = TestApp::set_up().await;

    for host in [
        "acme.my.salesforce.com.evil.com",
        "evil.com/.my.salesforce.com",
        "evilmy.salesforce.com",
        "169.254.169.254",
        "localhost",
        "\u{430}cme.my.salesforce.com",
    ] {
        let new = json!({"name": "Sales org", "environment": "custom", "host": host, "client_id": "app"});
        refused(app.post(&owner, "/connect-flows", new).await, 422, "host.invalid").await;
    }
    let pasted = json!({
        "name": "Sales org", "environment": "custom", "client_id": "app",
        "host": "https://acme.lightning.force.com/lightning/page/home",
    });
    let problem = body(app.post(&owner, "/connect-flows", pasted).await, 422).await;
    assert_eq!(problem["suggestion"], "acme.my.salesforce.com");
}

#[tokio::test]
async fn a_flow_that_is_confirmed_twice_at_once_makes_one_integration() {
    let (app, owner) = TestApp::set_up().await;
    let started = start(&app, &owner, "Sales org").await;
    let address = decide(&app, &started.authorize_url, "allow").await;
    come_back(&owner, &address, &started.cookie).await;
    let confirm = format!("/connect-flows/{}/confirm", started.flow);

    let asked = async || body(app.post(&owner, &confirm, json!({})).await, 201).await["id"].clone();
    let (one, two, three) = tokio::join!(asked(), asked(), asked());

    assert_eq!([&two, &three], [&one; 2]);
    let integrations = body(app.get(&owner, "/integrations").await, 200).await;
    assert_eq!(integrations["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_member_who_has_connected_an_org_can_be_removed() {
    let (app, owner) = TestApp::set_up().await;
    let ben = app.join(&owner, "ben@acme.example", "admin").await;
    let integration = connect(&app, &ben).await;
    start(&app, &ben, "Another").await;
    let id = body(app.get(&ben, "/session").await, 200).await["member"]["id"].as_str().unwrap().to_owned();

    let removed = app.send(&owner, Method::DELETE, &format!("/members/{id}"), None).await;

    assert_eq!(removed.status(), 204);
    assert_eq!(body(app.get(&owner, &integration).await, 200).await["name"], "Sales org");
}

#[tokio::test]
async fn the_guide_has_all_that_the_app_needs() {
    let (app, owner) = TestApp::set_up().await;

    let options = body(app.get(&owner, "/connect-options").await, 200).await;
    let files = body(app.get(&owner, "/connect-options/app-files").await, 200).await;

    let callback = format!("{}/oauth/salesforce/callback", app.url);
    assert_eq!(options["callback_url"], callback);
    assert_eq!((&options["egress_addresses"], &options["install_links"]), (&json!([]), &Value::Null));
    let files = files["items"].as_array().unwrap();
    let paths: Vec<_> = files.iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&"sfdx-project.json") && paths.len() == 6, "{paths:?}");
    assert!(files.iter().any(|file| file["text"].as_str().unwrap().contains(&callback)));
}

#[tokio::test]
async fn an_org_that_is_connected_gets_one_more_integration_without_an_approval() {
    let (app, owner) = TestApp::set_up().await;
    connect(&app, &owner).await;
    let again = start(&app, &owner, "Service org").await;
    let address = decide(&app, &again.authorize_url, "allow").await;
    come_back(&owner, &address, &again.cookie).await;
    let failed = flow_of(&app, &owner, &again).await;
    assert_eq!(failed["problem"]["code"], "org.duplicate");

    let connection = format!("/connections/{}", failed["existing_connection_id"].as_str().unwrap());
    let new = json!({"name": failed["name"]});
    let added = body(app.post(&owner, &format!("{connection}/integrations"), new).await, 201).await;

    assert_eq!((&added["name"], &added["status"]), (&"Service org".into(), &"incomplete".into()));
    let known = body(app.get(&owner, &connection).await, 200).await;
    assert_eq!((&known["approvals_used"], &known["approvals_most"]), (&1.into(), &5.into()));
    assert_eq!(known["integrations"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_check_names_the_cause_and_what_mends_it() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let path = format!("{integration}/connection-check");
    assert_eq!(body(app.post(&owner, &path, json!({})).await, 200).await["state"], "fine");

    app.org.revoke_approvals();
    let check = body(app.post(&owner, &path, json!({})).await, 200).await;

    assert_eq!(check["state"], "broken");
    let grant = check["lines"].as_array().unwrap().iter().find(|line| line["part"] == "grant").unwrap();
    assert_eq!((&grant["state"], &grant["problem"]["code"]), (&"broken".into(), &"token.revoked".into()));
    assert_eq!(grant["problem"]["remedy"]["place"], "Setup > Connected Apps OAuth Usage");
    let integration = body(app.get(&owner, &integration).await, 200).await;
    assert_eq!(integration["status"], "needs_reconnect");
}
