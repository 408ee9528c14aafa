//! Connecting an org, over HTTP.

use orgsim::{FaultKind, FaultSpec};
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
    start_as(app, person, &json!({"name": name, "environment": "simulated"})).await
}

async fn start_as(app: &TestApp, person: &Person, new: &Value) -> Started {
    let response = app.post(person, "/connect-flows", new.clone()).await;
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
    connect_as(app, person, &json!({"name": "Sales org", "environment": "simulated"})).await
}

/// The same, as somebody wants it.
pub(crate) async fn connect_as(app: &TestApp, person: &Person, new: &Value) -> String {
    let started = start_as(app, person, new).await;
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
    assert_eq!(come_back(&owner, &address, "towpath_connect_x=guessed").await.status(), 403);
    assert_eq!(come_back(&owner, &callback, &started.cookie).await.status(), 400);
    assert_eq!(come_back(&owner, &format!("{address}&error=x"), &started.cookie).await.status(), 400);
    app.clock.advance(10 * 60_000 + 1);
    assert_eq!(come_back(&owner, &address, &started.cookie).await.status(), 400);
    refused(app.get(&ben, &format!("/connect-flows/{}", started.flow)).await, 404, "resource.unknown").await;
}

#[tokio::test]
async fn two_tabs_connect_at_once() {
    let (app, owner) = TestApp::set_up().await;
    let first = start(&app, &owner, "First tab").await;
    // The browser sends what it has, so that the second walk sees the cookie of the first.
    let cookie = Some(format!("{}; {}", owner.cookie.as_ref().unwrap(), first.cookie));
    let second = start(&app, &Person { cookie, ..owner.clone() }, "Second tab").await;
    let jar = |one: &Started| one.cookie.split_once('=').unwrap().0.to_owned();
    assert_ne!(jar(&first), jar(&second));
    let both = format!("{}; {}", first.cookie, second.cookie);

    let addresses = [
        decide(&app, &first.authorize_url, "allow").await,
        decide(&app, &second.authorize_url, "deny").await,
    ];
    for address in &addresses {
        assert_eq!(come_back(&owner, address, &both).await.status(), 303);
    }

    let [one, other] = [flow_of(&app, &owner, &first).await, flow_of(&app, &owner, &second).await];
    assert_eq!((&one["status"], &other["status"]), (&json!("authorized"), &json!("failed")));
}

