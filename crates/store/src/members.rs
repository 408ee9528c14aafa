//! Members: the people of a workspace.

use model::{Member, Role, UserId};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct MemberRow {
    user_id: String,
    workspace_id: String,
    email: String,
    name: String,
    role: String,
    signed_in_at: Option<i64>,
    created_at: i64,
}

impl TryFrom<MemberRow> for Member {
    type Error = crate::Error;

    fn try_from(row: MemberRow) -> Result<Self> {
        Ok(Self {
            id: decode::parse("user id", &row.user_id)?,
            workspace_id: decode::parse("workspace id", &row.workspace_id)?,
            email: row.email,
            name: row.name,
            role: decode::parse("role", &row.role)?,
            signed_in_at: decode::instant(row.signed_in_at),
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

/// Returns the workspace's members, the oldest first.
pub async fn list_members(store: &Store, reader: &Reader) -> Result<Vec<Member>> {
    let workspace_id = reader.workspace_id();
    let select = statement(
        "list members",
        "select user_id, workspace_id, email, name, role, signed_in_at, created_at
         from towpath.members
         where workspace_id = $1
         order by user_id",
    );
    let rows: Vec<MemberRow> = store.fetch_all(select, &[workspace_id.as_param()]).await?;
    rows.into_iter().map(Member::try_from).collect()
}

const FIND_MEMBER: &str = "select user_id, workspace_id, email, name, role, signed_in_at, created_at
     from towpath.members
     where workspace_id = $1 and user_id = $2";

/// Returns a member of the reader's workspace.
pub async fn find_member(store: &Store, reader: &Reader, user_id: UserId) -> Result<Option<Member>> {
    let workspace_id = reader.workspace_id();
    let params = [workspace_id.as_param(), user_id.as_param()];
    let row: Option<MemberRow> =
        store.fetch_optional(statement("find a member", FIND_MEMBER), &params).await?;
    row.map(Member::try_from).transpose()
}

/// What a sign-in with a password is checked against.
#[derive(Clone, Debug)]
pub struct PasswordOf {
    /// The member.
    pub user_id: UserId,
    /// The hash of their password; `None` where they have not chosen one yet.
    pub password_hash: Option<String>,
}

/// Returns whom an address belongs to, on the whole server. For signing in.
pub async fn find_password(store: &Store, email: &str) -> Result<Option<PasswordOf>> {
    #[derive(FromRow)]
    struct PasswordRow {
        user_id: String,
        password_hash: Option<String>,
    }
    let select = statement(
        "find a password",
        "select user_id, password_hash
         from towpath.members
         where email = $1",
    );
    let row: Option<PasswordRow> = store.fetch_optional(select, &[email.as_param()]).await?;
    row.map(|row| {
        Ok(PasswordOf { user_id: decode::parse("user id", &row.user_id)?, password_hash: row.password_hash })
    })
    .transpose()
}

/// Whether the server has any member. Where not, its setup link makes the first owner.
pub async fn has_members(store: &Store) -> Result<bool> {
    Ok(!store.fetch_all::<IdRow>(any_member(), &[]).await?.is_empty())
}

/// The same as a part of a transaction.
pub async fn has_members_in(tx: &mut Tx) -> Result<bool> {
    Ok(!tx.fetch_all::<IdRow>(any_member(), &[]).await?.is_empty())
}

#[derive(FromRow)]
struct IdRow {
    user_id: String,
}

fn any_member() -> crate::db::Statement<'static> {
    statement("look for members", "select user_id from towpath.members order by user_id limit 1")
}

/// Returns the owner who has been here longest. For the links that the machine's own operator makes.
pub async fn find_first_owner(store: &Store) -> Result<Option<UserId>> {
    let select = statement(
        "find the first owner",
        "select user_id
         from towpath.members
         where role = $1
         order by user_id
         limit 1",
    );
    let row: Option<IdRow> = store.fetch_optional(select, &[Role::Owner.as_str().as_param()]).await?;
    row.map(|row| decode::parse("user id", &row.user_id)).transpose()
}

/// Stores a new member, and says whether it did: an address belongs to one member of the server.
pub async fn create_member(tx: &mut Tx, member: &Member) -> Result<bool> {
    let insert = statement(
        "create a member",
        "insert into towpath.members (user_id, workspace_id, email, name, role, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $6)
         on conflict (email) do nothing",
    );
    let params = [
        member.id.as_param(),
        member.workspace_id.as_param(),
        member.email.as_param(),
        member.name.as_param(),
        member.role.as_str().as_param(),
        member.created_at.as_param(),
    ];
    Ok(tx.execute(insert, &params).await? == 1)
}

/// Takes the name and the role of a new invitation for a member of the reader's workspace who has not come yet: they have
/// chosen no password and never signed in. Returns them; `None` where nobody with this address is awaited there.
pub async fn renew_invited_member(
    tx: &mut Tx,
    reader: &Reader,
    wanted: &Member,
    now: Timestamp,
) -> Result<Option<Member>> {
    let update = statement(
        "renew an invitation",
        "update towpath.members
         set name = $3, role = $4, updated_at = $5
         where workspace_id = $1 and email = $2 and password_hash is null and signed_in_at is null
         returning user_id, workspace_id, email, name, role, signed_in_at, created_at",
    );
    let workspace_id = reader.workspace_id();
    let params = [
        workspace_id.as_param(),
        wanted.email.as_param(),
        wanted.name.as_param(),
        wanted.role.as_str().as_param(),
        now.as_param(),
    ];
    let row: Option<MemberRow> = tx.fetch_optional(update, &params).await?;
    row.map(Member::try_from).transpose()
}

/// Stores a member's password.
pub async fn put_password(tx: &mut Tx, user_id: UserId, password_hash: &str, now: Timestamp) -> Result<()> {
    let update = statement(
        "store a password",
        "update towpath.members
         set password_hash = $2, updated_at = $3
         where user_id = $1",
    );
    tx.execute(update, &[user_id.as_param(), password_hash.as_param(), now.as_param()]).await.map(|_| ())
}

/// Returns a member of the reader's workspace, whose members stay as they are until the transaction ends.
///
/// Two owners cannot remove each other at once so.
pub async fn lock_member(tx: &mut Tx, reader: &Reader, user_id: UserId) -> Result<Option<Member>> {
    let workspace_id = reader.workspace_id();
    let lock = statement(
        "lock the members",
        "update towpath.workspaces
         set name = name
         where workspace_id = $1",
    );
    tx.execute(lock, &[workspace_id.as_param()]).await?;
    let params = [workspace_id.as_param(), user_id.as_param()];
    let row: Option<MemberRow> = tx.fetch_optional(statement("find a member", FIND_MEMBER), &params).await?;
    row.map(Member::try_from).transpose()
}

/// Stores the name and the role of a member that is locked, and says whether it did: the last owner stays one.
pub async fn update_member(tx: &mut Tx, reader: &Reader, member: &Member, now: Timestamp) -> Result<bool> {
    if member.role != Role::Owner && is_last_owner(tx, reader, member.id).await? {
        return Ok(false);
    }
    let update = statement(
        "change a member",
        "update towpath.members
         set name = $3, role = $4, updated_at = $5
         where workspace_id = $1 and user_id = $2",
    );
    let workspace_id = reader.workspace_id();
    let params = [
        workspace_id.as_param(),
        member.id.as_param(),
        member.name.as_param(),
        member.role.as_str().as_param(),
        now.as_param(),
    ];
    Ok(tx.execute(update, &params).await? == 1)
}

/// Removes a member that is locked, with their sessions, keys and links, and says whether it did: the last owner stays.
///
/// Walks to Salesforce that they began pass to who removes them, so that what was granted is still given back.
pub async fn delete_member(tx: &mut Tx, reader: &Reader, user_id: UserId) -> Result<bool> {
    let own_id = reader.user_id();
    if is_last_owner(tx, reader, user_id).await? {
        return Ok(false);
    }
    let pass_on = statement(
        "pass a connect flow on",
        "update towpath.connect_flows
         set user_id = $2
         where user_id = $1",
    );
    tx.execute(pass_on, &[user_id.as_param(), own_id.as_param()]).await?;
    for (attempt, sql) in [
        ("end sessions", "delete from towpath.sessions where user_id = $1"),
        ("end keys", "delete from towpath.api_keys where user_id = $1"),
        ("end links", "delete from towpath.one_time_links where user_id = $1"),
        ("disown connections", "update towpath.connections set owner_id = null where owner_id = $1"),
        ("leave groups", "delete from towpath.group_members where user_id = $1"),
        ("remove a member", "delete from towpath.members where user_id = $1"),
    ] {
        tx.execute(statement(attempt, sql), &[user_id.as_param()]).await?;
    }
    Ok(true)
}

async fn is_last_owner(tx: &mut Tx, reader: &Reader, user_id: UserId) -> Result<bool> {
    let workspace_id = reader.workspace_id();
    let select = statement(
        "list owners",
        "select user_id
         from towpath.members
         where workspace_id = $1 and role = $2
         order by user_id",
    );
    let params = [workspace_id.as_param(), Role::Owner.as_str().as_param()];
    let owners: Vec<IdRow> = tx.fetch_all(select, &params).await?;
    Ok(owners.len() == 1 && owners[0].user_id == user_id.to_string())
}
