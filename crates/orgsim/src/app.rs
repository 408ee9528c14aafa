//! Everything the handlers share.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use crate::bulk::{IngestJobs, Jobs};
use crate::bulk1::AsyncJobs;
use crate::client_apps::{ClientApp, DeployedApps};
use crate::clock::{Clock, DAY_MS};
use crate::cometd::Clients;
use crate::control::Transactions;
use crate::event_logs::EventLogs;
use crate::faults::Faults;
use crate::http::Cursors;
use crate::id::RecordId;
use crate::kept::KeptFile;
use crate::keys::{Keys, RsaKey};
use crate::limits::{AppQuota, Exhausted, Usage};
use crate::log::Log;
use crate::metadata::Deployments;
use crate::oauth::{Browser, Devices};
use crate::org::{DescribeAge, Org};
use crate::recent::Recent;
use crate::schema::Api;
use crate::sessions::{Session, Sessions};
use crate::sign_in::{AppStatus, SignIn};
use crate::simulator::SimulatorConfig;
use crate::soql::{self, Query, SoqlError};
use crate::stream::Streams;
use crate::time_zone::TimeZone;
use crate::users::{self, User};

/// The permission to use apps that are not installed, and blocked ones (Help, Manage API Access).
pub(crate) const USE_ANY_API_CLIENT: &str = "UseAnyApiClient";

/// The secrets made at the start.
#[derive(Clone, Debug)]
pub(crate) struct Secrets {
    pub(crate) password: String,
    pub(crate) security_token: String,
    pub(crate) control_token: String,
}

/// One running org.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) config: SimulatorConfig,
    /// Where the org is reached if a request does not say.
    pub(crate) default_base_url: String,
    pub(crate) started_at: i64,
    pub(crate) clock: Clock,
    pub(crate) org: Org,
    /// The events of the org.
    pub(crate) streams: Arc<Streams>,
    /// Who listens to them over CometD.
    pub(crate) cometd: Clients,
    pub(crate) client: Arc<ClientApp>,
    /// The app of the sf command line, which every org knows.
    pub(crate) command_line: Arc<ClientApp>,
    /// The apps that came later.
    pub(crate) deployed: DeployedApps,
    pub(crate) deployments: Deployments,
    pub(crate) sign_in: SignIn,
    pub(crate) secrets: Secrets,
    pub(crate) sessions: Sessions,
    /// What outlives a restart, where something does.
    pub(crate) kept: Option<Arc<KeptFile>>,
    pub(crate) browser: Browser,
    pub(crate) devices: Devices,
    pub(crate) keys: Keys,
    pub(crate) cursors: Cursors,
    pub(crate) recent: Recent,
    pub(crate) jobs: Jobs,
    pub(crate) ingest_jobs: IngestJobs,
    pub(crate) async_jobs: AsyncJobs,
    pub(crate) faults: Arc<Faults>,
    pub(crate) event_logs: EventLogs,
    /// When describes last changed.
    pub(crate) describe_age: DescribeAge,
    pub(crate) transactions: Transactions,
    pub(crate) exhausted: Exhausted,
    pub(crate) log: Log,
    pub(crate) usage: Usage,
    pub(crate) app_quota: AppQuota,
    /// Where `latestDateCovered` stands still, as behind a transaction that has been open since then.
    pub(crate) covered_until: Mutex<Option<i64>>,
}

impl App {
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Returns up to when what the org tells is complete: where an open transaction began, or what queries do not see yet
    /// was written; `None` for now.
    pub(crate) fn covered_until(&self) -> Option<i64> {
        let held = *self.covered_until.lock().unwrap_or_else(PoisonError::into_inner);
        [held, self.transactions.oldest(), self.org.oldest_unseen()].into_iter().flatten().min()
    }

