//! The timeline: entries are added, listed, and never changed.

use model::{IntegrationId, TimelineEntry, TimelineId, UserId};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::access::readable;
use crate::db::{AsParam, Param, statement};
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct EntryRow {
    timeline_id: String,
    workspace_id: String,
    integration_id: Option<String>,
    sync_rule_id: Option<String>,
    sobject_name: Option<String>,
    field: Option<String>,
    kind: String,
    user_id: Option<String>,
    value_before: Option<String>,
    value_after: Option<String>,
    happened_at: i64,
}

impl TryFrom<EntryRow> for TimelineEntry {
    type Error = crate::Error;

    fn try_from(row: EntryRow) -> Result<Self> {
        Ok(Self {
            id: decode::parse("timeline id", &row.timeline_id)?,
            workspace_id: decode::parse("workspace id", &row.workspace_id)?,
            integration_id: decode::parse_optional("integration id", row.integration_id.as_deref())?,
            sync_rule_id: decode::parse_optional("sync rule id", row.sync_rule_id.as_deref())?,
            sobject: decode::parse_optional("sObject", row.sobject_name.as_deref())?,
            field: row.field,
            kind: decode::parse("kind of a timeline entry", &row.kind)?,
            user_id: decode::parse_optional("user id", row.user_id.as_deref())?,
            before: row.value_before,
            after: row.value_after,
            happened_at: Timestamp::from_millis(row.happened_at),
        })
    }
}

/// Adds entries, in the transaction that does what they tell.
pub async fn add_timeline_entries(tx: &mut Tx, entries: &[TimelineEntry]) -> Result<()> {
    let insert = statement(
        "add to the timeline",
        "insert into towpath.timeline (timeline_id, workspace_id, integration_id, sync_rule_id, sobject_name, field,
             kind, user_id, value_before, value_after, happened_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    );
    for entry in entries {
        let sobject = entry.sobject.as_ref().map(ToString::to_string);
        let params = [
            entry.id.as_param(),
            entry.workspace_id.as_param(),
            entry.integration_id.as_param(),
            entry.sync_rule_id.as_param(),
            sobject.as_param(),
            entry.field.as_param(),
            Param::Text(Some(entry.kind.as_str().into())),
            entry.user_id.as_param(),
            entry.before.as_param(),
            entry.after.as_param(),
            entry.happened_at.as_param(),
        ];
        tx.execute(insert, &params).await?;
    }
    Ok(())
}

/// Returns entries of the reader's workspace, of one integration or all, the newest first, older than `after`. Each comes
/// with the name of the member who did it.
pub async fn list_timeline(
    store: &Store,
    reader: &Reader,
    integration_id: Option<IntegrationId>,
    after: Option<TimelineId>,
    limit: u32,
) -> Result<Vec<(TimelineEntry, Option<String>)>> {
    let sql = format!(
        "select timeline_id, workspace_id, integration_id, sync_rule_id, sobject_name, field, kind, user_id,
             value_before, value_after, happened_at
         from towpath.timeline
         where workspace_id = $1
             and ($2 is null or integration_id is null
                 or integration_id in (select i.integration_id from towpath.integrations i where {}))
             and ($3 is null or integration_id = $3) and ($4 is null or timeline_id < $4)
         order by timeline_id desc
         limit $5",
        readable("i", 1, 2)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [
        workspace_id.as_param(),
        member.as_param(),
        integration_id.as_param(),
        after.as_param(),
        limit.as_param(),
    ];
    let rows: Vec<EntryRow> = store.fetch_all(statement("list the timeline", &sql), &params).await?;
    let mut entries = Vec::with_capacity(rows.len());
    let mut names: Vec<(UserId, Option<String>)> = Vec::new();
    for row in rows {
        let entry = TimelineEntry::try_from(row)?;
        let name = match entry.user_id {
            Some(user_id) => name_of(store, user_id, &mut names).await?,
            None => None,
        };
        entries.push((entry, name));
    }
    Ok(entries)
}

/// The name of a member; `None` of one who was removed. Those of a page are few.
async fn name_of(
    store: &Store,
    user_id: UserId,
    names: &mut Vec<(UserId, Option<String>)>,
) -> Result<Option<String>> {
    #[derive(FromRow)]
    struct NameRow {
        name: String,
    }
    if let Some((_, name)) = names.iter().find(|(known, _)| *known == user_id) {
        return Ok(name.clone());
    }
    let select = statement("find a member", "select name\nfrom towpath.members\nwhere user_id = $1");
    let row: Option<NameRow> = store.fetch_optional(select, &[user_id.as_param()]).await?;
    let name = row.map(|row| row.name);
    names.push((user_id, name.clone()));
    Ok(name)
}
