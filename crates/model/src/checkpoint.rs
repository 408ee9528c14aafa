//! The durable progress of a sync rule.

use salesforce::{RecordId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{KeptColumn, SweepCause, SweepCounts, SweepId, SweepMode, Watermark};

/// How far a sync rule has come. Stored in the transaction that stores the records it covers.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Checkpoint {
    /// What is being read, and how far.
    pub position: Position,
    /// Everything that changed before this instant is in the copy. Never moves back.
    pub complete_until: Option<Timestamp>,
}

/// What a sync rule is reading.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reading")]
pub enum Position {
    /// Nothing is being read; the rule waits for its next run.
    #[default]
    Idle,
    /// So many Bulk jobs in a row were given up; the read begins anew.
    GivenUp {
        /// The number of jobs.
        jobs: u32,
    },
    /// A full read by Bulk API 2.0, or the rest of one of changes that are many.
    Bulk(BulkPosition),
    /// A read by REST in keyset pages.
    Keyset(KeysetPosition),
    /// Every row is stored; the count is still to be checked and the checkpoint to be moved.
    Finishing {
        /// When the read began, by the org's clock.
        started_at: Timestamp,
        /// What was read.
        kind: ReadKind,
        /// The Bulk job that was read.
        job: Option<FinishedJob>,
    },
    /// A sweep, which follows a read.
    Sweep(Box<SweepPosition>),
}

impl Position {
    /// What is being read; nothing where the rule is idle.
    pub fn kind(&self) -> Option<ReadKind> {
        match self {
            Self::Idle | Self::GivenUp { .. } => None,
            Self::Bulk(position) => Some(position.kind),
            Self::Keyset(position) => Some(position.kind),
            Self::Finishing { kind, .. } => Some(*kind),
            Self::Sweep(_) => Some(ReadKind::Changes),
        }
    }
}

/// A read of some columns that waits while changes are read, and goes on from its place after them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct WaitingRead {
    /// Where it stands.
    pub position: Position,
    /// The columns that it reads, as they were remembered when it began.
    pub columns: Vec<KeptColumn>,
}

/// What a read is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadKind {
    /// Everything, into a destination that holds nothing yet.
    FirstLoad,
    /// Everything, into a destination that holds records already, some of which may be out of scope now.
    Reload,
    /// What changed since the last read.
    Changes,
    /// Some columns of everything, for records that are there.
    Fields,
    /// The same of records whose formulas look at records that changed.
    ParentFields,
}

impl ReadKind {
    /// Whether only some columns are read.
    pub fn is_of_fields(self) -> bool {
        matches!(self, Self::Fields | Self::ParentFields)
    }

    /// Whether all columns of all records are read.
    pub fn is_full(self) -> bool {
        matches!(self, Self::FirstLoad | Self::Reload)
    }
}

/// A place in the results of a Bulk API 2.0 query job.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct BulkPosition {
    /// The query job.
    pub job_id: String,
    /// What is read.
    pub kind: ReadKind,
    /// Where the read of changes stood of which the job brings the rest; nothing where it brings everything.
    #[serde(default)]
    pub changes: Option<KeysetPosition>,
    /// When the read began, by the org's clock.
    pub started_at: Timestamp,
    /// When the job was made, by our own clock; unknown of one that an earlier version made.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// Jobs of this read that were given up before this one.
    pub jobs_before: u32,
    /// About how many records the job was to find; nothing where they could not be counted.
    #[serde(default)]
    pub rows_expected: Option<u64>,
    /// How often the job was asked whether it is complete.
    pub polls: u32,
    /// The records that the job found, once it is complete.
    pub rows_total: Option<u64>,
    /// The page being applied; `None` is the first.
    pub locator: Option<String>,
    /// The most records that a page may have, where one that had as many as usual was too large; nothing before.
    #[serde(default)]
    pub page_rows: Option<u32>,
    /// That page's number, from 0.
    pub page: u32,
    /// Rows of that page that are committed.
    pub rows_committed: u64,
    /// Rows of the pages before it.
    pub rows_before_page: u64,
}

