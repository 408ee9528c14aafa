//! Processes that share one PostgreSQL: workers of two workspaces, of which one is killed, and a copy that is killed
//! while it marks records as gone.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};

use benches::destination::DestinationKind::Postgres;
use benches::org::{Mutation, Org};
use benches::site::{Site, activate, wait_for_run};
use benches::visitor::Visitor;
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection, Row};

use crate::scene::{Scene, towpath};

const WEEK_S: u64 = 7 * 24 * 3_600;

/// Somebody of a workspace, and the path of their integration.
struct Tenant {
    visitor: Visitor,
    integration: String,
    slug: String,
}

impl Tenant {
    async fn connect(mut visitor: Visitor, org: &Org) -> Self {
        let line = &org.start_line;
        let integration = visitor.connect(line, &line.username, &line.password).await.unwrap();
        Self::of(visitor, integration).await
    }

    async fn of(mut visitor: Visitor, integration: String) -> Self {
        let found = visitor.ask(Method::GET, &integration, None).await.unwrap();
        Self { visitor, integration, slug: found["slug"].as_str().unwrap().to_owned() }
    }

    /// Copies the accounts.
    async fn copy(&mut self) {
        activate(&mut self.visitor, &self.integration, WEEK_S).await.unwrap();
        wait_for_run(&mut self.visitor, &self.integration).await.unwrap();
    }

    /// Asks for all of them once more.
    async fn reload(&mut self) {
        let path = format!("{}/sync-rules/Account/reload", self.integration);
        self.visitor.ask(Method::POST, &path, Some(json!({}))).await.unwrap();
    }
}

/// Invites somebody and gives them a workspace of their own, which the API has no way to make.
async fn another_workspace(visitor: &mut Visitor, database: &mut PgConnection) -> Visitor {
    let token = visitor.invite("ben@example.com").await.unwrap();
    let move_member = "insert into towpath.workspaces (workspace_id, name, time_zone, created_at)
             select 'wsp_00000000000000000000000001', 'Another', time_zone, created_at from towpath.workspaces;
         update towpath.members set workspace_id = 'wsp_00000000000000000000000001' where email = 'ben@example.com'";
    database.execute(move_member).await.unwrap();
    visitor.accept(&token).await.unwrap()
}

/// Who works, as pairs of an integration and a process.
async fn workers(database: &mut PgConnection) -> BTreeSet<(String, String)> {
    let leases = "select r.integration_id, w.lease_owner
        from towpath.work w
        join towpath.sync_rules r on r.sync_rule_id = w.subject
        where w.kind = 'sync' and w.lease_owner is not null and w.lease_until > extract(epoch from now()) * 1000";
    let rows = database.fetch_all(leases).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// The runs that are under way.
async fn open_runs(database: &mut PgConnection) -> i64 {
    let open = "select count(*) from towpath.sync_runs where finished_at is null";
    database.fetch_one(open).await.unwrap().get(0)
}

/// Waits for a state of the database.
async fn until<T>(
    database: &mut PgConnection,
    mut look: impl AsyncFnMut(&mut PgConnection) -> Option<T>,
) -> T {
    loop {
        if let Some(seen) = look(database).await {
            return seen;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_share_two_workspaces_and_one_finishes_for_the_other() {
    let org = Org::start(towpath(), &["--accounts", "6000"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let site = Site::create(towpath(), &org, folder.path()).await.unwrap();
    let mut database = site.database().await.unwrap();
    let (server, mut visitor, integration) = site.serve(&org).await.unwrap();
    let other = another_workspace(&mut visitor, &mut database).await;
    let mut tenants = [Tenant::of(visitor, integration).await, Tenant::connect(other, &org).await];
    for tenant in &mut tenants {
        tenant.copy().await;
    }
    // Results come slowly, so that both are being read for as long as it takes to look.
    let slow = json!({ "kind": "delay", "match": "bulk_results", "times": 1_000_000, "delay_ms": 2_000 });
    org.add_fault(slow).await.unwrap();
    for tenant in &mut tenants {
        tenant.reload().await;
    }
    server.stop().unwrap();

    let first = site.work().unwrap();
    // Neither workspace waits for the other: one process works for both.
    until(&mut database, async |database| (workers(database).await.len() == 2).then_some(())).await;
    let before: BTreeSet<_> = workers(&mut database).await.into_iter().map(|(_, owner)| owner).collect();
    let second = site.work().unwrap();
    first.kill().unwrap();
    let after = until(&mut database, async |database| {
        let seen = workers(database).await;
        let owners: BTreeSet<_> = seen.iter().map(|(_, owner)| owner.clone()).collect();
        (seen.len() == 2 && owners.is_disjoint(&before)).then_some(owners)
    })
    .await;
    org.clear_faults().await.unwrap();
    until(&mut database, async |database| (open_runs(database).await == 0).then_some(())).await;
    second.stop().unwrap();

    assert_eq!((before.len(), after.len()), (1, 1));
    let ended = database.fetch_all("select distinct outcome from towpath.sync_runs").await.unwrap();
    assert_eq!(ended.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>(), ["succeeded"]);
    let columns = org.columns("Account").await.unwrap();
    let expected = org.hash("Account", &columns).await.unwrap();
    for tenant in &tenants {
        let found = site.destination().hash(&tenant.slug, "Account", &columns).await.unwrap();
        assert_eq!(found, expected, "{}", tenant.slug);
    }
    database.close().await.unwrap();
    site.remove().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_killed_while_it_marks_records_as_gone_marks_them_the_next_time() {
    let scene = Scene::new(Postgres, &["--accounts", "3000"]).await;
    scene.copy(&["Account"]);
    let deleted = Mutation { created: 0, updated: 0, deleted: 40, seed: 1 };
    scene.change_later("Account", deleted).await;
    let benches::destination::Destination::Postgres(url) = &scene.destination else { unreachable!() };
    let (mut holder, mut looker) =
        (PgConnection::connect(url).await.unwrap(), PgConnection::connect(url).await.unwrap());
    // Somebody holds the records, so that the statement which marks them waits.
    holder.execute("begin").await.unwrap();
    holder.execute("select 1 from salesforce.account for update").await.unwrap();

    let mut copy =
        Killed(scene.command(&["Account"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    until(&mut looker, async |database| {
        let waits =
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        database.fetch_optional(waits).await.unwrap()
    })
    .await;
    copy.0.kill().unwrap();
    copy.0.wait().unwrap();
    holder.execute("rollback").await.unwrap();

    assert_eq!(gone(&mut looker).await, 0);
    scene.copy(&["Account"]);
    assert_eq!(gone(&mut looker).await, 40);
    scene.assert_equal("Account").await;
}

async fn gone(database: &mut PgConnection) -> i64 {
    let sql = "select count(*) from salesforce.account where _gone_at is not null";
    database.fetch_one(sql).await.unwrap().get(0)
}

/// A process that ends with the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
