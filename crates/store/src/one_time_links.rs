//! One-time links: setting up, signing in, accepting an invitation.

use std::time::Duration;

use model::UserId;
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::{Result, TokenHash, Tx, decode};

/// What remains of a link is kept for this long after its end, to tell an old link from one that never was.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);

/// The kind of a link that was used.
const USED: &str = "used";

/// What a link is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkKind {
    /// Making the first owner of a server.
    Setup,
    /// Signing a member in.
    SignIn,
    /// Accepting an invitation.
    Welcome,
}

impl LinkKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::SignIn => "sign_in",
            Self::Welcome => "welcome",
        }
    }
}

/// What became of a link that somebody came with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkUse {
    /// It was good, and is used up now. Who it is for, if for one member.
    Good(Option<UserId>),
    /// It was used before, or its time is over.
    Ended,
    /// There is none.
    Unknown,
}

/// Stores a link, and forgets old ones.
pub async fn create_link(
    tx: &mut Tx,
    token_hash: &TokenHash,
    kind: LinkKind,
    user_id: Option<UserId>,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let kept_since = now - KEPT;
    let forget = statement("forget old links", "delete from towpath.one_time_links\nwhere expires_at < $1");
    tx.execute(forget, &[kept_since.as_param()]).await?;
    let insert = statement(
        "create a link",
        "insert into towpath.one_time_links (token_hash, kind, user_id, expires_at, created_at)
         values ($1, $2, $3, $4, $5)",
    );
    let params = [
        token_hash.as_param(),
        kind.as_str().as_param(),
        user_id.as_param(),
        expires_at.as_param(),
        now.as_param(),
    ];
    tx.execute(insert, &params).await.map(|_| ())
}

/// Uses a link up. Of two who come with the same one, one gets it.
pub async fn use_link(
    tx: &mut Tx,
    token_hash: &TokenHash,
    kind: LinkKind,
    now: Timestamp,
) -> Result<LinkUse> {
    #[derive(FromRow)]
    struct LinkRow {
        user_id: Option<String>,
    }
    let update = statement(
        "use a link",
        "update towpath.one_time_links
         set kind = $4
         where token_hash = $1 and kind = $2 and expires_at > $3
         returning user_id",
    );
    let params = [token_hash.as_param(), kind.as_str().as_param(), now.as_param(), USED.as_param()];
    if let Some(row) = tx.fetch_optional::<LinkRow>(update, &params).await? {
        return Ok(LinkUse::Good(decode::parse_optional("user id", row.user_id.as_deref())?));
    }
    let select = statement(
        "find a link",
        "select user_id
         from towpath.one_time_links
         where token_hash = $1 and kind in ($2, $3)",
    );
    let params = [token_hash.as_param(), kind.as_str().as_param(), USED.as_param()];
    let found: Option<LinkRow> = tx.fetch_optional(select, &params).await?;
    Ok(if found.is_some() { LinkUse::Ended } else { LinkUse::Unknown })
}

/// Ends all links of a kind that nobody has used.
pub async fn delete_links(tx: &mut Tx, kind: LinkKind) -> Result<()> {
    let delete = statement("end links", "delete from towpath.one_time_links\nwhere kind = $1");
    tx.execute(delete, &[kind.as_str().as_param()]).await.map(|_| ())
}

/// Ends all links of a member that nobody has used.
pub async fn delete_links_of(tx: &mut Tx, user_id: UserId) -> Result<()> {
    let delete = statement(
        "end links",
        "delete from towpath.one_time_links
         where user_id = $1 and kind <> $2",
    );
    tx.execute(delete, &[user_id.as_param(), USED.as_param()]).await.map(|_| ())
}
