//! Fresh stores, and the few rows that most tests need.

use std::path::PathBuf;

use model::{
    Clock, Column, ColumnKind, ColumnState, Connection, ConnectionId, ConnectionKind, ConnectionStatus,
    GrantKind, Integration, IntegrationId, KeptColumn, MemberSession, Mode, Org, OrgId, Random, RecordLayout,
    SessionId, Slug, SyncRule, SyncRuleId, TestClock, UserId, WorkId, Workspace, WorkspaceId,
};
use salesforce::{FieldType, FieldValue, RecordId, Timestamp, ValueError};
use secrecy::SecretString;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor};
use store::connections::NewTokens;
use store::work::{Lease, Work};
use store::{Keyring, Reader, RecordTable, Store, StoreOptions, StoreUrl, TokenHash};

/// Runs one test body on both databases.
#[macro_export]
macro_rules! on_both {
    ($(async fn $name:ident($store:ident: $kind:ty) $body:block)+) => {$(
        mod $name {
            #[allow(clippy::allow_attributes, unused_imports, reason = "not every body uses what its module does")]
            use super::*;

            async fn body($store: $kind) $body

            #[tokio::test]
            async fn on_sqlite() {
                body($crate::test_store::TestStore::sqlite().await).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                body($crate::test_store::TestStore::postgres().await).await;
            }
        }
    )+};
}

/// A store of its own, with a workspace, a connection, an integration `acme` and a rule on Account.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) url: StoreUrl,
    pub(crate) test_clock: TestClock,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) workspace: Workspace,
    pub(crate) connection: Connection,
    pub(crate) integration: Integration,
    pub(crate) sync_rule: SyncRule,
    pub(crate) folder: tempfile::TempDir,
    /// A URL that the test's own SQL reaches the same database by.
    pub(crate) raw_url: String,
}

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_763_762_645_000);