/// A Bulk job whose results were read to the end.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FinishedJob {
    /// The query job.
    pub job_id: String,
    /// The rows that its pages held.
    pub rows: u64,
    /// The rows that it has by the org's own count, where it told them when the job was complete.
    #[serde(default)]
    pub rows_total: Option<u64>,
    /// Jobs of this read that were given up before it.
    pub jobs_before: u32,
    /// Where the read of changes stood of which it brought the rest; nothing where it brought everything.
    #[serde(default)]
    pub changes: Option<KeysetPosition>,
}

/// A place in a read by REST over a frozen window.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct KeysetPosition {
    /// Where the window begins; `None` reads from the first record.
    pub from: Option<Timestamp>,
    /// Where it ends: the org's clock when the read began.
    pub until: Timestamp,
    /// The last record committed.
    pub after: Option<KeysetPoint>,
    /// What is read.
    pub kind: ReadKind,
    /// What the pages hold.
    pub pass: KeysetPass,
    /// Of changes: whether it was decided already which API brings those behind the first page.
    #[serde(default)]
    pub is_weighed: bool,
}

/// A record as a place in a keyset read. Changes are read in the order of both parts, everything in that of the ids.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeysetPoint {
    /// By the time of the last change, then by id.
    Stamp(Watermark),
    /// By id, where the sObject has no such time.
    Id(RecordId),
}

impl KeysetPoint {
    /// The record's id.
    pub fn record_id(&self) -> RecordId {
        match self {
            Self::Stamp(watermark) => watermark.record_id,
            Self::Id(id) => *id,
        }
    }
}

/// What the pages of a keyset read hold.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeysetPass {
    /// The records that the rule's filter keeps.
    Records,
    /// Ids only and unfiltered, to see which records left the filter.
    ChangedIds,
    /// Ids and stamps of all records in scope, for a sweep.
    Scope,
}

/// A place in a sweep, with what it has counted so far. Nothing of what it finds has an effect before all ids are read.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SweepPosition {
    /// The sweep.
    pub sweep_id: SweepId,
    /// What it does with what it finds.
    pub mode: SweepMode,
    /// Why it is done.
    pub cause: SweepCause,
    /// When the read that it follows began, by the org's clock.
    pub started_at: Timestamp,
    /// When the sweep began, by our own clock.
    pub begun_at: Timestamp,
    /// Up to when changes count: what changed later is read anyway.
    pub complete_until: Timestamp,
    /// Whether the user sees all records of the sObject, whoever they belong to; `None` where that is not known.
    pub sees_all: Option<bool>,
    /// What it is doing.
    pub step: SweepStep,
    /// What it has counted.
    pub counts: SweepCounts,
}

/// What a sweep is doing, and how far it has come: each step goes through the ids in the order of their bytes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "doing")]
pub enum SweepStep {
    /// It has a Bulk job made that gathers the ids and stamps of very many records.
    Starting,
    /// It waits for that job.
    Preparing(SweepJob),
    /// It keeps what that job has gathered.
    Loading(SweepJob),
    /// It reads ids and stamps from the org, and compares each range with the copy.
    Listing {
        /// The last id compared.
        after: Option<RecordId>,
    },
    /// It reads ids and stamps from an org that does not order ids by their bytes, and keeps them.
    Keeping {
        /// The last id kept.
        after: Option<RecordId>,
    },
    /// It compares the ids that were kept, in either way, with the copy.
    Comparing {
        /// The last id compared.
        after: Option<RecordId>,
    },
    /// It asks the org for each lost record by its id.
    Explaining {
        /// The last id asked for.
        after: Option<RecordId>,
    },
    /// It decides about lost records that the org does not know.
    Deciding {
        /// The last id asked for, where so many were unknown that the others were not asked for.
        #[serde(default)]
        unasked_after: Option<RecordId>,
    },
    /// It marks what is gone.
    Marking,
    /// It reads records again.
    Healing {
        /// The last id read.
        after: Option<RecordId>,
    },
}