    /// Returns the scheme that clients reach the org by.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.config.tls { "https" } else { "http" }
    }

    /// Returns the address of the org where its My Domain was renamed.
    pub(crate) fn renamed_base_url(&self) -> Option<String> {
        let host = self.sign_in.policy().my_domain?;
        Some(format!("{}://{host}", self.scheme()))
    }

    /// Returns the key that clients may sign JWTs with, if one is registered with the app.
    pub(crate) fn registered_key(&self) -> Option<&RsaKey> {
        self.config.jwt_key.then(|| self.keys.get())
    }

    /// Finds an app by its consumer key.
    pub(crate) fn find_client(&self, client_id: &str) -> Option<Arc<ClientApp>> {
        if let Some(client) = self.deployed.find(client_id) {
            return Some(client);
        }
        if self.sign_in.policy().app == AppStatus::Deleted {
            return None;
        }
        [&self.client, &self.command_line].into_iter().find(|client| client.client_id == client_id).cloned()
    }

    /// Returns how the org stands to an app: deployed ones say so themselves, the others go by the switches of sign-in.
    pub(crate) fn status_of(&self, client_id: &str) -> AppStatus {
        let deployed = self.deployed.find(client_id);
        match deployed.as_ref().and_then(|client| client.deployed.as_ref()) {
            Some(deployed) if deployed.is_enabled => AppStatus::Installed,
            Some(_) => AppStatus::Blocked,
            None => self.sign_in.policy().app,
        }
    }

    /// Finds the live session of a token and renews it: none that its user or app may no longer use.
    pub(crate) fn find_session(&self, token: &str, now_ms: i64) -> Option<Session> {
        let session = self.sessions.touch(token, now_ms)?;
        if self.is_out(session.user_id) {
            self.sessions.revoke(token);
            return None;
        }
        self.is_usable(session.user_id, &session.client_id).then_some(session)
    }

    /// Returns whether tokens of a user for an app are good, as far as the org, the user and the app go. Sessions that no
    /// app opened have no name of one.
    pub(crate) fn is_usable(&self, user_id: RecordId, client_id: &str) -> bool {
        let policy = self.sign_in.policy();
        let is_app_gone = match self.status_of(client_id) {
            AppStatus::Deleted => true,
            AppStatus::Blocked => !self.uses_any_client(user_id),
            AppStatus::Installed | AppStatus::Uninstalled | AppStatus::NotInOrg => false,
        };
        !policy.org_inactive && (!is_app_gone || client_id.is_empty()) && !self.is_out(user_id)
    }

    /// Returns whether a user may use apps that are blocked, too.
    pub(crate) fn uses_any_client(&self, user_id: RecordId) -> bool {
        self.org.rights(user_id, self.now_ms()).has(USE_ANY_API_CLIENT)
    }

    /// Returns whether a user is inactive or frozen.
    pub(crate) fn is_out(&self, user_id: RecordId) -> bool {
        let user = users::find_user(&self.org, &user_id);
        user.is_some_and(|user| self.sign_in.policy().is_out(&user))
    }

    /// Returns the user who connects.
    pub(crate) fn main_user(&self) -> User {
        let id = self.org.user_id();
        users::find_user(&self.org, &id).unwrap_or_else(|| User::nobody(id))
    }

    /// Returns what a query of live records over REST is read under, as that user.
    pub(crate) fn query_context(&self, user_id: RecordId, api_version: u16) -> soql::Context {
        let user = users::find_user(&self.org, &user_id).unwrap_or_else(|| User::nobody(user_id));
        soql::Context {
            user_id,
            rights: self.org.rights(user_id, self.now_ms()),
            now_ms: self.now_ms(),
            time_zone: TimeZone::find(&user.time_zone),
            locale: soql::Locale::find(&user.locale),
            fiscal_start: self.org.fiscal_start(),
            api: Api::Data,
            api_version,
            include_deleted: false,
            bulk: false,
        }
    }

    /// Reads a statement. Where it names event logs, the files that are due are made first.
    pub(crate) fn prepare(&self, text: &str, context: &soql::Context) -> Result<Query, SoqlError> {
        let query = soql::prepare(self.org.schema(), text, context)?;
        if query.sobjects().iter().any(|sobject| EventLogs::are_of(sobject)) {
            self.event_logs.bring_up(self);
        }
        Ok(query)
    }

    /// Returns the identity URL of a user.
    pub(crate) fn identity_url(&self, base_url: &str, user_id: &RecordId) -> String {
        format!("{base_url}/id/{}/{user_id}", self.org.organization_id())
    }

    /// Returns the figures of `/limits`.
    pub(crate) fn limits(&self) -> Json {
        let now_ms = self.now_ms();
        let mut limits = crate::limits::limits_json(
            self.usage.used_and_max(now_ms),
            self.jobs.count_since(now_ms - DAY_MS),
            self.jobs.result_bytes_since(now_ms - DAY_MS),
            self.ingest_jobs.count_batches_since(now_ms - DAY_MS),
            self.streams.delivered_and_max(),
        );
        for name in self.exhausted.list().into_iter().flat_map(|limit| limit.figures()) {
            limits[*name]["Remaining"] = Json::from(0);
        }
        limits
    }
}
