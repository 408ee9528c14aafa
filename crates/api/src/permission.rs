//! Permissions: the extractor of a handler says who may call it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use store::Reader;

use crate::app_state::AppState;
use crate::error::ApiError;

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name(Reader);

        impl $name {
            /// Who reads.
            pub(crate) fn reader(&self) -> &Reader {
                &self.0
            }
        }

        impl FromRequestParts<AppState> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(_parts: &mut Parts, _app: &AppState) -> Result<Self, ApiError> {
                Err(ApiError::internal())
            }
        }
    )+};
}

permissions! {
    /// Anybody who is signed in.
    Viewer;
    /// Somebody who may run, pause and resume.
    Operator;
    /// Somebody who may connect orgs and change integrations.
    Admin;
    /// Somebody who decides who is a member.
    Owner;
}