#[tokio::test]
async fn a_browser_keeps_the_cookies_of_a_few_walks_only() {
    let (app, owner) = TestApp::set_up().await;
    let mut cookies = vec![owner.cookie.clone().unwrap()];
    cookies.extend((0..8).map(|number| format!("towpath_connect_cfl_{number}=old")));
    let person = Person { cookie: Some(cookies.join("; ")), ..owner };

    let new = json!({"name": "Sales org", "environment": "simulated"});
    let started = app.post(&person, "/connect-flows", new).await;

    let set: Vec<_> =
        started.headers().get_all("set-cookie").iter().map(|one| one.to_str().unwrap()).collect();
    assert_eq!(set.len(), 2, "{set:?}");
    assert!(set[1].starts_with("towpath_connect_cfl_0=;") && set[1].ends_with("Max-Age=0"), "{set:?}");
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
    let told = TestApp::with_config(|config| {
        config.package_id = Some("04t000000000001AAA".to_owned());
        config.egress_addresses = vec!["192.0.2.7".to_owned(), "2001:db8::7".to_owned()];
    });
    let told = told.await;
    let admin = told.make_owner().await;
    let known = body(told.get(&admin, "/connect-options").await, 200).await;
    let link = |host: &str| {
        format!("https://{host}.salesforce.com/packaging/installPackage.apexp?p0=04t000000000001AAA")
    };
    let links = json!({"production": link("login"), "sandbox": link("test")});
    assert_eq!(known["install_links"], links);
    assert_eq!(known["egress_addresses"], json!(["192.0.2.7", "2001:db8::7"]));
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
    assert_eq!(known["created_at"], app.clock.now().to_string());
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

#[tokio::test]
async fn a_refused_address_is_named_where_it_is_known() {
    let app = TestApp::with_config(|config| config.egress_addresses = vec!["192.0.2.7".to_owned()]).await;
    let owner = app.make_owner().await;
    let integration = connect(&app, &owner).await;
    let refusal = json!({"error": "invalid_grant", "error_description": "ip restricted"}).to_string();
    app.org.faults().add(FaultSpec {
        status: Some(400),
        body: Some(refusal),
        times: 1_000,
        ..FaultSpec::new(FaultKind::Status, "token")
    });

    let check =
        body(app.post(&owner, &format!("{integration}/connection-check"), json!({})).await, 200).await;
    let seen = body(app.get(&owner, &integration).await, 200).await;

    let named = "This server calls from 192.0.2.7.";
    let grant = check["lines"].as_array().unwrap().iter().find(|line| line["part"] == "grant").unwrap();
    for text in [&grant["text"], &grant["problem"]["text"], &seen["problems"][0]["text"]] {
        assert!(text.as_str().unwrap().ends_with(named), "{text}");
    }
}

/// The private key whose certificate the simulated org's app has.
fn private_key(app: &TestApp) -> String {
    std::fs::read_to_string(app.org.start_line().jwt_key_file.as_ref().unwrap()).unwrap()
}

async fn key_of(app: &TestApp, owner: &Person, role: &str) -> Person {
    let key = body(app.post(owner, "/api-keys", json!({"name": "Connects", "role": role})).await, 201).await;
    Person::with_key(key["token"].as_str().unwrap())
}

#[tokio::test]
async fn an_app_signs_in_by_itself_without_a_browser_and_its_key_is_never_shown() {
    let (app, owner) = TestApp::set_up().await;
    let program = key_of(&app, &owner, "admin").await;
    let pem = private_key(&app);
    let new = json!({
        "name": "Sales org", "environment": "simulated", "sign_in": "jwt_bearer",
        "username": app.org.start_line().username, "private_key": pem,
    });

    let started = body(app.post(&program, "/connect-flows", new).await, 201).await;

    assert_eq!(
        (&started["authorize_url"], &started["flow"]["sign_in"]),
        (&Value::Null, &"jwt_bearer".into())
    );
    assert_eq!(started["flow"]["status"], "authorized", "{started}");
    let confirm = format!("/connect-flows/{}/confirm", started["flow"]["id"].as_str().unwrap());
    let integration = body(app.post(&program, &confirm, json!({})).await, 201).await;
    let connections = body(app.get(&program, "/connections").await, 200).await;
    let connection = &connections["items"][0];
    assert_eq!((&connection["sign_in"], &connection["approvals_used"]), (&"jwt_bearer".into(), &0.into()));
    let inside = pem.lines().nth(1).unwrap();
    for shown in [&started, &integration, &connections] {
        assert!(!shown.to_string().contains(inside));
    }
    let id = integration["id"].as_str().unwrap();
    let check = format!("/integrations/{id}/connection-check");
    assert_eq!(body(app.post(&program, &check, json!({})).await, 200).await["state"], "warning");
    // Another way for the same integration, with what the server knows of its app.
    let again = json!({"integration_id": id, "environment": "simulated", "sign_in": "client_credentials"});
    let again = body(app.post(&program, "/connect-flows", again).await, 201).await;
    assert_eq!(
        (&again["flow"]["status"], &again["flow"]["integration_id"]),
        (&"finished".into(), &id.into())
    );
}

#[tokio::test]
async fn an_app_that_cannot_sign_in_by_itself_says_what_is_missing() {
    let (app, owner) = TestApp::set_up().await;
    let ask = async |more: Value| {
        let mut new = json!({"name": "Sales org", "environment": "simulated", "sign_in": "jwt_bearer"});
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        app.post(&owner, "/connect-flows", new).await
    };

    refused(ask(json!({"username": "ada@acme.example"})).await, 422, "app.key_missing").await;
    let not_a_key = json!({"username": "ada@acme.example", "private_key": "-----BEGIN CERTIFICATE-----"});
    refused(ask(not_a_key).await, 422, "app.key_unusable").await;
    refused(ask(json!({"private_key": private_key(&app)})).await, 422, "app.username_missing").await;
    let cloud = json!({"sign_in": "client_credentials", "environment": "production", "client_id": "app", "client_secret": "s"});
    refused(ask(cloud).await, 422, "org.my_domain_needed").await;
    refused(ask(json!({"sign_in": "access_token"})).await, 422, "request.invalid").await;
    let stranger = json!({"username": "nobody@acme.example", "private_key": private_key(&app)});
    let flow = body(ask(stranger).await, 201).await["flow"].clone();
    assert_eq!((&flow["status"], &flow["problem"]["code"]), (&"failed".into(), &"app.not_approved".into()));
    let remedy = &flow["problem"]["remedy"];
    assert_eq!(remedy["place"], "Setup > External Client App Manager", "{flow}");
}

#[tokio::test]
async fn the_files_of_an_app_hold_what_its_way_to_sign_in_needs() {
    let (app, owner) = TestApp::set_up().await;

    for (sign_in, expected) in [
        ("consent", None),
        ("jwt_bearer", Some("<certificate>")),
        ("client_credentials", Some("<clientCredentialsFlowUser>")),
    ] {
        let path = format!("/connect-options/app-files?sign_in={sign_in}");
        let files = body(app.get(&owner, &path).await, 200).await["items"].to_string();
        for tag in ["<certificate>", "<clientCredentialsFlowUser>"] {
            assert_eq!(files.contains(tag), expected == Some(tag), "{sign_in}: {tag}");
        }
    }
}

#[tokio::test]
async fn a_member_connects_their_own_user_and_takes_it_with_them() {
    let (app, owner) = TestApp::set_up().await;
    connect(&app, &owner).await;
    let ben = app.join(&owner, "ben@acme.example", "operator").await;
    let orgs = body(app.get(&ben, "/personal-connections").await, 200).await;
    let org = &orgs["items"][0]["org"]["id"];
    assert_eq!(orgs["items"][0]["connection"], Value::Null);

    let response = app.post(&ben, "/personal-connections", json!({"org_id": org})).await;
    let cookie = cookie_of(&response);
    let started = body(response, 201).await;
    let address = decide(&app, started["authorize_url"].as_str().unwrap(), "allow").await;
    assert_eq!(come_back(&ben, &address, &cookie).await.status(), 303);

    let flow = format!("/connect-flows/{}", started["flow"]["id"].as_str().unwrap());
    let flow = body(app.get(&ben, &flow).await, 200).await;
    assert_eq!((&flow["kind"], &flow["status"]), (&"personal".into(), &"finished".into()), "{flow}");
    let mine =
        async |person| body(app.get(person, "/personal-connections").await, 200).await["items"][0].clone();
    assert_eq!(mine(&ben).await["connection"]["username"], app.org.start_line().username);
    assert_eq!(mine(&owner).await["connection"], Value::Null);
    // The list of connections is of those that orgs are synced by; the gauge counts all.
    let connections = body(app.get(&owner, "/connections").await, 200).await;
    assert_eq!(connections["items"].as_array().unwrap().len(), 1);
    assert_eq!(connections["items"][0]["approvals_used"], 2);
    let own = format!("/personal-connections/{}", mine(&ben).await["connection"]["id"].as_str().unwrap());
    refused(app.send(&owner, Method::DELETE, &own, None).await, 404, "resource.unknown").await;

    let id = body(app.get(&ben, "/session").await, 200).await["member"]["id"].as_str().unwrap().to_owned();
    assert_eq!(app.send(&owner, Method::DELETE, &format!("/members/{id}"), None).await.status(), 204);
    app.clock.advance(60_000);
    while engine::run_next(&app.engine, engine::Patience::of_server()).await.unwrap() == engine::Step::Worked
    {
    }

    let connections = body(app.get(&owner, "/connections").await, 200).await;
    assert_eq!(connections["items"][0]["approvals_used"], 1);
    refused(app.send(&owner, Method::DELETE, &own, None).await, 404, "resource.unknown").await;
}
