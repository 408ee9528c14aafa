//! The ledger of API calls, and what people see of it.

use model::{ASSUMED_DAILY_LIMIT, DEFAULT_STOP_PERCENT, IntegrationId, OrgId, stop_at};
use salesforce::Timestamp;
use sqlx::FromRow;

use super::{BudgetRow, COLUMNS, Call, HOUR_MS, OrgRow, Refusal, to_u64};
use crate::access::readable;
use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, Tx, decode};

/// What is freed at once of an allotment that was spent, so that a read that goes on does not stop again at once: a
/// tenth of it.
const FREED_SHARE: u64 = 10;

/// Calls of one kind in one hour.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallCount {
    /// When the hour began.
    pub hour_at: Timestamp,
    /// The integration, where one paid.
    pub integration_id: Option<IntegrationId>,
    /// What kind of call, such as `query`.
    pub kind: String,
    /// How many.
    pub calls: u64,
}

/// How an org's API calls stand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Meter {
    /// How many the org may make in 24 hours, and whether it told so itself.
    pub daily_limit: u64,
    /// Whether the org told its limit; else the smallest is assumed.
    pub is_limit_known: bool,
    /// Calls of everybody in the last 24 hours.
    pub used: u64,
    /// When the org told last.
    pub told_at: Option<Timestamp>,
    /// Of them, this server's.
    pub ours: u64,
    /// Of them, this integration's.
    pub spent: u64,
    /// How many the integration may make in 24 hours.
    pub allotment: Option<u64>,
    /// The share of the limit at which work in the background stops.
    pub stop_percent: u64,
    /// The number of calls at which it stops.
    pub stop_at: u64,
    /// Why nothing is called now, and until when.
    pub refusal: Option<Refusal>,
}

/// What was spent in the last 24 hours.
pub(super) struct Spent {
    pub(super) by_org: u64,
    pub(super) by_integration: u64,
    pub(super) allotment: Option<u64>,
}

#[derive(FromRow)]
struct SpentRow {
    by_org: i64,
    by_integration: i64,
    daily_allotment: Option<i64>,
}

/// The first hour that counts: the window is never shorter than 24 hours.
fn window_start(now: Timestamp) -> i64 {
    hour_of(now) - 24 * HOUR_MS
}

fn hour_of(now: Timestamp) -> i64 {
    now.as_millis() - now.as_millis().rem_euclid(HOUR_MS)
}

pub(super) async fn sum_spent(
    tx: &mut Tx,
    org_id: OrgId,
    integration_id: Option<IntegrationId>,
    now: Timestamp,
) -> Result<Spent> {
    let select = statement(
        "see what was spent",
        "select cast(coalesce(sum(calls), 0) as bigint) as by_org,
             cast(coalesce(sum(case when integration_id = $2 then calls else 0 end), 0) as bigint) as by_integration,
             (select daily_allotment from towpath.integrations where integration_id = $2) as daily_allotment
         from towpath.api_calls
         where org_id = $1 and hour_at >= $3",
    );
    let start = window_start(now);
    let params = [org_id.as_param(), integration_id.as_param(), start.as_param()];
    let row: Option<SpentRow> = tx.fetch_optional(select, &params).await?;
    Ok(row.map_or(Spent { by_org: 0, by_integration: 0, allotment: None }, |row| Spent {
        by_org: to_u64(row.by_org),
        by_integration: to_u64(row.by_integration),
        allotment: row.daily_allotment.map(to_u64),
    }))
}

/// Counts a call.
pub(super) async fn book(tx: &mut Tx, call: &Call<'_>, now: Timestamp) -> Result<()> {
    let upsert = statement(
        "book an API call",
        "insert into towpath.api_calls as stored (org_id, hour_at, integration_id, kind, calls)
         values ($1, $2, $3, $4, 1)
         on conflict (org_id, hour_at, integration_id, kind) do update
         set calls = stored.calls + 1",
    );
    let hour_at = hour_of(now);
    let integration = call.integration_id.map(|id| id.to_string()).unwrap_or_default();
    let params = [call.org_id.as_param(), hour_at.as_param(), integration.as_param(), call.kind.as_param()];
    tx.execute(upsert, &params).await.map(|_| ())
}

