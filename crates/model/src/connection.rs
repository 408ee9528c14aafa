//! Connections: one Salesforce user's grant to us for one org.

use salesforce::{RecordId, Timestamp};

use crate::text_enum::text_enums;
use crate::{ConnectionId, OrgId, UserId, WorkspaceId};

text_enums! {
    /// Whose grant it is.
    ConnectionKind {
        /// A dedicated user's, used for syncing.
        Service = "service",
        /// A member's own, used for what that member writes.
        Personal = "personal",
    }

    /// How the grant was given, which decides how an access token is renewed.
    GrantKind {
        /// Authorization code: renewed with the refresh token.
        AuthorizationCode = "authorization_code",
        /// Client credentials: asked for anew.
        ClientCredentials = "client_credentials",
        /// JWT bearer: asked for anew.
        JwtBearer = "jwt_bearer",
        /// An access token that a person handed over. It cannot be renewed.
        AccessToken = "access_token",
    }

    /// The state of the grant.
    ConnectionStatus {
        /// Salesforce accepts it, as far as we know.
        Connected = "connected",
        /// The org keeps it out for what somebody mends there, or in what the app signs in with; the grant itself stays.
        NeedsAttention = "needs_attention",
        /// A person must connect again.
        NeedsReconnect = "needs_reconnect",
        /// It was given back. Only records that were kept lead here.
        Revoked = "revoked",
    }
}

/// One Salesforce user's grant to us for one org. The tokens are the store's and never stand here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// The workspace it belongs to.
    pub workspace_id: WorkspaceId,
    /// The org it leads to.
    pub org_id: OrgId,
    /// Whose grant it is.
    pub kind: ConnectionKind,
    /// The member whose own it is, of a personal one.
    pub owner_id: Option<UserId>,
    /// How the grant was given.
    pub grant: GrantKind,
    /// The host where the user signed in, such as `login.salesforce.com`.
    pub login_host: String,
    /// Where the org's API is.
    pub instance_url: String,
    /// The Salesforce user.
    pub user_id: RecordId,
    /// That user's name in Salesforce.
    pub username: String,
    /// The client id of the app that the grant was given to.
    pub client_id: String,
    /// The scopes granted, separated by spaces.
    pub scopes: String,
    /// A hash of the credentials that the grant was made from, to tell whether others are given.
    pub credential_fingerprint: String,
    /// The state of the grant.
    pub status: ConnectionStatus,
    /// Why the grant is in that state, as an error code such as `token.revoked`.
    pub status_code: Option<String>,
    /// Counts the tokens that were stored: each new one raises it.
    pub generation: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
