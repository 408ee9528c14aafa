//! Ids that a read keeps until it is over.

use model::{RowStamp, SyncRuleId};
use salesforce::{RecordId, Timestamp};
use sqlx::FromRow;

use crate::db::{AsParam, Param, statement};
use crate::{Result, Store, Tx, decode};

/// Ids asked for in one statement.
const AT_ONCE: usize = 500;

/// What ids are kept for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IdPurpose {
    /// They passed the rule's filter in the read that is under way.
    InFilter,
    /// They are in scope; the org does not order ids by their bytes.
    Sweep,
}

impl IdPurpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::InFilter => "in_filter",
            Self::Sweep => "sweep",
        }
    }
}

/// Keeps ids, as many as one transaction may. One that is kept already stays.
pub async fn keep_ids(
    tx: &mut Tx,
    sync_rule_id: SyncRuleId,
    purpose: IdPurpose,
    rows: &[RowStamp],
) -> Result<()> {
    let sql = format!(
        "insert into towpath.read_ids (sync_rule_id, purpose, record_id, system_modstamp)
         select $1, $2, listed.value ->> 0, cast(listed.value ->> 1 as bigint)
         from {}
         where true
         on conflict (sync_rule_id, purpose, record_id) do nothing",
        tx.dialect()?.listed("$3")
    );
    let listed: Vec<_> =
        rows.iter().map(|row| (row.id.as_str(), row.stamp.map(Timestamp::as_millis))).collect();
    let params = [
        sync_rule_id.as_param(),
        Param::Text(Some(purpose.as_str().into())),
        Param::Text(Some(decode::to_json(&listed).into())),
    ];
    tx.execute(statement("keep ids", &sql), &params).await.map(|_| ())
}

/// Forgets the ids that a rule keeps for a purpose.
pub async fn forget_ids(tx: &mut Tx, sync_rule_id: SyncRuleId, purpose: IdPurpose) -> Result<()> {
    let delete = statement(
        "forget ids",
        "delete from towpath.read_ids
         where sync_rule_id = $1 and purpose = $2",
    );
    let params = [sync_rule_id.as_param(), Param::Text(Some(purpose.as_str().into()))];
    tx.execute(delete, &params).await.map(|_| ())
}

/// Forgets those of them whose bytes come after those of one and not after those of another. Where what comes before is
/// forgotten already, to say so spares PostgreSQL going through all that was deleted there.
pub async fn forget_ids_between(
    tx: &mut Tx,
    sync_rule_id: SyncRuleId,
    purpose: IdPurpose,
    after: Option<RecordId>,
    last: RecordId,
) -> Result<()> {
    let delete = statement(
        "forget ids",
        "delete from towpath.read_ids
         where sync_rule_id = $1 and purpose = $2 and record_id > $3 and record_id <= $4",
    );
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let params = [
        sync_rule_id.as_param(),
        Param::Text(Some(purpose.as_str().into())),
        after.as_param(),
        last.as_param(),
    ];
    tx.execute(delete, &params).await.map(|_| ())
}

/// Returns those of some ids that are kept.
pub async fn kept_among(
    tx: &mut Tx,
    sync_rule_id: SyncRuleId,
    purpose: IdPurpose,
    ids: &[RecordId],
) -> Result<Vec<RecordId>> {
    #[derive(FromRow)]
    struct IdRow {
        record_id: String,
    }
    let mut kept = Vec::new();
    for ids in ids.chunks(AT_ONCE) {
        let places: Vec<String> = (0..ids.len()).map(|at| format!("${}", at + 3)).collect();
        let sql = format!(
            "select record_id
             from towpath.read_ids
             where sync_rule_id = $1 and purpose = $2 and record_id in ({})
             order by record_id",
            places.join(", ")
        );
        let mut params = vec![sync_rule_id.as_param(), Param::Text(Some(purpose.as_str().into()))];
        params.extend(ids.iter().map(AsParam::as_param));
        let rows: Vec<IdRow> = tx.fetch_all(statement("look for ids", &sql), &params).await?;
        for row in rows {
            kept.push(decode::parse("record id", &row.record_id)?);
        }
    }
    Ok(kept)
}

/// Returns ids that are kept, in the order of their bytes, after one and up to a number.
pub async fn list_kept_ids(
    store: &Store,
    sync_rule_id: SyncRuleId,
    purpose: IdPurpose,
    after: Option<RecordId>,
    limit: u32,
) -> Result<Vec<RowStamp>> {
    #[derive(FromRow)]
    struct KeptRow {
        record_id: String,
        system_modstamp: Option<i64>,
    }
    let select = statement(
        "list ids",
        "select record_id, system_modstamp
         from towpath.read_ids
         where sync_rule_id = $1 and purpose = $2 and record_id > $3
         order by record_id
         limit $4",
    );
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let params = [
        sync_rule_id.as_param(),
        Param::Text(Some(purpose.as_str().into())),
        after.as_param(),
        limit.as_param(),
    ];
    let rows: Vec<KeptRow> = store.fetch_all(select, &params).await?;
    rows.into_iter()
        .map(|row| {
            Ok(RowStamp {
                id: decode::parse("record id", &row.record_id)?,
                stamp: row.system_modstamp.map(Timestamp::from_millis),
            })
        })
        .collect()
}