impl TestStore {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("towpath.db");
        let raw_url = format!("sqlite:{}", path.display());
        Self::open(StoreUrl::sqlite(&path), raw_url, folder).await
    }

    pub(crate) async fn postgres() -> Self {
        let raw_url = create_database().await;
        Self::open(StoreUrl::parse(&raw_url).unwrap(), raw_url, tempfile::tempdir().unwrap()).await
    }

    async fn open(url: StoreUrl, raw_url: String, folder: tempfile::TempDir) -> Self {
        let test_clock = TestClock::at(NOW);
        let clock = Clock::Test(test_clock.clone());
        let random = Random::from_os().unwrap();
        Keyring::create(&folder.path().join("key"), 0o400, &random).unwrap();
        let store = open_store(&url, &folder.path().join("key")).await.unwrap();
        let (workspace, org, connection, integration) = nouns(&clock, &random);
        let sync_rule = rule(&clock, &random, &integration, "Account");

        let mut tx = store.begin().await.unwrap();
        store::workspaces::create_workspace(&mut tx, &workspace).await.unwrap();
        store::orgs::create_org(&mut tx, &org).await.unwrap();
        store::connections::create_connection(
            &mut tx,
            &connection,
            &tokens("access-1", Some("refresh-1")),
            &clock,
        )
        .await
        .unwrap();
        store::integrations::create_integration(&mut tx, &integration).await.unwrap();
        store::sync_rules::put_sync_rule(&mut tx, &sync_rule).await.unwrap();
        tx.commit().await.unwrap();
        Self {
            store,
            url,
            test_clock,
            clock,
            random,
            workspace,
            connection,
            integration,
            sync_rule,
            folder,
            raw_url,
        }
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    /// Makes, or brings up to date, the record table of some columns.
    pub(crate) async fn table(&self, columns: &[(&str, FieldType)]) -> RecordTable {
        let mut tx = self.store.begin().await.unwrap();
        let layout = layout(columns);
        let mut kept = store::find_kept_table_in(&mut tx, &self.integration, &layout.sobject)
            .await
            .unwrap()
            .unwrap_or_default();
        for column in &layout.columns {
            match kept.columns.iter_mut().find(|known| known.name == column.name) {
                None => kept.columns.push(KeptColumn::new(column, String::new(), ColumnState::Filled)),
                Some(known) => known.kind = wider(known.kind, column.kind),
            }
        }
        let table = store::shape_record_table(&mut tx, &self.integration, &layout, &kept, NOW).await.unwrap();
        tx.commit().await.unwrap();
        table
    }

    /// Signs a member of the workspace in.
    pub(crate) async fn reader(&self) -> Reader {
        self.reader_of(&self.workspace).await
    }

    /// Signs a member of any workspace in.
    pub(crate) async fn reader_of(&self, workspace: &Workspace) -> Reader {
        self.reader_as(workspace, "viewer").await
    }

    /// Signs a member with a role in.
    pub(crate) async fn reader_as(&self, workspace: &Workspace, role: &str) -> Reader {
        let user_id = UserId::new(&self.clock, &self.random);
        let members = self.control("members");
        self.execute(&format!(
            "insert into {members} (user_id, workspace_id, email, name, role, created_at, updated_at)
             values ('{user_id}', '{}', '{user_id}@acme.example', 'Ada', '{role}', 0, 0)",
            workspace.id
        ))
        .await;
        let session = MemberSession {
            id: SessionId::new(&self.clock, &self.random),
            user_id,
            csrf_token: "csrf".to_owned(),
            created_at: NOW,
            used_at: NOW,
            expires_at: at(3_600),
        };
        let token_hash = TokenHash::of(&user_id.to_string());
        let mut tx = self.store.begin().await.unwrap();
        store::sessions::create_session(&mut tx, &session, &token_hash).await.unwrap();
        tx.commit().await.unwrap();
        store::sessions::find_session(&self.store, &token_hash, NOW).await.unwrap().unwrap().1
    }

    /// Returns somebody who reads in another workspace.
    pub(crate) async fn foreign_reader(&self) -> Reader {
        let other = Workspace { id: WorkspaceId::new(&self.clock, &self.random), ..self.workspace.clone() };
        let mut tx = self.store.begin().await.unwrap();
        store::workspaces::create_workspace(&mut tx, &other).await.unwrap();
        tx.commit().await.unwrap();
        self.reader_of(&other).await
    }

    /// Wants work and claims it.
    pub(crate) async fn lease(&self, owner: &str) -> Option<Lease> {
        let mut tx = self.store.begin().await.unwrap();
        let work = Work {
            id: WorkId::new(&self.clock, &self.random),
            kind: "sync".to_owned(),
            subject: self.sync_rule.id.to_string(),
            due_at: NOW,
            created_at: NOW,
        };
        store::work::put_work(&mut tx, &work).await.unwrap();
        tx.commit().await.unwrap();
        store::work::claim_work(&self.store, owner, 10_000, self.test_clock.now()).await.unwrap()
    }

    /// Saves another rule of the integration.
    pub(crate) async fn second_rule(&self, sobject: &str) -> SyncRule {
        let rule = rule(&self.clock, &self.random, &self.integration, sobject);
        let mut tx = self.store.begin().await.unwrap();
        store::sync_rules::put_sync_rule(&mut tx, &rule).await.unwrap();
        tx.commit().await.unwrap();
        rule
    }

    /// Makes another integration of the same connection, with rules for some sObjects, which are wanted.
    pub(crate) async fn want_beside(&self, slug: &str, sobjects: &[&str]) {
        let integration = Integration {
            id: IntegrationId::new(&self.clock, &self.random),
            slug: Slug::parse(slug).unwrap(),
            ..self.integration.clone()
        };
        let mut tx = self.store.begin().await.unwrap();
        store::integrations::create_integration(&mut tx, &integration).await.unwrap();
        let rules: Vec<_> =
            sobjects.iter().map(|name| rule(&self.clock, &self.random, &integration, name)).collect();
        for rule in &rules {
            store::sync_rules::put_sync_rule(&mut tx, rule).await.unwrap();
        }
        tx.commit().await.unwrap();
        for rule in &rules {
            self.want(rule).await;
        }
    }

    /// Makes another workspace with an org and an integration, and returns its rule.
    pub(crate) async fn another_workspace(&self) -> SyncRule {
        let (workspace, org, connection, integration) = nouns(&self.clock, &self.random);
        let integration = Integration { slug: Slug::parse("globex").unwrap(), ..integration };
        let rule = rule(&self.clock, &self.random, &integration, "Account");
        let mut tx = self.store.begin().await.unwrap();
        store::workspaces::create_workspace(&mut tx, &workspace).await.unwrap();
        store::orgs::create_org(&mut tx, &org).await.unwrap();
        let tokens = tokens("access-2", Some("refresh-2"));
        store::connections::create_connection(&mut tx, &connection, &tokens, &self.clock).await.unwrap();
        store::integrations::create_integration(&mut tx, &integration).await.unwrap();
        store::sync_rules::put_sync_rule(&mut tx, &rule).await.unwrap();
        tx.commit().await.unwrap();
        rule
    }

    /// Wants a rule read.
    pub(crate) async fn want(&self, rule: &SyncRule) {
        self.want_at(rule, NOW).await;
    }

    /// Wants a rule read at an instant.
    pub(crate) async fn want_at(&self, rule: &SyncRule, due_at: Timestamp) {
        let work = Work {
            id: WorkId::new(&self.clock, &self.random),
            kind: "sync".to_owned(),
            subject: rule.id.to_string(),
            due_at,
            created_at: NOW,
        };
        let mut tx = self.store.begin().await.unwrap();
        store::work::put_work(&mut tx, &work).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Runs a statement of the test's own.
    pub(crate) async fn execute(&self, sql: &str) {
        if self.raw_url.starts_with("sqlite:") {
            let mut connection = sqlx::SqliteConnection::connect(&self.raw_url).await.unwrap();
            connection.execute(AssertSqlSafe(sql)).await.unwrap();
        } else {
            let mut connection = sqlx::PgConnection::connect(&self.raw_url).await.unwrap();
            connection.execute(AssertSqlSafe(sql)).await.unwrap();
        }
    }

    /// Returns the text of the one column of a statement, row by row.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<Option<String>> {
        if self.raw_url.starts_with("sqlite:") {
            let mut connection = sqlx::SqliteConnection::connect(&self.raw_url).await.unwrap();
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap()
        } else {
            let mut connection = sqlx::PgConnection::connect(&self.raw_url).await.unwrap();
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap()
        }
    }

    /// Opens a connection to PostgreSQL beside the store's own, by this name.
    pub(crate) async fn postgres_connection(&self, application_name: &str) -> sqlx::PgConnection {
        let options = self.raw_url.parse::<sqlx::postgres::PgConnectOptions>().unwrap();
        options.application_name(application_name).connect().await.unwrap()
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.raw_url.starts_with("sqlite:")
    }

    /// Returns a control table's name for SQL of the test's own.
    pub(crate) fn control(&self, table: &str) -> String {
        if self.is_sqlite() { format!("towpath_{table}") } else { format!("towpath.{table}") }
    }
}

