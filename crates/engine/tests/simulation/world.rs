//! The orgs, the store, and the process that copies.

use std::path::PathBuf;
use std::time::Duration;

use engine::{
    Allowance, ConfiguredApp, ConnectConfig, Engine, EngineConfig, KillPoint, Network, NewConnect,
    NewFieldMapping, PageSize,
};
use model::{
    Clock, ConnectFlow, ConnectFlowStatus, ConnectPurpose, EntityName, Environment, Integration, Member,
    MemberSession, Random, Role, SessionId, TestClock, Transform, UserId, Workspace, WorkspaceId,
};
use salesforce::Timestamp;
use salesforce::host::HostRule;
use store::{
    Keyring, Reader, Store, StoreOptions, TokenHash, members::create_member, sessions::create_session,
    sessions::find_session, workspaces::create_workspace,
};
use tempfile::TempDir;

use crate::administrators::{give_rights, share_out};
use crate::browser::decide;
use crate::budget::STOP_PERCENT;
use crate::org_side::OrgSide;
use crate::test_database::{Database, TestDatabase};
use crate::test_org::NOW_MS;

const REDIRECT_URI: &str = "http://localhost:4600/oauth/salesforce/callback";
const HOUR_MS: i64 = 3_600_000;
const ORGS: usize = 2;

/// A page of REST, of Bulk API 2.0, and from how many records on that is used: small, so that few records make many pages.
const QUERY_ROWS: u64 = 9;
pub(crate) const BULK_ROWS: u32 = 10;
const BULK_FROM_ROWS: u64 = 30;
const BULK_CHANGES_FROM_ROWS: u64 = 5;
const BULK_SWEEP_FROM_ROWS: u64 = 12;

/// How long an answer may pause. Nobody waits for it but where a fault makes an answer stall.
const IDLE_TIMEOUT: Duration = Duration::from_secs(2);

/// Everything there is in a simulation.
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) sides: Vec<OrgSide>,
    pub(crate) database: TestDatabase,
    pub(crate) kind: Database,
    pub(crate) clock: TestClock,
    pub(crate) reader: Reader,
    session: SessionId,
    folder: TempDir,
    store: Store,
    /// One stream for all processes, as no two draw the same ids in life.
    random: Random,
    engine: Option<Engine>,
    /// Processes that there have been.
    incarnations: u64,
}

impl World {
    /// Starts everything and connects the orgs. Nothing is copied yet.
    pub(crate) async fn start(kind: Database, seed: u64) -> Self {
        let folder = temporary_folder();
        let database = TestDatabase::create(kind, folder.path()).await;
        let random = Random::from_number(seed);
        let keyring = Keyring::create(&folder.path().join("key"), 0o400, &random).unwrap();
        let options = StoreOptions { keyring: Some(keyring), ..StoreOptions::new(random.clone()) };
        let store = Store::open(&database.store_url(), options).await.unwrap();
        let clock = TestClock::at(Timestamp::from_millis(NOW_MS));
        let (reader, session) = sign_in(&store, &Clock::Test(clock.clone()), &random).await;
        let sides = (0..ORGS).map(|place| OrgSide::start(seed, place)).collect();
        let mut world = Self {
            seed,
            sides,
            database,
            kind,
            clock,
            reader,
            session,
            folder,
            store,
            random,
            engine: None,
            incarnations: 0,
        };
        for place in 0..ORGS {
            world.engine = Some(world.make_engine(place, None));
            share_out(&world.sides[place]);
            give_rights(&world.sides[place]).await;
            let integration = world.connect(place).await;
            world.sides[place].integration = Some(integration);
            world.save_rules(place).await;
        }
        world
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }

    /// Lets a process take the place of the one that there is, which is dropped in the middle of whatever it does.
    pub(crate) fn start_process(&mut self, kill_at: Option<KillPoint>) {
        self.incarnations += 1;
        self.engine = Some(self.make_engine(0, kill_at));
    }

    /// Lets time pass for everybody.
    pub(crate) fn pass(&self, ms: i64) {
        self.clock.advance(ms);
        self.sides.iter().for_each(|side| side.org.simulator.clock().advance(ms));
    }

    /// Walks through the consent page of an org.
    async fn walk(&self, engine: &Engine, place: usize, purpose: ConnectPurpose) -> ConnectFlow {
        let request = NewConnect {
            purpose,
            environment: Environment::Simulated,
            host: None,
            app: None,
            session: self.session,
            is_another_user: false,
        };
        let started = engine.start_connect(&self.reader, request).await.unwrap().unwrap();
        let callback = decide(&self.sides[place].org, &started.authorize_url, "allow").await;
        let session = Some((self.session, &self.reader));
        engine.finish_connect(callback, Some(&started.browser_token), session).await.unwrap()
    }

    async fn connect(&self, place: usize) -> Integration {
        let purpose = ConnectPurpose::New { name: self.sides[place].name.to_owned(), group_id: None };
        let flow = self.walk(self.engine(), place, purpose).await;
        self.engine().confirm_connect(&self.reader, flow.id).await.unwrap().unwrap()
    }

    /// Gives an integration another grant. Says whether the org let that happen.
    pub(crate) async fn reconnect(&self, place: usize) -> bool {
        let integration_id = self.sides[place].integration.as_ref().unwrap().id;
        let engine = self.make_engine(place, None);
        let flow = self.walk(&engine, place, ConnectPurpose::Reconnect { integration_id }).await;
        flow.status == ConnectFlowStatus::Finished
    }

