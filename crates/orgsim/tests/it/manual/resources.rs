//! Resources of the manual and of the code.

use reqwest::Method;
use serde_json::json;

use super::{rows, source, words};
use crate::client::{Answer, TestOrg};
use crate::deployments::deploy_by_rest;
use crate::soap;

/// Beginnings of paths that are not below a version of the REST API.
const ROOTS: [&str; 5] = ["/services/", "/id/", "/secur/", "/cometd", "/.well-known/"];

/// Lists the resources of the manual, each with the methods of its row.
fn resources() -> Vec<(String, Vec<Method>)> {
    let mut found = Vec::new();
    for row in rows("resource") {
        let paths: Vec<&str> = words(&row[0]).filter(|word| word.starts_with('/')).collect();
        // Methods of one resource after the other, or the same for all.
        let lists: Vec<Vec<Method>> = row[1].split(';').map(list_methods).collect();
        let of_each = |at: usize| if lists.len() == paths.len() { lists[at].clone() } else { lists.concat() };
        let mut base = String::new();
        for (at, path) in paths.iter().enumerate() {
            let path = match path.strip_prefix("/job/") {
                Some(rest) => format!("{base}/{rest}"),
                None => (*path).to_owned(),
            };
            if path.ends_with("/job") {
                base.clone_from(&path);
            }
            found.push((path, of_each(at)));
        }
    }
    found
}

fn list_methods(cell: &str) -> Vec<Method> {
    let is_method = |word: &&str| matches!(*word, "GET" | "POST" | "PUT" | "PATCH" | "DELETE");
    let methods = cell.split(|letter: char| !letter.is_ascii_alphabetic()).filter(is_method);
    let methods: Vec<Method> = methods.map(|word| word.parse().unwrap()).collect();
    // What is as elsewhere can be read at least.
    if methods.is_empty() { vec![Method::GET] } else { methods }
}

/// Segments of a path in small letters; places to be filled are `*`.
fn segments(path: &str) -> Vec<String> {
    let path = path.split('?').next().unwrap_or_default();
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.map(|part| if part.starts_with('{') { "*".to_owned() } else { part.to_ascii_lowercase() }).collect()
}

/// Reads the patterns of paths that are matched in a source, with all their alternatives; `..` is any rest.
fn patterns(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let arm = line.trim_start();
        let next = lines.get(at + 1).copied().unwrap_or_default();
        let is_arm = arm.trim_start_matches('(').starts_with("[\"") && arm.contains("=>");
        if !is_arm || arm.contains("not_simulated") || next.contains("not_simulated") {
            continue;
        }
        let given = arm.split("=>").next().unwrap_or_default();
        for list in given.split('[').skip(1).filter_map(|list| list.split(']').next()) {
            if !list.contains('"') {
                continue;
            }
            let mut all: Vec<Vec<String>> = vec![Vec::new()];
            for segment in list.split(',') {
                let choices: Vec<String> = match segment.trim() {
                    rest if rest.ends_with("..") => vec!["..".to_owned()],
                    names if names.contains('"') => {
                        names.split('"').skip(1).step_by(2).map(str::to_owned).collect()
                    }
                    _ => vec!["*".to_owned()],
                };
                let extended = all.iter().flat_map(|start| {
                    choices.iter().map(move |choice| start.iter().chain([choice]).cloned().collect())
                });
                all = extended.collect();
            }
            found.extend(all);
        }
    }
    found
}

fn covers(pattern: &[String], path: &[String]) -> bool {
    match (pattern, path) {
        ([any], _) if any == ".." => true,
        ([], []) => true,
        ([first, pattern @ ..], [part, path @ ..]) => {
            (first == "*" || part == "*" || first == part) && covers(pattern, path)
        }
        _ => false,
    }
}