pub(crate) async fn open_store(url: &StoreUrl, key_file: &std::path::Path) -> store::Result<Store> {
    let options = StoreOptions {
        keyring: Some(Keyring::load(key_file)?),
        ..StoreOptions::new(Random::from_os().unwrap())
    };
    Store::open(url, options).await
}

/// Makes an empty database on the private cluster and returns its URL.
async fn create_database() -> String {
    let admin = std::env::var("TOWPATH_TEST_POSTGRES").expect(
        "TOWPATH_TEST_POSTGRES is not set: run the tests with ./dev test, which starts a PostgreSQL for them",
    );
    let name = format!("towpath_test_{:032x}", u128::from_le_bytes(Random::from_os().unwrap().bytes()));
    let mut connection = sqlx::PgConnection::connect(&admin).await.unwrap();
    connection.execute(AssertSqlSafe(format!("create database {name} template template0"))).await.unwrap();
    connection.close().await.unwrap();
    let (base, query) = admin.split_once('?').map_or((admin.as_str(), ""), |(base, query)| (base, query));
    let server = base.rsplit_once('/').map_or(base, |(server, _)| server);
    format!("{server}/{name}?{query}")
}

fn nouns(clock: &Clock, random: &Random) -> (Workspace, Org, Connection, Integration) {
    let workspace = Workspace {
        id: WorkspaceId::new(clock, random),
        name: "Nordwind".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        created_at: NOW,
    };
    let org = Org {
        id: OrgId::new(clock, random),
        workspace_id: workspace.id,
        organization_id: id(b'D', 1),
        name: "ACME".to_owned(),
        environment: model::Environment::Production,
        created_at: NOW,
    };
    let connection = Connection {
        owner_id: None,
        id: ConnectionId::new(clock, random),
        workspace_id: workspace.id,
        org_id: org.id,
        kind: ConnectionKind::Service,
        grant: GrantKind::AuthorizationCode,
        login_host: "login.salesforce.com".to_owned(),
        instance_url: "https://acme.my.salesforce.com".to_owned(),
        user_id: id(b'5', 1),
        username: "sync@acme.example".to_owned(),
        client_id: "towpath".to_owned(),
        scopes: "api refresh_token".to_owned(),
        credential_fingerprint: "5f2e".to_owned(),
        status: ConnectionStatus::Connected,
        status_code: None,
        generation: 1,
        created_at: NOW,
        updated_at: NOW,
    };
    let integration = Integration {
        id: IntegrationId::new(clock, random),
        workspace_id: workspace.id,
        connection_id: connection.id,
        slug: Slug::parse("acme").unwrap(),
        name: "ACME main".to_owned(),
        mode: Mode::ReadOnly,
        created_at: NOW,
        paused_at: None,
        paused_by: None,
        deleted_at: None,
    };
    (workspace, org, connection, integration)
}

