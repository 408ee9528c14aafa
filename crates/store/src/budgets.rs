//! What was spent of orgs' API calls, and what may still be.
//!
//! Each call is booked before it is sent, so that no crash lets a call go uncounted. The ledger counts by org,
//! integration, hour and kind, and its numbers only rise; what an org itself tells of its usage corrects what is
//! thought of the calls of others.

mod ledger;

use model::{
    ASSUMED_DAILY_LIMIT, BudgetDecision, BudgetFacts, BudgetStop, CallPurpose, ConnectionId, IntegrationId,
    OrgId, probe_pause,
};
use salesforce::{Timestamp, limits::ApiUsage};
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::{Result, Store, Tx, decode};

pub use ledger::{
    CallCount, Meter, find_allowance_in, find_meter, list_calls, set_daily_allotment, set_stop_percent,
};
use ledger::{book, free_at, sum_spent};

const HOUR_MS: i64 = 3_600_000;

/// A call that is about to be made.
#[derive(Clone, Debug)]
pub struct Call<'c> {
    /// The org.
    pub org_id: OrgId,
    /// The integration whose allotment pays for it, if one does.
    pub integration_id: Option<IntegrationId>,
    /// What kind of call, such as `query`.
    pub kind: &'c str,
    /// Who waits for it.
    pub purpose: CallPurpose,
    /// What the org told last of its usage.
    pub told: Option<ToldUsage>,
}

/// What an answer told of the org's usage.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ToldUsage {
    /// The usage.
    pub usage: ApiUsage,
    /// The number of the call that was answered so, as [`Booking::Booked`] gave it.
    pub as_of: u64,
    /// When.
    pub told_at: Timestamp,
}

/// Whether a call may be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Booking {
    /// It is counted, as the org's call of this number.
    Booked {
        /// The number.
        number: u64,
    },
    /// It is not counted and must not be sent.
    Refused(Refusal),
}

/// Why a call must not be sent, and when to come again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// Why.
    pub stop: BudgetStop,
    /// When it may be sent, as far as that can be said.
    pub until: Timestamp,
}

#[derive(Clone, Debug, FromRow)]
struct BudgetRow {
    stop_percent: i64,
    calls_booked: i64,
    daily_limit: Option<i64>,
    used: Option<i64>,
    used_at: Option<i64>,
    used_as_of: i64,
    refused_as_of: Option<i64>,
    blocked_until: Option<i64>,
    probes: i64,
}

const COLUMNS: &str = "stop_percent, calls_booked, daily_limit, used, used_at, used_as_of, refused_as_of, blocked_until, probes";

impl BudgetRow {
    /// Takes on what the org told, where that is news.
    fn hear(&mut self, told: &ToldUsage) {
        let as_of = to_i64(told.as_of);
        if as_of <= self.used_as_of {
            return;
        }
        self.used_as_of = as_of;
        self.used_at = Some(told.told_at.as_millis());
        self.used = Some(to_i64(told.usage.used));
        self.daily_limit = Some(to_i64(told.usage.max));
    }

    /// What the org and we have used in the last 24 hours, at least. What it told more than a day ago says nothing any
    /// more; then our own calls are all that is known.
    fn used_now(&self, ours: u64, now: Timestamp) -> u64 {
        let is_known = self.used_at.is_some_and(|at| now.as_millis() - at < 24 * HOUR_MS);
        match self.used.filter(|_| is_known) {
            Some(used) => to_u64(used) + to_u64(self.calls_booked - self.used_as_of),
            None => ours,
        }
    }

    fn facts(&self, spent: u64, ours: u64, allotment: Option<u64>, now: Timestamp) -> BudgetFacts {
        BudgetFacts {
            spent,
            allotment,
            used: self.used_now(ours, now),
            daily_limit: self.daily_limit.map_or(ASSUMED_DAILY_LIMIT, to_u64),
            stop_percent: to_u64(self.stop_percent),
            is_refused: self.refused_as_of.is_some_and(|refused| self.used_as_of <= refused),
            blocked_until: decode::instant(self.blocked_until),
        }
    }