    async fn save_rules(&mut self, place: usize) {
        let id = self.sides[place].integration.as_ref().unwrap().id;
        let engine = self.engine();
        let mapping = NewFieldMapping {
            entity: EntityName::Company,
            property: "name".to_owned(),
            sobject: "Account".parse().unwrap(),
            field: "Name".parse().unwrap(),
            transform: Transform::default(),
        };
        engine.put_field_mappings(&self.reader, id, vec![mapping]).await.unwrap().unwrap();
        let mut stored = Vec::new();
        for rule in &self.sides[place].rules {
            stored.push(engine.put_rule(&self.reader, id, rule.request()).await.unwrap().unwrap());
        }
        self.sides[place].stored_rules = stored;
    }

    /// Lets somebody choose other fields of an org's first rule, which stays as it was where the org is in trouble.
    pub(crate) async fn swap_fields(&mut self, place: usize) {
        self.sides[place].swap_fields(place);
        let side = &self.sides[place];
        let id = side.integration.as_ref().unwrap().id;
        let saved = self.serving_engine(place).put_rule(&self.reader, id, side.rules[0].request()).await;
        if saved.is_err() {
            self.sides[place].swap_fields(place);
        }
    }

    /// Lets somebody choose other records of an org's filtered rule, which stays as it was where the org is in trouble. Says
    /// whether it was changed.
    pub(crate) async fn swap_filter(&mut self, place: usize) -> bool {
        let rule = self.sides[place].swap_filter(place);
        let side = &self.sides[place];
        let id = side.integration.as_ref().unwrap().id;
        let request = side.rules[rule].request();
        let saved = self.serving_engine(place).put_rule(&self.reader, id, request).await;
        if saved.is_err() {
            self.sides[place].swap_filter(place);
        }
        saved.is_ok()
    }

    /// An engine of a process that serves members of the workspace, and does not die.
    pub(crate) fn serving_engine(&self, place: usize) -> Engine {
        self.make_engine(place, None)
    }

    /// Lets somebody say how many calls may be spent on an org.
    pub(crate) async fn set_allotment(&mut self, place: usize, allotment: Option<u64>) {
        let id = self.sides[place].integration.as_ref().unwrap().id;
        let allowance = Allowance { allotment, stop_percent: STOP_PERCENT };
        self.engine()
            .set_allowance(&self.reader, id, allowance, &engine::Precondition::Unsaid)
            .await
            .unwrap()
            .unwrap();
        self.sides[place].budget.allotment = allotment;
    }

    /// The number of the process that there is.
    pub(crate) fn incarnation(&self) -> u64 {
        self.incarnations
    }

    /// An engine that would connect the org at a place where somebody connects one.
    fn make_engine(&self, place: usize, kill_at: Option<KillPoint>) -> Engine {
        let lines = self.sides.iter().map(|side| side.org.simulator.start_line());
        let apps = lines.map(|line| ConfiguredApp {
            environment: Environment::Simulated,
            client_id: line.client_id.clone(),
            client_secret: Some(line.client_secret.clone().into()),
        });
        let mut apps: Vec<_> = apps.collect();
        // The first app of an environment is the one that is asked with.
        apps.swap(0, place);
        let host = self.sides[place].org.simulator.base_url().to_owned();
        let connect = ConnectConfig {
            redirect_uri: REDIRECT_URI.to_owned(),
            apps,
            simulated_host: Some(host),
            most_integrations: None,
        };
        let config = EngineConfig {
            page_size: PageSize::new(BULK_ROWS),
            query_rows: QUERY_ROWS,
            bulk_from_rows: BULK_FROM_ROWS,
            bulk_changes_from_rows: BULK_CHANGES_FROM_ROWS,
            bulk_sweep_from_rows: BULK_SWEEP_FROM_ROWS,
            connect: Some(connect),
            kill_at,
            ..EngineConfig::new(self.spool_dir())
        };
        let hosts = self.sides.iter().map(|side| side.org.simulator.base_url().parse().unwrap()).collect();
        let network = Network {
            host_rule: HostRule { dev_allow_hosts: hosts, ..HostRule::default() },
            idle_timeout: IDLE_TIMEOUT,
            ..Network::default()
        };
        let random = self.random.clone();
        Engine::new(self.store.clone(), Clock::Test(self.clock.clone()), random, config, network, None)
            .unwrap()
    }

    fn spool_dir(&self) -> PathBuf {
        self.folder.path().join("spool")
    }
}

/// In memory where the system has such a place: a simulation commits thousands of times.
fn temporary_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

async fn sign_in(store: &Store, clock: &Clock, random: &Random) -> (Reader, SessionId) {
    let now = clock.now();
    let mut tx = store.begin().await.unwrap();
    let workspace_id = WorkspaceId::new(clock, random);
    let (name, time_zone) = ("ACME".to_owned(), "UTC".to_owned());
    create_workspace(&mut tx, &Workspace { id: workspace_id, name, time_zone, created_at: now })
        .await
        .unwrap();
    let id = UserId::new(clock, random);
    let member = Member {
        id,
        workspace_id,
        email: "ada@acme.example".to_owned(),
        name: "Ada".to_owned(),
        role: Role::Admin,
        signed_in_at: None,
        created_at: now,
    };
    assert!(create_member(&mut tx, &member).await.unwrap());
    let session = MemberSession {
        id: SessionId::new(clock, random),
        user_id: id,
        csrf_token: "csrf".to_owned(),
        created_at: now,
        used_at: now,
        expires_at: Timestamp::from_millis(now.as_millis() + 365 * 24 * HOUR_MS),
    };
    let token = TokenHash::of(&id.to_string());
    create_session(&mut tx, &session, &token).await.unwrap();
    tx.commit().await.unwrap();
    let (session, reader) = find_session(store, &token, now).await.unwrap().unwrap();
    (reader, session.id)
}