pub(crate) fn rule(clock: &Clock, random: &Random, integration: &Integration, sobject: &str) -> SyncRule {
    SyncRule {
        id: SyncRuleId::new(clock, random),
        integration_id: integration.id,
        sobject: sobject.parse().unwrap(),
        filter: None,
        fields: model::FieldSelection::All,
        cadence_ms: 900_000,
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn tokens(access: &str, refresh: Option<&str>) -> NewTokens {
    NewTokens {
        access_token: SecretString::from(access),
        refresh_token: refresh.map(SecretString::from),
        issued_at: NOW,
        instance_url: None,
        scopes: None,
    }
}

/// Returns the id of a record: `00` and a letter for its sObject, and a number.
pub(crate) fn id(letter: u8, number: u32) -> RecordId {
    format!("00{}{number:012}", letter as char).parse().unwrap()
}

/// Returns the layout of an Account with some fields, in which `SystemModstamp` is the stamp.
pub(crate) fn layout(columns: &[(&str, FieldType)]) -> RecordLayout {
    let columns = columns.iter().map(|(name, field_type)| Column {
        name: model::sql_name(name),
        path: (*name).to_owned(),
        field_type: *field_type,
        kind: ColumnKind::of(*field_type),
    });
    let columns: Vec<_> = columns.collect();
    let stamp = columns.iter().position(|column| column.name == "systemmodstamp");
    RecordLayout { sobject: "Account".parse().unwrap(), columns, stamp, skipped: Vec::new() }
}

fn wider(kept: ColumnKind, wanted: ColumnKind) -> ColumnKind {
    match (kept, wanted) {
        _ if kept == wanted => kept,
        (ColumnKind::Integer, ColumnKind::Decimal) | (ColumnKind::Decimal, ColumnKind::Integer) => {
            ColumnKind::Decimal
        }
        _ => ColumnKind::Text,
    }
}

pub(crate) fn text(text: &str) -> Result<FieldValue<'_>, ValueError> {
    Ok(FieldValue::Text(text.into()))
}

/// Returns a stamp so many seconds after [`NOW`].
pub(crate) fn stamp(seconds: i64) -> Result<FieldValue<'static>, ValueError> {
    Ok(FieldValue::DateTime(at(seconds)))
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + seconds * 1_000)
}