#[test]
fn the_manual_has_every_resource() {
    let mut told: Vec<Vec<String>> = resources().iter().map(|(path, _)| segments(path)).collect();
    // The Tooling API has the resources of the other one below its name.
    let tooling =
        told.iter().filter_map(|path| path.strip_prefix(&["tooling".to_owned()]).map(<[_]>::to_vec));
    told.extend(tooling.collect::<Vec<_>>());
    let mut missing = Vec::new();

    let files = ["src/http/dispatch.rs", "src/http/connect.rs", "src/http/ui_api.rs"];
    let dispatched: Vec<_> = files.iter().flat_map(|file| patterns(&source(file))).collect();
    assert!(dispatched.len() > 20, "{dispatched:?}");
    for pattern in dispatched {
        if !told.iter().any(|path| covers(&pattern, path)) {
            missing.push(pattern.join("/"));
        }
    }
    for file in ["src/http.rs", "src/oauth.rs"] {
        for route in source(file).split(".route(").skip(1) {
            let Some(path) = route.trim_start().strip_prefix('"').and_then(|route| route.split('"').next())
            else {
                // Pages are named by constants.
                continue;
            };
            let mut pattern = segments(path);
            if path.contains("{*") {
                pattern.pop();
                pattern.push("..".to_owned());
            }
            if !pattern.is_empty() && !told.iter().any(|path| covers(&pattern, path)) {
                missing.push(path.to_owned());
            }
        }
    }

    assert!(missing.is_empty(), "not in the tables of resources: {missing:#?}");
}

/// What stands for the places in paths.
struct Places {
    account: String,
    user: String,
    query_job: String,
    ingest_job: String,
    old_job: String,
    old_batch: String,
    locator: String,
    deployment: String,
}

impl Places {
    async fn of(org: &TestOrg) -> Self {
        let account = org.create("Account", json!({ "Name": "Told", "External_Id__c": "k-1" })).await;
        let users = org.query("SELECT Id FROM User LIMIT 1").await.json();
        let request = org.request(Method::GET, "query?q=SELECT+Id+FROM+Account");
        let page = request.header("Sforce-Query-Options", "batchSize=200").send().await.unwrap();
        let page = Answer::read(page).await.json();
        let next = page["nextRecordsUrl"].as_str().unwrap();
        let query_job = org.create_job("SELECT Id FROM Account").await;
        let ingest = json!({ "object": "Account", "operation": "insert", "contentType": "CSV" });
        let ingest = org.send(Method::POST, "jobs/ingest", Some(ingest)).await.json();
        let job = json!({ "operation": "insert", "object": "Account", "contentType": "JSON" });
        let old = org.send(Method::POST, "/services/async/66.0/job", Some(job)).await.json();
        let old_job = old["id"].as_str().unwrap().to_owned();
        let records = Some(json!([{ "Name": "Batch" }]));
        let batch = org
            .send(Method::POST, &format!("/services/async/66.0/job/{old_job}/batch"), records)
            .await
            .json();
        Self {
            account,
            user: users["records"][0]["Id"].as_str().unwrap().to_owned(),
            query_job,
            ingest_job: ingest["id"].as_str().unwrap().to_owned(),
            old_job,
            old_batch: batch["id"].as_str().unwrap().to_owned(),
            locator: next.rsplit('/').next().unwrap().to_owned(),
            deployment: deploy_by_rest(org).await.json()["id"].as_str().unwrap().to_owned(),
        }
    }

    /// Makes an address of a path of the manual.
    fn fill(&self, path: &str, org: &TestOrg) -> String {
        let id = match path {
            _ if path.starts_with("/jobs/query") => &self.query_job,
            _ if path.starts_with("/jobs/ingest") => &self.ingest_job,
            _ if path.starts_with("/services/async") => &self.old_job,
            _ if path.starts_with("/metadata") => &self.deployment,
            _ if path.contains("/users/") || path.contains("/User/") => &self.user,
            _ => &self.account,
        };
        let path = path
            .replace("batch/{id}", &format!("batch/{}", self.old_batch))
            .replace("{field}/{value}", "External_Id__c/k-1")
            .replace("{sObject}/{field}", "Account/External_Id__c")
            .replace("{id}", id)
            .replace("{sObject}", "Account")
            .replace("{event}", "Project_Notice__e")
            .replace("{locator}", &self.locator)
            .replace("{recordType}", "012000000000000AAA")
            .replace("{picklist}", "Industry")
            .replace("{relationship}", "Owner")
            .replace("{version}", "66.0")
            .replace("{org}", &org.line.org_id)
            .replace("{user}", &self.user);
        assert!(!path.contains('{'), "{path}");
        if ROOTS.iter().any(|root| path.starts_with(root)) {
            path
        } else {
            format!("/services/data/v66.0{path}")
        }
    }
}

