//! Faults on demand: what goes wrong, for which calls, how often.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::data::Dice;

pub(crate) mod known;

/// What goes wrong.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The body ends after `bytes` and the connection is closed (with `clean`: the end looks like a proper one).
    Truncate,
    /// The whole body, but the connection closes before its end is marked.
    CutBeforeEnd,
    /// `Content-Length` promises `bytes` more than are sent.
    WrongLength,
    /// Nothing comes for `delay_ms` once `bytes` have been sent.
    Stall,
    /// The error of that `code`, with the status and the text that a real org has for it.
    Error,
    /// The answer comes `delay_ms` late (with `after`: once the call has had its effect, else before).
    Delay,
    /// The body begins with `bytes` spaces, which gzip makes next to nothing of.
    Pad,
    /// An answer of that `status`, with `headers` and `body` if given.
    Status,
    /// A maintenance page of HTML with status 200.
    Html,
    /// Status 200 and no body.
    Empty,
    /// The session that the call presents is ended first.
    ExpireSession,
    /// The connection is reset instead of an answer (with `after`: once the call has had its effect).
    Reset,
    /// The Bulk job that the call creates fails, with `body` as its message.
    BulkFail,
    /// The Bulk job that the call creates needs `polls` more looks to complete.
    BulkSlow,
    /// The locator is refused.
    InvalidLocator,
    /// A redirect to `location`.
    Redirect,
    /// The token answer names `location` as its instance URL.
    InstanceUrl,
    /// An event is never told to subscribers.
    EventLost,
    /// An event is told twice.
    EventTwice,
    /// An event is told behind the one that comes next.
    EventLate,
    /// The answer has `headers` instead of its own of those names; null takes one away.
    Headers,
    /// The org's clock moves on by `delay_ms` first, and transactions end whose time is over.
    Later,
}

/// A fault and the calls it befalls.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FaultSpec {
    /// What goes wrong.
    pub kind: FaultKind,
    /// A kind of call (`query`, `bulk_results`, …) or a part of the path; empty means the kind of call that suits the fault.
    #[serde(default, rename = "match")]
    pub pattern: String,
    /// The first matching call that it befalls, counted from 1.
    #[serde(default = "one")]
    pub nth: u64,
    /// How many matching calls it befalls.
    #[serde(default = "one")]
    pub times: u64,
    /// Of the matching calls from `nth` on only every such one.
    #[serde(default = "one")]
    pub every: u64,
    /// The share of those calls that it befalls, from 0 to 1; all if none. Which ones follows from `seed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// What chance starts from.
    #[serde(default)]
    pub seed: u64,
    /// The code of an error, such as `QUERY_TIMEOUT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Bytes of the body, as they are on the wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Whether a cut body ends as a whole one does.
    #[serde(default)]
    pub clean: bool,
    /// Whether the call has its effect before the connection is reset.
    #[serde(default)]
    pub after: bool,
    /// Milliseconds of silence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// More looks at a job before it completes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polls: Option<u32>,
    /// The status answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The body answered, or the message of a failed job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Headers of the answer; none takes the header of that name away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Option<String>>,
    /// A URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

fn one() -> u64 {
    1
}

impl FaultKind {
    /// Returns whether it befalls events, not calls.
    pub(crate) fn is_of_events(self) -> bool {
        matches!(self, Self::EventLost | Self::EventTwice | Self::EventLate)
    }
}

impl FaultSpec {
    /// Makes a fault that befalls the first matching call; set the other members as needed.
    pub fn new(kind: FaultKind, pattern: &str) -> Self {
        Self {
            kind,
            pattern: pattern.to_owned(),
            nth: 1,
            times: 1,
            every: 1,
            probability: None,
            seed: 0,
            code: None,
            bytes: None,
            clean: false,
            after: false,
            delay_ms: None,
            polls: None,
            status: None,
            body: None,
            headers: BTreeMap::new(),
            location: None,
        }
    }

    fn matches(&self, call_kind: &str, path: &str) -> bool {
        if self.kind.is_of_events() {
            return false;
        }
        if !self.pattern.is_empty() {
            return self.pattern == call_kind || path.contains(&self.pattern);
        }
        match self.kind {
            FaultKind::BulkFail | FaultKind::BulkSlow => call_kind == "bulk_create",
            FaultKind::InvalidLocator => matches!(call_kind, "query_more" | "bulk_results"),
            FaultKind::InstanceUrl => call_kind == "token",
            _ => path.starts_with("/services/data/"),
        }
    }
}

/// A fault in place, with how often it was looked at and played.
#[derive(Clone, Debug, Serialize)]
pub struct ArmedFault {
    /// Counts up from 1.
    pub id: u64,
    /// The fault.
    #[serde(flatten)]
    pub spec: FaultSpec,
    /// The calls that matched so far.
    pub matched: u64,
    /// The calls it befell so far.
    pub played: u64,
}

