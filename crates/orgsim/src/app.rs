//! Everything the handlers share.

use std::sync::{Arc, Mutex};

use serde_json::Value as Json;

use crate::bulk::{IngestJobs, Jobs};
use crate::clock::Clock;
use crate::faults::Faults;
use crate::http::Cursors;
use crate::id::RecordId;
use crate::kept::KeptFile;
use crate::limits::Usage;
use crate::log::Log;
use crate::oauth::Browser;
use crate::org::Org;
use crate::sessions::Sessions;
use crate::simulator::SimulatorConfig;
use crate::soql;
use crate::time_zone::TimeZone;
use crate::users::{self, User};

/// The app that clients sign in to the org with: consumer key, secret and what its administrator allowed.
#[derive(Clone, Debug)]
pub(crate) struct ClientApp {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) name: String,
    /// Callback URLs beside those on the loopback interface, which are always allowed.
    pub(crate) callback_urls: Vec<String>,
    pub(crate) requires_pkce: bool,
}

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
    pub(crate) client: ClientApp,
    pub(crate) secrets: Secrets,
    pub(crate) sessions: Sessions,
    /// What outlives a restart, where something does.
    pub(crate) kept: Option<Arc<KeptFile>>,
    pub(crate) browser: Browser,
    pub(crate) cursors: Cursors,
    pub(crate) jobs: Jobs,
    pub(crate) ingest_jobs: IngestJobs,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    pub(crate) usage: Usage,
    /// Where `latestDateCovered` stands still, as behind a transaction that has been open since then.
    pub(crate) covered_until: Mutex<Option<i64>>,
}

impl App {
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
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
            now_ms: self.now_ms(),
            time_zone: TimeZone::find(&user.time_zone),
            locale: soql::Locale::find(&user.locale),
            fiscal_start: self.org.fiscal_start(),
            api_version,
            include_deleted: false,
            bulk: false,
        }
    }

    /// Returns the identity URL of a user.
    pub(crate) fn identity_url(&self, base_url: &str, user_id: &RecordId) -> String {
        format!("{base_url}/id/{}/{user_id}", self.org.organization_id())
    }

    /// Returns the figures of `/limits`.
    pub(crate) fn limits(&self) -> Json {
        let now_ms = self.now_ms();
        crate::limits::limits_json(
            self.usage.used_and_max(now_ms),
            self.jobs.count_since(now_ms - 24 * 3_600_000),
            self.ingest_jobs.count_batches_since(now_ms - 24 * 3_600_000),
        )
    }
}
