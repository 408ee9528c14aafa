//! The durable progress of a sync rule.

use salesforce::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Watermark;

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
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Position {
    /// Nothing is being read; the rule waits for its next run.
    #[default]
    Idle,
    /// A full read by Bulk API 2.0. Set by a run that creates the query job.
    Bulk {
        /// The query job.
        job_id: String,
        /// When the job was created, by the org's clock.
        started_at: Timestamp,
        /// The page being applied; `None` is the first.
        locator: Option<String>,
        /// That page's number, from 0.
        page: u32,
        /// Rows of that page that are committed.
        rows_committed: u64,
        /// Rows of the pages before it.
        total_rows: u64,
    },
    /// A read by REST in keyset pages over a frozen window.
    Keyset {
        /// Where the window begins; `None` reads from the first record.
        from: Option<Timestamp>,
        /// Where it ends: the org's clock when the read began.
        until: Timestamp,
        /// The last record committed.
        last: Option<Watermark>,
        /// Whether the window is the whole sObject.
        backfill: bool,
        /// What the pages hold.
        pass: KeysetPass,
    },
}

/// What the pages of a keyset read hold.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeysetPass {
    /// The records that the rule's filter keeps.
    Records,
    /// Ids only and unfiltered, to see which records left the filter.
    ChangedIds,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_reads_back_from_json() {
        let checkpoints = [
            Checkpoint::default(),
            Checkpoint {
                position: Position::Keyset {
                    from: None,
                    until: Timestamp::from_millis(1_763_000_000_000),
                    last: Some(Watermark {
                        system_modstamp: Timestamp::from_millis(1_762_000_000_000),
                        record_id: "001000000000001AAA".parse().unwrap(),
                    }),
                    backfill: true,
                    pass: KeysetPass::Records,
                },
                complete_until: Some(Timestamp::from_millis(1)),
            },
        ];

        for checkpoint in checkpoints {
            let json = serde_json::to_string(&checkpoint).unwrap();
            assert_eq!(serde_json::from_str::<Checkpoint>(&json).unwrap(), checkpoint, "{json}");
        }
    }
}
