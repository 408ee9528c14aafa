//! What goes wrong.

use std::collections::BTreeMap;

use orgsim::{FaultKind, FaultSpec};

use crate::dice::Dice;
use crate::org_side::OrgSide;

/// A kind of trouble, by the name that it is counted under.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Trouble {
    Reset,
    ResetAfterEffect,
    BodyCut,
    BodyCutBeforeEnd,
    LengthTooLong,
    Stall,
    ServerErrors,
    UnavailableForLong,
    TooManyRequests,
    MaintenancePage,
    EmptyBody,
    CutJson,
    Braces,
    SessionExpired,
    TokenAnswerLost,
    TokenEndpointDown,
    DailyLimit,
    ConcurrentLimit,
    QueryTimeout,
    UnknownException,
    DateWild,
    DateMissing,
    BulkFailed,
    BulkSlow,
    BulkRefused,
    LocatorRepeated,
    LocatorRefused,
    LocatorEndsEarly,
    RowCountWrong,
    TimePassesInside,
    Redirected,
    // These are no faults of calls; the driver plays them itself.
    BulkAborted,
    BulkRemoved,
    GrantRevoked,
    Crash,
    CrashInside,
    ClockJumps,
}

/// All kinds of trouble.
pub(crate) const ALL: [Trouble; 37] = [
    Trouble::Reset,
    Trouble::ResetAfterEffect,
    Trouble::BodyCut,
    Trouble::BodyCutBeforeEnd,
    Trouble::LengthTooLong,
    Trouble::Stall,
    Trouble::ServerErrors,
    Trouble::UnavailableForLong,
    Trouble::TooManyRequests,
    Trouble::MaintenancePage,
    Trouble::EmptyBody,
    Trouble::CutJson,
    Trouble::Braces,
    Trouble::SessionExpired,
    Trouble::TokenAnswerLost,
    Trouble::TokenEndpointDown,
    Trouble::DailyLimit,
    Trouble::ConcurrentLimit,
    Trouble::QueryTimeout,
    Trouble::UnknownException,
    Trouble::DateWild,
    Trouble::DateMissing,
    Trouble::BulkFailed,
    Trouble::BulkSlow,
    Trouble::BulkRefused,
    Trouble::LocatorRepeated,
    Trouble::LocatorRefused,
    Trouble::LocatorEndsEarly,
    Trouble::RowCountWrong,
    Trouble::TimePassesInside,
    Trouble::Redirected,
    Trouble::BulkAborted,
    Trouble::BulkRemoved,
    Trouble::GrantRevoked,
    Trouble::Crash,
    Trouble::CrashInside,
    Trouble::ClockJumps,
];

/// Calls of all kinds that read, the frequent ones more often.
const READING: [&str; 8] =
    ["query", "query", "query", "describe", "describe", "updated", "bulk_results", "bulk_status"];

/// Points at which a process may die while it reads.
pub(crate) const KILL_POINTS: [&str; 20] = [
    "token.claimed",
    "token.received",
    "token.stored",
    "describe.stored",
    "plan.stored",
    "work.claimed",
    "page.requested",
    "page.spooled",
    "page.before_commit",
    "page.after_commit",
    "bulk.created",
    "bulk.job_stored",
    "bulk.polled",
    "bulk.closed",
    "sweep.started",
    "sweep.chunk_stored",
    "sweep.completed",
    "gone.before_commit",
    "gone.after_commit",
    "table.altered",
];

