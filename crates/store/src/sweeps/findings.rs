//! What a sweep found and has not acted on yet.

use model::{Finding, FindingKind, GoneEvidence, GoneRecord, GoneWhy, RowStamp, SyncRuleId};
use salesforce::{RecordId, Timestamp};
use sqlx::FromRow;

use crate::db::{AsParam, Param, statement};
use crate::{Result, Store, Tx, decode};

/// Records named in one statement.
const AT_ONCE: usize = 500;

#[derive(FromRow)]
struct FindingRow {
    record_id: String,
    kind: String,
    system_modstamp: Option<i64>,
}

impl FindingRow {
    fn into_finding(self) -> Result<Finding> {
        Ok(Finding {
            row: RowStamp {
                id: decode::parse("record id", &self.record_id)?,
                stamp: decode::instant(self.system_modstamp),
            },
            kind: decode::parse("finding of a sweep", &self.kind)?,
        })
    }
}

/// Stores findings. One that is stored already stays.
pub async fn add_findings(tx: &mut Tx, sync_rule_id: SyncRuleId, findings: &[Finding]) -> Result<()> {
    let sql = format!(
        "insert into towpath.sweep_findings (sync_rule_id, record_id, kind, system_modstamp)
         select $1, listed.value ->> 0, listed.value ->> 1, cast(listed.value ->> 2 as bigint)
         from {}
         where true
         on conflict (sync_rule_id, record_id) do nothing",
        tx.dialect()?.listed("$2")
    );
    let listed: Vec<_> = findings
        .iter()
        .map(|Finding { row, kind }| (row.id.as_str(), kind.as_str(), row.stamp.map(Timestamp::as_millis)))
        .collect();
    let params = [sync_rule_id.as_param(), Param::Text(Some(decode::to_json(&listed).into()))];
    tx.execute(statement("store findings of a sweep", &sql), &params).await.map(|_| ())
}

/// Forgets all findings of a rule.
pub async fn clear_findings(tx: &mut Tx, sync_rule_id: SyncRuleId) -> Result<()> {
    let delete = statement(
        "forget findings of a sweep",
        "delete from towpath.sweep_findings
         where sync_rule_id = $1",
    );
    tx.execute(delete, &[sync_rule_id.as_param()]).await.map(|_| ())
}

/// Forgets the findings about some records.
pub async fn delete_findings(tx: &mut Tx, sync_rule_id: SyncRuleId, ids: &[RecordId]) -> Result<()> {
    for ids in ids.chunks(AT_ONCE) {
        let places: Vec<String> = (0..ids.len()).map(|at| format!("${}", at + 2)).collect();
        let sql = format!(
            "delete from towpath.sweep_findings
             where sync_rule_id = $1 and record_id in ({})",
            places.join(", ")
        );
        let mut params = vec![sync_rule_id.as_param()];
        params.extend(ids.iter().map(AsParam::as_param));
        tx.execute(statement("forget findings of a sweep", &sql), &params).await?;
    }
    Ok(())
}

/// Returns findings about records to read again, in the order of their ids, after one and up to a number.
pub async fn list_findings(
    store: &Store,
    sync_rule_id: SyncRuleId,
    after: Option<RecordId>,
    limit: u32,
) -> Result<Vec<Finding>> {
    let select = statement(
        "list findings of a sweep",
        "select record_id, kind, system_modstamp
         from towpath.sweep_findings
         where sync_rule_id = $1 and kind <> 'lost' and record_id > $2
         order by record_id
         limit $3",
    );
    list(store, select, sync_rule_id, after, limit).await
}

/// Returns lost records of which nothing is known yet, in the order of their ids, after one and up to a number.
pub async fn list_unexplained(
    store: &Store,
    sync_rule_id: SyncRuleId,
    after: Option<RecordId>,
    limit: u32,
) -> Result<Vec<Finding>> {
    let select = statement(
        "list findings of a sweep",
        "select record_id, kind, system_modstamp
         from towpath.sweep_findings
         where sync_rule_id = $1 and kind = 'lost' and why is null and record_id > $2
         order by record_id
         limit $3",
    );
    list(store, select, sync_rule_id, after, limit).await
}

async fn list(
    store: &Store,
    select: crate::db::Statement<'_>,
    sync_rule_id: SyncRuleId,
    after: Option<RecordId>,
    limit: u32,
) -> Result<Vec<Finding>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let params = [sync_rule_id.as_param(), after.as_param(), limit.as_param()];
    let rows: Vec<FindingRow> = store.fetch_all(select, &params).await?;
    rows.into_iter().map(FindingRow::into_finding).collect()
}

/// Returns how many lost records there are of which nothing is known.
pub async fn count_unexplained(store: &Store, sync_rule_id: SyncRuleId) -> Result<u64> {
    #[derive(FromRow)]
    struct CountRow {
        number: i64,
    }
    let select = statement(
        "count findings of a sweep",
        "select count(*) as number
         from towpath.sweep_findings
         where sync_rule_id = $1 and kind = 'lost' and why is null",
    );
    let row: Option<CountRow> = store.fetch_optional(select, &[sync_rule_id.as_param()]).await?;
    decode::count("number of findings", row.map_or(0, |row| row.number))
}

/// Stores what is known of lost records.
pub async fn put_verdicts(tx: &mut Tx, sync_rule_id: SyncRuleId, verdicts: &[GoneRecord]) -> Result<()> {
    let upsert = statement(
        "store what became of a record",
        "insert into towpath.sweep_findings (sync_rule_id, record_id, kind, why, evidence, merged_into, evidence_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (sync_rule_id, record_id) do update
         set why = excluded.why, evidence = excluded.evidence, merged_into = excluded.merged_into,
             evidence_at = excluded.evidence_at",
    );
    for verdict in verdicts {
        let params = [
            sync_rule_id.as_param(),
            verdict.id.as_param(),
            Param::Text(Some(FindingKind::Lost.as_str().into())),
            Param::Text(Some(verdict.why.as_str().into())),
            Param::Text(Some(verdict.evidence.as_str().into())),
            verdict.merged_into.as_param(),
            verdict.system_modstamp.as_param(),
        ];
        tx.execute(upsert, &params).await?;
    }
    Ok(())
}

/// Returns lost records that are known to be gone, in the order of their ids, up to a number.
pub async fn list_verdicts(store: &Store, sync_rule_id: SyncRuleId, limit: u32) -> Result<Vec<GoneRecord>> {
    #[derive(FromRow)]
    struct VerdictRow {
        record_id: String,
        why: String,
        evidence: String,
        merged_into: Option<String>,
        evidence_at: Option<i64>,
    }
    let select = statement(
        "list what became of records",
        "select record_id, why, evidence, merged_into, evidence_at
         from towpath.sweep_findings
         where sync_rule_id = $1 and kind = 'lost' and why is not null and evidence is not null
         order by record_id
         limit $2",
    );
    let rows: Vec<VerdictRow> = store.fetch_all(select, &[sync_rule_id.as_param(), limit.as_param()]).await?;
    let read = |row: VerdictRow| {
        Ok(GoneRecord {
            id: decode::parse("record id", &row.record_id)?,
            why: decode::parse::<GoneWhy>("reason", &row.why)?,
            evidence: decode::parse::<GoneEvidence>("evidence", &row.evidence)?,
            merged_into: decode::parse_optional("record id", row.merged_into.as_deref())?,
            system_modstamp: row.evidence_at.map(Timestamp::from_millis),
        })
    };
    rows.into_iter().map(read).collect()
}
