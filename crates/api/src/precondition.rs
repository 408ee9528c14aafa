//! What a person saw of a setting before they changed it: `If-Match` and `ETag` (RFC 9110, Conditional Requests).
//!
//! Every operation that changes or removes a setting takes it. What takes none has nothing of somebody else's to undo: it
//! makes something new (members, groups, keys, connect flows, integrations); it begins or ends work, where the second of two
//! finds it done (runs, sweeps, pause and resume, another try, a refresh, a check, a preview); it ends what is the caller's
//! own or a secret (sessions, keys, connect flows, personal connections, a group's access to what it received), which must
//! not wait for a second look; or it has the versions of several settings in its body (the end of setting up). A test holds
//! the list.

use axum::extract::FromRequestParts;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use engine::Precondition;

use crate::error::ApiError;

/// The precondition of a request: `If-Match` with the version that was seen, or `If-None-Match: *` for what is new.
#[derive(Debug)]
pub(crate) struct Seen(pub(crate) Precondition);

impl<S: Send + Sync> FromRequestParts<S> for Seen {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        read(&parts.headers).map(Self)
    }
}

fn read(headers: &HeaderMap) -> Result<Precondition, ApiError> {
    let invalid = || ApiError::malformed("If-Match takes one version in quotes, as ETag gave it.");
    match (headers.get(header::IF_MATCH), headers.get(header::IF_NONE_MATCH)) {
        (None, None) => Ok(Precondition::Unsaid),
        (Some(value), None) if value == "*" => Ok(Precondition::Unsaid),
        (None, Some(value)) if value == "*" => Ok(Precondition::Nothing),
        (Some(value), None) => {
            let quoted =
                value.to_str().ok().and_then(|text| text.trim().strip_prefix('"')?.strip_suffix('"'));
            let version = quoted.filter(|version| !version.contains('"')).ok_or_else(invalid)?;
            Ok(Precondition::Version(version.to_owned()))
        }
        _ => Err(invalid()),
    }
}

/// The `ETag` of a version.
pub(crate) fn etag(version: &str) -> [(HeaderName, HeaderValue); 1] {
    let value = HeaderValue::from_str(&format!("\"{version}\""));
    [(header::ETAG, value.expect("a version is hexadecimal digits"))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_in_quotes_is_read_and_nothing_else() {
        let with = |name: HeaderName, value: &'static str| {
            HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
        };
        assert_eq!(read(&HeaderMap::new()).unwrap(), Precondition::Unsaid);
        assert_eq!(read(&with(header::IF_MATCH, "*")).unwrap(), Precondition::Unsaid);
        assert_eq!(read(&with(header::IF_MATCH, "\"ab\"")).unwrap(), Precondition::Version("ab".to_owned()));
        assert_eq!(read(&with(header::IF_NONE_MATCH, "*")).unwrap(), Precondition::Nothing);
        for wrong in ["ab", "W/\"ab\"", "\"a\", \"b\""] {
            assert_eq!(
                read(&with(header::IF_MATCH, wrong)).unwrap_err().code(),
                "request.malformed",
                "{wrong}"
            );
        }
    }
}
