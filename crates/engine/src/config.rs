//! What an operator may set about syncing, with its defaults.

use std::{num::NonZeroU32, path::PathBuf, time::Duration};

use model::Environment;
use secrecy::SecretString;

use crate::kill_point::KillPoint;

/// How many records a page of a full read asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PageSize(u32);

impl PageSize {
    /// The bound that Salesforce's own result pages keep to in practice.
    const MOST: u32 = 250_000;

    /// `rows` clamped to 1..=250,000.
    pub fn new(rows: u32) -> Self {
        Self(rows.clamp(1, Self::MOST))
    }

    /// The number of records.
    pub fn rows(self) -> u32 {
        self.0
    }
}

/// An app in Salesforce that this server may ask with.
#[derive(Clone, Debug)]
pub struct ConfiguredApp {
    /// Where people of its orgs sign in. [`Environment::Custom`] stands for all My Domains.
    pub environment: Environment,
    /// Its consumer key.
    pub client_id: String,
    /// Its consumer secret, where it has one.
    pub client_secret: Option<SecretString>,
}

/// How people connect orgs.
#[derive(Clone, Debug)]
pub struct ConnectConfig {
    /// The one address that Salesforce sends people back to: `{public_url}/oauth/salesforce/callback`.
    pub redirect_uri: String,
    /// Apps that need not be entered.
    pub apps: Vec<ConfiguredApp>,
    /// The host of a simulated org, such as `localhost:4601`. The network's host rule must allow it.
    pub simulated_host: Option<String>,
    /// How many integrations one org may have in a workspace; `None` for any number.
    pub most_integrations: Option<NonZeroU32>,
}

/// The engine's settings.
#[derive(Debug)]
pub struct EngineConfig {
    /// The folder for pages that were received and not yet applied.
    pub spool_dir: PathBuf,
    /// Records a result page of a Bulk job asks for. A killed process downloads at most one page again.
    pub page_size: PageSize,
    /// Plain bytes a page may hold, on the disk and never in memory. Of a larger one half as many records are asked for.
    pub most_page_bytes: u64,
    /// Records a query asks for: 2,000 is the most that one answer of the query resource holds (REST API Developer Guide,
    /// Query).
    pub query_rows: u64,
    /// An sObject with more records in scope than this is read by Bulk API 2.0, a smaller one by REST; one that takes several
    /// queries a page, or whose answers hold fewer records, counts as many times. A job takes some three calls beside its
    /// pages, REST one for each 2,000 records and part: from about 8,000 on Bulk takes fewer, and before that it is quicker.
    pub bulk_from_rows: u64,
    /// A read of changes of which more records than this are left behind its first page goes on by Bulk API 2.0. They are read
    /// often, so that calls count for more than time.
    pub bulk_changes_from_rows: u64,
    /// A sweep of a copy with more records than this has their ids and stamps gathered by a Bulk job. A query lists 2,000 in a
    /// call; from about 8,000 on a job takes fewer calls, and nobody waits for it.
    pub bulk_sweep_from_rows: u64,
    /// How far before its start a read reaches back, for records that became visible late.
    pub overlap: Duration,
    /// How long a checkpoint may be held back by `latestDateCovered`.
    pub longest_hold: Duration,
    /// How long a Bulk job may stay unfinished before it is given up.
    pub bulk_deadline: Duration,
    /// How people connect orgs; without it nobody can.
    pub connect: Option<ConnectConfig>,
    /// Whether the database belongs to another instance of the server. Then no org is called and no work is done: the grants
    /// are the other's, and where an org rotates refresh tokens, using one would end its connection.
    pub is_quarantined: bool,
    /// Where a test wants this process to end.
    pub kill_at: Option<KillPoint>,
}

impl EngineConfig {
    /// The defaults, with pages spooled under `spool_dir`.
    pub fn new(spool_dir: PathBuf) -> Self {
        Self {
            spool_dir,
            page_size: PageSize::new(50_000),
            most_page_bytes: 256 << 20,
            query_rows: 2_000,
            bulk_from_rows: 2_000,
            bulk_changes_from_rows: 10_000,
            bulk_sweep_from_rows: 10_000,
            overlap: Duration::from_secs(600),
            longest_hold: Duration::from_secs(6 * 3_600),
            bulk_deadline: Duration::from_secs(24 * 3_600),
            connect: None,
            is_quarantined: false,
            kill_at: None,
        }
    }
}
