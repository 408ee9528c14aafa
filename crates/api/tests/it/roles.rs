//! Who may call what: one row for each operation of the document.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::test_app::{Person, TestApp, body};

/// The least role for each operation; `public` where nobody need be signed in.
const ROLES: &str = "
    get /session public
    post /session public
    delete /session viewer
    post /setup public
    post /welcome public
    get /workspace viewer
    patch /workspace admin
    get /members viewer
    post /members owner
    patch /members/{user_id} owner
    delete /members/{user_id} owner
    post /members/{user_id}/sign-in-link owner
    delete /members/{user_id}/sessions owner
    get /sessions viewer
    delete /sessions viewer
    delete /sessions/{id} viewer
    get /connect-options/app-files admin
    post /connections/{id}/integrations admin
    post /integrations/{id}/connection-check operator
    get /api-keys viewer
    post /api-keys viewer
    delete /api-keys/{id} viewer
    get /connect-options admin
    post /connect-flows admin
    get /connect-flows/{id} operator
    delete /connect-flows/{id} operator
    post /connect-flows/{id}/confirm admin
    get /connect-flows/{id}/user-change admin
    get /connections admin
    get /personal-connections operator
    post /personal-connections operator
    delete /personal-connections/{id} operator
    get /connections/{id} admin
    get /integrations viewer
    get /integrations/{id} viewer
    patch /integrations/{id} admin
    delete /integrations/{id} admin
    get /integrations/{id}/deletion admin
    post /integrations/{id}/pause operator
    post /integrations/{id}/resume operator
    get /integrations/{id}/sobjects admin
    get /integrations/{id}/sobjects/{sobject} admin
    get /integrations/{id}/sync-rules viewer
    put /integrations/{id}/sync-rules/{sobject} admin
    delete /integrations/{id}/sync-rules/{sobject} admin
    post /integrations/{id}/sync-rules/preview admin
    get /integrations/{id}/sync-rules/{sobject}/fields viewer
    post /integrations/{id}/sync-rules/{sobject}/accepted-fields admin
    get /groups viewer
    post /groups admin
    patch /groups/{id} admin
    delete /groups/{id} admin
    put /groups/{id}/members admin
    put /groups/{id}/connected-groups admin
    get /integrations/{id}/shares viewer
    put /integrations/{id}/shares admin
    delete /integrations/{id}/shares/{group_id} operator
    get /integrations/{id}/shares/draft admin
    put /integrations/{id}/shares/draft admin
    delete /integrations/{id}/shares/draft admin
    post /integrations/{id}/set-up admin
    get /integrations/{id}/row-error-kinds viewer
    post /integrations/{id}/row-error-kinds/{sobject}/{code}/retry operator
    get /entities viewer
    get /integrations/{id}/field-mappings viewer
    put /integrations/{id}/field-mappings admin
    get /integrations/{id}/field-mappings/suggestions admin
    post /integrations/{id}/field-mappings/preview admin
    get /integrations/{id}/field-mappings/draft admin
    put /integrations/{id}/field-mappings/draft admin
    delete /integrations/{id}/field-mappings/draft admin
    get /mapping-templates viewer
    get /integrations/{id}/field-mappings/templates/{name} admin
    post /integrations/{id}/sync-rules/{sobject}/reload operator
    get /integrations/{id}/limits viewer
    put /integrations/{id}/limits admin
    get /integrations/{id}/calls viewer
    post /runs/{id}/cancel operator
    get /runs viewer
    get /integrations/{id}/runs viewer
    post /integrations/{id}/runs operator
    get /runs/{id} viewer
    get /runs/{id}/row-errors viewer
    get /events viewer
    get /timeline viewer
    get /integrations/{id}/records viewer
    get /integrations/{id}/records/{sobject} viewer
    get /integrations/{id}/records/{sobject}/{record_id} viewer
    post /integrations/{id}/records/{sobject}/{record_id}/refresh viewer
    get /integrations/{id}/sweeps viewer
    post /integrations/{id}/sweeps operator
    get /integrations/{id}/sweeps/{sweep_id} viewer
    get /integrations/{id}/drift viewer
    get /explanations/{record_id} viewer
";

const RANKS: [&str; 5] = ["public", "viewer", "operator", "admin", "owner"];

pub(crate) fn rank(role: &str) -> usize {
    RANKS.iter().position(|known| *known == role).unwrap()
}

pub(crate) fn rows() -> BTreeMap<(String, String), &'static str> {
    let rows = ROLES.lines().map(str::trim).filter(|line| !line.is_empty());
    rows.map(|row| {
        let mut words = row.split(' ');
        let (method, path) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
        ((method, path), words.next().unwrap())
    })
    .collect()
}

fn operations() -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&api::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let path = path.strip_prefix("/api/v1").unwrap().to_owned();
            item.as_object().unwrap().keys().map(move |method| (method.clone(), path.clone()))
        })
        .collect()
}

#[test]
fn every_operation_has_a_row() {
    let mut operations = operations();
    operations.sort();

    assert_eq!(rows().into_keys().collect::<Vec<_>>(), operations);
}

#[tokio::test]
async fn every_operation_answers_as_the_role_allows() {
    let (app, owner) = TestApp::set_up().await;
    let key = json!({"name": "Reads", "role": "viewer"});
    let key = body(app.post(&owner, "/api-keys", key).await, 201).await;
    let mut people =
        vec![("public", Person::default()), ("viewer", Person::with_key(key["token"].as_str().unwrap()))];
    for role in ["viewer", "operator", "admin"] {
        people.push((role, app.join(&owner, &format!("{role}@acme.example"), role).await));
    }
    people.push(("owner", owner));
    let mut wrong = Vec::new();

    for ((method, path), least) in rows() {
        // Signing out would end the session that the next operation needs.
        let is_sign_out = (method.as_str(), path.as_str()) == ("delete", "/session");
        let address = address_of(&path);
        let sent = (method != "get").then(|| json!({}));
        for (role, person) in people.iter().filter(|(role, _)| !is_sign_out || *role == "public") {
            let verb: Method = method.to_uppercase().parse().unwrap();
            let status = app.send(person, verb, &address, sent.clone()).await.status().as_u16();
            let is_right = match () {
                () if rank(role) >= rank(least) => status != 401 && status != 403 && status < 500,
                () if *role == "public" => status == 401,
                () => status == 403,
            };
            if !is_right {
                wrong.push(format!("{method} {path} as {role}: {status}, and it needs {least}"));
            }
        }
    }

    assert_eq!(wrong, Vec::<String>::new());
}

/// An address of an operation, with ids that nothing has.
pub(crate) fn address_of(path: &str) -> String {
    path.replace("{user_id}", "usr_00000000000000000000000000")
        .replace("{sobject}", "Account")
        .replace("{sweep_id}", "swp_00000000000000000000000000")
        .replace("{record_id}", "001000000000001AAA")
        .replace("{id}", id_for(path))
}

fn id_for(path: &str) -> &'static str {
    match path.split('/').nth(1).unwrap() {
        "api-keys" => "key_00000000000000000000000000",
        "connect-flows" => "flw_00000000000000000000000000",
        "connections" | "personal-connections" => "con_00000000000000000000000000",
        "groups" => "grp_00000000000000000000000000",
        "sessions" => "ses_00000000000000000000000000",
        "runs" => "run_00000000000000000000000000",
        _ => "int_00000000000000000000000000",
    }
}
