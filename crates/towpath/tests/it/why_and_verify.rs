//! `towpath why` and `towpath verify`, against a demo whose org is changed meanwhile.

use std::path::Path;

use benches::process::Finished;
use serde_json::{Value as Json, json};

use crate::running::{Member, Running, run_with_key};

/// A demo that has copied its org, and the key of its owner.
struct Copied {
    _running: Running,
    demo: Json,
    key: String,
}

impl Copied {
    async fn start(home: &Path) -> Self {
        let (running, demo) = Running::demo(home, &["--connected"]);
        let (_, token) = demo["sign_in_link"].as_str().unwrap().split_once('#').unwrap();
        let member =
            Member::sign_in(demo["url"].as_str().unwrap(), json!({ "link_token": token })).await.unwrap();
        let key = member.make_key("admin").await;
        Self { _running: running, demo, key }
    }

    fn run(&self, home: &Path, arguments: &[&str]) -> Finished {
        run_with_key(home, self.demo["url"].as_str().unwrap(), &self.key, arguments)
    }

    async fn get(&self, path: &str) -> Json {
        let url = format!("{}/api/v1{path}", self.demo["url"].as_str().unwrap());
        let answer = reqwest::Client::new().get(url).bearer_auth(&self.key).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }
}

#[tokio::test]
async fn a_copy_is_verified_and_what_became_of_its_records_is_told() {
    let home = tempfile::tempdir().unwrap();
    let copied = Copied::start(home.path()).await;
    let integration = copied.get("/integrations").await["items"][0].clone();
    let slug = integration["slug"].as_str().unwrap().to_owned();

    let verified = copied.run(home.path(), &["verify", &slug]).succeeded().unwrap();
    assert!(verified.stdout.contains("Account"), "{}", verified.stdout);

    let id = integration["id"].as_str().unwrap();
    let records = copied.get(&format!("/integrations/{id}/records/Account?limit=1")).await;
    let record = records["items"][0]["id"].as_str().unwrap().to_owned();
    let why = copied.run(home.path(), &["why", &record]).succeeded().unwrap();
    assert!(why.stdout.contains("Account"), "{}", why.stdout);
    let json: Json = {
        let listed = copied.run(home.path(), &["why", &record, "--output", "json"]).succeeded().unwrap();
        serde_json::from_str(&listed.stdout).unwrap()
    };
    assert!(json.to_string().contains("\"state\":\"synced\""), "{json}");

    // A rule that leaves it out now takes it out of the copy, and says so.
    let filtered = format!(
        "version = 1\n[[integration]]\nslug = \"{slug}\"\n[[integration.rule]]\nsobject = \"Account\"\n\
         where = \"Id != '{record}'\"\n\
         [[integration.mapping]]\nproperty = \"company.name\"\nfrom = \"Account.Name\"\n"
    );
    let file = home.path().join("filtered.toml");
    std::fs::write(&file, filtered).unwrap();
    copied.run(home.path(), &["apply", "-f", file.to_str().unwrap(), "--yes"]).succeeded().unwrap();
    copied.run(home.path(), &["verify", &slug, "--heal", "--sobject", "Account"]).succeeded().unwrap();
    let why = copied.run(home.path(), &["why", &record]).succeeded().unwrap();
    assert!(why.stdout.contains("does not pass the rule's filter any more"), "{}", why.stdout);

    // No record has this id, and no rule says that it was left out.
    let unknown = copied.run(home.path(), &["why", "001000000000zzzAAA"]);
    assert_ne!(unknown.status.code(), Some(0), "{}", unknown.stdout);
}

#[tokio::test]
async fn a_loss_that_nothing_explains_is_believed_when_somebody_confirms_it() {
    let home = tempfile::tempdir().unwrap();
    let copied = Copied::start(home.path()).await;
    let integration = copied.get("/integrations").await["items"][0].clone();
    let (id, slug) = (integration["id"].as_str().unwrap(), integration["slug"].as_str().unwrap());
    // From here on it is known what is deleted.
    copied.run(home.path(), &["verify", slug, "--heal"]).succeeded().unwrap();
    let org = &copied.demo["org"];
    let rights = json!({ "user": org["username"], "permissions": { "ViewAllData": false, "ModifyAllData": false },
        "objects": { "Account": ["read"] }, "org_wide_defaults": { "Account": "Private" } });
    let take = reqwest::Client::new().post(format!("{}/rights", org["control_url"].as_str().unwrap()));
    let take = take.header("x-orgsim-token", org["control_token"].as_str().unwrap()).json(&rights);
    take.send().await.unwrap().error_for_status().unwrap();
    let verify = |arguments: &[&str]| {
        let finished = copied.run(home.path(), arguments);
        (finished.status.code(), finished.stdout)
    };

    let (code, kept) = verify(&["verify", slug, "--sobject", "Account", "--heal", "--json"]);
    let (accepted_code, accepted) =
        verify(&["verify", slug, "--sobject", "Account", "--heal", "--accept-loss", "--json"]);

    assert_eq!(code, Some(8), "{kept}");
    assert!(kept.contains("records.hidden"), "{kept}");
    assert_eq!(accepted_code, Some(0), "{accepted}");
    let records = copied.get(&format!("/integrations/{id}/records/Account?limit=500")).await;
    assert!(records["items"].as_array().unwrap().len() < 200);
}
