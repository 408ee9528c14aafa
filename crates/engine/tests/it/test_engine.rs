//! An engine on a store of its own, connected to a simulated org.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::{Credentials, Engine, EngineConfig, Grant, Network, PageSize, Patience, Result, Step, run_next};
use model::{
    Checkpoint, Clock, IntegrationId, Outcome, Position, Random, RuleProgress, RunCounts, SyncRule,
    SyncRunId, TestClock,
};
use orgsim::{FaultKind, FaultSpec};
use salesforce::Timestamp;
use salesforce::host::{DevHost, HostRule, LoginHost};
use secrecy::SecretString;
use store::checkpoints::find_checkpoint;
use store::sync_runs::{find_run, list_progress};
use store::work::{Lease, Next, claim_work, finish_work};
use store::{CsvFolder, Keyring, Store, StoreOptions};
use tempfile::TempDir;

use crate::copied;
use crate::rules::Rule;
use crate::test_database::{Database, TestDatabase};
use crate::test_org::{NOW_MS, TestOrg};

pub(crate) const SLUG: &str = "acme";

/// As patient as a copy that a person calls.
const PATIENCE: Patience = Patience { most_attempts: 8, longest_wait: Duration::from_secs(60) };

/// A run that takes more slices than this goes round in a circle.
const MOST_STEPS: usize = 500;

/// A lease's length where a test claims work itself.
pub(crate) const LEASE_MS: u64 = 10_000;

/// How a test sets its engine up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) database: Database,
    /// Whether records go to a CSV folder.
    pub(crate) is_csv: bool,
    pub(crate) page_rows: u32,
    /// sObjects with more records are read by Bulk API 2.0.
    pub(crate) bulk_from_rows: u64,
    /// The same for the ids that a sweep lists.
    pub(crate) bulk_sweep_from_rows: u64,
    pub(crate) query_rows: u64,
    pub(crate) most_page_bytes: u64,
    pub(crate) idle_timeout: Duration,
}

impl Setup {
    /// Reads by REST.
    pub(crate) fn rest(database: Database) -> Self {
        Self {
            database,
            is_csv: false,
            page_rows: 50_000,
            bulk_from_rows: u64::MAX,
            bulk_sweep_from_rows: u64::MAX,
            query_rows: 2_000,
            most_page_bytes: 256 << 20,
            idle_timeout: Duration::from_secs(30),
        }
    }

    /// Reads by Bulk API 2.0, in pages of so many rows.
    pub(crate) fn bulk(database: Database, page_rows: u32) -> Self {
        Self { page_rows, bulk_from_rows: 0, ..Self::rest(database) }
    }

    pub(crate) async fn connect(self, org: &TestOrg) -> TestEngine {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::create(self.database, folder.path()).await;
        let random = Random::from_os().unwrap();
        let keyring = Keyring::create(&folder.path().join("key"), 0o400, &random).unwrap();
        let options = StoreOptions { keyring: Some(keyring), ..StoreOptions::new(random) };
        let store = Store::open(&database.store_url(), options).await.unwrap();
        let clock = TestClock::at(Timestamp::from_millis(NOW_MS));
        let engine = self.engine(store, &clock, folder.path(), "spool", org);
        let credentials = credentials(org, &org.simulator.start_line().refresh_token);
        let integration = engine.open_integration(&SLUG.parse().unwrap(), &credentials).await.unwrap();
        TestEngine { engine, clock, integration, database, folder, setup: self }
    }

    fn engine(self, store: Store, clock: &TestClock, folder: &Path, spool: &str, org: &TestOrg) -> Engine {
        let config = EngineConfig {
            page_size: PageSize::new(self.page_rows),
            bulk_from_rows: self.bulk_from_rows,
            bulk_changes_from_rows: self.bulk_from_rows,
            bulk_sweep_from_rows: self.bulk_sweep_from_rows,
            query_rows: self.query_rows,
            most_page_bytes: self.most_page_bytes,
            ..EngineConfig::new(folder.join(spool))
        };
        let network =
            Network { host_rule: host_rule(org), idle_timeout: self.idle_timeout, ..Network::default() };
        let csv_folder = self.is_csv.then(|| CsvFolder::open(&folder.join("csv")).unwrap());
        Engine::new(
            store,
            Clock::Test(clock.clone()),
            Random::from_os().unwrap(),
            config,
            network,
            csv_folder,
        )
        .unwrap()
    }
}

/// An engine connected to an org.
pub(crate) struct TestEngine {
    pub(crate) engine: Engine,
    /// The engine's clock, which stands still but for [`TestEngine::drive`]. The org has its own.
    pub(crate) clock: TestClock,
    pub(crate) integration: IntegrationId,
    pub(crate) database: TestDatabase,
    pub(crate) folder: TempDir,
    setup: Setup,
}

/// What became of a run.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) outcome: Outcome,
    /// In the order of the rules that were asked for.
    pub(crate) rules: Vec<RuleProgress>,
}