    /// Waits longer for the next call that asks whether there is room.
    fn block(&mut self, now: Timestamp) -> Timestamp {
        let until = now + probe_pause(to_u64(self.probes));
        self.probes += 1;
        self.blocked_until = Some(until.as_millis());
        until
    }

    fn unblock(&mut self) {
        (self.blocked_until, self.refused_as_of, self.probes) = (None, None, 0);
    }
}

fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn to_u64(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Books a call, unless the budget forbids it. Commits at once, before the call is sent.
pub async fn book_call(store: &Store, call: &Call<'_>, now: Timestamp) -> Result<Booking> {
    let mut tx = store.begin().await?;
    let mut budget = lock_budget(&mut tx, call.org_id).await?;
    if let Some(told) = &call.told {
        budget.hear(told);
    }
    let spent = sum_spent(&mut tx, call.org_id, call.integration_id, now).await?;
    let facts = budget.facts(spent.by_integration, spent.by_org, spent.allotment, now);
    let booking = match facts.decide(call.purpose, now) {
        BudgetDecision::Stop(stop) => {
            Booking::Refused(refuse(&mut tx, call, &mut budget, &facts, stop, now).await?)
        }
        decision => {
            match decision {
                BudgetDecision::Probe => drop(budget.block(now)),
                _ if call.purpose == CallPurpose::Background => budget.unblock(),
                _ => {}
            }
            budget.calls_booked += 1;
            book(&mut tx, call, now).await?;
            Booking::Booked { number: to_u64(budget.calls_booked) }
        }
    };
    store_budget(&mut tx, call.org_id, &budget).await?;
    tx.commit().await?;
    Ok(booking)
}

async fn refuse(
    tx: &mut Tx,
    call: &Call<'_>,
    budget: &mut BudgetRow,
    facts: &BudgetFacts,
    stop: BudgetStop,
    now: Timestamp,
) -> Result<Refusal> {
    let until = match (stop, facts.blocked_until) {
        (BudgetStop::Allotment, _) => {
            free_at(tx, call.org_id, call.integration_id, facts.allotment.unwrap_or_default(), now).await?
        }
        (_, Some(until)) => until,
        (_, None) => budget.block(now),
    };
    Ok(Refusal { stop, until: until.max(now) })
}

/// Returns why an integration's work in the background may make no call now, where that is so, and books none.
pub async fn find_refusal(
    tx: &mut Tx,
    integration_id: IntegrationId,
    now: Timestamp,
) -> Result<Option<Refusal>> {
    let select = statement(
        "find the org of an integration",
        "select c.org_id
         from towpath.integrations i
         join towpath.connections c on c.connection_id = i.connection_id
         where i.integration_id = $1",
    );
    let row: Option<OrgRow> = tx.fetch_optional(select, &[integration_id.as_param()]).await?;
    let Some(row) = row else { return Ok(None) };
    let org_id = decode::parse("org id", &row.org_id)?;
    let budget = lock_budget(tx, org_id).await?;
    let spent = sum_spent(tx, org_id, Some(integration_id), now).await?;
    let facts = budget.facts(spent.by_integration, spent.by_org, spent.allotment, now);
    let BudgetDecision::Stop(stop) = facts.decide(CallPurpose::Background, now) else { return Ok(None) };
    let until = match (stop, facts.blocked_until) {
        (BudgetStop::Allotment, _) => {
            free_at(tx, org_id, Some(integration_id), facts.allotment.unwrap_or_default(), now).await?
        }
        // Nobody has been refused yet: the first who asks decides when to ask again.
        (_, until) => until.unwrap_or(now),
    };
    Ok((until > now).then_some(Refusal { stop, until }))
}

/// Notes that an org refused a call because its limit is used up. Returns when to ask again.
pub async fn note_refused(store: &Store, org_id: OrgId, now: Timestamp) -> Result<Timestamp> {
    let mut tx = store.begin().await?;
    let mut budget = lock_budget(&mut tx, org_id).await?;
    let blocked_until = decode::instant(budget.blocked_until).filter(|until| *until > now);
    budget.refused_as_of = Some(budget.calls_booked);
    // Several calls may be refused at once, and a probe has set the next one already.
    let until = match blocked_until {
        Some(until) => until,
        None => budget.block(now),
    };
    store_budget(&mut tx, org_id, &budget).await?;
    tx.commit().await?;
    Ok(until)
}

/// Lets only one long request run in an org at a time, until an instant.
pub async fn slow_down(store: &Store, org_id: OrgId, until: Timestamp) -> Result<()> {
    let mut tx = store.begin().await?;
    lock_budget(&mut tx, org_id).await?;
    let update = statement(
        "slow an org's work down",
        "update towpath.org_budget
         set slow_until = $2
         where org_id = $1",
    );
    tx.execute(update, &[org_id.as_param(), until.as_param()]).await?;
    tx.commit().await
}

/// Returns up to when an org said last that all changes are visible, and when it was asked.
pub async fn find_cover(store: &Store, org_id: OrgId) -> Result<Option<(Timestamp, Timestamp)>> {
    #[derive(FromRow)]
    struct CoverRow {
        covered_until: Option<i64>,
        covered_asked_at: Option<i64>,
    }
    let select = statement(
        "find up to when an org's changes are visible",
        "select covered_until, covered_asked_at
         from towpath.org_budget
         where org_id = $1",
    );
    let row: Option<CoverRow> = store.fetch_optional(select, &[org_id.as_param()]).await?;
    Ok(row.and_then(|row| decode::instant(row.covered_until).zip(decode::instant(row.covered_asked_at))))
}

/// Stores up to when an org says that all changes are visible, and when it was asked.
pub async fn put_cover(store: &Store, org_id: OrgId, covered: Timestamp, asked_at: Timestamp) -> Result<()> {
    let mut tx = store.begin().await?;
    lock_budget(&mut tx, org_id).await?;
    let update = statement(
        "store up to when an org's changes are visible",
        "update towpath.org_budget
         set covered_until = $2, covered_asked_at = $3
         where org_id = $1",
    );
    tx.execute(update, &[org_id.as_param(), covered.as_param(), asked_at.as_param()]).await?;
    tx.commit().await
}

#[derive(FromRow)]
struct OrgRow {
    org_id: String,
}

/// Returns the org of a connection.
pub async fn find_org_of(store: &Store, connection_id: ConnectionId) -> Result<Option<OrgId>> {
    let select = statement(
        "find the org of a connection",
        "select org_id
         from towpath.connections
         where connection_id = $1",
    );
    let row: Option<OrgRow> = store.fetch_optional(select, &[connection_id.as_param()]).await?;
    row.map(|row| decode::parse("org id", &row.org_id)).transpose()
}

/// Locks an org's budget until the transaction ends, and makes it where there is none.
async fn lock_budget(tx: &mut Tx, org_id: OrgId) -> Result<BudgetRow> {
    let sql = format!(
        "insert into towpath.org_budget as stored (org_id)
         values ($1)
         on conflict (org_id) do update
         set calls_booked = stored.calls_booked
         returning {COLUMNS}"
    );
    let row: Option<BudgetRow> =
        tx.fetch_optional(statement("lock the budget of an org", &sql), &[org_id.as_param()]).await?;
    row.ok_or_else(|| crate::Error::Stored { what: "budget", source: "it is missing".into() })
}

async fn store_budget(tx: &mut Tx, org_id: OrgId, budget: &BudgetRow) -> Result<()> {
    let update = statement(
        "store the budget of an org",
        "update towpath.org_budget
         set calls_booked = $2, daily_limit = $3, used = $4, used_at = $5, used_as_of = $6, refused_as_of = $7,
             blocked_until = $8, probes = $9
         where org_id = $1",
    );
    let params = [
        org_id.as_param(),
        budget.calls_booked.as_param(),
        budget.daily_limit.as_param(),
        budget.used.as_param(),
        budget.used_at.as_param(),
        budget.used_as_of.as_param(),
        budget.refused_as_of.as_param(),
        budget.blocked_until.as_param(),
        budget.probes.as_param(),
    ];
    tx.execute(update, &params).await.map(|_| ())
}
