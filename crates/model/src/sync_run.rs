//! Sync runs: one pass over an integration's rules.

use salesforce::Timestamp;

use crate::text_enum::text_enums;
use crate::{IntegrationId, SyncRuleId, SyncRunId};

text_enums! {
    /// How a run, or one rule of it, ended.
    Outcome {
        /// Everything was read and stored.
        Succeeded = "succeeded",
        /// Stored, but some records were rejected or some rules failed.
        PartlyDone = "partly_done",
        /// It ended with an error.
        Failed = "failed",
        /// A person or a limit stopped it; the next run goes on from its checkpoint.
        Stopped = "stopped",
    }

    /// What a rule is doing in a run.
    RunPhase {
        /// It waits for its turn.
        Waiting = "waiting",
        /// It looks at the fields, counts, and chooses how to read.
        Planning = "planning",
        /// The org prepares the result.
        Preparing = "preparing",
        /// Records are read and stored.
        Reading = "reading",
        /// Records that are gone are looked for.
        Sweeping = "sweeping",
        /// It is over.
        Finished = "finished",
    }
}

/// One pass over an integration's rules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SyncRun {
    /// Its id.
    pub id: SyncRunId,
    /// The integration.
    pub integration_id: IntegrationId,
    /// When it began.
    pub started_at: Timestamp,
    /// How and when it ended; `None` while it runs.
    pub end: Option<RunEnd>,
}

/// How and when something ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RunEnd {
    /// When.
    pub finished_at: Timestamp,
    /// How.
    pub outcome: Outcome,
    /// Why, where it did not succeed.
    pub problem: Option<Problem>,
}

/// What went wrong, for a person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// An error code, such as `limit.daily`.
    pub code: String,
    /// One sentence.
    pub text: String,
}

/// How far one rule of a run has come.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleProgress {
    /// The run.
    pub run_id: SyncRunId,
    /// The rule.
    pub sync_rule_id: SyncRuleId,
    /// What it is doing.
    pub phase: RunPhase,
    /// How many records there are to read, once known.
    pub rows_total: Option<u64>,
    /// What was done so far.
    pub counts: RunCounts,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// What went wrong in its last try, while it is tried again; `None` once a try goes well, or after its end.
    pub retried_for: Option<Problem>,
    /// How and when it ended; `None` before.
    pub end: Option<RunEnd>,
}

/// What a run did: the sums of all its commits.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RunCounts {
    /// Records received and looked at.
    pub rows_read: u64,
    /// Records that were new.
    pub inserted: u64,
    /// Records that differed from the copy.
    pub updated: u64,
    /// Records that the copy already had.
    pub unchanged: u64,
    /// Records marked gone. They are not among those read.
    pub gone: u64,
    /// Records that could not be stored; each has a row error.
    pub rejected: u64,
    /// API calls made.
    pub calls: u64,
    /// Bytes received.
    pub bytes: u64,
}

impl RunCounts {
    /// Whether every record read went somewhere.
    pub fn are_conserved(&self) -> bool {
        self.rows_read == self.inserted + self.updated + self.unchanged + self.rejected
    }
}

impl std::ops::AddAssign for RunCounts {
    fn add_assign(&mut self, more: Self) {
        self.rows_read += more.rows_read;
        self.inserted += more.inserted;
        self.updated += more.updated;
        self.unchanged += more.unchanged;
        self.gone += more.gone;
        self.rejected += more.rejected;
        self.calls += more.calls;
        self.bytes += more.bytes;
    }
}