impl Run {
    /// The counts of all rules.
    pub(crate) fn counts(&self) -> RunCounts {
        let mut sum = RunCounts::default();
        self.rules.iter().for_each(|rule| sum += rule.counts);
        sum
    }

    /// The error code of each rule; empty where it succeeded.
    pub(crate) fn codes(&self) -> Vec<String> {
        let code = |rule: &RuleProgress| rule.end.clone()?.problem.map(|problem| problem.code);
        self.rules.iter().map(|rule| code(rule).unwrap_or_default()).collect()
    }
}

impl TestEngine {
    /// Another engine on the same store, with pages of its own, as in another process.
    pub(crate) fn another(&self, org: &TestOrg) -> Engine {
        self.setup.engine(self.engine.store().clone(), &self.clock, self.folder.path(), "spool-2", org)
    }

    pub(crate) fn store(&self) -> &Store {
        self.engine.store()
    }

    /// Begins a run.
    pub(crate) async fn start(&self, rules: &[Rule]) -> (SyncRunId, Vec<SyncRule>) {
        let requests: Vec<_> = rules.iter().map(Rule::request).collect();
        let rules = self.engine.put_rules(self.integration, &requests).await.unwrap();
        let run = self.engine.start_run(self.integration, &rules).await.unwrap();
        (run, rules)
    }

    /// Works until all work is done. Time passes only where the engine waits.
    pub(crate) async fn drive(&self) {
        self.drive_with(&self.engine).await;
    }

    /// The same by another engine on this store.
    pub(crate) async fn drive_with(&self, engine: &Engine) {
        for _ in 0..MOST_STEPS {
            match run_next(engine, PATIENCE).await.unwrap() {
                Step::Worked => {}
                Step::Waits(due_at) => {
                    self.clock.advance((due_at.as_millis() - self.clock.now().as_millis()).max(0));
                    // Whoever else works on this store gets a turn.
                    tokio::task::yield_now().await;
                }
                Step::Done => return,
            }
        }
        panic!("the run does not come to an end");
    }

    /// Runs rules to their end, whatever comes of it. No record is lost on the way or doubled.
    pub(crate) async fn run(&self, rules: &[Rule]) -> Run {
        let (run, rules) = self.start(rules).await;
        self.drive().await;
        self.end(run, &rules).await
    }

    /// Ends a run.
    pub(crate) async fn end(&self, run: SyncRunId, rules: &[SyncRule]) -> Run {
        self.engine.finish_run(run).await.unwrap();
        let progress = list_progress(self.store(), run).await.unwrap();
        let of_rule = |rule: &SyncRule| progress.iter().find(|known| known.sync_rule_id == rule.id).cloned();
        let rules: Vec<_> = rules.iter().filter_map(of_rule).collect();
        assert!(rules.iter().all(|rule| rule.counts.are_conserved()), "{rules:?}");
        let outcome = find_run(self.store(), run).await.unwrap().unwrap().end.unwrap().outcome;
        Run { outcome, rules }
    }

    /// Runs rules to their end, which is a good one.
    pub(crate) async fn run_well(&self, rules: &[Rule]) -> Run {
        let run = self.run(rules).await;
        assert_eq!(run.outcome, Outcome::Succeeded, "{:?}", run.rules);
        run
    }

    /// Claims the work that is due.
    pub(crate) async fn claim(&self, owner: &str) -> Option<Lease> {
        claim_work(self.store(), owner, LEASE_MS, self.clock.now()).await.unwrap()
    }