impl Trouble {
    /// The fault of calls that it is; `None` where the driver plays it.
    pub(crate) fn fault(self, dice: &Dice) -> Option<FaultSpec> {
        let reading = *dice.pick(&READING).unwrap();
        let page = if dice.happens(80) { "query" } else { "bulk_results" };
        let on = |kind, pattern: &str| FaultSpec::new(kind, pattern);
        let status = |status| FaultSpec { status: Some(status), ..on(FaultKind::Status, reading) };
        let error = |code: &str| FaultSpec { code: Some(code.to_owned()), ..on(FaultKind::Error, reading) };
        let cut_at = Some(dice.between(1, 400));
        let spec = match self {
            Self::Reset => on(FaultKind::Reset, reading),
            Self::ResetAfterEffect => FaultSpec { after: true, ..on(FaultKind::Reset, reading) },
            Self::BodyCut => FaultSpec { bytes: cut_at, ..on(FaultKind::Truncate, page) },
            Self::BodyCutBeforeEnd => on(FaultKind::CutBeforeEnd, page),
            Self::LengthTooLong => on(FaultKind::WrongLength, page),
            Self::Stall => FaultSpec { delay_ms: Some(30_000), ..on(FaultKind::Stall, page) },
            Self::ServerErrors => {
                FaultSpec { times: dice.between(1, 12), ..status(500 + [0, 2, 3, 4][dice.below(4) as usize]) }
            }
            Self::UnavailableForLong => FaultSpec { headers: retry_after("600"), ..status(503) },
            Self::TooManyRequests => FaultSpec { headers: retry_after("30"), ..status(429) },
            Self::MaintenancePage => on(FaultKind::Html, reading),
            Self::EmptyBody => on(FaultKind::Empty, reading),
            Self::CutJson => FaultSpec { bytes: cut_at, clean: true, ..on(FaultKind::Truncate, reading) },
            Self::Braces => FaultSpec { body: Some("{}".to_owned()), ..FaultSpec { status: Some(200), ..on(FaultKind::Status, reading) } },
            Self::SessionExpired => on(FaultKind::ExpireSession, reading),
            Self::TokenAnswerLost => FaultSpec { after: true, ..on(FaultKind::Reset, "token") },
            Self::TokenEndpointDown => FaultSpec { status: Some(503), ..on(FaultKind::Status, "token") },
            Self::DailyLimit => FaultSpec { times: dice.between(1, 3), ..error("DAILY_LIMIT") },
            Self::ConcurrentLimit => error("CONCURRENT_LIMIT"),
            Self::QueryTimeout => FaultSpec { code: Some("QUERY_TIMEOUT".to_owned()), ..on(FaultKind::Error, "query") },
            Self::UnknownException => error("UNKNOWN_EXCEPTION"),
            Self::DateWild => FaultSpec { headers: date("Tue, 01 Jan 2199 00:00:00 GMT"), times: 4, ..on(FaultKind::Headers, "") },
            Self::DateMissing => FaultSpec { headers: BTreeMap::from([("Date".to_owned(), None)]), times: 4, ..on(FaultKind::Headers, "") },
            Self::BulkFailed => on(FaultKind::BulkFail, ""),
            Self::BulkSlow => FaultSpec { polls: Some(dice.between(1, 12) as u32), ..on(FaultKind::BulkSlow, "") },
            Self::BulkRefused => FaultSpec {
                status: Some(400),
                body: Some(r#"[{"errorCode":"API_ERROR","message":"FUNCTIONALITY_NOT_ENABLED: sObject is not supported by the Bulk API"}]"#.to_owned()),
                ..on(FaultKind::Status, "bulk_create")
            },
            // `MTA=` names the second page of ten records.
            Self::LocatorRepeated => FaultSpec { nth: 2, times: 2, headers: locator("MTA="), ..on(FaultKind::Headers, "bulk_results") },
            Self::LocatorRefused => FaultSpec { nth: 2, ..on(FaultKind::InvalidLocator, "bulk_results") },
            Self::LocatorEndsEarly => FaultSpec { headers: locator("null"), ..on(FaultKind::Headers, "bulk_results") },
            Self::RowCountWrong => FaultSpec {
                headers: BTreeMap::from([("Sforce-NumberOfRecords".to_owned(), Some("3".to_owned()))]),
                ..on(FaultKind::Headers, "bulk_results")
            },
            Self::TimePassesInside => FaultSpec { delay_ms: Some(dice.between(1, 90) * 1_000), times: dice.between(1, 6), ..on(FaultKind::Later, reading) },
            Self::Redirected => FaultSpec { location: Some("http://127.0.0.1:9/".to_owned()), ..on(FaultKind::Redirect, page) },
            Self::BulkAborted
            | Self::BulkRemoved
            | Self::GrantRevoked
            | Self::Crash
            | Self::CrashInside
            | Self::ClockJumps => return None,
        };
        let nth = spec.nth.max(if self.happens_once() { 1 } else { dice.between(1, 2) });
        Some(FaultSpec { nth, ..spec })
    }

    /// Whether it concerns calls that are so rare that it waits for none of them to pass.
    fn happens_once(self) -> bool {
        matches!(
            self,
            Self::TokenAnswerLost
                | Self::TokenEndpointDown
                | Self::BulkFailed
                | Self::BulkSlow
                | Self::BulkRefused
                | Self::LocatorEndsEarly
                | Self::LocatorRefused
                | Self::RowCountWrong
                | Self::DateWild
        )
    }

    /// Whether only an org that is read by Bulk API 2.0 meets it, which happens when everything is read anew.
    pub(crate) fn needs_bulk(self) -> bool {
        matches!(
            self,
            Self::BulkFailed
                | Self::BulkSlow
                | Self::BulkRefused
                | Self::BulkAborted
                | Self::BulkRemoved
                | Self::LocatorRepeated
                | Self::LocatorRefused
                | Self::LocatorEndsEarly
                | Self::RowCountWrong
        )
    }

    /// Whether the session must end for it to be met.
    pub(crate) fn needs_refresh(self) -> bool {
        matches!(self, Self::TokenAnswerLost | Self::TokenEndpointDown)
    }

    /// Whether an answer waits for a while.
    pub(crate) fn takes_time(self) -> bool {
        matches!(self, Self::Stall | Self::LengthTooLong | Self::TimePassesInside)
    }

    /// Puts the fault in place and returns its number.
    pub(crate) fn put(self, side: &OrgSide, dice: &Dice) -> Option<u64> {
        let id = side.put_fault(self.fault(dice)?);
        if self.needs_refresh() {
            side.org.simulator.expire_sessions();
        }
        Some(id)
    }
}

fn retry_after(seconds: &str) -> BTreeMap<String, Option<String>> {
    BTreeMap::from([("Retry-After".to_owned(), Some(seconds.to_owned()))])
}

fn date(text: &str) -> BTreeMap<String, Option<String>> {
    BTreeMap::from([("Date".to_owned(), Some(text.to_owned()))])
}

fn locator(text: &str) -> BTreeMap<String, Option<String>> {
    BTreeMap::from([("Sforce-Locator".to_owned(), Some(text.to_owned()))])
}