/// A Bulk job that gathers ids and stamps for a sweep.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SweepJob {
    /// The query job.
    pub job_id: String,
    /// When it was made, by our own clock.
    pub created_at: Timestamp,
    /// How often it was asked whether it is complete.
    pub polls: u32,
    /// The records that it found, once it is complete.
    pub rows_total: Option<u64>,
    /// The page to be kept next; `None` is the first.
    pub locator: Option<String>,
    /// That page's number, from 0.
    pub page: u32,
    /// Rows of the pages before it.
    pub rows_before_page: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Random};

    #[test]
    fn a_step_that_an_earlier_version_kept_is_read() {
        let steps = [
            (r#"{"doing":"listing","after":null}"#, SweepStep::Listing { after: None }),
            (r#"{"doing":"deciding"}"#, SweepStep::Deciding { unasked_after: None }),
            (r#"{"doing":"marking"}"#, SweepStep::Marking),
            (r#"{"doing":"starting"}"#, SweepStep::Starting),
        ];

        for (json, step) in steps {
            assert_eq!(serde_json::from_str::<SweepStep>(json).unwrap(), step);
        }
    }

    #[test]
    fn a_checkpoint_reads_back_from_json() {
        let checkpoints = [
            Checkpoint::default(),
            Checkpoint {
                position: Position::Keyset(KeysetPosition {
                    from: None,
                    until: Timestamp::from_millis(1_763_000_000_000),
                    after: Some(KeysetPoint::Stamp(Watermark {
                        system_modstamp: Timestamp::from_millis(1_762_000_000_000),
                        record_id: "001000000000001AAA".parse().unwrap(),
                    })),
                    kind: ReadKind::FirstLoad,
                    pass: KeysetPass::Records,
                    is_weighed: false,
                }),
                complete_until: Some(Timestamp::from_millis(1)),
            },
            Checkpoint {
                position: Position::Sweep(Box::new(SweepPosition {
                    sweep_id: SweepId::new(&Clock::System, &Random::from_number(3)),
                    mode: SweepMode::Heal,
                    cause: SweepCause::Schedule,
                    started_at: Timestamp::from_millis(5),
                    begun_at: Timestamp::from_millis(6),
                    complete_until: Timestamp::from_millis(4),
                    sees_all: None,
                    step: SweepStep::Listing { after: Some("001000000000001AAA".parse().unwrap()) },
                    counts: SweepCounts { rows_in_org: 7, ..SweepCounts::default() },
                })),
                complete_until: None,
            },
            Checkpoint {
                position: Position::Sweep(Box::new(SweepPosition {
                    sweep_id: SweepId::new(&Clock::System, &Random::from_number(4)),
                    mode: SweepMode::Heal,
                    cause: SweepCause::Reload,
                    started_at: Timestamp::from_millis(5),
                    begun_at: Timestamp::from_millis(6),
                    complete_until: Timestamp::from_millis(4),
                    sees_all: Some(true),
                    step: SweepStep::Loading(SweepJob {
                        job_id: "750000000000001AAA".to_owned(),
                        created_at: Timestamp::from_millis(6),
                        polls: 2,
                        rows_total: Some(60_000),
                        locator: Some("MTAw".to_owned()),
                        page: 1,
                        rows_before_page: 50_000,
                    }),
                    counts: SweepCounts::default(),
                })),
                complete_until: None,
            },
        ];

        for checkpoint in checkpoints {
            let json = serde_json::to_string(&checkpoint).unwrap();
            assert_eq!(serde_json::from_str::<Checkpoint>(&json).unwrap(), checkpoint, "{json}");
        }
    }
}
