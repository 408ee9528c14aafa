//! An engine as a server has it: a workspace with a signed-in admin, and workers that take all kinds of work.

use std::num::NonZeroU32;
use std::path::Path;

use engine::{
    Callback, CallbackRefused, ConfiguredApp, ConnectConfig, Engine, EngineConfig, Network, NewConnect,
    NewFieldMapping, Patience, StartedConnect, Step, run_next,
};
use model::{
    Clock, ConnectFlow, ConnectPurpose, EntityName, Environment, Integration, IntegrationId, Member,
    MemberSession, Outcome, Random, Role, SessionId, SyncRule, SyncRun, TestClock, Transform, UserId,
    Workspace, WorkspaceId,
};
use salesforce::Timestamp;
use salesforce::host::{DevHost, HostRule};
use store::sync_runs::{find_open_run, list_progress, list_runs};
use store::{
    Keyring, Reader, Store, StoreOptions, TokenHash, members::create_member, sessions::create_session,
    sessions::find_session, workspaces::create_workspace,
};
use tempfile::TempDir;

use crate::browser::decide;
use crate::rules::Rule;
use crate::test_database::{Database, TestDatabase};
use crate::test_org::{NOW_MS, TestOrg};

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const REDIRECT_URI: &str = "http://localhost:4600/oauth/salesforce/callback";
const MOST_STEPS: usize = 500;

/// A member in a browser.
pub(crate) struct Person {
    pub(crate) reader: Reader,
    pub(crate) session: SessionId,
}

pub(crate) struct TestServer {
    pub(crate) engine: Engine,
    pub(crate) clock: TestClock,
    pub(crate) database: TestDatabase,
    pub(crate) admin: Person,
    hosts: Vec<String>,
    folder: TempDir,
    bulk_from_rows: u64,
}

impl TestServer {
    /// A server that knows the app of the first org, and may call all of them.
    pub(crate) async fn start(database: Database, orgs: &[&TestOrg]) -> Self {
        Self::start_with(database, orgs, 2_000).await
    }

    /// The same, for long reads in small pages.
    pub(crate) async fn start_reading_by_rest(database: Database, orgs: &[&TestOrg]) -> Self {
        Self::start_with(database, orgs, u64::MAX).await
    }

    /// The same, for Bulk jobs whatever their size.
    pub(crate) async fn start_reading_by_bulk(database: Database, orgs: &[&TestOrg]) -> Self {
        Self::start_with(database, orgs, 0).await
    }

    async fn start_with(database: Database, orgs: &[&TestOrg], bulk_from_rows: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::create(database, folder.path()).await;
        let random = Random::from_os().unwrap();
        let keyring = Keyring::create(&folder.path().join("key"), 0o400, &random).unwrap();
        let options = StoreOptions { keyring: Some(keyring), ..StoreOptions::new(random) };
        let store = Store::open(&database.store_url(), options).await.unwrap();
        let clock = TestClock::at(Timestamp::from_millis(NOW_MS));
        let hosts: Vec<_> = orgs.iter().map(|org| org.simulator.base_url().to_owned()).collect();
        let engine = engine(store, &clock, &hosts, folder.path(), orgs[0], bulk_from_rows);
        let admin = sign_in(&engine, None, Role::Admin).await;
        Self { engine, clock, database, admin, hosts, folder, bulk_from_rows }
    }

    /// Another process on the same store, whose simulated org is this one.
    pub(crate) fn another(&self, org: &TestOrg) -> Engine {
        let store = self.engine.store().clone();
        engine(store, &self.clock, &self.hosts, self.folder.path(), org, self.bulk_from_rows)
    }

    pub(crate) fn store(&self) -> &Store {
        self.engine.store()
    }

    /// Somebody else of the workspace, in another browser.
    pub(crate) async fn sign_in(&self, role: Role) -> Person {
        sign_in(&self.engine, Some(self.admin.reader.workspace_id()), role).await
    }

