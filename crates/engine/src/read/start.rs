//! When a read begins, by the org's clock.
//!
//! The checkpoint moves to just before it, and what changed before a checkpoint is not asked for again. An instant that
//! lies ahead of the org would so leave changes out, in silence, until a sweep. The Date header of one answer may be
//! wrong, or not be there, and the clock of this machine too. Where the two do not bear each other out, what the org's
//! data says counts: no stamp of a record and nothing that `latestDateCovered` covers lies ahead of the org.

use std::time::Duration;

use salesforce::{Retry, Timestamp};
use serde_json::Value;

use crate::{
    backoff::call_again,
    engine::Engine,
    error::{Error, Result},
    org_client::OrgClient,
    rule_context::RuleContext,
};

/// Clocks this near to each other agree: nearer than the overlap, by which a checkpoint stays behind.
const AGREEING: Duration = Duration::from_secs(5 * 60);
/// No honest clock of an org and of this machine are further apart.
const CLOCKS_APART: Duration = Duration::from_secs(24 * 3_600);

/// What the clocks say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Clocks {
    /// The org's, by its last answer.
    pub(crate) theirs: Option<Timestamp>,
    pub(crate) ours: Timestamp,
}

impl Clocks {
    /// Looks at both.
    ///
    /// # Errors
    /// They are more than a day apart.
    pub(crate) fn read(engine: &Engine, client: &OrgClient) -> Result<Self> {
        let clocks = Self { theirs: client.server_date(), ours: engine.clock().now() };
        if let Some(theirs) = clocks.theirs.filter(|_| clocks.distance() > CLOCKS_APART) {
            return Err(Error::ClocksApart { theirs, ours: clocks.ours });
        }
        Ok(clocks)
    }

    /// The org's clock, or ours where it does not tell its own.
    pub(crate) fn now(self) -> Timestamp {
        self.theirs.unwrap_or(self.ours)
    }

    fn distance(self) -> Duration {
        let theirs = self.now();
        theirs.since(self.ours).max(self.ours.since(theirs))
    }

    /// Whether a read may be taken to begin now: both clocks say so, or the org's, and the org's changes are visible up to
    /// within `overlap` of it.
    fn are_borne_out(self, covered: Option<Timestamp>, overlap: Duration) -> bool {
        self.theirs.is_some_and(|theirs| {
            self.distance() <= AGREEING || covered.is_some_and(|covered| covered + overlap >= theirs)
        })
    }

    /// An instant that the org has passed whatever clock is wrong, where its data tells nothing.
    fn surely_past(self) -> Timestamp {
        self.now().min(self.ours) - CLOCKS_APART
    }
}

/// When a read begins that is about to ask the org. `covered` is up to when the org's changes were visible before.
pub(crate) async fn started_at(
    engine: &Engine,
    context: &RuleContext,
    clocks: Clocks,
    covered: Option<Timestamp>,
) -> Result<Timestamp> {
    if clocks.are_borne_out(covered, engine.config().overlap) {
        return Ok(clocks.now());
    }
    let Some(stamp) = context.select.stamp() else {
        // Such an sObject is read whole each time.
        return Ok(clocks.now().min(clocks.ours));
    };
    let known = latest_stamp(engine, context, stamp).await?.max(covered);
    let started_at = known.unwrap_or_else(|| clocks.surely_past());
    tracing::warn!(
        sobject = %context.rule.sobject, theirs = ?clocks.theirs, ours = %clocks.ours, %started_at,
        "the clocks of the org and of this machine do not agree: the read goes by the org's records"
    );
    Ok(started_at)
}

/// The latest stamp of an sObject's records, deleted ones included. `None` where there is none, or the org refuses to say.
async fn latest_stamp(engine: &Engine, context: &RuleContext, stamp: &str) -> Result<Option<Timestamp>> {
    let sobject = &context.rule.sobject;
    let soql = format!("SELECT {stamp} FROM {sobject} ORDER BY {stamp} DESC LIMIT 1");
    match call_again(engine.random(), || context.client.query_all(&soql)).await {
        Ok(page) => Ok(page.records.first().and_then(|record| {
            let text = record.get(stamp).and_then(Value::as_str)?;
            text.parse().ok()
        })),
        Err(error) if matches!(error.retry(), Retry::Now | Retry::Later(_) | Retry::Reauth) => {
            Err(Error::call(format!("ask for the latest change of {sobject}"))(error))
        }
        Err(error) => {
            tracing::debug!(error = %error, "the org does not say when a record changed last");
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(minutes * 60_000)
    }

    #[test]
    fn a_clock_is_believed_where_another_clock_or_the_orgs_data_bears_it_out() {
        let overlap = Duration::from_secs(600);
        for (theirs, ours, covered, is_believed) in [
            (Some(1_000), 1_004, None, true),
            (Some(1_000), 996, None, true),
            (Some(1_000), 1_060, None, false),
            (Some(1_000), 940, None, false),
            (Some(1_000), 1_600, Some(999), true),
            (Some(1_000), 400, Some(999), true),
            // It lies ahead of the org, or a transaction holds the org's answer back.
            (Some(1_000), 400, Some(400), false),
            (None, 1_000, None, false),
            (None, 1_000, Some(1_000), false),
        ] {
            let clocks = Clocks { theirs: theirs.map(at), ours: at(ours) };
            assert_eq!(clocks.are_borne_out(covered.map(at), overlap), is_believed, "{clocks:?} {covered:?}");
        }
    }
}