/// The faults in place.
#[derive(Debug, Default)]
pub struct Faults {
    armed: Mutex<(u64, Vec<ArmedFault>)>,
}

impl Faults {
    /// Puts a fault in place and returns its number.
    pub fn add(&self, spec: FaultSpec) -> u64 {
        let mut armed = self.lock();
        armed.0 += 1;
        let id = armed.0;
        armed.1.push(ArmedFault { id, spec, matched: 0, played: 0 });
        id
    }

    /// Returns the faults in place, played out ones included.
    pub fn list(&self) -> Vec<ArmedFault> {
        self.lock().1.clone()
    }

    /// Takes one fault away. Answers false if there is no such fault.
    pub fn remove(&self, id: u64) -> bool {
        let mut armed = self.lock();
        let before = armed.1.len();
        armed.1.retain(|fault| fault.id != id);
        armed.1.len() < before
    }

    /// Takes all faults away.
    pub fn clear(&self) {
        self.lock().1.clear();
    }

    /// Returns the faults that befall this call.
    pub(crate) fn befall(&self, call_kind: &str, path: &str) -> Vec<FaultSpec> {
        let mut armed = self.lock();
        let matching = armed.1.iter_mut().filter(|fault| fault.spec.matches(call_kind, path));
        matching.filter_map(|fault| fault.play()).collect()
    }

    /// Returns what befalls an event of that name, such as `AccountChangeEvent`.
    pub(crate) fn befall_event(&self, name: &str) -> Vec<FaultKind> {
        let mut armed = self.lock();
        let fits = |spec: &FaultSpec| spec.kind.is_of_events() && name.contains(&spec.pattern);
        let matching = armed.1.iter_mut().filter(|fault| fits(&fault.spec));
        matching.filter_map(|fault| Some(fault.play()?.kind)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, (u64, Vec<ArmedFault>)> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ArmedFault {
    /// Returns the fault's name as it is put in place by.
    pub(crate) fn name(&self) -> String {
        let name = serde_json::to_value(self.spec.kind).ok();
        let name = name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
        match &self.spec.code {
            Some(code) => format!("{name} {code}"),
            None => name,
        }
    }

    /// Draws for this call. The same seed draws the same calls, counted among those that match.
    fn is_drawn(&self) -> bool {
        let mut dice = Dice::at([self.spec.seed, self.matched, 11]);
        self.spec.probability.is_none_or(|probability| dice.fraction() < probability)
    }

    fn play(&mut self) -> Option<FaultSpec> {
        self.matched += 1;
        let since_first = self.matched.checked_sub(self.spec.nth.max(1))?;
        if self.played >= self.spec.times || since_first % self.spec.every.max(1) != 0 || !self.is_drawn() {
            return None;
        }
        self.played += 1;
        Some(self.spec.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::{FaultKind, FaultSpec, Faults};

    fn played(spec: FaultSpec, calls: usize) -> Vec<usize> {
        let faults = Faults::default();
        faults.add(spec);
        (1..=calls).filter(|_| !faults.befall("query", "/services/data/v66.0/query?q=x").is_empty()).collect()
    }

    #[test]
    fn a_fault_befalls_the_calls_it_names() {
        let spec = FaultSpec { nth: 2, times: 3, every: 2, ..FaultSpec::new(FaultKind::Empty, "query") };

        assert_eq!(played(spec, 10), [2, 4, 6]);
        assert_eq!(played(FaultSpec::new(FaultKind::Empty, "/v66.0/"), 3), [1]);
        assert_eq!(played(FaultSpec::new(FaultKind::Empty, "limits"), 3), [0; 0]);
        assert_eq!(played(FaultSpec::new(FaultKind::BulkFail, ""), 3), [0; 0]);
    }

    #[test]
    fn a_share_of_the_calls_is_drawn_under_a_seed() {
        let drawn = |seed| {
            let fault = FaultSpec::new(FaultKind::Empty, "query");
            played(FaultSpec { times: u64::MAX, probability: Some(0.3), seed, ..fault }, 1_000)
        };

        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        assert!((250..350).contains(&drawn(1).len()), "{}", drawn(1).len());
    }

    #[test]
    fn faults_are_read_from_json() {
        let spec: FaultSpec =
            serde_json::from_str(r#"{"kind":"truncate","match":"bulk_results","nth":2,"bytes":100}"#)
                .unwrap();

        let expected =
            FaultSpec { nth: 2, bytes: Some(100), ..FaultSpec::new(FaultKind::Truncate, "bulk_results") };
        assert_eq!(spec, expected);
        assert!(serde_json::from_str::<FaultSpec>(r#"{"kind":"truncate","nht":2}"#).is_err());
    }
}
