//! Reading requests: paths, queries and bodies, with a problem document where they cannot be read.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// The most bytes a body may have. The largest that makes sense, a set of field mappings, has a tenth of it.
pub(crate) const MOST_BODY_BYTES: usize = 1024 * 1024;

/// A JSON body.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(refuse_body(&rejection)),
        }
    }
}

fn refuse_body(rejection: &JsonRejection) -> ApiError {
    match rejection {
        JsonRejection::JsonDataError(error) => ApiError::invalid(sentence_of(error)),
        JsonRejection::JsonSyntaxError(error) => ApiError::malformed(sentence_of(error)),
        JsonRejection::MissingJsonContentType(_) => unsupported_media_type(),
        _ if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => ApiError::malformed("The body of the request did not arrive whole."),
    }
}

/// The reader's own words, without the type names that axum puts before them.
fn sentence_of(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let words: String = innermost.to_string().chars().take(300).collect();
    format!("The body is not what is expected here: {words}.")
}

/// The body is not JSON.
pub(crate) fn unsupported_media_type() -> ApiError {
    ApiError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "request.media_type",
        "The body has to be JSON, sent as application/json.",
    )
}

/// The body is too large.
pub(crate) fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "request.too_large",
        format!("The body has more than {MOST_BODY_BYTES} bytes."),
    )
}

/// The ids and names in a path. What is none cannot exist, so it is not found.
#[derive(Debug)]
pub(crate) struct UrlPath<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for UrlPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(path)) => Ok(Self(path)),
            Err(_) => Err(ApiError::not_found("thing")),
        }
    }
}

/// The query of a URL. A name may come several times.
#[derive(Debug)]
pub(crate) struct UrlQuery<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for UrlQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum_extra::extract::Query::from_request_parts(parts, state).await {
            Ok(axum_extra::extract::Query(query)) => Ok(Self(query)),
            Err(error) => {
                let words: String = error.to_string().chars().take(300).collect();
                Err(ApiError::malformed(format!("The address's query cannot be read: {words}.")))
            }
        }
    }
}