#[derive(FromRow)]
struct HourRow {
    hour_at: i64,
    calls: i64,
}

/// Returns when so much of an allotment that is spent has left the window of 24 hours that work can go on.
pub(super) async fn free_at(
    tx: &mut Tx,
    org_id: OrgId,
    integration_id: Option<IntegrationId>,
    allotment: u64,
    now: Timestamp,
) -> Result<Timestamp> {
    let select = statement(
        "see when calls leave the window",
        "select hour_at, cast(sum(calls) as bigint) as calls
         from towpath.api_calls
         where org_id = $1 and integration_id = $2 and hour_at >= $3
         group by hour_at
         order by hour_at",
    );
    let start = window_start(now);
    let params = [org_id.as_param(), integration_id.as_param(), start.as_param()];
    let hours: Vec<HourRow> = tx.fetch_all(select, &params).await?;
    let spent: u64 = hours.iter().map(|hour| to_u64(hour.calls)).sum();
    let wanted = (allotment / FREED_SHARE).max(1);
    let mut freed = 0;
    for hour in hours {
        freed += to_u64(hour.calls);
        if allotment.saturating_sub(spent - freed) >= wanted {
            return Ok(Timestamp::from_millis(hour.hour_at + 25 * HOUR_MS));
        }
    }
    // An allotment of nothing: somebody has to raise it. Whoever does wakes the work.
    Ok(Timestamp::from_millis(now.as_millis() + 24 * HOUR_MS))
}

/// Returns the calls of an org since an instant, the newest hour first, as a member of its workspace may
/// see them: those of integrations that they may read, and those that answered people.
pub async fn list_calls(
    store: &Store,
    reader: &Reader,
    org_id: OrgId,
    since: Timestamp,
) -> Result<Vec<CallCount>> {
    #[derive(FromRow)]
    struct CountRow {
        hour_at: i64,
        integration_id: String,
        kind: String,
        calls: i64,
    }
    let sql = format!(
        "select c.hour_at, c.integration_id, c.kind, c.calls
         from towpath.api_calls c
         join towpath.orgs o on o.org_id = c.org_id
         where c.org_id = $1 and o.workspace_id = $2 and c.hour_at >= $4
             and ($3 is null or c.integration_id = ''
                 or c.integration_id in (select i.integration_id from towpath.integrations i where {}))
         order by c.hour_at desc, c.integration_id, c.kind",
        readable("i", 2, 3)
    );
    let (workspace_id, member, since) = (reader.workspace_id(), reader.confined_to(), hour_of(since));
    let params = [org_id.as_param(), workspace_id.as_param(), member.as_param(), since.as_param()];
    let rows: Vec<CountRow> = store.fetch_all(statement("list API calls", &sql), &params).await?;
    rows.into_iter()
        .map(|row| {
            let id = Some(row.integration_id.as_str()).filter(|id| !id.is_empty());
            Ok(CallCount {
                hour_at: Timestamp::from_millis(row.hour_at),
                integration_id: decode::parse_optional("integration id", id)?,
                kind: row.kind,
                calls: decode::count("count of calls", row.calls)?,
            })
        })
        .collect()
}