    /// Ends a slice that went well. What would wait is due at once.
    pub(crate) async fn finish_slice(&self, lease: &Lease, next: Next) {
        let next = if let Next::At(_) | Next::Wait(_) = next { Next::Now } else { next };
        if next == Next::Done {
            // The slice has ended its work itself.
            return;
        }
        let mut tx = self.store().begin().await.unwrap();
        finish_work(&mut tx, lease, next, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Runs slices of a rule's work, and drops the one under way as soon as the checkpoint is there. The lease of who
    /// dropped it is over then.
    pub(crate) async fn drop_slice_when(&self, rule: &SyncRule, is_there: impl Fn(&Position) -> bool) {
        loop {
            let lease = self.claim("a process that dies").await.unwrap();
            let reached = until(async || is_there(&self.checkpoint(rule).await.position).then_some(()));
            let next = tokio::select! {
                next = self.engine.run_slice(&lease) => next.unwrap(),
                () = reached => break,
            };
            self.finish_slice(&lease, next).await;
        }
        self.clock.advance(LEASE_MS as i64);
    }

    /// The same as soon as so many pages of a Bulk job are stored; the next one does not come. Returns the job's id.
    pub(crate) async fn drop_slice_after_pages(&self, org: &TestOrg, rule: &SyncRule, pages: u32) -> String {
        let next_page = u64::from(pages) + 1;
        org.befall(FaultSpec { nth: next_page, ..FaultSpec::new(FaultKind::Stall, "bulk_results") });
        self.drop_slice_when(
            rule,
            |position| matches!(position, Position::Bulk(position) if position.page == pages),
        )
        .await;
        org.end_faults();
        let Position::Bulk(position) = self.checkpoint(rule).await.position else { unreachable!() };
        position.job_id
    }

    pub(crate) async fn checkpoint(&self, rule: &SyncRule) -> Checkpoint {
        find_checkpoint(self.store(), rule.id).await.unwrap().unwrap_or_default()
    }

    /// Makes sure that the copy of a rule holds exactly what the org does, cell by cell.
    pub(crate) async fn assert_copy_equals(&self, org: &TestOrg, rule: &Rule) {
        let columns = self.database.columns(SLUG, rule.sobject).await;
        let own = columns.into_iter().filter(|name| !name.starts_with('_') && name != "id");
        assert_eq!(own.collect::<std::collections::BTreeSet<_>>(), copied::column_names(org, rule));
        self.assert_live_cells_equal(org, rule).await;
    }

    /// The same where the table has more columns: a field that is not selected any more keeps its column.
    pub(crate) async fn assert_live_cells_equal(&self, org: &TestOrg, rule: &Rule) {
        let found = copied::found(&self.database, SLUG, org, rule).await;
        copied::assert_same(&found, &copied::expected(org, rule));
    }

    /// The same for a CSV folder.
    pub(crate) fn assert_csv_equals(&self, org: &TestOrg, rule: &Rule) {
        let path = self.folder.path().join("csv").join(format!("{}.csv", rule.sobject));
        copied::assert_csv_holds(&path, &copied::expected(org, rule));
    }

    /// Returns the reasons of records that are gone, by id: why, and the winner of a merge.
    pub(crate) async fn gone(&self, sobject: &str) -> Vec<(String, String, Option<String>)> {
        let table = self.database.records(SLUG, sobject);
        let sql = format!(
            "select \"id\", \"_gone_why\", \"_merged_into\" from {table}
             where \"_gone_at\" is not null order by \"id\""
        );
        let rows = self.database.rows(&sql).await.into_iter();
        rows.map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap(), row[2].clone())).collect()
    }

    /// Returns when each record was last written.
    pub(crate) async fn synced_at(&self, sobject: &str) -> Vec<(String, String)> {
        let table = self.database.records(SLUG, sobject);
        let synced_at = self.database.instant("\"_synced_at\"");
        let sql = format!("select \"id\", {synced_at} from {table} order by \"id\"");
        let rows = self.database.rows(&sql).await.into_iter();
        rows.map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap())).collect()
    }

    /// Returns what the timeline tells, in the order of words: what happened, and to which field. What happens in one
    /// millisecond of a clock that stands still has no other order.
    pub(crate) async fn timeline(&self) -> Vec<(String, String)> {
        let table = self.database.control("timeline");
        let sql = format!("select kind, coalesce(field, '') from {table} order by kind, field");
        let rows = self.database.rows(&sql).await.into_iter();
        rows.map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap())).collect()
    }

    /// Returns the values of a column by id, as text.
    pub(crate) async fn column(&self, sobject: &str, column: &str) -> BTreeMap<String, Option<String>> {
        let table = self.database.records(SLUG, sobject);
        let rows = self.database.rows(&format!("select \"id\", \"{column}\" from {table}")).await;
        rows.into_iter().map(|row| (row[0].clone().unwrap(), row[1].clone())).collect()
    }

    /// The folder in which the pages of a rule wait.
    pub(crate) fn spool(&self, rule: &SyncRule) -> PathBuf {
        self.folder.path().join("spool").join(rule.id.to_string())
    }

    /// Puts new credentials in place of those that the org does not accept any more.
    pub(crate) async fn reconnect(&self, org: &TestOrg) -> Result<IntegrationId> {
        let credentials = credentials(org, &org.simulator.approve().1);
        self.engine.open_integration(&SLUG.parse().unwrap(), &credentials).await
    }
}

/// Waits for a state.
pub(crate) async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        tokio::task::yield_now().await;
    }
}

fn host_rule(org: &TestOrg) -> HostRule {
    let url = org.simulator.base_url();
    // The second is where an org is that was renamed.
    let hosts = [url.to_owned(), url.replace("127.0.0.1", "localhost")];
    let hosts = hosts.map(|host| host.parse::<DevHost>().unwrap());
    HostRule { dev_allow_hosts: hosts.to_vec(), ..HostRule::default() }
}

pub(crate) fn credentials(org: &TestOrg, refresh_token: &str) -> Credentials {
    let line = org.simulator.start_line();
    Credentials {
        login_host: LoginHost::parse(org.simulator.base_url(), &host_rule(org)).unwrap(),
        client_id: Some(line.client_id.clone()),
        client_secret: Some(SecretString::from(line.client_secret.clone())),
        grant: Grant::RefreshToken(refresh_token.into()),
    }
}
