//! Durable work: what recurs or waits, and who is doing it.
//!
//! The schedule is the queue. A worker claims the row that is longest due; every commit of its slice begins with
//! [`fence`], so that a worker which froze and woke up after somebody took over cannot commit anything.

use model::WorkId;
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::db::{AsParam, Dialect, Statement, statement};
use crate::{Error, Result, Store, Tx, decode};

/// Something to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Work {
    /// Its id.
    pub id: WorkId,
    /// What to do, such as `sync`.
    pub kind: String,
    /// With what: the id of a sync rule, for one. There is one piece of work of a kind with a subject.
    pub subject: String,
    /// When.
    pub due_at: Timestamp,
    /// When it was first wanted.
    pub created_at: Timestamp,
}

/// The right to do a piece of work, until it ends or is renewed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lease {
    /// The work.
    pub work_id: WorkId,
    /// What to do.
    pub kind: String,
    /// With what.
    pub subject: String,
    /// How often it failed since it last went well.
    pub attempt: u64,
    /// Rises with every claim. What an older one does is refused.
    pub epoch: u64,
    /// How long the lease lasts after a claim or a renewal.
    pub length_ms: u64,
}

/// What comes after a slice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// There is more to do at once.
    Now,
    /// The work itself is still to come, which says nothing about whether it will go well: on at this instant, and
    /// failures go on counting.
    Wait(Timestamp),
    /// It went well; again at this instant.
    At(Timestamp),
    /// It failed; again at this instant.
    Retry(Timestamp),
    /// It is over.
    Done,
}

#[derive(FromRow)]
struct LeaseRow {
    work_id: String,
    kind: String,
    subject: String,
    attempt: i64,
    epoch: i64,
}

/// Wants work done. Where the same is wanted already, the earlier instant counts.
///
/// Whose work it is follows from its subject, where that is an integration or a rule of one.
pub async fn put_work(tx: &mut Tx, work: &Work) -> Result<()> {
    let upsert = statement(
        "store work",
        "insert into towpath.work as stored (work_id, kind, subject, next_due_at, created_at, integration_id, org_id,
             workspace_id)
         select $1, $2, $3, $4, $5, known.integration_id, known.org_id, known.workspace_id
         from (select 1 as one) as always
         left join (
             select i.integration_id, c.org_id, i.workspace_id
             from towpath.integrations i
             join towpath.connections c on c.connection_id = i.connection_id
             where i.integration_id = $3
                 or i.integration_id = (select r.integration_id from towpath.sync_rules r where r.sync_rule_id = $3)
         ) as known on true
         where true
         on conflict (kind, subject) do update
         set next_due_at = excluded.next_due_at
         where excluded.next_due_at < stored.next_due_at",
    );
    let params = [
        work.id.as_param(),
        work.kind.as_param(),
        work.subject.as_param(),
        work.due_at.as_param(),
        work.created_at.as_param(),
    ];
    tx.execute(upsert, &params).await.map(|_| ())
}

/// Rules of one integration that are read at a time: an org allows few long requests at once.
const MOST_PER_INTEGRATION: u32 = 3;
/// The same of all integrations of an org together, each rule making a call at a time or two.
const MOST_PER_ORG: u32 = 5;