/// Returns how the API calls of an integration of the reader's workspace stand.
pub async fn find_meter(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
    now: Timestamp,
) -> Result<Option<(OrgId, Meter)>> {
    let Some(org_id) = find_org(store, reader, integration_id).await? else { return Ok(None) };
    let sql = format!("select {COLUMNS} from towpath.org_budget where org_id = $1");
    let select = statement("read the budget of an org", &sql);
    let budget: Option<BudgetRow> = store.fetch_optional(select, &[org_id.as_param()]).await?;
    let mut tx = store.begin().await?;
    let spent = sum_spent(&mut tx, org_id, Some(integration_id), now).await?;
    let refusal = super::find_refusal(&mut tx, integration_id, now).await?;
    tx.roll_back().await?;
    let facts =
        budget.as_ref().map(|budget| budget.facts(spent.by_integration, spent.by_org, spent.allotment, now));
    let stop_percent = facts.map_or(model::DEFAULT_STOP_PERCENT, |facts| facts.stop_percent);
    let daily_limit = facts.map_or(ASSUMED_DAILY_LIMIT, |facts| facts.daily_limit);
    Ok(Some((
        org_id,
        Meter {
            daily_limit,
            is_limit_known: budget.as_ref().is_some_and(|budget| budget.daily_limit.is_some()),
            used: facts.map_or(spent.by_org, |facts| facts.used),
            told_at: budget.and_then(|budget| decode::instant(budget.used_at)),
            ours: spent.by_org,
            spent: spent.by_integration,
            allotment: spent.allotment,
            stop_percent,
            stop_at: stop_at(daily_limit, stop_percent),
            refusal,
        },
    )))
}

async fn find_org(store: &Store, reader: &Reader, integration_id: IntegrationId) -> Result<Option<OrgId>> {
    let sql = format!(
        "select c.org_id
         from towpath.integrations i
         join towpath.connections c on c.connection_id = i.connection_id
         where i.integration_id = $1 and {} and i.deleted_at is null",
        readable("i", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [integration_id.as_param(), workspace_id.as_param(), member.as_param()];
    let row: Option<OrgRow> =
        store.fetch_optional(statement("find the org of an integration", &sql), &params).await?;
    row.map(|row| decode::parse("org id", &row.org_id)).transpose()
}

/// Returns how many calls an integration may make in 24 hours, and the share of its org's limit at which work stops, as
/// the transaction sees it.
pub async fn find_allowance_in(
    tx: &mut Tx,
    integration_id: IntegrationId,
    org_id: OrgId,
) -> Result<(Option<u64>, u64)> {
    #[derive(FromRow)]
    struct AllowanceRow {
        daily_allotment: Option<i64>,
    }
    #[derive(FromRow)]
    struct PercentRow {
        stop_percent: i64,
    }
    let allotment = statement(
        "find an allotment",
        "select daily_allotment from towpath.integrations where integration_id = $1",
    );
    let percent =
        statement("find where work stops", "select stop_percent from towpath.org_budget where org_id = $1");
    let row: Option<AllowanceRow> = tx.fetch_optional(allotment, &[integration_id.as_param()]).await?;
    let stop: Option<PercentRow> = tx.fetch_optional(percent, &[org_id.as_param()]).await?;
    Ok((
        row.and_then(|row| row.daily_allotment).map(to_u64),
        stop.map_or(DEFAULT_STOP_PERCENT, |row| to_u64(row.stop_percent)),
    ))
}

/// Stores how many calls an integration may make in 24 hours; as many as the org leaves where it is `None`.
pub async fn set_daily_allotment(
    tx: &mut Tx,
    integration_id: IntegrationId,
    allotment: Option<u64>,
) -> Result<()> {
    let update = statement(
        "store an allotment",
        "update towpath.integrations
         set daily_allotment = $2
         where integration_id = $1",
    );
    tx.execute(update, &[integration_id.as_param(), allotment.as_param()]).await.map(|_| ())
}

/// Stores the share of an org's limit at which work in the background stops.
pub async fn set_stop_percent(tx: &mut Tx, org_id: OrgId, percent: u64) -> Result<()> {
    let upsert = statement(
        "store where work stops",
        "insert into towpath.org_budget (org_id, stop_percent)
         values ($1, $2)
         on conflict (org_id) do update
         set stop_percent = excluded.stop_percent, blocked_until = null, probes = 0",
    );
    tx.execute(upsert, &[org_id.as_param(), percent.as_param()]).await.map(|_| ())
}
