//! Members: the people of a workspace, and what they may do.

use salesforce::Timestamp;

use crate::text_enum::text_enums;
use crate::{ApiKeyId, SessionId, UserId, WorkspaceId};

text_enums! {
    /// What a member may do. Each role may do what those before it may.
    Role {
        /// Looks at everything that their groups have access to.
        Viewer = "viewer",
        /// Also runs, pauses and resumes.
        Operator = "operator",
        /// Also connects orgs and changes integrations.
        Admin = "admin",
        /// Also decides who is a member, and with which role.
        Owner = "owner",
    }
}

/// A person in a workspace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// The person's id.
    pub id: UserId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The address they sign in with, in lower case. Unique on the server.
    pub email: String,
    /// What people call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When they last signed in.
    pub signed_in_at: Option<Timestamp>,
    /// When they were invited.
    pub created_at: Timestamp,
}

/// A browser that is signed in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MemberSession {
    /// Its id.
    pub id: SessionId,
    /// Who is signed in.
    pub user_id: UserId,
    /// What every request that changes something has to carry.
    pub csrf_token: String,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it was last used, as far as is kept.
    pub used_at: Timestamp,
    /// When it ends, used or not.
    pub expires_at: Timestamp,
}

/// A key for programs. It may do what its role says, and never more than who made it may.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The workspace it belongs to.
    pub workspace_id: WorkspaceId,
    /// Who made it.
    pub user_id: UserId,
    /// What people call it.
    pub name: String,
    /// What it may do at most.
    pub role: Role,
    /// How its token begins, for people to tell keys apart.
    pub token_start: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, as far as is kept.
    pub used_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_those_before_it_may() {
        assert!(Role::Viewer < Role::Operator);
        assert!(Role::Operator < Role::Admin);
        assert!(Role::Admin < Role::Owner);
    }
}
