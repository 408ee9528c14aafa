//! Cases: what follows from their status.

use super::time::instant_between;
use super::{Facet, Record};
use crate::value::Value;

/// The status of a case that is done.
pub(crate) const CLOSED: &str = "Closed";

/// What is filled from the status of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CaseFill {
    Status,
    ClosedDate,
}

impl CaseFill {
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "case_status" => Some(Self::Status),
            "case_closed_date" => Some(Self::ClosedDate),
            _ => None,
        }
    }

    pub(super) fn value(self, record: Record<'_>) -> Value<'static> {
        let mut dice = record.dice(Facet::Status as u64);
        let status = match dice.below(100) {
            0..15 => "New",
            15..30 => "Working",
            30..36 => "Escalated",
            _ => CLOSED,
        };
        match self {
            Self::Status => Value::text(status),
            Self::ClosedDate if status == CLOSED => Value::DateTime(instant_between(record, &mut dice)),
            Self::ClosedDate => Value::Null,
        }
    }
}