/// Returns whether a resource is there and takes the method: what it says of an empty body is another matter.
fn is_answered(method: &Method, answer: &Answer) -> bool {
    let status = answer.status.as_u16();
    let is_there = match *method {
        // By its turn all that could be deleted may be gone.
        Method::DELETE => !matches!(status, 401 | 405 | 410),
        _ => !matches!(status, 401 | 404 | 405 | 410),
    };
    // SOAP's faults have the status 500 (SOAP 1.1, 6.2).
    let is_whole = status < 500 || answer.text.contains("<soapenv:Fault>");
    is_there && is_whole && !answer.text.contains("FUNCTIONALITY_NOT_ENABLED")
}

/// Sends what a resource of the manual takes.
async fn ask(org: &TestOrg, method: &Method, address: &str) -> Answer {
    if address.starts_with("/services/Soap/") {
        let path = address.trim_start_matches("/services/Soap/");
        let asked = if path.starts_with("m/") {
            "<checkDeployStatus><asyncProcessId>0Af000000000001AAA</asyncProcessId></checkDeployStatus>"
        } else {
            "<getServerTimestamp/>"
        };
        return soap::call(org, path, &soap::session_header(&org.token), asked).await;
    }
    let body = (*method != Method::GET && *method != Method::DELETE).then(|| json!({}));
    org.send(method.clone(), address, body).await
}

#[tokio::test]
async fn every_resource_of_the_manual_answers() {
    let org = TestOrg::with_records("Account", 300);
    let places = Places::of(&org).await;
    let mut silent = Vec::new();

    let listed = resources().into_iter();
    let mut calls: Vec<(String, Method)> = listed
        .flat_map(|(path, methods)| methods.into_iter().map(move |method| (path.clone(), method)))
        .collect();
    // Those that delete come after the others, and at the end those that sign out.
    calls.sort_by_key(|(path, method)| {
        (ROOTS.iter().any(|root| path.starts_with(root)), *method == Method::DELETE)
    });
    assert!(calls.len() > 80, "{calls:?}");
    for (path, method) in calls {
        let answer = ask(&org, &method, &places.fill(&path, &org)).await;
        if !is_answered(&method, &answer) {
            silent.push(format!("{method} {path}: {} {}", answer.status, answer.text));
        }
    }

    assert!(silent.is_empty(), "{silent:#?}");
}

#[tokio::test]
async fn what_the_manual_says_is_not_there_is_refused() {
    let org = TestOrg::with_records("Account", 1);
    let mut asked = 0;

    for row in rows("asked for") {
        if !row[1].starts_with("403 `FUNCTIONALITY_NOT_ENABLED`") {
            continue;
        }
        let parts = row[0].split(';').filter(|part| !part.trim_start().starts_with("what is not"));
        for path in parts.flat_map(words).filter(|word| word.starts_with('/')) {
            let answer = org.get(path.trim_start_matches('/')).await;
            assert_eq!(answer.error(), (403, "FUNCTIONALITY_NOT_ENABLED".to_owned()), "{path}");
            asked += 1;
        }
    }
    assert!(asked > 2, "{asked}");
}

/// Returns what the manual says is answered to what it says is not there.
fn refusal_of(asked_for: &str) -> String {
    let rows = rows("asked for");
    let mut found = rows.iter().filter(|row| row[0].starts_with(asked_for));
    found.next().unwrap_or_else(|| panic!("the manual says nothing of {asked_for}"))[1].clone()
}

