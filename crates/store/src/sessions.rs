//! Sessions: browsers that are signed in.

use std::time::Duration;

use model::{MemberSession, Role, SessionId, UserId};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::{Actor, Reader, Result, Store, TokenHash, Tx, decode};

/// A session that nobody used for this long has ended.
pub const LONGEST_IDLE: Duration = Duration::from_secs(7 * 24 * 3_600);

#[derive(FromRow)]
struct SessionRow {
    session_id: String,
    csrf_token: String,
    user_id: String,
    created_at: i64,
    used_at: i64,
    expires_at: i64,
    workspace_id: String,
    role: String,
}

impl SessionRow {
    fn into_session(self) -> Result<(MemberSession, Reader)> {
        let user_id: UserId = decode::parse("user id", &self.user_id)?;
        let role: Role = decode::parse("role", &self.role)?;
        let workspace_id = decode::parse("workspace id", &self.workspace_id)?;
        let session = MemberSession {
            id: decode::parse("session id", &self.session_id)?,
            user_id,
            csrf_token: self.csrf_token,
            created_at: Timestamp::from_millis(self.created_at),
            used_at: Timestamp::from_millis(self.used_at),
            expires_at: Timestamp::from_millis(self.expires_at),
        };
        Ok((session, Reader::new(workspace_id, Actor::Member(user_id), role)))
    }
}

/// Signs a member in: stores the session, and when it was.
pub async fn create_session(tx: &mut Tx, session: &MemberSession, token_hash: &TokenHash) -> Result<()> {
    let insert = statement(
        "create a session",
        "insert into towpath.sessions (session_id, token_hash, csrf_token, user_id, created_at, used_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    );
    let params = [
        session.id.as_param(),
        token_hash.as_param(),
        session.csrf_token.as_param(),
        session.user_id.as_param(),
        session.created_at.as_param(),
        session.used_at.as_param(),
        session.expires_at.as_param(),
    ];
    tx.execute(insert, &params).await?;
    let update = statement(
        "store a sign-in",
        "update towpath.members
         set signed_in_at = $2
         where user_id = $1",
    );
    tx.execute(update, &[session.user_id.as_param(), session.created_at.as_param()]).await.map(|_| ())
}

/// Returns the session of a token, and who reads with it, unless it has ended.
pub async fn find_session(
    store: &Store,
    token_hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<(MemberSession, Reader)>> {
    let idle_since = now - LONGEST_IDLE;
    let select = statement(
        "find a session",
        "select sessions.session_id, sessions.csrf_token, sessions.user_id, sessions.created_at, sessions.used_at,
             sessions.expires_at, members.workspace_id, members.role
         from towpath.sessions as sessions
         join towpath.members as members on members.user_id = sessions.user_id
         where sessions.token_hash = $1 and sessions.expires_at > $2 and sessions.used_at > $3",
    );
    let params = [token_hash.as_param(), now.as_param(), idle_since.as_param()];
    let row: Option<SessionRow> = store.fetch_optional(select, &params).await?;
    row.map(SessionRow::into_session).transpose()
}

/// Notes that a session was used.
pub async fn touch_session(store: &Store, token_hash: &TokenHash, now: Timestamp) -> Result<()> {
    let update = statement(
        "note that a session was used",
        "update towpath.sessions
         set used_at = $2
         where token_hash = $1",
    );
    store.execute(update, &[token_hash.as_param(), now.as_param()]).await.map(|_| ())
}

/// Keeps what a session's browser says of itself, for the person who looks at their sessions.
pub async fn put_browser(tx: &mut Tx, session_id: SessionId, browser: &str) -> Result<()> {
    let update = statement(
        "store the browser of a session",
        "update towpath.sessions
         set browser = $2
         where session_id = $1",
    );
    tx.execute(update, &[session_id.as_param(), browser.as_param()]).await.map(|_| ())
}

/// One of the places where a member is signed in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionFacts {
    /// Its id.
    pub id: SessionId,
    /// What the browser says of itself.
    pub browser: Option<String>,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it was last used, to within a few minutes.
    pub used_at: Timestamp,
    /// When it ends, used or not.
    pub expires_at: Timestamp,
}

/// Returns the reader's own sessions that have not ended, the one used last first.
pub async fn list_sessions(store: &Store, reader: &Reader, now: Timestamp) -> Result<Vec<SessionFacts>> {
    #[derive(FromRow)]
    struct FactsRow {
        session_id: String,
        browser: Option<String>,
        created_at: i64,
        used_at: i64,
        expires_at: i64,
    }
    let idle_since = now - LONGEST_IDLE;
    let select = statement(
        "list sessions",
        "select session_id, browser, created_at, used_at, expires_at
         from towpath.sessions
         where user_id = $1 and expires_at > $2 and used_at > $3
         order by used_at desc, session_id desc",
    );
    let user_id = reader.user_id();
    let params = [user_id.as_param(), now.as_param(), idle_since.as_param()];
    let rows: Vec<FactsRow> = store.fetch_all(select, &params).await?;
    let facts = rows.into_iter().map(|row| {
        Ok(SessionFacts {
            id: decode::parse("session id", &row.session_id)?,
            browser: row.browser,
            created_at: Timestamp::from_millis(row.created_at),
            used_at: Timestamp::from_millis(row.used_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    });
    facts.collect()
}

/// Ends one of the reader's own sessions. Returns whether there was such a one.
pub async fn delete_session_of(tx: &mut Tx, reader: &Reader, session_id: SessionId) -> Result<bool> {
    let delete =
        statement("end a session", "delete from towpath.sessions where session_id = $1 and user_id = $2");
    let user_id = reader.user_id();
    let params = [session_id.as_param(), user_id.as_param()];
    tx.execute(delete, &params).await.map(|rows| rows > 0)
}

/// Ends all sessions of a member of the reader's workspace.
pub async fn delete_sessions_of_member(tx: &mut Tx, reader: &Reader, user_id: UserId) -> Result<()> {
    let delete = statement(
        "end the sessions of a member",
        "delete from towpath.sessions
         where user_id = $1
             and user_id in (select user_id from towpath.members where workspace_id = $2)",
    );
    let workspace_id = reader.workspace_id();
    tx.execute(delete, &[user_id.as_param(), workspace_id.as_param()]).await.map(|_| ())
}

/// Ends all of the reader's own sessions but one.
pub async fn delete_other_sessions(tx: &mut Tx, reader: &Reader, kept: SessionId) -> Result<()> {
    let delete =
        statement("end sessions", "delete from towpath.sessions where user_id = $1 and session_id <> $2");
    let user_id = reader.user_id();
    tx.execute(delete, &[user_id.as_param(), kept.as_param()]).await.map(|_| ())
}

/// Ends the session of a token.
pub async fn delete_session(tx: &mut Tx, token_hash: &TokenHash) -> Result<()> {
    let delete = statement("end a session", "delete from towpath.sessions where token_hash = $1");
    tx.execute(delete, &[token_hash.as_param()]).await.map(|_| ())
}

/// Forgets sessions that have ended.
pub async fn delete_ended_sessions(tx: &mut Tx, now: Timestamp) -> Result<()> {
    let idle_since = now - LONGEST_IDLE;
    let delete = statement(
        "forget ended sessions",
        "delete from towpath.sessions
         where expires_at <= $1 or used_at <= $2",
    );
    tx.execute(delete, &[now.as_param(), idle_since.as_param()]).await.map(|_| ())
}
