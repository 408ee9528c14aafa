//! The page for people at `/`: what this is, how to sign in to it, what is in it and what was asked of it.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::front::BaseUrl;
use super::socket::Peer;
use crate::app::App;
use crate::oauth::page::{self, escape};
use crate::users;

/// As many requests are shown.
const REQUESTS: usize = 12;

/// As much of a path is shown.
const PATH_CHARS: usize = 90;

/// Shows the page, with the secrets, to people on this machine only.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    headers: HeaderMap,
) -> Response {
    // The host is looked at so that no web page can read this one under a name that it points here.
    if !peer.is_loopback() || !names_this_machine(&headers) {
        return (StatusCode::NOT_FOUND, "URL No Longer Exists").into_response();
    }
    let user = app.main_user();
    let rows = [
        ("Organization", users::organization_name(&app.org)),
        ("Address", base_url),
        ("Username", user.username),
        ("Password", users::password_of(&app, user.id)),
        ("Security token", app.secrets.security_token.clone()),
        ("Consumer key", app.client.client_id.clone()),
        ("Consumer secret", app.client.client_secret.clone()),
        ("Organization id", app.org.organization_id().to_string()),
    ];
    let rows: String = rows
        .iter()
        .map(|(name, value)| {
            format!("<tr><th scope=\"row\">{name}</th><td><code>{}</code></td></tr>\n", escape(value))
        })
        .collect();
    let body = format!(
        "<h1>A simulated Salesforce org</h1>\n\
         <p>This is orgsim: a program that answers like a Salesforce org. All records in it are made up. \
         It forgets every change when it ends.</p>\n\
         <p>Point a client's login URL at the address below and sign in with the username and password.</p>\n\
         <table class=\"facts\">\n{rows}</table>\n{}{}{}",
        list_faults(&app),
        list_requests(&app),
        list_sobjects(&app)
    );
    page::html(StatusCode::OK, "Simulated org", &body)
}

/// Lists the faults that are in place, if there are any.
fn list_faults(app: &App) -> String {
    let rows: String = app
        .faults
        .list()
        .iter()
        .map(|fault| {
            let calls = match fault.spec.pattern.as_str() {
                "" => "calls that suit it",
                pattern => pattern,
            };
            row(&[fault.name(), escape(calls), fault.matched.to_string(), fault.played.to_string()])
        })
        .collect();
    if rows.is_empty() {
        return "<h2>Faults</h2>\n<p class=\"quiet\">No fault is in place.</p>\n".to_owned();
    }
    table("counts", "Faults", &["Fault", "Befalls", "Calls that matched", "Played"], &rows)
}

/// Lists the last requests, newest first, without those for this page.
fn list_requests(app: &App) -> String {
    const LOOKED_AT: usize = 200;
    let entries = app.log.last(LOOKED_AT);
    let shown = entries
        .iter()
        .rev()
        .filter(|entry| !matches!(entry.kind.as_str(), "home" | "control"))
        .take(REQUESTS);
    let rows: String = shown
        .map(|entry| {
            let status = match entry.status {
                None => "\u{2026}".to_owned(),
                Some(status) if status < 400 => status.to_string(),
                Some(status) => format!("<span class=\"failed\">{status}</span>"),
            };
            let path: String = entry.path.chars().take(PATH_CHARS).collect();
            let time = crate::clock::format_rest(entry.at_ms).get(11..19).unwrap_or_default().to_owned();
            row(&[time, escape(&entry.method), format!("<code>{}</code>", escape(&path)), status])
        })
        .collect();
    if rows.is_empty() {
        return "<h2>Recent requests</h2>\n<p class=\"quiet\">Nobody has asked anything yet.</p>\n"
            .to_owned();
    }
    table("log", "Recent requests", &["Time (UTC)", "Method", "Path", "Status"], &rows)
}

/// Lists the sObjects and how many records each has, those in the recycle bin included.
fn list_sobjects(app: &App) -> String {
    let view = app.org.read();
    let rows: String = app
        .org
        .schema()
        .offered()
        .map(|sobject| {
            let count = in_groups(view.row_count(sobject));
            row(&[escape(&sobject.label), format!("<code>{}</code>", escape(&sobject.name)), count])
        })
        .collect();
    table("counts", "sObjects", &["Label", "API name", "Records"], &rows)
}

/// Writes a number with commas between its thousands.
fn in_groups(number: usize) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(String::from_utf8_lossy);
    let parts: Vec<_> = (!head.is_empty()).then(|| head.into()).into_iter().chain(groups).collect();
    parts.join(",")
}

/// Writes a table whose class says how it is laid out where there is little room.
fn table(class: &str, title: &str, heads: &[&str], rows: &str) -> String {
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    format!(
        "<h2>{title}</h2>\n<table class=\"{class}\">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )
}

/// Writes a row of cells, which are HTML already.
fn row(cells: &[String]) -> String {
    let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
    format!("<tr>{cells}</tr>\n")
}

fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::in_groups;

    #[test]
    fn thousands_are_kept_apart() {
        let numbers = [0, 12, 123, 1_234, 2_000_000].map(in_groups);

        assert_eq!(numbers, ["0", "12", "123", "1,234", "2,000,000"]);
    }
}
