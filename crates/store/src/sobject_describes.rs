//! What orgs said about their sObjects, as each connection's user sees them.

use model::ConnectionId;
use salesforce::describe::SObjectDescribe;
use salesforce::{SObjectName, Timestamp};
use sqlx::FromRow;

use crate::connections::find_connection_of;
use crate::db::{AsParam, statement};
use crate::sync_rules::sobject_key;
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct DescribeRow {
    body: String,
    described_at: i64,
}

/// Stores a describe, in place of an older one.
pub async fn put_sobject_describe(
    tx: &mut Tx,
    connection_id: ConnectionId,
    describe: &SObjectDescribe,
    described_at: Timestamp,
) -> Result<()> {
    let upsert = statement(
        "store a describe",
        "insert into towpath.sobject_describes (connection_id, sobject, body, described_at)
         values ($1, $2, $3, $4)
         on conflict (connection_id, sobject) do update
         set body = excluded.body, described_at = excluded.described_at",
    );
    let (sobject, body) = (sobject_key(describe.name()), decode::to_json(describe));
    let params = [connection_id.as_param(), sobject.as_param(), body.as_param(), described_at.as_param()];
    tx.execute(upsert, &params).await.map(|_| ())
}

/// Returns the last describe of an sObject, and when it was asked for.
pub async fn find_sobject_describe(
    store: &Store,
    connection_id: ConnectionId,
    sobject: &SObjectName,
) -> Result<Option<(SObjectDescribe, Timestamp)>> {
    let select = statement(
        "find a describe",
        "select body, described_at
         from towpath.sobject_describes
         where connection_id = $1 and sobject = $2",
    );
    let sobject = sobject_key(sobject);
    let row: Option<DescribeRow> =
        store.fetch_optional(select, &[connection_id.as_param(), sobject.as_param()]).await?;
    row.map(|row| Ok((decode::from_json("describe", &row.body)?, Timestamp::from_millis(row.described_at))))
        .transpose()
}

/// Returns the describe of an sObject as it was stored last, for a connection of the reader's workspace.
pub async fn find_describe(
    store: &Store,
    reader: &Reader,
    connection_id: ConnectionId,
    sobject: &SObjectName,
) -> Result<Option<SObjectDescribe>> {
    if find_connection_of(store, reader, connection_id).await?.is_none() {
        return Ok(None);
    }
    let found = find_sobject_describe(store, connection_id, sobject).await?;
    Ok(found.map(|(describe, _)| describe))
}
