//! What a page of the browser shows and does, from a terminal: the guide, limits, records with errors, rules, mappings.

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use benches::process::Finished;

use crate::running::{Running, run_with_key};
use crate::scene::assert_says;
use crate::settings_file::admin_key;

struct Scene {
    home: TempDir,
    url: String,
    key: String,
    slug: String,
    id: String,
    org: Json,
    _running: Running,
}

impl Scene {
    /// A demo whose org is connected.
    async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (running, demo) = Running::demo(home.path(), &["--connected"]);
        let key = admin_key(&demo).await;
        let url = demo["url"].as_str().unwrap().trim_end_matches('/').to_owned();
        let listed = run_with_key(home.path(), &url, &key, &["integrations", "list", "--json"]);
        let listed: Json = serde_json::from_str(&listed.succeeded().unwrap().stdout).unwrap();
        let text = |name: &str| listed[0][name].as_str().unwrap().to_owned();
        Self {
            slug: text("slug"),
            id: text("id"),
            home,
            url,
            key,
            org: demo["org"].clone(),
            _running: running,
        }
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        run_with_key(self.home.path(), &self.url, &self.key, arguments)
    }

    fn stdout(&self, arguments: &[&str]) -> String {
        self.run(arguments).succeeded().unwrap().stdout
    }

    fn json(&self, arguments: &[&str]) -> Json {
        serde_json::from_str(&self.stdout(&[arguments, &["--json"]].concat())).unwrap()
    }

    async fn put(&self, path: &str, body: &Json) {
        let request =
            reqwest::Client::new().put(format!("{}/api/v1/integrations/{}/{path}", self.url, self.id));
        request.bearer_auth(&self.key).json(body).send().await.unwrap().error_for_status().unwrap();
    }
}

#[tokio::test]
async fn the_guide_says_what_the_app_needs_and_writes_what_makes_it() {
    let scene = Scene::new().await;
    let folder = scene.home.path().join("app");
    let folder = folder.to_str().unwrap();

    let guide = scene.stdout(&["connect", "guide", "--output", "csv"]);
    let whole = scene.json(&["connect", "guide"]);
    let written = scene.run(&["connect", "guide", "--sign-in", "client-credentials", "--write", folder]);
    let again = scene.run(&["connect", "guide", "--write", folder]);

    for line in [
        &format!("callback address,{}/oauth/salesforce/callback,", scene.url),
        "scope,api,",
        "scope,refresh_token,",
        "address,,Nobody has told it",
        "file,sfdx-project.json,",
        "command,sf org assign permset --name Towpath_Sync,",
    ] {
        assert!(guide.contains(line), "{line:?} in {guide}");
    }
    assert_eq!(whole["callback_url"], format!("{}/oauth/salesforce/callback", scene.url));
    assert_eq!(whole["files"].as_array().unwrap().len(), 6);
    let policy = "app/force-app/main/default/extlClntAppOauthPolicies/Towpath_oauth_defaultPolicy.ecaOauthPlcy-meta.xml";
    let policy = std::fs::read_to_string(scene.home.path().join(policy)).unwrap();
    assert!(policy.contains("<isClientCredentialsFlowEnabled>true<"), "{policy}");
    assert_says(&written, 0, "6 files were written to ");
    assert_says(&again, 2, "cannot be written");
}

#[tokio::test]
async fn limits_are_shown_and_set() {
    let scene = Scene::new().await;
    let limits = |more: &[&str]| scene.stdout(&[&["integrations", "limits", &scene.slug], more].concat());

    let before = limits(&[]);
    let set = limits(&["--allotment", "5000", "--stop-percent", "75"]);
    let kept = scene.json(&["integrations", "limits", &scene.slug, "--stop-percent", "70"]);
    let lifted = limits(&["--no-allotment"]);

    for line in [
        "limit of the org     ",
        "by this integration  ",
        "by others            ",
        "stops at             ",
        "left to others       ",
    ] {
        assert!(before.contains(line), "{line:?} in {before}");
    }
    assert!(before.contains("allotment            as many as the org leaves\n"), "{before}");
    assert!(set.contains("allotment            5000\n") && set.contains(" calls, 75 %\n"), "{set}");
    assert_eq!((&kept["allotment"], &kept["stop_percent"]), (&json!(5_000), &json!(70)));
    assert!(lifted.contains("as many as the org leaves") && lifted.contains(" 70 %"), "{lifted}");
    assert_says(&scene.run(&["integrations", "limits", &scene.slug, "--stop-percent", "101"]), 2, "101");
}

