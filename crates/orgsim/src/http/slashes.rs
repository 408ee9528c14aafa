//! Slashes too many, which mean nothing to an org and which clients do send.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::middleware::Next;
use axum::response::Response;

/// Takes them out before the request is routed.
///
/// The sf command line keeps an instance URL with a slash at its end and puts paths behind it: `//services/data`.
pub(super) async fn take_out(mut request: Request, next: Next) -> Response {
    if let Some(uri) = without(request.uri()) {
        *request.uri_mut() = uri;
    }
    next.run(request).await
}

/// Returns the URI without them, or `None` if it has none.
fn without(uri: &Uri) -> Option<Uri> {
    let mut path = uri.path().to_owned();
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    if path.starts_with("/services/") || path.starts_with("/id/") {
        path.truncate(path.trim_end_matches('/').len());
    }
    if path == uri.path() {
        return None;
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{path}{query}")).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn only_slashes_too_many_go() {
        let cases = [
            ("/", None),
            ("//", Some("/")),
            ("//services///data", Some("/services/data")),
            ("/services/oauth2/token/", Some("/services/oauth2/token")),
            ("/services/data/v66.0/query/?q=a//b/", Some("/services/data/v66.0/query?q=a//b/")),
            ("/services/data/v66.0/query?q=a//b", None),
        ];
        for (given, expected) in cases {
            let cleaned = without(&given.parse().unwrap());
            assert_eq!(cleaned.map(|uri| uri.to_string()).as_deref(), expected, "{given}");
        }
    }
}
