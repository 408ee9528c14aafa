//! Cases and the queues they wait in.

use super::time::instant_between;
use super::{Facet, Record};
use crate::value::Value;

/// The status of a case that is done.
pub(crate) const CLOSED: &str = "Closed";

/// The queues that own cases until somebody takes them.
pub(super) const QUEUES: [&str; 3] = ["First Line", "Repairs", "Kundendienst"];

/// What is filled from the status of a case, or from a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CaseFill {
    Status,
    ClosedDate,
    QueueName,
    QueueDeveloperName,
    QueueEmail,
}

impl CaseFill {
    pub(super) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "case_status" => Self::Status,
            "case_closed_date" => Self::ClosedDate,
            "queue_name" => Self::QueueName,
            "queue_developer_name" => Self::QueueDeveloperName,
            "queue_email" => Self::QueueEmail,
            _ => return None,
        })
    }

    pub(super) fn value(self, record: Record<'_>) -> Value<'static> {
        let mut dice = record.dice(Facet::Status as u64);
        let status = match dice.below(100) {
            0..15 => "New",
            15..30 => "Working",
            30..36 => "Escalated",
            _ => CLOSED,
        };
        let queue = QUEUES[record.number as usize % QUEUES.len()];
        match self {
            Self::Status => Value::text(status),
            Self::ClosedDate if status == CLOSED => Value::DateTime(instant_between(record, &mut dice)),
            Self::ClosedDate => Value::Null,
            Self::QueueName => Value::text(queue),
            Self::QueueDeveloperName => Value::owned_text(queue.replace(' ', "_")),
            Self::QueueEmail => Value::owned_text(format!("queue{}@lockside.example", record.number + 1)),
        }
    }
}
