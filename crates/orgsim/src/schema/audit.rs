//! Who did what: sign-ins, tokens, changes to the set-up.

use super::table::Area;

/// The tables of the area.
pub(super) const AREA: Area = Area {
    picklists: include_str!("audit/picklists.txt"),
    sobjects: &[
        include_str!("audit/auth_session.txt"),
        include_str!("audit/connected_application.txt"),
        include_str!("audit/login_history.txt"),
        include_str!("audit/oauth_token.txt"),
        include_str!("audit/setup_audit_trail.txt"),
    ],
};
