//! Who reads: proof that somebody signed in, which everything that answers with a workspace's data asks for.

use model::{ApiKeyId, Role, UserId, WorkspaceId};

/// Who acts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Actor {
    /// A member, in a browser.
    Member(UserId),
    /// A program with a key, and who made the key.
    ApiKey(ApiKeyId, UserId),
}

/// A signed-in member or key, the workspace it belongs to and what it may do there.
///
/// Only this crate makes one, from a session or a key whose token matched; nothing in a request can stand in for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reader {
    workspace_id: WorkspaceId,
    actor: Actor,
    role: Role,
}

impl Reader {
    pub(crate) fn new(workspace_id: WorkspaceId, actor: Actor, role: Role) -> Self {
        Self { workspace_id, actor, role }
    }

    /// The workspace whose data may be read.
    pub fn workspace_id(&self) -> WorkspaceId {
        self.workspace_id
    }

    /// Who acts.
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// The member who acts, or who made the key that does.
    pub fn user_id(&self) -> UserId {
        match self.actor {
            Actor::Member(user_id) | Actor::ApiKey(_, user_id) => user_id,
        }
    }

    /// The member whose groups decide which integrations may be read; `None` for who manages those, and reads all of the
    /// workspace. A key reads as whoever made it.
    pub(crate) fn confined_to(&self) -> Option<UserId> {
        (self.role < Role::Admin).then(|| self.user_id())
    }

    /// What may be done.
    pub fn role(&self) -> Role {
        self.role
    }
}
