//! Whose integrations are, and which groups they are shared with.

use model::{Group, GroupId, IntegrationId, Sharing, UserId};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::access::readable;
use crate::db::{AsParam, statement};
use crate::groups::{GroupRow, IdPair, fetch_pairs};
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct IdRow {
    group_id: String,
}

/// Returns whose an integration is and which groups it is shared with, as the transaction sees it.
pub async fn find_sharing_in(tx: &mut Tx, integration_id: IntegrationId) -> Result<Sharing> {
    let owner = statement(
        "find the group of an integration",
        "select group_id from towpath.integrations where integration_id = $1 and group_id is not null",
    );
    let owner: Option<IdRow> = tx.fetch_optional(owner, &[integration_id.as_param()]).await?;
    let shares = statement(
        "list the shares of an integration",
        "select group_id from towpath.shares where integration_id = $1 order by group_id",
    );
    let shares: Vec<IdRow> = tx.fetch_all(shares, &[integration_id.as_param()]).await?;
    let receivers = shares.iter().map(|row| decode::parse("group id", &row.group_id));
    Ok(Sharing {
        group_id: decode::parse_optional("group id", owner.as_ref().map(|row| row.group_id.as_str()))?,
        receivers: receivers.collect::<Result<_>>()?,
    })
}

/// Returns the same of an integration that the reader may read.
pub async fn find_sharing(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
) -> Result<Option<Sharing>> {
    #[derive(FromRow)]
    struct SharingRow {
        owner_id: Option<String>,
        receiver_id: Option<String>,
    }
    let sql = format!(
        "select i.group_id as owner_id, s.group_id as receiver_id
         from towpath.integrations i
         left join towpath.shares s on s.integration_id = i.integration_id
         where i.integration_id = $1 and i.deleted_at is null and {}
         order by s.group_id",
        readable("i", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [integration_id.as_param(), workspace_id.as_param(), member.as_param()];
    let select = statement("find who has access to an integration", &sql);
    let rows: Vec<SharingRow> = store.fetch_all(select, &params).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let receivers = rows.iter().filter_map(|row| row.receiver_id.as_deref());
    Ok(Some(Sharing {
        group_id: decode::parse_optional("group id", first.owner_id.as_deref())?,
        receivers: receivers.map(|id| decode::parse("group id", id)).collect::<Result<_>>()?,
    }))
}

/// Stores whose an integration is and which groups it is shared with, in place of what was. A share that stays keeps its
/// time.
///
/// Whether these groups are of one workspace, and connected, is for the caller to decide.
pub async fn put_sharing(
    tx: &mut Tx,
    integration_id: IntegrationId,
    sharing: &Sharing,
    now: Timestamp,
) -> Result<()> {
    let before = find_sharing_in(tx, integration_id).await?;
    let give = statement(
        "give an integration to a group",
        "update towpath.integrations
         set group_id = $2
         where integration_id = $1",
    );
    tx.execute(give, &[integration_id.as_param(), sharing.group_id.as_param()]).await?;
    for ended in before.receivers.iter().filter(|group| !sharing.receivers.contains(group)) {
        end_share(tx, integration_id, *ended).await?;
    }
    let insert = statement(
        "share an integration",
        "insert into towpath.shares (integration_id, group_id, shared_at)
         values ($1, $2, $3)
         on conflict (integration_id, group_id) do nothing",
    );
    for group_id in &sharing.receivers {
        tx.execute(insert, &[integration_id.as_param(), group_id.as_param(), now.as_param()]).await?;
    }
    Ok(())
}

/// Ends the share of an integration with a group.
pub async fn end_share(tx: &mut Tx, integration_id: IntegrationId, group_id: GroupId) -> Result<()> {
    let delete =
        statement("end a share", "delete from towpath.shares where integration_id = $1 and group_id = $2");
    tx.execute(delete, &[integration_id.as_param(), group_id.as_param()]).await.map(|_| ())
}

/// Returns the shares that a group of the reader's workspace gives or receives: the integration, and who receives it.
pub async fn list_shares_of(
    tx: &mut Tx,
    reader: &Reader,
    group_id: GroupId,
) -> Result<Vec<(IntegrationId, GroupId)>> {
    let select = statement(
        "list the shares of a group",
        "select s.integration_id as one_id, s.group_id as other_id
         from towpath.shares s
         join towpath.integrations i on i.integration_id = s.integration_id
         where i.workspace_id = $1 and (s.group_id = $2 or i.group_id = $2)
         order by s.integration_id, s.group_id",
    );
    let workspace_id = reader.workspace_id();
    let rows: Vec<IdPair> = tx.fetch_all(select, &[workspace_id.as_param(), group_id.as_param()]).await?;
    rows.into_iter().map(|pair| pair.read("integration id", "group id")).collect()
}

/// A group that may read an integration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReadingGroup {
    /// The group.
    pub group: Group,
    /// Since when it is shared with the group; `None` for the one that owns it.
    pub shared_at: Option<Timestamp>,
}

/// Returns the groups that may read an integration, by name. Who only received it is told of the owner and of groups of
/// their own.
pub async fn list_reading_groups(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
) -> Result<Vec<ReadingGroup>> {
    #[derive(FromRow)]
    struct ReadingRow {
        #[sqlx(flatten)]
        group: GroupRow,
        shared_at: Option<i64>,
    }
    let sql = format!(
        "select g.group_id, g.workspace_id, g.name, g.salesforce_on_at, g.created_at, s.shared_at
         from towpath.integrations i
         join towpath.groups g on g.workspace_id = i.workspace_id
         left join towpath.shares s on s.group_id = g.group_id and s.integration_id = i.integration_id
         where i.integration_id = $1 and {}
             and (g.group_id = i.group_id or (s.shared_at is not null and ($3 is null
                 or i.group_id in (select m.group_id from towpath.group_members m where m.user_id = $3)
                 or g.group_id in (select m.group_id from towpath.group_members m where m.user_id = $3))))
         order by g.name_key",
        readable("i", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [integration_id.as_param(), workspace_id.as_param(), member.as_param()];
    let rows: Vec<ReadingRow> =
        store.fetch_all(statement("list the groups of an integration", &sql), &params).await?;
    let groups = rows.into_iter().map(|row| {
        let shared_at = decode::instant(row.shared_at);
        Ok(ReadingGroup { group: row.group.try_into()?, shared_at })
    });
    groups.collect()
}

/// Returns which integrations that the reader may read belong to which group.
pub async fn list_owner_groups(store: &Store, reader: &Reader) -> Result<Vec<(IntegrationId, GroupId)>> {
    let sql = format!(
        "select i.integration_id as one_id, i.group_id as other_id
         from towpath.integrations i
         where i.group_id is not null and i.deleted_at is null and {}
         order by i.integration_id",
        readable("i", 1, 2)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let select = statement("list the groups of integrations", &sql);
    let params = [workspace_id.as_param(), member.as_param()];
    fetch_pairs(store, select, &params, "integration id", "group id").await
}

/// Returns which integrations that the reader may read are shared with which group. Who only received one is told of
/// groups of their own.
pub async fn list_shares(store: &Store, reader: &Reader) -> Result<Vec<(IntegrationId, GroupId)>> {
    let sql = format!(
        "select s.integration_id as one_id, s.group_id as other_id
         from towpath.shares s
         join towpath.integrations i on i.integration_id = s.integration_id
         where i.deleted_at is null and {}
             and ($2 is null
                 or i.group_id in (select m.group_id from towpath.group_members m where m.user_id = $2)
                 or s.group_id in (select m.group_id from towpath.group_members m where m.user_id = $2))
         order by s.integration_id, s.group_id",
        readable("i", 1, 2)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let select = statement("list shares", &sql);
    let params = [workspace_id.as_param(), member.as_param()];
    fetch_pairs(store, select, &params, "integration id", "group id").await
}

/// Returns the group to which an integration that a member makes belongs at first: of those that the member is in, and
/// for which Salesforce is switched on, the oldest.
pub async fn find_own_group(tx: &mut Tx, user_id: UserId) -> Result<Option<GroupId>> {
    let select = statement(
        "find a member's own group",
        "select g.group_id
         from towpath.groups g
         join towpath.group_members m on m.group_id = g.group_id
         where m.user_id = $1 and g.salesforce_on_at is not null
         order by g.group_id
         limit 1",
    );
    let row: Option<IdRow> = tx.fetch_optional(select, &[user_id.as_param()]).await?;
    decode::parse_optional("group id", row.as_ref().map(|row| row.group_id.as_str()))
}