#[tokio::test]
async fn what_the_manual_refuses_otherwise_is_refused_as_it_says() {
    let org = TestOrg::with_records("Account", 1);
    let read = async |request: reqwest::RequestBuilder| Answer::read(request.send().await.unwrap()).await;
    let rest = |method: Method, path: &str| org.request(method, path);
    let xml = "application/xml";
    let job = json!({ "operation": "insert", "object": "Account", "contentType": "CSV" });
    let job = org.send(Method::POST, "/services/async/66.0/job", Some(job)).await.json();
    let job = format!("/services/async/66.0/job/{}", job["id"].as_str().unwrap());
    let exchange = [("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")];
    let session = soap::session_header(&org.token);
    let soql = |soql: &str| rest(Method::GET, "query").query(&[("q", soql)]);
    let answers = [
        ("bodies in XML", read(rest(Method::POST, "sobjects/Account").header("Content-Type", xml)).await),
        ("versions 7.0 to 30.0", read(rest(Method::GET, "/services/data/v30.0/limits")).await),
        ("versions 7.0 to 30.0", read(rest(Method::GET, "/services/data/v99.0/limits")).await),
        ("any other path", read(rest(Method::GET, "nothing")).await),
        ("zipped batches", read(rest(Method::GET, &format!("{job}/spec"))).await),
        (
            "zipped batches",
            read(rest(Method::POST, &format!("{job}/batch")).header("Content-Type", "zip/csv")).await,
        ),
        ("token exchange", org.token(&exchange).await),
        ("other calls of the SOAP API", soap::call(&org, "u/60.0", &session, "<convertLead/>").await),
        ("SOAP versions before 31.0", soap::call(&org, "u/30.0", &session, "<getUserInfo/>").await),
        ("SOAP versions before 31.0", soap::call(&org, "u/65.0", "", "<login/>").await),
        (
            "SOQL: currency literals",
            read(soql("SELECT Id FROM Account WITH DATA CATEGORY Geography__c AT usa__c")).await,
        ),
    ];

    for (asked_for, answer) in answers {
        let told = refusal_of(asked_for);
        assert!(told.contains(answer.status.as_str()), "{asked_for}: {told}: {}", answer.status);
        let code = words(&told).find(|word| answer.text.contains(word));
        assert!(code.is_some() || !told.contains('`'), "{asked_for}: {told}: {}", answer.text);
    }
}

#[tokio::test]
async fn sobjects_and_relationships_that_the_manual_lacks_are_refused() {
    let org = TestOrg::with_records("Account", 1);
    let named = |start: &str| {
        let rows = rows("asked for");
        let row = rows.iter().find(|row| row[0].starts_with(start)).unwrap();
        words(&row[0])
            .filter(|word| word.starts_with(char::is_uppercase))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (lacking, described) = (named("sObjects: `ListView`"), named("sObjects that only describes know"));
    let relationships = named("SOQL: `ActivityHistories`");
    assert!(lacking.len() > 10 && described.len() > 3 && relationships.len() > 4);

    for name in &lacking {
        assert_eq!(
            org.query(&format!("SELECT Id FROM {name}")).await.error(),
            refused("INVALID_TYPE"),
            "{name}"
        );
    }
    for name in &described {
        let answer = org.query(&format!("SELECT Id FROM {name}")).await;
        assert_eq!(answer.error(), refused("INVALID_TYPE_FOR_OPERATION"), "{name}");
    }
    for name in lacking.iter().chain(&described) {
        let answer = org.get(&format!("sobjects/{name}/describe")).await;
        assert_eq!(answer.error(), (404, "NOT_FOUND".to_owned()), "{name}");
    }
    for name in &relationships {
        let answer = org.query(&format!("SELECT (SELECT Id FROM {name}) FROM Account")).await;
        assert_eq!(answer.error(), refused("INVALID_TYPE"), "{name}");
    }
}

fn refused(code: &str) -> (u16, String) {
    (400, code.to_owned())
}