#[tokio::test]
async fn a_rule_is_looked_at_and_deleted() {
    let scene = Scene::new().await;
    let slug = scene.slug.as_str();
    let cost = |more: &[&str]| {
        scene.stdout(&[&["rules", "cost", slug, "Account", "--fields", "Name,Site"], more].concat())
    };

    let table = cost(&["--where", "Name = 'Nobody'"]);
    let sampled = cost(&[]);
    let refused = scene.run(&["rules", "delete", slug, "account"]);
    let deleted = scene.run(&["rules", "delete", slug, "account", "--yes"]);

    assert!(table.contains("would change") && table.contains(" would be marked as filtered\n"), "{table}");
    assert!(!table.contains("\n\n"), "{table}");
    let (facts, sample) = sampled.split_once("\n\n").unwrap();
    assert!(facts.contains("first load") && !facts.contains("would change"), "{facts}");
    let mut lines = sample.lines();
    let header: Vec<_> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(header, ["Name", "Site", "SystemModstamp"]);
    assert!((1..=20).contains(&lines.count()), "{sample}");
    assert_says(&refused, 2, "The rule Account was not deleted: give --yes");
    assert_says(&deleted, 0, "The rule Account is deleted: its ");
    assert!(!scene.stdout(&["rules", "list", slug, "--output", "csv"]).contains("Account,"));
    assert_says(&scene.run(&["rules", "delete", slug, "Account", "--yes"]), 3, "no rule");
}

#[tokio::test]
async fn what_is_mapped_and_not_copied_is_filled() {
    let scene = Scene::new().await;
    let slug = scene.slug.as_str();
    let backfill =
        |more: &[&str]| scene.run(&[&["mappings", "backfill", slug, "--output", "csv"], more].concat());
    scene.put("sync-rules/Account", &json!({ "fields": ["Name"] })).await;
    let mapping = |property: &str, field: &str| json!({ "entity": "company", "property": property, "sobject": "Account", "field": field });
    scene.put("field-mappings", &json!({ "items": [mapping("name", "Name")] })).await;
    assert_says(&backfill(&[]), 0, "All mapped fields are copied.");
    scene
        .put("field-mappings", &json!({ "items": [mapping("name", "Name"), mapping("segment", "Rating")] }))
        .await;

    let shown = backfill(&[]);
    let filled = backfill(&["--yes"]);

    assert_says(&shown, 2, "Nothing was filled: give --yes");
    assert!(
        shown.stdout.starts_with("SOBJECT,FIELDS,RECORDS,CALLS,RULE\nAccount,Rating,"),
        "{}",
        shown.stdout
    );
    assert_says(&filled, 0, "Rating of Account are filled in the run that begins now.");
    assert_says(&backfill(&[]), 0, "All mapped fields are copied.");
}

#[tokio::test]
async fn records_with_an_error_are_tried_until_they_are_mended() {
    let scene = Scene::new().await;
    let slug = scene.slug.as_str();
    let record = scene.json(&["query", slug, "Account", "--limit", "1"])[0]["id"].clone();
    let rename = async |name: &str| {
        let change =
            json!({ "sobject": "Account", "op": "update", "ids": [record], "fields": { "Name": name } });
        let request =
            reqwest::Client::new().post(format!("{}/records", scene.org["control_url"].as_str().unwrap()));
        let request = request.header("x-orgsim-token", scene.org["control_token"].as_str().unwrap());
        request.json(&change).send().await.unwrap().error_for_status().unwrap();
    };
    let retry = || scene.run(&["integrations", "retry", slug, "--sobject", "account", "--output", "csv"]);
    rename("Ac\0me").await;
    // What changed in this very second is read by a later run.
    let has_error = || {
        scene.stdout(&["runs", "start", slug, "--wait"]);
        retry().stdout.contains("text.nul")
    };
    assert!((0..60).any(|_| has_error()), "no run reads the record");

    let still = retry();
    rename("Acme").await;
    let others = scene.run(&["integrations", "retry", slug, "--code", "row.too_wide"]);
    let mended = retry();

    let lines = |row: &str| format!("SOBJECT,CODE,RECORDS,TRIED,MENDED,RUN\nAccount,text.nul,{row}\n");
    assert_eq!((still.status.code(), still.stdout), (Some(8), lines("1,1,0,")));
    assert_says(&others, 0, "No such record has an error.");
    assert_eq!((mended.status.code(), mended.stdout), (Some(0), lines("1,1,1,")));
    assert_says(&retry(), 0, "No such record has an error.");
}

#[tokio::test]
async fn records_without_errors_are_not_tried_and_sessions_are_listed() {
    let scene = Scene::new().await;

    let retried = scene.run(&["integrations", "retry", &scene.slug, "--output", "csv"]);
    let sessions = scene.json(&["sessions", "list"]);
    let table = scene.stdout(&["sessions", "list", "--output", "csv"]);

    assert_says(&retried, 0, "No such record has an error.");
    assert_eq!(retried.stdout, "SOBJECT,CODE,RECORDS,TRIED,MENDED,RUN\n");
    assert_eq!(sessions.as_array().unwrap().len(), table.lines().count() - 1);
    assert!(table.starts_with("ID,BROWSER,SIGNED IN,USED,UNTIL\nses_"), "{table}");
}
