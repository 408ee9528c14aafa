//! What Bulk API 2.0 cannot read, as orgs have said.

use model::OrgId;
use salesforce::{ApiVersion, SObjectName, Timestamp};
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::sync_rules::sobject_key;
use crate::{Result, Store, Tx};

/// Remembers that an org refused to read an sObject by Bulk API 2.0 of this version, and by what error code.
pub async fn put_bulk_refusal(
    tx: &mut Tx,
    org_id: OrgId,
    sobject: &SObjectName,
    version: ApiVersion,
    code: &str,
    now: Timestamp,
) -> Result<()> {
    let upsert = statement(
        "remember a refusal of the Bulk API",
        "insert into towpath.bulk_refusals (org_id, sobject, api_version, code, refused_at)
         values ($1, $2, $3, $4, $5)
         on conflict (org_id, sobject, api_version) do update
         set code = excluded.code, refused_at = excluded.refused_at",
    );
    let (key, version) = (sobject_key(sobject), version.to_string());
    let params = [org_id.as_param(), key.as_param(), version.as_param(), code.as_param(), now.as_param()];
    tx.execute(upsert, &params).await.map(|_| ())
}

/// Returns the error code by which an org refused to read an sObject by Bulk API 2.0 of this version, if it has.
pub async fn find_bulk_refusal(
    store: &Store,
    org_id: OrgId,
    sobject: &SObjectName,
    version: ApiVersion,
) -> Result<Option<String>> {
    #[derive(FromRow)]
    struct CodeRow {
        code: String,
    }
    let select = statement(
        "find a refusal of the Bulk API",
        "select code
         from towpath.bulk_refusals
         where org_id = $1 and sobject = $2 and api_version = $3",
    );
    let (key, version) = (sobject_key(sobject), version.to_string());
    let params = [org_id.as_param(), key.as_param(), version.as_param()];
    let row: Option<CodeRow> = store.fetch_optional(select, &params).await?;
    Ok(row.map(|row| row.code))
}
