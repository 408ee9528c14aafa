//! API keys: how programs sign in.

use model::{ApiKey, ApiKeyId, Role};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::{Actor, Reader, Result, Store, TokenHash, Tx, decode};

#[derive(FromRow)]
struct ApiKeyRow {
    api_key_id: String,
    workspace_id: String,
    user_id: String,
    name: String,
    role: String,
    token_start: String,
    created_at: i64,
    expires_at: Option<i64>,
    used_at: Option<i64>,
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = crate::Error;

    fn try_from(row: ApiKeyRow) -> Result<Self> {
        Ok(Self {
            id: decode::parse("API key id", &row.api_key_id)?,
            workspace_id: decode::parse("workspace id", &row.workspace_id)?,
            user_id: decode::parse("user id", &row.user_id)?,
            name: row.name,
            role: decode::parse("role", &row.role)?,
            token_start: row.token_start,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: decode::instant(row.expires_at),
            used_at: decode::instant(row.used_at),
        })
    }
}

/// Stores a new key for the reader's workspace, made by the reader.
pub async fn create_api_key(
    tx: &mut Tx,
    reader: &Reader,
    api_key: &ApiKey,
    token_hash: &TokenHash,
) -> Result<()> {
    let workspace_id = reader.workspace_id();
    let own_id = reader.user_id();
    let insert = statement(
        "create an API key",
        "insert into towpath.api_keys (api_key_id, workspace_id, user_id, name, role, token_hash, token_start,
             created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
    let params = [
        api_key.id.as_param(),
        workspace_id.as_param(),
        own_id.as_param(),
        api_key.name.as_param(),
        api_key.role.as_str().as_param(),
        token_hash.as_param(),
        api_key.token_start.as_param(),
        api_key.created_at.as_param(),
        api_key.expires_at.as_param(),
    ];
    tx.execute(insert, &params).await.map(|_| ())
}

/// Returns the reader's own keys, and for an owner all of the workspace, the oldest first.
pub async fn list_api_keys(store: &Store, reader: &Reader) -> Result<Vec<ApiKey>> {
    let workspace_id = reader.workspace_id();
    let own_id = reader.user_id();
    let select = statement(
        "list API keys",
        "select api_key_id, workspace_id, user_id, name, role, token_start, created_at, expires_at, used_at
         from towpath.api_keys
         where workspace_id = $1 and (user_id = $2 or $3 = 'owner')
         order by api_key_id",
    );
    let role = reader.role().as_str();
    let params = [workspace_id.as_param(), own_id.as_param(), role.as_param()];
    let rows: Vec<ApiKeyRow> = store.fetch_all(select, &params).await?;
    rows.into_iter().map(ApiKey::try_from).collect()
}

/// Ends a key that the reader may see, and says whether there was one.
pub async fn delete_api_key(tx: &mut Tx, reader: &Reader, api_key_id: ApiKeyId) -> Result<bool> {
    let workspace_id = reader.workspace_id();
    let own_id = reader.user_id();
    let delete = statement(
        "end an API key",
        "delete from towpath.api_keys
         where workspace_id = $1 and api_key_id = $2 and (user_id = $3 or $4 = 'owner')",
    );
    let role = reader.role().as_str();
    let params = [workspace_id.as_param(), api_key_id.as_param(), own_id.as_param(), role.as_param()];
    Ok(tx.execute(delete, &params).await? == 1)
}

/// Returns who reads with the key of a token, and when it was last used, unless it has ended.
///
/// It may do what the key says, and never more than who made it may now.
pub async fn find_api_key(
    store: &Store,
    token_hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<(Option<Timestamp>, Reader)>> {
    #[derive(FromRow)]
    struct KeyReaderRow {
        api_key_id: String,
        workspace_id: String,
        user_id: String,
        role: String,
        used_at: Option<i64>,
        creator_role: String,
    }
    let select = statement(
        "find an API key",
        "select api_keys.api_key_id, api_keys.workspace_id, api_keys.user_id, api_keys.role, api_keys.used_at,
             members.role as creator_role
         from towpath.api_keys as api_keys
         join towpath.members as members on members.user_id = api_keys.user_id
         where api_keys.token_hash = $1 and (api_keys.expires_at is null or api_keys.expires_at > $2)",
    );
    let row: Option<KeyReaderRow> =
        store.fetch_optional(select, &[token_hash.as_param(), now.as_param()]).await?;
    row.map(|row| {
        let role: Role = decode::parse("role", &row.role)?;
        let creator_role: Role = decode::parse("role", &row.creator_role)?;
        let actor = Actor::ApiKey(
            decode::parse("API key id", &row.api_key_id)?,
            decode::parse("user id", &row.user_id)?,
        );
        let workspace_id = decode::parse("workspace id", &row.workspace_id)?;
        Ok((decode::instant(row.used_at), Reader::new(workspace_id, actor, role.min(creator_role))))
    })
    .transpose()
}

/// Notes that a key was used.
pub async fn touch_api_key(store: &Store, token_hash: &TokenHash, now: Timestamp) -> Result<()> {
    let update = statement(
        "note that an API key was used",
        "update towpath.api_keys
         set used_at = $2
         where token_hash = $1",
    );
    store.execute(update, &[token_hash.as_param(), now.as_param()]).await.map(|_| ())
}
