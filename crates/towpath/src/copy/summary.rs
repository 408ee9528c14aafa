//! What a copy did, for people and for programs.

use std::time::Duration;

use model::{Outcome, RuleProgress, RunCounts, SyncRule};
use serde::Serialize;

use crate::exit::{self, Exit};

/// The summary of one call.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    destination: String,
    outcome: &'static str,
    seconds: f64,
    calls: u64,
    bytes: u64,
    sobjects: Vec<SObjectSummary>,
    #[serde(skip)]
    exit: Exit,
}

/// One sObject's part in it.
#[derive(Debug, Serialize)]
struct SObjectSummary {
    sobject: String,
    outcome: &'static str,
    rows_read: u64,
    inserted: u64,
    updated: u64,
    unchanged: u64,
    gone: u64,
    rejected: u64,
    seconds: f64,
    calls: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorSummary>,
}

#[derive(Debug, Serialize)]
struct ErrorSummary {
    code: String,
    text: String,
}

impl Summary {
    /// Sums up a run. Rules without progress have not begun.
    pub(crate) fn new(
        destination: String,
        rules: &[SyncRule],
        progress: &[RuleProgress],
        duration: Duration,
    ) -> Self {
        let sobjects: Vec<_> = rules
            .iter()
            .filter_map(|rule| {
                progress
                    .iter()
                    .find(|progress| progress.sync_rule_id == rule.id)
                    .map(|progress| (rule, progress))
            })
            .map(|(rule, progress)| SObjectSummary::new(rule, progress))
            .collect();
        let (outcome, exit) = outcome_of(&sobjects);
        Self {
            destination,
            outcome,
            seconds: to_seconds(duration),
            calls: sobjects.iter().map(|sobject| sobject.calls).sum(),
            bytes: sobjects.iter().map(|sobject| sobject.bytes).sum(),
            sobjects,
            exit,
        }
    }

    /// The JSON of `--json`: one object.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a summary is plain data")
    }

    /// One sentence an sObject that was copied.
    pub(crate) fn sentences(&self) -> Vec<String> {
        self.sobjects.iter().filter(|sobject| sobject.error.is_none()).map(SObjectSummary::sentence).collect()
    }

    /// One sentence for each that was not.
    pub(crate) fn problems(&self) -> Vec<String> {
        let failed =
            self.sobjects.iter().filter_map(|sobject| Some((&sobject.sobject, sobject.error.as_ref()?)));
        failed.map(|(sobject, error)| format!("{sobject}: {} [{}]", error.text, error.code)).collect()
    }

    /// How the program ends.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

impl SObjectSummary {
    fn new(rule: &SyncRule, progress: &RuleProgress) -> Self {
        let RunCounts { rows_read, inserted, updated, unchanged, gone, rejected, calls, bytes } =
            progress.counts;
        let seconds = match (&progress.end, progress.started_at) {
            (Some(end), Some(started_at)) => to_seconds(end.finished_at.since(started_at)),
            _ => 0.0,
        };
        let end = progress.end.as_ref();
        let problem = end.and_then(|end| end.problem.as_ref());
        Self {
            sobject: rule.sobject.to_string(),
            outcome: end.map_or("unfinished", |end| end.outcome.as_str()),
            rows_read,
            inserted,
            updated,
            unchanged,
            gone,
            rejected,
            seconds,
            calls,
            bytes,
            error: problem
                .map(|problem| ErrorSummary { code: problem.code.clone(), text: problem.text.clone() }),
        }
    }

    fn sentence(&self) -> String {
        let mut parts = Vec::new();
        for (count, word) in [
            (self.inserted, "new"),
            (self.updated, "changed"),
            (self.gone, "deleted"),
            (self.unchanged, "unchanged"),
            (self.rejected, "rejected"),
        ] {
            if count > 0 {
                parts.push(format!("{} {word}", with_commas(count)));
            }
        }
        let what = if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") };
        format!("{}: {what}, in {:.1} s with {} calls.", self.sobject, self.seconds, self.calls)
    }

    fn has_ended_as(&self, outcome: Outcome) -> bool {
        self.outcome == outcome.as_str()
    }
}

/// One sObject's trouble stops that sObject only, and the exit code says that something is missing.
fn outcome_of(sobjects: &[SObjectSummary]) -> (&'static str, Exit) {
    if sobjects.iter().all(|sobject| sobject.has_ended_as(Outcome::Succeeded)) {
        return (Outcome::Succeeded.as_str(), Exit::Ok);
    }
    let is_there = |sobject: &SObjectSummary| {
        sobject.has_ended_as(Outcome::Succeeded) || sobject.has_ended_as(Outcome::PartlyDone)
    };
    if sobjects.iter().any(is_there) {
        return (Outcome::PartlyDone.as_str(), Exit::PartlyDone);
    }
    let mut codes =
        sobjects.iter().filter_map(|sobject| sobject.error.as_ref()).map(|error| exit::for_code(&error.code));
    let is_stopped = sobjects.iter().any(|sobject| sobject.has_ended_as(Outcome::Stopped));
    let outcome = if is_stopped { Outcome::Stopped } else { Outcome::Failed };
    (outcome.as_str(), codes.next().unwrap_or(Exit::Failed))
}

fn to_seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(with_commas(0), "0");
        assert_eq!(with_commas(999), "999");
        assert_eq!(with_commas(12_430), "12,430");
        assert_eq!(with_commas(1_000_000), "1,000,000");
    }
}
