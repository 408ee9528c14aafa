//! What is remembered of record tables.

use model::drift::KeptTable;
use model::{Integration, IntegrationId, KeptColumn, sql_name};
use salesforce::{SObjectName, Timestamp};
use sqlx::FromRow;

use crate::access::readable;
use crate::db::{AsParam, Identifier, statement};
use crate::sync_rules::sobject_key;
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct KeptRow {
    layout_version: i64,
    layout: String,
    seen_fields: Option<String>,
    missing_since: Option<i64>,
}

impl KeptRow {
    fn read(self) -> Result<(u64, KeptTable)> {
        let seen = self.seen_fields.as_deref();
        let kept = KeptTable {
            columns: decode::from_json("layout of a record table", &self.layout)?,
            seen: seen.map(|seen| decode::from_json("fields of an sObject", seen)).transpose()?,
            missing_since: decode::instant(self.missing_since),
        };
        Ok((decode::count("layout version", self.layout_version)?, kept))
    }
}

const KEPT: &str = "select layout_version, layout, seen_fields, missing_since
     from towpath.record_tables
     where integration_id = $1 and sobject = $2";

/// Returns what is remembered of an sObject's record table, if there is one.
pub async fn find_kept_table(
    store: &Store,
    integration: &Integration,
    sobject: &SObjectName,
) -> Result<Option<KeptTable>> {
    Ok(find_stored(store, integration, sobject).await?.map(|(_, kept)| kept))
}

/// Returns the same for an integration of the reader's workspace.
pub async fn find_kept_table_of(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
    sobject: &SObjectName,
) -> Result<Option<KeptTable>> {
    let sql = format!(
        "select t.layout_version, t.layout, t.seen_fields, t.missing_since
         from towpath.record_tables t
         join towpath.integrations i on i.integration_id = t.integration_id
         where t.integration_id = $1 and t.sobject = $2 and {} and i.deleted_at is null",
        readable("i", 3, 4)
    );
    let (key, workspace_id, member) = (sobject_key(sobject), reader.workspace_id(), reader.confined_to());
    let params = [integration_id.as_param(), key.as_param(), workspace_id.as_param(), member.as_param()];
    let row: Option<KeptRow> = store.fetch_optional(statement("find a record table", &sql), &params).await?;
    Ok(row.map(KeptRow::read).transpose()?.map(|(_, kept)| kept))
}

/// The same as the transaction sees it.
pub async fn find_kept_table_in(
    tx: &mut Tx,
    integration: &Integration,
    sobject: &SObjectName,
) -> Result<Option<KeptTable>> {
    Ok(find_version(tx, integration, sobject).await?.map(|(_, kept)| kept))
}

/// Remembers something else of a record table whose columns stay as they are.
pub async fn put_kept_table(
    tx: &mut Tx,
    integration: &Integration,
    sobject: &SObjectName,
    kept: &KeptTable,
    now: Timestamp,
) -> Result<()> {
    match find_version(tx, integration, sobject).await? {
        Some((version, _)) => put_versioned(tx, integration, sobject, version, kept, now).await,
        None => Ok(()),
    }
}

/// Gives a column a name under which no read finds it. Its values stay.
pub async fn set_aside_column(
    tx: &mut Tx,
    integration: &Integration,
    sobject: &SObjectName,
    column: &KeptColumn,
    aside: &str,
) -> Result<()> {
    let name = tx.dialect()?.record_table(&integration.slug, &sql_name(sobject.as_str()));
    let rename = format!(
        "alter table {name} rename column {} to {}",
        Identifier::new(&column.name),
        Identifier::new(aside)
    );
    tx.execute(statement("set a column of a record table aside", &rename), &[]).await.map(|_| ())
}

pub(super) async fn find_stored(
    store: &Store,
    integration: &Integration,
    sobject: &SObjectName,
) -> Result<Option<(u64, KeptTable)>> {
    let key = sobject_key(sobject);
    let params = [integration.id.as_param(), key.as_param()];
    let row: Option<KeptRow> = store.fetch_optional(statement("find a record table", KEPT), &params).await?;
    row.map(KeptRow::read).transpose()
}

pub(super) async fn find_version(
    tx: &mut Tx,
    integration: &Integration,
    sobject: &SObjectName,
) -> Result<Option<(u64, KeptTable)>> {
    let key = sobject_key(sobject);
    let params = [integration.id.as_param(), key.as_param()];
    let row: Option<KeptRow> = tx.fetch_optional(statement("find a record table", KEPT), &params).await?;
    row.map(KeptRow::read).transpose()
}

pub(super) async fn put_versioned(
    tx: &mut Tx,
    integration: &Integration,
    sobject: &SObjectName,
    version: u64,
    kept: &KeptTable,
    now: Timestamp,
) -> Result<()> {
    let upsert = statement(
        "store the layout of a record table",
        "insert into towpath.record_tables (integration_id, sobject, layout_version, layout, seen_fields,
             missing_since, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)
         on conflict (integration_id, sobject) do update
         set layout_version = excluded.layout_version, layout = excluded.layout,
             seen_fields = excluded.seen_fields, missing_since = excluded.missing_since,
             updated_at = excluded.updated_at",
    );
    let key = sobject_key(sobject);
    let (layout, seen) = (decode::to_json(&kept.columns), kept.seen.as_ref().map(decode::to_json));
    let params = [
        integration.id.as_param(),
        key.as_param(),
        version.as_param(),
        layout.as_param(),
        seen.as_param(),
        kept.missing_since.as_param(),
        now.as_param(),
    ];
    tx.execute(upsert, &params).await.map(|_| ())
}