/// Claims work that is due and that nobody is doing: of the workspaces with the fewest slices under way that of the one
/// that was served longest ago, and of that what is longest due. No rule of an integration or an org of which enough are
/// being read, and of an org that is busy one at a time. Commits at once. What a holder that let its lease run out was loading into
/// PostgreSQL is ended.
pub async fn claim_work(store: &Store, owner: &str, length_ms: u64, now: Timestamp) -> Result<Option<Lease>> {
    end_stalled_loads(store, length_ms, now).await?;
    let claim = statement(
        "claim work",
        "update towpath.work
         set lease_owner = $1, lease_until = $2, epoch = epoch + 1
         where work_id = (
             select candidate.work_id
             from towpath.work as candidate
             where candidate.next_due_at <= $3 and (candidate.lease_until is null or candidate.lease_until <= $3)
                 and (candidate.kind = 'schedule' or $4 > (
                     select count(*)
                     from towpath.work as other
                     where other.lease_until > $3 and other.kind <> 'schedule'
                         and other.integration_id = candidate.integration_id
                 ))
                 and (candidate.kind = 'schedule' or $5 > (
                     select count(*)
                     from towpath.work as other
                     where other.lease_until > $3 and other.kind <> 'schedule'
                         and other.org_id = candidate.org_id
                 ))
                 and (candidate.kind = 'schedule' or not exists (
                     select 1
                     from towpath.org_budget as budget
                     join towpath.work as other on other.org_id = budget.org_id
                     where budget.org_id = candidate.org_id and budget.slow_until > $3
                         and other.lease_until > $3 and other.kind <> 'schedule'
                 ))
             order by (
                     select count(*)
                     from towpath.work as other
                     where other.lease_until > $3 and other.workspace_id = candidate.workspace_id
                 ),
                 coalesce((
                     select served.served_at
                     from towpath.workspaces as served
                     where served.workspace_id = candidate.workspace_id
                 ), 0),
                 candidate.next_due_at, candidate.work_id
             limit 1
             /*skip locked*/
         )
         returning work_id, kind, subject, attempt, epoch",
    );
    let until = end_of(length_ms, now);
    let params = [
        owner.as_param(),
        until.as_param(),
        now.as_param(),
        MOST_PER_INTEGRATION.as_param(),
        MOST_PER_ORG.as_param(),
    ];
    let mut tx = store.begin().await?;
    let row: Option<LeaseRow> = tx.fetch_optional(claim, &params).await?;
    if let Some(row) = &row {
        note_served(&mut tx, row, now).await?;
    }
    tx.commit().await?;
    row.map(|row| row.into_lease(length_ms)).transpose()
}

async fn note_served(tx: &mut Tx, row: &LeaseRow, now: Timestamp) -> Result<()> {
    let serve = statement(
        "note which workspace was served",
        "update towpath.workspaces
         set served_at = $2
         where workspace_id = (select workspace_id from towpath.work where work_id = $1) and served_at < $2",
    );
    tx.execute(serve, &[row.work_id.as_param(), now.as_param()]).await.map(|_| ())
}

/// Ends loads that stand still, where a holder let its lease run out: whoever takes over would wait for the rows in them, and
/// for the row of the work itself, which is locked first.
///
/// PostgreSQL ends a transaction that its process leaves idle, but waits without limit for the rest of a COPY.
async fn end_stalled_loads(store: &Store, length_ms: u64, now: Timestamp) -> Result<()> {
    #[derive(FromRow)]
    struct EndedRow {
        ended: i64,
    }
    if store.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    // The load began before its holder missed its renewals. One that goes on is hardly found waiting so late.
    let end = statement(
        "end loads that stand still",
        "select count(pg_terminate_backend(pid)) as ended
         from pg_stat_activity
         where exists (select 1 from towpath.work where lease_owner is not null and lease_until <= $2)
             and datname = current_database() and usename = current_user and application_name = 'towpath'
             and state = 'active' and wait_event = 'ClientRead'
             and query_start < clock_timestamp() - $1 * interval '1 millisecond'",
    );
    let stalled_ms = length_ms / 2;
    let params = [stalled_ms.as_param(), now.as_param()];
    if let Some(EndedRow { ended: 1.. }) = store.fetch_optional(end, &params).await? {
        tracing::warn!("a worker stands still, and what it was loading is ended");
    }
    Ok(())
}

/// Gives back all leases of a worker that stops: others may take its work at once, and what it still does is refused.
pub async fn release_leases(store: &Store, owner: &str, now: Timestamp) -> Result<u64> {
    let update = statement(
        "give leases back",
        "update towpath.work
         set lease_owner = null, lease_until = null, epoch = epoch + 1,
             next_due_at = case when next_due_at > $2 then next_due_at else $2 end
         where lease_owner = $1",
    );
    store.execute(update, &[owner.as_param(), now.as_param()]).await
}

/// Returns when the next piece of work can be claimed: it is due, and no lease holds it. `None` where there is no work.
pub async fn find_next_due(store: &Store) -> Result<Option<Timestamp>> {
    #[derive(FromRow)]
    struct DueRow {
        due_at: i64,
    }
    let select = statement(
        "find the next work",
        "select case when lease_until > next_due_at then lease_until else next_due_at end as due_at
         from towpath.work
         order by due_at
         limit 1",
    );
    let row: Option<DueRow> = store.fetch_optional(select, &[]).await?;
    Ok(row.map(|row| Timestamp::from_millis(row.due_at)))
}