    pub(crate) async fn begin(&self, purpose: ConnectPurpose) -> StartedConnect {
        begin(&self.engine, &self.admin, purpose).await
    }

    pub(crate) async fn begin_new(&self, name: &str) -> StartedConnect {
        self.begin(ConnectPurpose::New { name: name.to_owned(), group_id: None }).await
    }

    /// Comes back from the consent page in the same browser.
    pub(crate) async fn come_back(
        &self,
        started: &StartedConnect,
        callback: Callback,
    ) -> Result<ConnectFlow, CallbackRefused> {
        come_back(&self.engine, &self.admin, started, callback).await
    }

    /// Walks through the consent page.
    pub(crate) async fn walk(&self, org: &TestOrg, purpose: ConnectPurpose) -> ConnectFlow {
        let started = self.begin(purpose).await;
        let callback = decide(org, &started.authorize_url, "allow").await;
        self.come_back(&started, callback).await.unwrap()
    }

    /// Connects an org.
    pub(crate) async fn connect(&self, org: &TestOrg) -> Integration {
        let flow = self.walk(org, ConnectPurpose::New { name: "ACME".to_owned(), group_id: None }).await;
        sendable(self.engine.confirm_connect(&self.admin.reader, flow.id)).await.unwrap().unwrap()
    }

    /// Connects an org and saves rules and a mapping, so that it is active.
    pub(crate) async fn activate(&self, org: &TestOrg, rules: &[Rule]) -> Integration {
        let integration = self.connect(org).await;
        self.put_mapping(integration.id).await;
        for rule in rules {
            self.put_rule(integration.id, rule).await;
        }
        integration
    }

    pub(crate) async fn put_rule(&self, id: IntegrationId, rule: &Rule) -> SyncRule {
        let put = self.engine.put_rule(&self.admin.reader, id, rule.request());
        sendable(put).await.unwrap().unwrap()
    }

    pub(crate) async fn put_mapping(&self, id: IntegrationId) {
        let mapping = NewFieldMapping {
            entity: EntityName::Company,
            property: "name".to_owned(),
            sobject: "Account".parse().unwrap(),
            field: "Name".parse().unwrap(),
            transform: Transform::default(),
        };
        self.engine.put_field_mappings(&self.admin.reader, id, vec![mapping]).await.unwrap().unwrap();
    }

    /// Does what is due, without letting time pass.
    pub(crate) async fn work(&self) {
        for _ in 0..MOST_STEPS {
            if run_next(&self.engine, Patience::of_server()).await.unwrap() != Step::Worked {
                return;
            }
        }
        panic!("the work does not come to an end");
    }

    /// Lets time pass and does what is due, until no run is open.
    pub(crate) async fn finish_run(&self, id: IntegrationId) -> SyncRun {
        self.finish_run_with(&self.engine, id).await
    }

    pub(crate) async fn finish_run_with(&self, engine: &Engine, id: IntegrationId) -> SyncRun {
        for _ in 0..MOST_STEPS {
            let step = run_next(engine, Patience::of_server()).await.unwrap();
            let is_open = find_open_run(self.store(), id).await.unwrap().is_some();
            match step {
                Step::Worked => {}
                Step::Waits(due_at) if is_open => {
                    self.clock.advance((due_at.as_millis() - self.clock.now().as_millis()).max(0));
                }
                Step::Waits(_) | Step::Done => return self.runs(id).await.into_iter().next().unwrap(),
            }
        }
        panic!("the run does not come to an end");
    }

    pub(crate) async fn runs(&self, id: IntegrationId) -> Vec<SyncRun> {
        list_runs(self.store(), id, 50).await.unwrap()
    }

    pub(crate) async fn outcomes(&self, id: IntegrationId) -> Vec<Option<Outcome>> {
        self.runs(id).await.into_iter().map(|run| run.end.map(|end| end.outcome)).collect()
    }

