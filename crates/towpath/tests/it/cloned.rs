//! A database that was copied, and started elsewhere: it shows what is there and leaves the grants of the original alone,
//! until whoever runs it says whose it is.

use std::fs;
use std::path::{Path, PathBuf};

use benches::org::Org;
use benches::postgres::{create_database, drop_database};
use benches::site::{activate, wait_for_run};
use benches::visitor::Visitor;
use serde_json::{Value as Json, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, Row};

use crate::running::{Member, Running, program, run_with_key};
use crate::scene::{assert_says, towpath};

const WEEK_S: u64 = 7 * 24 * 3_600;

/// A server's folder and database.
struct Place {
    home: PathBuf,
    /// Absent where the database is a file in the folder.
    database_url: Option<String>,
    key_file: PathBuf,
}

impl Place {
    fn new(folder: &Path, name: &str, database_url: Option<String>) -> Self {
        let home = folder.join(name);
        fs::create_dir(&home).unwrap();
        Self { home, database_url, key_file: folder.join("original/data/keys/towpath.key") }
    }

    /// What every process of it has to be told.
    fn variables(&self, org: &Org) -> Vec<(String, String)> {
        let line = &org.start_line;
        let secret = self.home.join("secret");
        fs::write(&secret, &line.client_secret).unwrap();
        let host = line.base_url.trim_start_matches("http://");
        let mut variables = vec![
            ("TOWPATH_DATA_DIR", self.home.join("data").display().to_string()),
            ("TOWPATH_DEV_ALLOW_HOSTS", format!("[\"{host}\"]")),
            ("TOWPATH_SALESFORCE__SIMULATED__CLIENT_ID", line.client_id.clone()),
            ("TOWPATH_SALESFORCE__SIMULATED__CLIENT_SECRET_FILE", secret.display().to_string()),
        ];
        if self.key_file.exists() {
            variables.push(("TOWPATH_KEY_FILE", self.key_file.display().to_string()));
        }
        variables.extend(self.database_url.clone().map(|url| ("TOWPATH_DATABASE_URL", url)));
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn serve(&self, org: &Org) -> (Running, String, Option<String>) {
        let variables = self.variables(org);
        let variables: Vec<_> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        Running::serve_with(&self.home, &variables)
    }

    fn run(&self, org: &Org, arguments: &[&str]) -> benches::process::Finished {
        let mut command = program(&self.home);
        benches::process::run(command.envs(self.variables(org)).args(arguments)).unwrap()
    }

    /// All that stands there of grants, work and progress.
    async fn state(&self) -> Vec<String> {
        let mut state = Vec::new();
        for table in ["connections", "work", "sync_runs", "checkpoints", "connect_flows"] {
            state.extend(match &self.database_url {
                Some(url) => rows_of_postgres(url, table).await,
                None => rows_of_sqlite(&self.home.join("data/towpath.db"), table).await,
            });
        }
        state
    }
}

async fn rows_of_postgres(url: &str, table: &str) -> Vec<String> {
    let mut database = PgConnection::connect(url).await.unwrap();
    let sql = format!("select cast(t as text) from towpath.{table} t order by 1");
    let rows = database.fetch_all(AssertSqlSafe(sql)).await.unwrap();
    database.close().await.unwrap();
    rows.iter().map(|row| format!("{table} {}", row.get::<String, _>(0))).collect()
}

async fn rows_of_sqlite(file: &Path, table: &str) -> Vec<String> {
    let mut database = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    let columns = format!(
        "select group_concat('quote(' || name || ')', '||') from pragma_table_info('towpath_{table}')"
    );
    let columns: String = database.fetch_one(AssertSqlSafe(columns)).await.unwrap().get(0);
    let sql = format!("select {columns} from towpath_{table} order by 1");
    let rows = database.fetch_all(AssertSqlSafe(sql)).await.unwrap();
    database.close().await.unwrap();
    rows.iter().map(|row| format!("{table} {}", row.get::<String, _>(0))).collect()
}

/// Makes a copy of a server's database, as somebody does who wants to try things with real data.
async fn clone_of(original: &Place, folder: &Path) -> Place {
    let Some(url) = &original.database_url else {
        let clone = Place::new(folder, "clone", None);
        fs::create_dir(clone.home.join("data")).unwrap();
        fs::copy(original.home.join("data/towpath.db"), clone.home.join("data/towpath.db")).unwrap();
        return clone;
    };
    let empty = create_database().await.unwrap();
    let name = |url: &str| url::Url::parse(url).unwrap().path().trim_start_matches('/').to_owned();
    let mut server = PgConnection::connect(&std::env::var("TOWPATH_TEST_POSTGRES").unwrap()).await.unwrap();
    for sql in [
        format!("drop database {}", name(&empty)),
        format!("create database {} template {}", name(&empty), name(url)),
    ] {
        server.execute(AssertSqlSafe(sql)).await.unwrap();
    }
    server.close().await.unwrap();
    Place::new(folder, "clone", Some(empty))
}

/// Connects the org and copies its accounts.
async fn fill(place: &Place, org: &Org) {
    let (server, url, token) = place.serve(org);
    let mut visitor = Visitor::set_up(url.parse().unwrap(), &token.unwrap()).await.unwrap();
    let line = &org.start_line;
    let integration = visitor.connect(line, &line.username, &line.password).await.unwrap();
    activate(&mut visitor, &integration, WEEK_S).await.unwrap();
    wait_for_run(&mut visitor, &integration).await.unwrap();
    server.stop();
}

/// The calls of the org, other than those of tests.
async fn calls(org: &Org) -> (u64, u64) {
    let counters = org.counters().await.unwrap();
    (counters.token_calls, counters.api_calls)
}

async fn assert_leaves_the_original_alone(database_url: Option<String>) {
    let org =
        Org::start(towpath(), &["--accounts", "20", "--rotate-refresh-tokens", "--revoke-family-on-reuse"])
            .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let original = Place::new(folder.path(), "original", database_url);
    fill(&original, &org).await;
    let clone = clone_of(&original, folder.path()).await;
    let before = clone.state().await;
    assert!(before.iter().any(|row| row.starts_with("connections ")), "{before:?}");
    org.command("sessions/expire", json!({})).await.unwrap();
    org.reset_counters().await.unwrap();

    let (server, url, _) = clone.serve(&org);
    let body = json!({ "email": "ada@example.com", "password": "a long password" });
    let key = Member::sign_in(&url, body).await.unwrap().make_key("admin").await;
    let act = |arguments: &[&str]| run_with_key(&clone.home, &url, &key, arguments);
    let records = act(&["query", "bench", "Account", "--output", "csv"]).succeeded().unwrap();
    let check = act(&["integrations", "check", "bench", "--json"]);
    let run = act(&["runs", "start", "bench"]);
    let session: Json = reqwest::get(format!("{url}/api/v1/session")).await.unwrap().json().await.unwrap();
    let ready = reqwest::get(format!("{url}/readyz")).await.unwrap();

    assert_eq!(records.stdout.lines().filter(|line| line.starts_with("001")).count(), 20);
    assert!(check.stdout.contains("instance.quarantined"), "{} {}", check.stdout, check.stderr);
    assert_says(&run, 5, "[instance.quarantined");
    assert_eq!(session["server"]["is_quarantined"], true);
    assert_eq!(ready.status(), 200);
    assert!(ready.text().await.unwrap().contains("quarantined"));
    server.stop();
    if clone.database_url.is_some() {
        assert_says(&clone.run(&org, &["worker"]), 5, "[instance.quarantined]");
    }
    assert_eq!(clone.state().await, before);
    assert_eq!(calls(&org).await, (0, 0));

    if let (Some(from), Some(to)) = (original.database_url.clone(), clone.database_url.clone()) {
        // It was no clone: the original is gone, and this takes its place.
        assert_is_adopted(&clone, &org).await;
        drop_database(&from).await.unwrap();
        drop_database(&to).await.unwrap();
        return;
    }
    // The original goes on as if there were no clone.
    assert_works(&original, &org).await;
    // Now it is moved.
    fs::rename(original.home.join("data/towpath.db"), clone.home.join("data/towpath.db")).unwrap();
    assert_is_adopted(&clone, &org).await;
}

async fn assert_is_adopted(place: &Place, org: &Org) {
    let before = place.state().await;
    assert_says(&place.run(org, &["adopt"]), 2, "or is a copy of the one there");
    assert_eq!(place.state().await, before);
    place.run(org, &["adopt", "--yes"]).succeeded().unwrap();
    assert_works(place, org).await;
}

/// Makes sure that a server renews its access and may sync.
async fn assert_works(place: &Place, org: &Org) {
    let (server, url, _) = place.serve(org);
    let body = json!({ "email": "ada@example.com", "password": "a long password" });
    let key = Member::sign_in(&url, body).await.unwrap().make_key("admin").await;
    let check = run_with_key(&place.home, &url, &key, &["integrations", "check", "bench"]);
    check.succeeded().unwrap();
    server.stop();
    assert_eq!(org.counters().await.unwrap().refresh_reuses, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_file_leaves_the_grants_of_the_original_alone_until_it_is_adopted() {
    assert_leaves_the_original_alone(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_postgres_database_leaves_the_grants_of_the_original_alone() {
    assert_leaves_the_original_alone(Some(create_database().await.unwrap())).await;
}

/// Both use one database: the other was only told another address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_another_server_works_on_is_not_adopted() {
    let org = Org::start(towpath(), &["--accounts", "1"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let original = Place::new(folder.path(), "original", Some(create_database().await.unwrap()));
    // It makes its key, and is opened to others then.
    assert!(original.serve(&org).0.stop().success());
    let mut variables = original.variables(&org);
    variables.push(("TOWPATH_PUBLIC_URL".to_owned(), "https://towpath.example.com".to_owned()));
    let variables: Vec<_> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
    let (server, _, _) = Running::serve_with(&original.home, &variables);
    let beside = Place::new(folder.path(), "beside", original.database_url.clone());
    let adopt = |arguments: &[&str]| {
        let mut command = program(&beside.home);
        command.envs(beside.variables(&org)).env("TOWPATH_PUBLIC_URL", "https://staging.example.com");
        benches::process::run(command.arg("adopt").args(arguments)).unwrap()
    };
    assert_says(&adopt(&[]), 2, "this one is https://staging.example.com");

    let refused = adopt(&["--yes"]);

    assert_says(&refused, 5, "is running on it now, so it was not adopted");
    assert_says(&refused, 5, "[store.busy]");
    server.stop();
    adopt(&["--yes"]).succeeded().unwrap();
    assert!(adopt(&[]).succeeded().unwrap().stdout.contains("belongs to this server already"));
    drop_database(original.database_url.as_ref().unwrap()).await.unwrap();
}

/// Who had it would be gone, and nobody could start on it.
#[tokio::test]
async fn a_database_that_this_server_could_not_work_on_is_not_adopted() {
    let home = tempfile::tempdir().unwrap();
    let adopt = |arguments: &[&str]| {
        let mut command = program(home.path());
        benches::process::run(command.arg("adopt").args(arguments)).unwrap()
    };
    assert!(program(home.path()).arg("migrate").status().unwrap().success());
    let folder = home.path().join(".local/share/towpath");
    let mut database =
        SqliteConnectOptions::new().filename(folder.join("towpath.db")).connect().await.unwrap();
    let fill = "pragma foreign_keys = off;
        insert into towpath_instances (instance, address, place, adopted_at) values (1, null, '/elsewhere', 1);
        insert into towpath_data_keys (workspace_id, data_key_id, key_id, sealed_key, created_at)
        values ('wsp_1', 'dek_1', 'of another file', x'00', 1)";
    database.execute(fill).await.unwrap();
    let whose = async |database: &mut sqlx::SqliteConnection| -> String {
        database.fetch_one("select place from towpath_instances").await.unwrap().get(0)
    };

    assert_says(&adopt(&["--yes"]), 1, "sealed with key of another file, which is not in the key file");
    assert_eq!(whose(&mut database).await, "/elsewhere");

    let newer = "delete from towpath_data_keys;
        insert into towpath_migrations (version, description, success, checksum, execution_time)
        values (9999, 'later', true, '', 0)";
    database.execute(newer).await.unwrap();
    assert_says(&adopt(&["--yes"]), 5, "[store.newer]");
    assert_eq!(whose(&mut database).await, "/elsewhere");

    database.execute("delete from towpath_migrations where version = 9999").await.unwrap();
    adopt(&["--yes"]).succeeded().unwrap();
    assert_ne!(whose(&mut database).await, "/elsewhere");
}

#[test]
fn a_server_at_another_address_asks_whose_the_database_is() {
    let home = tempfile::tempdir().unwrap();
    let key = home.path().join("key");
    let made = program(home.path()).arg("migrate").status().unwrap();
    assert!(made.success());
    fs::copy(home.path().join(".local/share/towpath/keys/towpath.key"), &key).unwrap();
    let adopt = |address: &str, arguments: &[&str]| {
        let mut command = program(home.path());
        command.env("TOWPATH_PUBLIC_URL", address).env("TOWPATH_KEY_FILE", &key).arg("adopt").args(arguments);
        benches::process::run(&mut command).unwrap()
    };
    let (old, new) = ("https://towpath.example.com", "https://staging.example.com");

    // To ask takes nothing.
    for address in [old, new] {
        assert!(adopt(address, &[]).succeeded().unwrap().stdout.contains("belongs to nobody yet"));
    }
    adopt(old, &["--yes"]).succeeded().unwrap();
    assert!(adopt(old, &[]).succeeded().unwrap().stdout.contains("belongs to this server already"));
    assert_says(&adopt(new, &[]), 2, "belongs to the server at https://towpath.example.com");
    assert!(adopt(old, &[]).succeeded().unwrap().stdout.contains("belongs to this server already"));
    adopt(new, &["--yes"]).succeeded().unwrap();
    assert_says(&adopt(old, &[]), 2, "belongs to the server at https://staging.example.com");
}