/// Forgets all work, for a process that owns the store and will want anew what it has to do. Whoever holds a lease has
/// lost it.
pub async fn delete_all_work(store: &Store) -> Result<()> {
    store.execute(statement("forget all work", "delete from towpath.work"), &[]).await.map(|_| ())
}

/// Claims one piece of work, due or not, unless somebody is doing it. Commits at once.
pub async fn claim_work_of(
    store: &Store,
    kind: &str,
    subject: &str,
    owner: &str,
    length_ms: u64,
    now: Timestamp,
) -> Result<Option<Lease>> {
    let claim = statement(
        "claim work",
        "update towpath.work
         set lease_owner = $1, lease_until = $2, epoch = epoch + 1
         where kind = $4 and subject = $5 and (lease_until is null or lease_until <= $3)
         returning work_id, kind, subject, attempt, epoch",
    );
    let until = end_of(length_ms, now);
    let params = [owner.as_param(), until.as_param(), now.as_param(), kind.as_param(), subject.as_param()];
    claim_one(store, claim, &params, length_ms).await
}

async fn claim_one(
    store: &Store,
    claim: Statement<'_>,
    params: &[crate::db::Param<'_>],
    length_ms: u64,
) -> Result<Option<Lease>> {
    let mut tx = store.begin().await?;
    let row: Option<LeaseRow> = tx.fetch_optional(claim, params).await?;
    tx.commit().await?;
    row.map(|row| row.into_lease(length_ms)).transpose()
}

impl LeaseRow {
    fn into_lease(self, length_ms: u64) -> Result<Lease> {
        Ok(Lease {
            work_id: decode::parse("work id", &self.work_id)?,
            kind: self.kind,
            subject: self.subject,
            attempt: decode::count("attempt", self.attempt)?,
            epoch: decode::count("epoch", self.epoch)?,
            length_ms,
        })
    }
}

/// Makes sure, in the transaction that is about to commit, that the lease is still ours, and renews it.
///
/// Fails with [`Error::LeaseLost`] where it is not: nothing of the transaction may be committed then. From here to the
/// commit it holds the row of the work, for which whoever takes over waits.
pub async fn fence(tx: &mut Tx, lease: &Lease, now: Timestamp) -> Result<()> {
    let update = statement(
        "renew a lease",
        "update towpath.work
         set lease_until = $3
         where work_id = $1 and epoch = $2",
    );
    let until = end_of(lease.length_ms, now);
    let params = [lease.work_id.as_param(), lease.epoch.as_param(), until.as_param()];
    match tx.execute(update, &params).await? {
        1 => Ok(()),
        _ => Err(Error::LeaseLost),
    }
}

/// Renews a lease between commits, so that a long call to Salesforce does not cost it.
pub async fn renew(store: &Store, lease: &Lease, now: Timestamp) -> Result<()> {
    let mut tx = store.begin().await?;
    fence(&mut tx, lease, now).await?;
    tx.commit().await
}

/// Ends a slice: frees the lease and says what comes next.
pub async fn finish_work(tx: &mut Tx, lease: &Lease, next: Next, now: Timestamp) -> Result<()> {
    fence(tx, lease, now).await?;
    let (due_at, failures) = match next {
        Next::Now => (now, 0),
        Next::Wait(due_at) => (due_at, lease.attempt),
        Next::At(due_at) => (due_at, 0),
        Next::Retry(due_at) => (due_at, lease.attempt + 1),
        Next::Done => {
            let delete = statement("end work", "delete from towpath.work\nwhere work_id = $1 and epoch = $2");
            return tx.execute(delete, &[lease.work_id.as_param(), lease.epoch.as_param()]).await.map(|_| ());
        }
    };
    let update = statement(
        "free a lease",
        "update towpath.work
         set lease_owner = null, lease_until = null, next_due_at = $3, attempt = $4
         where work_id = $1 and epoch = $2",
    );
    let params = [lease.work_id.as_param(), lease.epoch.as_param(), due_at.as_param(), failures.as_param()];
    tx.execute(update, &params).await.map(|_| ())
}

fn end_of(length_ms: u64, now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_add_unsigned(length_ms))
}