    /// Makes sure that a run read so many records, conserved.
    pub(crate) async fn assert_read(&self, run: &SyncRun, rows: u64) {
        let progress = list_progress(self.store(), run.id).await.unwrap();
        assert!(progress.iter().all(|rule| rule.counts.are_conserved()), "{progress:?}");
        assert_eq!(progress.iter().map(|rule| rule.counts.rows_read).sum::<u64>(), rows);
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let rows = self.database.rows(&format!("select count(*) from {table}")).await;
        rows[0][0].as_ref().unwrap().parse().unwrap()
    }
}

pub(crate) async fn begin(engine: &Engine, person: &Person, purpose: ConnectPurpose) -> StartedConnect {
    let request = NewConnect {
        purpose,
        environment: Environment::Simulated,
        host: None,
        app: None,
        session: person.session,
        is_another_user: false,
    };
    engine.start_connect(&person.reader, request).await.unwrap().unwrap()
}

pub(crate) async fn come_back(
    engine: &Engine,
    person: &Person,
    started: &StartedConnect,
    callback: Callback,
) -> Result<ConnectFlow, CallbackRefused> {
    let session = Some((person.session, &person.reader));
    sendable(engine.finish_connect(callback, Some(&started.browser_token), session)).await
}

/// What a handler of HTTP awaits has to move between threads.
fn sendable<F: Future + Send>(future: F) -> F {
    future
}

fn engine(
    store: Store,
    clock: &TestClock,
    hosts: &[String],
    folder: &Path,
    org: &TestOrg,
    bulk_from_rows: u64,
) -> Engine {
    let line = org.simulator.start_line();
    let app = ConfiguredApp {
        environment: Environment::Simulated,
        client_id: line.client_id.clone(),
        client_secret: Some(line.client_secret.clone().into()),
    };
    let connect = ConnectConfig {
        redirect_uri: REDIRECT_URI.to_owned(),
        apps: vec![app],
        simulated_host: Some(line.base_url.clone()),
        most_integrations: NonZeroU32::new(5),
    };
    let config =
        EngineConfig { connect: Some(connect), bulk_from_rows, ..EngineConfig::new(folder.join("spool")) };
    let dev_allow_hosts = hosts.iter().map(|host| host.parse::<DevHost>().unwrap()).collect();
    let network =
        Network { host_rule: HostRule { dev_allow_hosts, ..HostRule::default() }, ..Network::default() };
    let (clock, random) = (Clock::Test(clock.clone()), Random::from_os().unwrap());
    Engine::new(store, clock, random, config, network, None).unwrap()
}

async fn sign_in(engine: &Engine, workspace_id: Option<WorkspaceId>, role: Role) -> Person {
    let (clock, random) = (engine.clock(), Random::from_os().unwrap());
    let now = clock.now();
    let mut tx = engine.store().begin().await.unwrap();
    let workspace_id = match workspace_id {
        Some(workspace_id) => workspace_id,
        None => {
            let id = WorkspaceId::new(clock, &random);
            let (name, time_zone) = ("ACME".to_owned(), "UTC".to_owned());
            create_workspace(&mut tx, &Workspace { id, name, time_zone, created_at: now }).await.unwrap();
            id
        }
    };
    let id = UserId::new(clock, &random);
    let member = Member {
        id,
        workspace_id,
        email: format!("{id}@acme.example"),
        name: "Ada".to_owned(),
        role,
        signed_in_at: None,
        created_at: now,
    };
    assert!(create_member(&mut tx, &member).await.unwrap());
    let session = MemberSession {
        id: SessionId::new(clock, &random),
        user_id: id,
        csrf_token: "csrf".to_owned(),
        created_at: now,
        used_at: now,
        expires_at: Timestamp::from_millis(now.as_millis() + 7 * 24 * 60 * MINUTE_MS),
    };
    let token = TokenHash::of(&id.to_string());
    create_session(&mut tx, &session, &token).await.unwrap();
    tx.commit().await.unwrap();
    let (session, reader) = find_session(engine.store(), &token, now).await.unwrap().unwrap();
    Person { reader, session: session.id }
}
