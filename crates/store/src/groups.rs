//! Groups: members who work together, what is switched on for them, and which other groups they are connected with.

use std::error::Error as StdError;
use std::str::FromStr;

use model::{Group, GroupId, UserId};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::db::{AsParam, Param, Statement, statement};
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
pub(crate) struct GroupRow {
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

const GROUPS: &str = "select group_id, workspace_id, name, salesforce_on_at, created_at
     from towpath.groups
     where workspace_id = $1
     order by name_key";

/// Returns the groups of the reader's workspace, by name.
pub async fn list_groups(store: &Store, reader: &Reader) -> Result<Vec<Group>> {
    let workspace_id = reader.workspace_id();
    let rows: Vec<GroupRow> =
        store.fetch_all(statement("list groups", GROUPS), &[workspace_id.as_param()]).await?;
    rows.into_iter().map(Group::try_from).collect()
}

/// The same as the transaction sees it. They and their connections stay as they are until it ends.
pub async fn list_groups_in(tx: &mut Tx, reader: &Reader) -> Result<Vec<Group>> {
    let workspace_id = reader.workspace_id();
    lock_groups(tx, reader).await?;
    let rows: Vec<GroupRow> =
        tx.fetch_all(statement("list groups", GROUPS), &[workspace_id.as_param()]).await?;
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
    let key = group.name.to_lowercase();
    let select = statement(
        "look for a group of the name",
        "select group_id from towpath.groups where workspace_id = $1 and name_key = $2 and group_id <> $3",
    );
    let workspace_id = reader.workspace_id();
    let params = [workspace_id.as_param(), key.as_param(), group.id.as_param()];
    let taken: Option<IdRow> = tx.fetch_optional(select, &params).await?;
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

/// What became of a group that somebody wanted deleted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GroupDeleted {
    /// It is gone.
    Done,
    /// The workspace has no such group.
    Unknown,
    /// It owns so many integrations, which would become everybody's, and stays.
    Owner(u64),
}

/// Deletes a group of the reader's workspace, and what was shared with it ends. One that owns integrations stays.
pub async fn delete_group(tx: &mut Tx, reader: &Reader, group_id: GroupId) -> Result<GroupDeleted> {
    #[derive(FromRow)]
    struct CountRow {
        number: i64,
    }
    if !has_group(tx, reader, group_id).await? {
        return Ok(GroupDeleted::Unknown);
    }
    let count = statement(
        "count the integrations of a group",
        "select count(*) as number from towpath.integrations where group_id = $1 and deleted_at is null",
    );
    let owned: Option<CountRow> = tx.fetch_optional(count, &[group_id.as_param()]).await?;
    let owned = decode::count("count of integrations", owned.map_or(0, |row| row.number))?;
    if owned > 0 {
        return Ok(GroupDeleted::Owner(owned));
    }
    for sql in [
        "update towpath.integrations set group_id = null where group_id = $1",
        "delete from towpath.shares where group_id = $1",
        "delete from towpath.group_members where group_id = $1",
        "delete from towpath.group_connections where group_id = $1 or other_id = $1",
        "delete from towpath.groups where group_id = $1",
    ] {
        tx.execute(statement("delete a group", sql), &[group_id.as_param()]).await?;
    }
    Ok(GroupDeleted::Done)
}

/// Makes changes of one workspace's groups wait for each other.
async fn lock_groups(tx: &mut Tx, reader: &Reader) -> Result<()> {
    let lock = statement(
        "lock the groups",
        "update towpath.workspaces
         set name = name
         where workspace_id = $1",
    );
    tx.execute(lock, &[reader.workspace_id().as_param()]).await.map(|_| ())
}

/// Whether the reader's workspace has a group. It stays until the transaction ends.
async fn has_group(tx: &mut Tx, reader: &Reader, group_id: GroupId) -> Result<bool> {
    lock_groups(tx, reader).await?;
    let select = statement(
        "look for a group",
        "select group_id from towpath.groups where group_id = $1 and workspace_id = $2",
    );
    let workspace_id = reader.workspace_id();
    let found: Option<IdRow> =
        tx.fetch_optional(select, &[group_id.as_param(), workspace_id.as_param()]).await?;
    Ok(found.is_some_and(|found| !found.group_id.is_empty()))
}

#[derive(FromRow)]
struct IdRow {
    group_id: String,
}

/// Returns who is in which group of the reader's workspace.
pub async fn list_group_members(store: &Store, reader: &Reader) -> Result<Vec<(GroupId, UserId)>> {
    let select = statement(
        "list the members of groups",
        "select gm.group_id as one_id, gm.user_id as other_id
         from towpath.group_members gm
         join towpath.groups g on g.group_id = gm.group_id
         where g.workspace_id = $1
         order by gm.group_id, gm.user_id",
    );
    let workspace_id = reader.workspace_id();
    fetch_pairs(store, select, &[workspace_id.as_param()], "group id", "user id").await
}

/// The same as the transaction sees it, of one group.
pub async fn list_members_of_group_in(
    tx: &mut Tx,
    reader: &Reader,
    group_id: GroupId,
) -> Result<Vec<UserId>> {
    let select = statement(
        "list the members of a group",
        "select gm.group_id as one_id, gm.user_id as other_id
         from towpath.group_members gm
         join towpath.groups g on g.group_id = gm.group_id
         where g.workspace_id = $1 and g.group_id = $2
         order by gm.user_id",
    );
    let workspace_id = reader.workspace_id();
    let pairs: Vec<IdPair> = tx.fetch_all(select, &[workspace_id.as_param(), group_id.as_param()]).await?;
    let read =
        |pair: &IdPair| pair.read::<GroupId, UserId>("group id", "user id").map(|(_, user_id)| user_id);
    pairs.iter().map(read).collect()
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
    let workspace_id = reader.workspace_id();
    let select = statement("list connected groups", CONNECTIONS);
    fetch_pairs(store, select, &[workspace_id.as_param()], "group id", "group id").await
}

/// The same as the transaction sees it.
pub async fn list_group_connections_in(tx: &mut Tx, reader: &Reader) -> Result<Vec<(GroupId, GroupId)>> {
    let workspace_id = reader.workspace_id();
    let select = statement("list connected groups", CONNECTIONS);
    let pairs: Vec<IdPair> = tx.fetch_all(select, &[workspace_id.as_param()]).await?;
    pairs.iter().map(|pair| pair.read("group id", "group id")).collect()
}

const CONNECTIONS: &str = "select gc.group_id as one_id, gc.other_id
     from towpath.group_connections gc
     join towpath.groups g on g.group_id = gc.group_id
     where g.workspace_id = $1
     order by gc.group_id, gc.other_id";

/// Two ids that belong together.
#[derive(FromRow)]
pub(crate) struct IdPair {
    one_id: String,
    other_id: String,
}

impl IdPair {
    pub(crate) fn read<One, Other>(&self, one: &'static str, other: &'static str) -> Result<(One, Other)>
    where
        One: FromStr<Err: StdError + Send + Sync + 'static>,
        Other: FromStr<Err: StdError + Send + Sync + 'static>,
    {
        Ok((decode::parse(one, &self.one_id)?, decode::parse(other, &self.other_id)?))
    }
}

/// Returns the pairs of ids that a statement selects, and what each of the two is.
pub(crate) async fn fetch_pairs<One, Other>(
    store: &Store,
    select: Statement<'_>,
    params: &[Param<'_>],
    one: &'static str,
    other: &'static str,
) -> Result<Vec<(One, Other)>>
where
    One: FromStr<Err: StdError + Send + Sync + 'static>,
    Other: FromStr<Err: StdError + Send + Sync + 'static>,
{
    let pairs: Vec<IdPair> = store.fetch_all(select, params).await?;
    pairs.iter().map(|pair| pair.read(one, other)).collect()
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
