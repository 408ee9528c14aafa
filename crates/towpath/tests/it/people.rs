//! Members and groups on the command line.

use serde_json::Value as Json;
use tempfile::TempDir;

use benches::process::Finished;

use crate::running::{Member, Running, run_with_key};
use crate::scene::assert_says;

struct Scene {
    home: TempDir,
    url: String,
    key: String,
    _server: Running,
}

impl Scene {
    /// A server, and a key of its owner with this role.
    async fn new(role: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let (server, url, token) = Running::serve(home.path());
        let key = Member::set_up(&url, &token.unwrap()).await.make_key(role).await;
        Self { home, url, key, _server: server }
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        run_with_key(self.home.path(), &self.url, &self.key, arguments)
    }

    fn csv(&self, arguments: &[&str]) -> String {
        self.run(&[arguments, &["--output", "csv"]].concat()).succeeded().unwrap().stdout
    }

    fn json(&self, arguments: &[&str]) -> Json {
        let finished = self.run(&[arguments, &["--json"]].concat()).succeeded().unwrap();
        serde_json::from_str(&finished.stdout).unwrap()
    }
}

#[tokio::test]
async fn a_member_is_invited_comes_gets_another_role_and_leaves() {
    let scene = Scene::new("owner").await;

    let invited = scene.json(&["members", "invite", "ben@example.com", "--name", "Ben", "--role", "viewer"]);
    let people = scene.csv(&["members", "list"]);
    scene.run(&["members", "role", "BEN@example.com", "operator"]).succeeded().unwrap();
    let link = scene.json(&["members", "link", "ben@example.com"])["link"].as_str().unwrap().to_owned();

    assert!(people.contains("ben@example.com,Ben,viewer,invited"), "{people}");
    assert!(invited["link"].as_str().unwrap().starts_with(&scene.url), "{invited}");
    let (_, token) = link.split_once('#').unwrap();
    let body = serde_json::json!({ "link_token": token });
    let ben = Member::sign_in(&scene.url, body).await.unwrap();
    assert_eq!(ben.status_of("members").await, 200);
    let people = scene.csv(&["members", "list"]);
    assert!(people.contains("ben@example.com,Ben,operator,20"), "{people}");
    scene.run(&["members", "sign-out", "ben@example.com"]).succeeded().unwrap();
    assert_eq!(ben.status_of("members").await, 401);
    assert_says(&scene.run(&["members", "remove", "ben@example.com"]), 2, "--yes");
    scene.run(&["members", "remove", "ben@example.com", "--yes"]).succeeded().unwrap();
    assert!(!scene.csv(&["members", "list"]).contains("ben@example.com"));
    assert_says(&scene.run(&["members", "link", "ben@example.com"]), 3, "no member");
    assert_says(&scene.run(&["members", "role", "ada@example.com", "viewer"]), 5, "[member.last_owner");
}

#[tokio::test]
async fn who_is_a_member_is_for_owners_to_decide() {
    let scene = Scene::new("admin").await;

    let invited = scene.run(&["members", "invite", "ben@example.com", "--role", "viewer"]);

    assert_says(&invited, 4, "[role.missing");
    assert!(scene.csv(&["members", "list"]).contains("ada@example.com,Ada,owner,"));
}

#[tokio::test]
async fn groups_are_made_connected_parted_and_get_salesforce() {
    let scene = Scene::new("owner").await;
    scene.run(&["members", "invite", "ben@example.com", "--role", "viewer"]).succeeded().unwrap();
    for name in ["Sales", "Service", "Legal"] {
        scene.run(&["groups", "create", name]).succeeded().unwrap();
    }
    assert_says(&scene.run(&["groups", "create", "sales"]), 5, "[group.exists");

    scene.run(&["groups", "connect", "sales", "Service", "Legal"]).succeeded().unwrap();
    scene.run(&["groups", "disconnect", "Legal", "Sales"]).succeeded().unwrap();
    scene.run(&["groups", "add", "Sales", "ben@example.com", "ada@example.com"]).succeeded().unwrap();
    let sales = scene.csv(&["groups", "salesforce", "Sales", "on"]);

    assert!(sales.contains(",Sales,on,2,Service\n"), "{sales}");
    assert_eq!(
        scene.csv(&["groups", "list"]),
        "NAME,SALESFORCE,MEMBERS,CONNECTED WITH,INTEGRATIONS,RECEIVED\n\
         Legal,off,1,,0,0\nSales,on,2,Service,0,0\nService,off,1,Sales,0,0\n"
    );
    scene.run(&["groups", "salesforce", "Sales", "off"]).succeeded().unwrap();
    assert!(scene.csv(&["groups", "list"]).contains("Sales,off,2,Service,"));
    assert_says(&scene.run(&["groups", "connect", "Sales", "Nobody"]), 3, "no group \"Nobody\"");
    scene.run(&["groups", "remove", "Sales", "ben@example.com"]).succeeded().unwrap();
    scene.run(&["groups", "rename", "Legal", "Law"]).succeeded().unwrap();
    assert_says(&scene.run(&["groups", "delete", "law"]), 2, "--yes");
    scene.run(&["groups", "delete", "Service", "--yes"]).succeeded().unwrap();
    assert_eq!(
        scene.csv(&["groups", "list"]),
        "NAME,SALESFORCE,MEMBERS,CONNECTED WITH,INTEGRATIONS,RECEIVED\nLaw,off,1,,0,0\nSales,off,1,,0,0\n"
    );
}
