//! Groups: members who work together, what is switched on for them, and which other groups they are connected with.

use model::{Group, GroupId, IntegrationId, UserId};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct GroupRow {
    group_id: String,
    workspace_id: String,
    name: String,
    salesforce_on_at: Option<i64>,
    created_at: i64,
}

impl TryFrom<GroupRow> for Group {
    type Error = crate::Error;

    fn try_from(row: GroupRow) -> Result<Self> {
        Ok(Self {
            id: decode::parse("group id", &row.group_id)?,
            workspace_id: decode::parse("workspace id", &row.workspace_id)?,
            name: row.name,
            salesforce_on_at: decode::instant(row.salesforce_on_at),
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

/// Stores a new group in the reader's workspace. Returns whether its name was free there.
pub async fn create_group(tx: &mut Tx, reader: &Reader, group: &Group) -> Result<bool> {
    let insert = statement(
        "create a group",
        "insert into towpath.groups (group_id, workspace_id, name, name_key, salesforce_on_at, created_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (workspace_id, name_key) do nothing",
    );
    let key = group.name.to_lowercase();
    let workspace_id = reader.workspace_id();
    let params = [
        group.id.as_param(),
        workspace_id.as_param(),
        group.name.as_param(),
        key.as_param(),
        group.salesforce_on_at.as_param(),
        group.created_at.as_param(),
    ];
    tx.execute(insert, &params).await.map(|rows| rows > 0)
}

/// Returns the groups of the reader's workspace, by name.
pub async fn list_groups(store: &Store, reader: &Reader) -> Result<Vec<Group>> {
    let select = statement(
        "list groups",
        "select group_id, workspace_id, name, salesforce_on_at, created_at
         from towpath.groups
         where workspace_id = $1
         order by name_key",
    );
    let rows: Vec<GroupRow> = store.fetch_all(select, &[reader.workspace_id().as_param()]).await?;
    rows.into_iter().map(Group::try_from).collect()
}

/// Returns a group of the reader's workspace.
pub async fn find_group(store: &Store, reader: &Reader, group_id: GroupId) -> Result<Option<Group>> {
    let select = statement(
        "find a group",
        "select group_id, workspace_id, name, salesforce_on_at, created_at
         from towpath.groups
         where workspace_id = $1 and group_id = $2",
    );
    let workspace_id = reader.workspace_id();
    let row: Option<GroupRow> =
        store.fetch_optional(select, &[workspace_id.as_param(), group_id.as_param()]).await?;
    row.map(Group::try_from).transpose()
}

/// Stores the name of a group of the reader's workspace, and whether Salesforce is switched on. Returns whether the name was
/// free.
pub async fn update_group(tx: &mut Tx, reader: &Reader, group: &Group) -> Result<bool> {
    #[derive(FromRow)]
    struct TakenRow {
        group_id: String,
    }
    let key = group.name.to_lowercase();
    let select = statement(
        "look for a group of the name",
        "select group_id from towpath.groups where workspace_id = $1 and name_key = $2 and group_id <> $3",
    );
    let workspace_id = reader.workspace_id();
    let params = [workspace_id.as_param(), key.as_param(), group.id.as_param()];
    let taken: Option<TakenRow> = tx.fetch_optional(select, &params).await?;
    if taken.is_some_and(|taken| !taken.group_id.is_empty()) {
        return Ok(false);
    }
    let update = statement(
        "change a group",
        "update towpath.groups
         set name = $2, name_key = $3, salesforce_on_at = $4
         where group_id = $1 and workspace_id = $5",
    );
    let params = [
        group.id.as_param(),
        group.name.as_param(),
        key.as_param(),
        group.salesforce_on_at.as_param(),
        workspace_id.as_param(),
    ];
    tx.execute(update, &params).await.map(|_| true)
}

/// Deletes a group of the reader's workspace. Its integrations stay and belong to nobody but the workspace. Returns whether
/// there was such a group.
pub async fn delete_group(tx: &mut Tx, reader: &Reader, group_id: GroupId) -> Result<bool> {
    if !has_group(tx, reader, group_id).await? {
        return Ok(false);
    }
    for sql in [
        "update towpath.integrations set group_id = null where group_id = $1",
        "delete from towpath.group_members where group_id = $1",
        "delete from towpath.group_connections where group_id = $1 or other_id = $1",
        "delete from towpath.groups where group_id = $1",
    ] {
        tx.execute(statement("delete a group", sql), &[group_id.as_param()]).await?;
    }
    Ok(true)
}

/// Whether the reader's workspace has a group. It stays until the transaction ends.
async fn has_group(tx: &mut Tx, reader: &Reader, group_id: GroupId) -> Result<bool> {
    let lock = statement(
        "lock a group",
        "update towpath.groups
         set name = name
         where group_id = $1 and workspace_id = $2",
    );
    let workspace_id = reader.workspace_id();
    tx.execute(lock, &[group_id.as_param(), workspace_id.as_param()]).await.map(|rows| rows > 0)
}

/// Returns who is in which group of the reader's workspace.
pub async fn list_group_members(store: &Store, reader: &Reader) -> Result<Vec<(GroupId, UserId)>> {
    #[derive(FromRow)]
    struct PairRow {
        group_id: String,
        user_id: String,
    }
    let select = statement(
        "list the members of groups",
        "select gm.group_id, gm.user_id
         from towpath.group_members gm
         join towpath.groups g on g.group_id = gm.group_id
         where g.workspace_id = $1
         order by gm.group_id, gm.user_id",
    );
    let rows: Vec<PairRow> = store.fetch_all(select, &[reader.workspace_id().as_param()]).await?;
    let pairs = rows.into_iter();
    pairs
        .map(|row| Ok((decode::parse("group id", &row.group_id)?, decode::parse("user id", &row.user_id)?)))
        .collect()
}

/// Stores who is in a group of the reader's workspace, in place of who was. Whoever is no member there is left out.
pub async fn replace_group_members(
    tx: &mut Tx,
    reader: &Reader,
    group_id: GroupId,
    members: &[UserId],
) -> Result<()> {
    if !has_group(tx, reader, group_id).await? {
        return Ok(());
    }
    let delete = statement("empty a group", "delete from towpath.group_members where group_id = $1");
    tx.execute(delete, &[group_id.as_param()]).await?;
    let insert = statement(
        "add to a group",
        "insert into towpath.group_members (group_id, user_id)
         select $1, user_id
         from towpath.members
         where user_id = $2 and workspace_id = $3
         on conflict (group_id, user_id) do nothing",
    );
    let workspace_id = reader.workspace_id();
    for member in members {
        tx.execute(insert, &[group_id.as_param(), member.as_param(), workspace_id.as_param()]).await?;
    }
    Ok(())
}

/// Returns which groups of the reader's workspace are connected with which; each pair once.
pub async fn list_group_connections(store: &Store, reader: &Reader) -> Result<Vec<(GroupId, GroupId)>> {
    #[derive(FromRow)]
    struct PairRow {
        group_id: String,
        other_id: String,
    }
    let select = statement(
        "list connected groups",
        "select gc.group_id, gc.other_id
         from towpath.group_connections gc
         join towpath.groups g on g.group_id = gc.group_id
         where g.workspace_id = $1
         order by gc.group_id, gc.other_id",
    );
    let rows: Vec<PairRow> = store.fetch_all(select, &[reader.workspace_id().as_param()]).await?;
    let pairs = rows.into_iter();
    pairs
        .map(|row| Ok((decode::parse("group id", &row.group_id)?, decode::parse("group id", &row.other_id)?)))
        .collect()
}

/// Stores with which groups one of the reader's workspace is connected, in place of those that were. What is no group there
/// is left out.
pub async fn replace_group_connections(
    tx: &mut Tx,
    reader: &Reader,
    group_id: GroupId,
    others: &[GroupId],
) -> Result<()> {
    if !has_group(tx, reader, group_id).await? {
        return Ok(());
    }
    let delete = statement(
        "disconnect a group",
        "delete from towpath.group_connections where group_id = $1 or other_id = $1",
    );
    tx.execute(delete, &[group_id.as_param()]).await?;
    let insert = statement(
        "connect two groups",
        "insert into towpath.group_connections (group_id, other_id)
         values ($1, $2)
         on conflict (group_id, other_id) do nothing",
    );
    for other in others.iter().filter(|other| **other != group_id) {
        if !has_group(tx, reader, *other).await? {
            continue;
        }
        // A pair stands once, whichever of the two began it.
        let (first, second) = if group_id < *other { (group_id, *other) } else { (*other, group_id) };
        tx.execute(insert, &[first.as_param(), second.as_param()]).await?;
    }
    Ok(())
}

/// Gives an integration of the reader's workspace to a group of it, or to nobody but the workspace.
pub async fn set_owner_group(
    tx: &mut Tx,
    reader: &Reader,
    integration_id: IntegrationId,
    group_id: Option<GroupId>,
) -> Result<()> {
    let update = statement(
        "give an integration to a group",
        "update towpath.integrations
         set group_id = $2
         where integration_id = $1 and workspace_id = $3
             and ($2 is null or $2 in (select group_id from towpath.groups where workspace_id = $3))",
    );
    let workspace_id = reader.workspace_id();
    let params = [integration_id.as_param(), group_id.as_param(), workspace_id.as_param()];
    tx.execute(update, &params).await.map(|_| ())
}

/// Returns which integrations of the reader's workspace belong to which group.
pub async fn list_owner_groups(store: &Store, reader: &Reader) -> Result<Vec<(IntegrationId, GroupId)>> {
    #[derive(FromRow)]
    struct OwnerRow {
        integration_id: String,
        group_id: String,
    }
    let select = statement(
        "list the groups of integrations",
        "select integration_id, group_id
         from towpath.integrations
         where workspace_id = $1 and group_id is not null and deleted_at is null
         order by integration_id",
    );
    let rows: Vec<OwnerRow> = store.fetch_all(select, &[reader.workspace_id().as_param()]).await?;
    let owners = rows.into_iter();
    owners
        .map(|row| {
            let integration_id = decode::parse("integration id", &row.integration_id)?;
            Ok((integration_id, decode::parse("group id", &row.group_id)?))
        })
        .collect()
}

/// Returns the group that an integration of the reader's workspace belongs to.
pub async fn find_owner_group(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
) -> Result<Option<Group>> {
    let select = statement(
        "find the group of an integration",
        "select g.group_id, g.workspace_id, g.name, g.salesforce_on_at, g.created_at
         from towpath.groups g
         join towpath.integrations i on i.group_id = g.group_id
         where i.workspace_id = $1 and i.integration_id = $2",
    );
    let workspace_id = reader.workspace_id();
    let row: Option<GroupRow> =
        store.fetch_optional(select, &[workspace_id.as_param(), integration_id.as_param()]).await?;
    row.map(Group::try_from).transpose()
}
