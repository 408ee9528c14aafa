//! What state an integration is in: one word, derived from facts.

use salesforce::Timestamp;

use crate::text_enum::text_enums;
use crate::{ConnectionStatus, Outcome, Problem};

text_enums! {
    /// The one word for an integration's state. Where several hold, the first of them is shown.
    IntegrationStatus {
        /// Salesforce does not accept the grant any more: a person must connect again.
        NeedsReconnect = "needs_reconnect",
        /// A person stopped it.
        Paused = "paused",
        /// It is not set up: a rule or a mapping is missing.
        Incomplete = "incomplete",
        /// It works, but something went wrong that a person should look at.
        NeedsAttention = "needs_attention",
        /// It works.
        Active = "active",
    }

    /// What an integration lacks before it can work.
    MissingPart {
        /// A sync rule.
        Rule = "rule",
        /// A field mapping.
        Mapping = "mapping",
    }
}

/// What an integration is doing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Activity {
    /// A run is under way.
    Syncing {
        /// Since when.
        since: Timestamp,
    },
    /// Nothing is left to do until the next run.
    UpToDate {
        /// When the last run ended that stored everything.
        at: Timestamp,
    },
    /// The first run has not begun, or the last one did not bring the copy up to date: the next one is waited for.
    Waiting,
}

/// What is known of an integration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatusFacts {
    /// The state of the connection's grant.
    pub connection: ConnectionStatus,
    /// Why the connection cannot be used, where it cannot.
    pub connection_problem: Option<Problem>,
    /// Since when a person has paused it.
    pub paused_at: Option<Timestamp>,
    /// How many sync rules it has.
    pub rules: u64,
    /// How many field mappings it has.
    pub mappings: u64,
    /// When the run under way began.
    pub running_since: Option<Timestamp>,
    /// The last run that has ended.
    pub last_run: Option<LastRun>,
    /// What is wrong and still open, of rules or of the whole.
    pub problems: Vec<Problem>,
}

/// How the last run ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LastRun {
    /// When.
    pub finished_at: Timestamp,
    /// How.
    pub outcome: Outcome,
    /// Why, where it did not succeed.
    pub problem: Option<Problem>,
}

/// The state of an integration, for people.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatusReport {
    /// The one word.
    pub status: IntegrationStatus,
    /// What it is doing; `None` where it is stopped or not set up.
    pub activity: Option<Activity>,
    /// What is wrong, the gravest first.
    pub reasons: Vec<Problem>,
    /// What has to be added before it can work.
    pub missing: Vec<MissingPart>,
}

/// Derives the state of an integration. This is the only place that does.
///
/// What is wrong is told under every word: a paused integration whose rule failed says so.
pub fn derive_status(facts: &StatusFacts) -> StatusReport {
    let missing = missing_parts(facts);
    let reasons = reasons(facts);
    let is_cut_off = facts.connection == ConnectionStatus::NeedsReconnect;
    let status = if is_cut_off {
        IntegrationStatus::NeedsReconnect
    } else if facts.paused_at.is_some() {
        IntegrationStatus::Paused
    } else if !missing.is_empty() {
        IntegrationStatus::Incomplete
    } else if !reasons.is_empty() {
        IntegrationStatus::NeedsAttention
    } else {
        IntegrationStatus::Active
    };
    // Who is kept out ends what is under way, and waits for no turn.
    let is_let_in = facts.connection == ConnectionStatus::Connected || facts.running_since.is_some();
    let is_working =
        is_let_in && matches!(status, IntegrationStatus::NeedsAttention | IntegrationStatus::Active);
    StatusReport { status, activity: is_working.then(|| activity(facts)), reasons, missing }
}

fn missing_parts(facts: &StatusFacts) -> Vec<MissingPart> {
    let rule = (facts.rules == 0).then_some(MissingPart::Rule);
    let mapping = (facts.mappings == 0).then_some(MissingPart::Mapping);
    rule.into_iter().chain(mapping).collect()
}

fn reasons(facts: &StatusFacts) -> Vec<Problem> {
    let mut reasons = Vec::new();
    reasons.extend(facts.connection_problem.iter().cloned());
    reasons.extend(facts.problems.iter().cloned());
    if let Some(last_run) = &facts.last_run
        && matches!(last_run.outcome, Outcome::Failed | Outcome::PartlyDone)
    {
        reasons.push(last_run.problem.clone().unwrap_or_else(|| Problem {
            code: "sync.failed".to_owned(),
            text: "The last run did not end as it should. Look at the run.".to_owned(),
        }));
    }
    let mut seen: Vec<Problem> = Vec::new();
    let is_of_connection =
        |code: &str| facts.connection_problem.as_ref().is_some_and(|problem| problem.code == code);
    for reason in reasons {
        let is_like = |known: &Problem| {
            known.code == reason.code && (known.text == reason.text || is_of_connection(&reason.code))
        };
        // A lost grant, or a full disk, fails every rule: said once is enough.
        if !seen.iter().any(is_like) {
            seen.push(reason);
        }
    }
    seen
}

fn activity(facts: &StatusFacts) -> Activity {
    match (facts.running_since, &facts.last_run) {
        (Some(since), _) => Activity::Syncing { since },
        (None, Some(LastRun { finished_at, outcome: Outcome::Succeeded | Outcome::PartlyDone, .. })) => {
            Activity::UpToDate { at: *finished_at }
        }
        (None, _) => Activity::Waiting,
    }
}

#[cfg(test)]
mod tests;
