//! The web application, which is built into the program.

use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

use crate::error::ApiError;

/// What `npm run build` makes. While developing it is read from the disk, and may be missing.
#[derive(Embed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Build;

const INDEX: &str = concat!("index", ".html");
/// Names of files in here hold a hash of what is in them.
const HASHED: &str = "assets/";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

const WITHOUT_BUILD: &str = "<!doctype html>\n<title>Towpath</title>\n<p>Towpath runs, but its web application was \
     not built. Run <code>npm run build</code> in <code>web</code> and reload.</p>\n";

/// Answers with a file of the web application, or with its page, which reads the address itself.
pub(crate) async fn show(method: Method, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    match Build::get(path) {
        Some(file) if path != INDEX => show_file(path, file),
        _ if path.starts_with(HASHED) => ApiError::not_found("file").into_response(),
        _ => show_index(),
    }
}

fn show_file(path: &str, file: EmbeddedFile) -> Response {
    let mut response = file.data.into_owned().into_response();
    if let Ok(mime) = HeaderValue::from_str(file.metadata.mimetype()) {
        response.headers_mut().insert(header::CONTENT_TYPE, mime);
    }
    if path.starts_with(HASHED) {
        response.headers_mut().insert(header::CACHE_CONTROL, FOR_EVER);
    }
    response
}

fn show_index() -> Response {
    match Build::get(INDEX) {
        Some(file) => Html(file.data.into_owned()).into_response(),
        None => Html(WITHOUT_BUILD).into_response(),
    }
}
