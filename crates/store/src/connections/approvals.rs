//! How many of the approvals that Salesforce keeps are known to be taken.

use model::WorkspaceId;
use salesforce::RecordId;
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::{Result, Store, decode};

/// What Salesforce counts approvals by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ApprovalOf<'a> {
    /// The org.
    pub organization_id: RecordId,
    /// The user who approved.
    pub user_id: RecordId,
    /// The app that was approved.
    pub client_id: &'a str,
}

#[derive(FromRow)]
struct CountRow {
    approvals: i64,
}

#[derive(FromRow)]
struct FullRow {
    organization_id: String,
}

/// Returns how many live grants of a user to an app this server holds, whatever workspace they are in. Only what a person
/// consented to takes an approval.
pub async fn count_approvals(store: &Store, of: ApprovalOf<'_>) -> Result<u64> {
    let select = statement(
        "count approvals",
        "select count(*) as approvals
         from towpath.connections c
         join towpath.orgs o on o.org_id = c.org_id
         where o.organization_id = $1 and c.salesforce_user_id = $2 and c.client_id = $3
             and c.grant_kind = 'authorization_code' and c.status in ('connected', 'needs_attention')",
    );
    let params = [of.organization_id.as_param(), of.user_id.as_param(), of.client_id.as_param()];
    let row: Option<CountRow> = store.fetch_optional(select, &params).await?;
    decode::count("number of approvals", row.map_or(0, |row| row.approvals))
}

/// Returns the orgs of a workspace in which a user has so many live grants to an app that Salesforce keeps no more.
pub async fn list_full_orgs(
    store: &Store,
    workspace_id: WorkspaceId,
    client_id: &str,
    most: u64,
) -> Result<Vec<RecordId>> {
    let select = statement(
        "list orgs without a free approval",
        "select o.organization_id
         from towpath.connections c
         join towpath.orgs o on o.org_id = c.org_id
         where c.client_id = $1 and c.grant_kind = 'authorization_code' and c.status in ('connected', 'needs_attention')
             and exists (
                 select 1 from towpath.orgs known
                 where known.organization_id = o.organization_id and known.workspace_id = $2
             )
         group by o.organization_id, c.salesforce_user_id
         having count(*) >= $3
         order by o.organization_id",
    );
    let params = [client_id.as_param(), workspace_id.as_param(), most.as_param()];
    let rows: Vec<FullRow> = store.fetch_all(select, &params).await?;
    rows.iter().map(|row| decode::parse("organization id", &row.organization_id)).collect()
}
