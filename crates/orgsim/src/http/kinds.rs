//! Names for kinds of calls, by which they are counted and faults are aimed.

use axum::http::Method;

/// Returns the kind of a call.
pub(crate) fn call_kind(method: &Method, path: &str) -> &'static str {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        ["services", "data", rest @ ..] => data_kind(method, rest),
        ["services", "async", _, rest @ ..] => async_kind(method, rest),
        ["services", "oauth2", name] => oauth_kind(name),
        ["services", "Soap" | "soap", ..] => "soap",
        ["id", _, _] => "identity",
        ["login" | "setup", ..] => "login",
        ["cometd", ..] => "cometd",
        ["__orgsim", ..] => "control",
        [] => "home",
        _ => "other",
    }
}

fn data_kind(method: &Method, segments: &[&str]) -> &'static str {
    let lower: Vec<String> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let names: Vec<&str> = lower.iter().map(String::as_str).collect();
    match names.as_slice() {
        [] => "versions",
        [_] => "resources",
        [_, "query" | "queryall"] => "query",
        [_, "query" | "queryall", _] => "query_more",
        [_, "search" | "parameterizedsearch", ..] => "search",
        [_, "limits"] => "limits",
        [_, "limits", _] => "record_count",
        [_, "jobs", "query", rest @ ..] => bulk_kind(method, rest),
        [_, "jobs", "ingest", rest @ ..] => ingest_kind(method, rest),
        [_, "sobjects"] => "describe_global",
        [_, "sobjects", rest @ ..] if is_read(method) => sobject_kind(rest),
        [_, "sobjects" | "composite", ..] => "write",
        _ => "other",
    }
}

fn sobject_kind(segments: &[&str]) -> &'static str {
    match segments {
        [_] => "sobject",
        [_, "describe"] => "describe",
        [_, "updated"] => "updated",
        [_, "deleted"] => "deleted",
        [_, _] | [_, _, _] => "record",
        _ => "other",
    }
}

fn bulk_kind(method: &Method, segments: &[&str]) -> &'static str {
    match segments {
        [] if *method == Method::POST => "bulk_create",
        [] => "bulk_list",
        [_] if *method == Method::PATCH => "bulk_abort",
        [_] if *method == Method::DELETE => "bulk_delete",
        [_] => "bulk_status",
        [_, "results"] => "bulk_results",
        [_, "resultpages"] => "bulk_pages",
        _ => "other",
    }
}

fn ingest_kind(method: &Method, segments: &[&str]) -> &'static str {
    match segments {
        [] if *method == Method::POST => "ingest_create",
        [] => "ingest_list",
        [_] if *method == Method::PATCH => "ingest_change",
        [_] if *method == Method::DELETE => "ingest_delete",
        [_] => "ingest_status",
        [_, "batches"] => "ingest_upload",
        [_, "successfulresults" | "failedresults" | "unprocessedrecords"] => "ingest_results",
        _ => "other",
    }
}

/// Kinds of calls of Bulk API 1.0.
fn async_kind(method: &Method, segments: &[&str]) -> &'static str {
    match (segments, is_read(method)) {
        (["job"], false) => "bulk1_create",
        (["job", _], false) => "bulk1_change",
        (["job", _], true) => "bulk1_status",
        (["job", _, "batch"], false) => "bulk1_add",
        (["job", _, "batch"], true) => "bulk1_list",
        (["job", _, "batch", _], true) => "bulk1_batch",
        (["job", _, "batch", _, "request" | "result", ..], true) => "bulk1_results",
        _ => "other",
    }
}

fn oauth_kind(name: &str) -> &'static str {
    match name {
        "authorize" => "authorize",
        "token" => "token",
        "revoke" => "revoke",
        "introspect" => "introspect",
        "userinfo" => "userinfo",
        _ => "other",
    }
}

fn is_read(method: &Method) -> bool {
    *method == Method::GET || *method == Method::HEAD
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::call_kind;

    #[test]
    fn calls_have_kinds() {
        let cases = [
            ("GET", "/services/data", "versions"),
            ("GET", "/services/data/v66.0/", "resources"),
            ("GET", "/services/data/v66.0/queryAll/", "query"),
            ("GET", "/services/data/v66.0/query/0r8-2000", "query_more"),
            ("POST", "/services/data/v66.0/jobs/query", "bulk_create"),
            ("GET", "/services/data/v66.0/jobs/query/750", "bulk_status"),
            ("PATCH", "/services/data/v66.0/jobs/query/750", "bulk_abort"),
            ("GET", "/services/data/v66.0/jobs/query/750/resultPages", "bulk_pages"),
            ("PUT", "/services/data/v66.0/jobs/ingest/750/batches", "ingest_upload"),
            ("GET", "/services/data/v66.0/jobs/ingest/750/failedResults/", "ingest_results"),
            ("GET", "/services/data/v66.0/sobjects/account/Describe/", "describe"),
            ("POST", "/services/data/v66.0/sobjects/Account", "write"),
            ("POST", "/services/async/66.0/job/750/batch", "bulk1_add"),
            ("GET", "/services/async/66.0/job/750/batch/751/result/752", "bulk1_results"),
            ("POST", "/services/oauth2/token", "token"),
        ];
        for (method, path, expected) in cases {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(call_kind(&method, path), expected, "{path}");
        }
    }
}
