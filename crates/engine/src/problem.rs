//! Sentences for what goes wrong between an org and us.
//!
//! Codes are stable and listed in `docs/errors.md`; texts may get better.

mod oauth;
mod obstacle;
mod remedy;

use model::BudgetStop;
use salesforce::{ApiError, CertificateFlaw, Retry, Timestamp, host::HostError};
use store::budgets::Refusal;

pub(crate) use oauth::{GIVEN_BACK, ROTATED_LOST, login_refused, of_grant, of_oauth, of_sign_in};
use oauth::{ip_blocked, login_hours};
pub use obstacle::is_mended_in_org;
pub(crate) use obstacle::of_obstacle;
pub use remedy::{Remedy, find_remedy};

/// What a person is told: a stable code, what happened, and what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Stable, such as `sobject.unknown`.
    pub code: &'static str,
    /// One to three sentences.
    pub text: String,
}

impl Problem {
    pub(crate) fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    pub(crate) fn disk_full() -> Self {
        Self::new(
            "disk.full",
            "No disk space left. Nothing is lost: make room, and the next run goes on where this one stopped.",
        )
    }
}

impl From<Problem> for model::Problem {
    fn from(problem: Problem) -> Self {
        Self { code: problem.code.to_owned(), text: problem.text }
    }
}

/// The problem behind an error of the store.
pub(crate) fn of_store(error: &store::Error) -> Problem {
    use store::Error as E;
    match error {
        _ if error.retry() == Retry::WhenFixed("make room on the disk") => Problem::disk_full(),
        E::SchemaOfOther(other) => {
            let at = other.address.as_ref().map(|address| format!(" (at {address})")).unwrap_or_default();
            Problem::new(
                "instance.older",
                format!(
                    "This database belongs to another server{at}, and its tables are older than this program's. They stay as \
                     they are, because that server may be running on them. Whoever runs it decides with \"towpath adopt\"."
                ),
            )
        }
        E::NewerSchema { .. } => Problem::new("store.newer", format!("{}.", sentence(&error.to_string()))),
        E::Url => Problem::new("destination.invalid", format!("{}.", sentence(&error.to_string()))),
        E::NoKey | E::UnknownKey(_) | E::KeyFile { .. } | E::Unsealable { .. } => Problem::new(
            "store.key",
            format!("{}. Give the key file that belongs to it.", sentence(&full_text(error))),
        ),
        _ => Problem::new("store.failed", format!("{}.", sentence(&full_text(error)))),
    }
}

/// The problem of a host that the host rule refuses.
pub(crate) fn of_host(error: &HostError) -> Problem {
    let text = sentence(&error.to_string());
    let end = if text.ends_with('?') { "" } else { "." };
    Problem::new("host.invalid", format!("{text}{end} Enter only the host, such as acme.my.salesforce.com."))
}

/// A connect flow that was used, or waited for too long.
pub(crate) fn connect_expired() -> Problem {
    Problem::new(
        "connect.expired",
        "This sign-in was already used or is older than ten minutes. Start again.",
    )
}

/// Calls that the budget forbids for now.
pub(crate) fn of_refusal(refusal: &Refusal) -> Problem {
    let at = minute_of(refusal.until);
    match refusal.stop {
        BudgetStop::Allotment => Problem::new(
            "limit.allotment",
            format!("The allotment of calls is used up. Raise it or wait: we continue at about {at}."),
        ),
        BudgetStop::Reserve => Problem::new(
            "limit.reserve",
            format!(
                "Your org's API calls of today are used but for the reserve, which we leave to others. We look again at about \
                 {at} and will catch up."
            ),
        ),
        BudgetStop::Daily => Problem::new(
            "limit.daily",
            format!(
                "Your org has used its API calls for today. We continue at about {at} and will catch up."
            ),
        ),
    }
}

/// A transaction that is open in the org and keeps a checkpoint back since an instant. It is no error.
pub fn waiting_for_transaction(since: Timestamp, is_too_long: bool) -> Problem {
    let at = minute_of(since);
    let text = match is_too_long {
        false => format!(
            "A long job in your org, open since {at}, may still change records. The copy is current; we re-read everything \
             since {at} until the job ends, so nothing is missed."
        ),
        true => format!(
            "A long job in your org, open since {at}, may still change records. It has been open for longer than we re-read; \
             what it changes late is found by the comparison of all records."
        ),
    };
    Problem::new("sync.waiting_txn", text)
}

/// An instant as people read it, in UTC.
fn minute_of(at: Timestamp) -> String {
    let text = at.to_string();
    let (date, time) = text.split_at(text.find('T').unwrap_or(0));
    format!("{} UTC on {date}", time.get(1..6).unwrap_or_default())
}

/// An org that an integration has already.
pub(crate) fn org_duplicate(existing: &str) -> Problem {
    Problem::new(
        "org.duplicate",
        format!("This org is already connected as \"{existing}\". Open it or connect another org."),
    )
}

/// The problem behind a call that failed. `attempted` completes "cannot …".
pub(crate) fn of_call(attempted: &str, error: &salesforce::Error) -> Problem {
    match error {
        salesforce::Error::Unreachable { source, .. } => Problem::new(
            "network.unreachable",
            format!(
                "Could not {attempted}: {}. Check the network, the proxy and the address, then run again.",
                full_text(source.as_ref())
            ),
        ),
        _ => of_salesforce(error),
    }
}

/// The problem behind an error of the Salesforce client.
fn of_salesforce(error: &salesforce::Error) -> Problem {
    use salesforce::Error as E;
    match error {
        E::Api { source, .. } => of_api(source),
        E::OAuth { source, .. } => of_oauth(source),
        E::SessionInvalid { source, .. } => of_session(source),
        E::Refresh(refresh) => of_refresh(refresh),
        E::Withheld { source, .. } => of_withheld(source),
        E::NotData { content_type, .. } => Problem::new(
            "org.not_data",
            format!(
                "Salesforce answered with a page ({content_type}) in place of data, as it does during maintenance. \
                 Nothing was changed. Run again later."
            ),
        ),
        E::Truncated { .. } | E::Stalled { .. } | E::Unreadable { .. } => Problem::new(
            "page.incomplete",
            "Salesforce's answer arrived incomplete. Nothing of it was kept; the next run asks for it again.",
        ),
        E::Unreachable { .. } | E::Unanswered { .. } => Problem::new(
            "network.unreachable",
            format!(
                "{}. Check the network, the proxy and the address, then run again.",
                sentence(&full_text(error))
            ),
        ),
        E::Untrusted { flaw, .. } => of_certificate(*flaw),
        E::Redirected { .. } => Problem::new(
            "host.redirected",
            "The call was redirected to another host, which is never followed. If the org has another My Domain host now, connect again with it; \
             else a proxy answers in place of Salesforce.",
        ),
        E::Host(host) => of_host(host),
        E::ForeignUrl(_) | E::PrivateAddress { .. } => {
            Problem::new("host.invalid", format!("{}.", sentence(&error.to_string())))
        }
        E::Status { status, .. } => Problem::new(
            "org.unavailable",
            format!(
                "Salesforce answered with status {status}, as it does when it is busy or being moved. Run again later."
            ),
        ),
        E::Setup { .. } => Problem::new(
            "network.setup",
            format!(
                "{}. Check the file of certificate authorities and the proxy.",
                sentence(&full_text(error))
            ),
        ),
        E::UriTooLong { .. } => Problem::new(
            "query.too_long",
            "The query names more fields than fit into an address. Choose fewer fields.",
        ),
        E::BadSignature => Problem::new(
            "app.secret",
            "The token is not signed with this app's secret. Compare it with the app's consumer secret in Setup.",
        ),
        other => Problem::new("sync.failed", format!("{}.", sentence(&full_text(other)))),
    }
}

fn of_certificate(flaw: CertificateFlaw) -> Problem {
    let what_to_do = match flaw {
        CertificateFlaw::Expired => {
            "Nothing was sent. Check the clock of this machine; where it is right, whoever runs the host or the proxy before it renews the \
             certificate."
        }
        CertificateFlaw::NotYetValid => {
            "Nothing was sent. Check the clock of this machine; where it is right, the certificate was put in place too early."
        }
        CertificateFlaw::OtherHost => {
            "Nothing was sent. Check the address, the name server and the proxy: something else than Salesforce answers there."
        }
        CertificateFlaw::Untrusted => {
            "Give the file of your company's certificate authority, or check the address."
        }
    };
    Problem::new("network.untrusted", format!("The certificate of the host {flaw}. {what_to_do}"))
}

fn of_api(error: &ApiError) -> Problem {
    let said = || error.message.trim().to_owned();
    match error.code.as_str() {
        "REQUEST_LIMIT_EXCEEDED" if error.message.contains("TotalRequests") => Problem::new(
            "limit.daily",
            "Your org has used its API calls for today. Run again later: it goes on where it stopped.",
        ),
        "LIMIT_EXCEEDED" | "EXCEEDED_QUOTA" | "EXCEEDEDQUOTA" | "TOO_MANY_JOBS" => {
            Problem::new("limit.daily", format!("Salesforce's quota for this is used up: {}", said()))
        }
        "REQUEST_LIMIT_EXCEEDED" => Problem::new(
            "limit.concurrent",
            "Salesforce is busy with long requests. We slow down; nothing to do.",
        ),
        "API_DISABLED_FOR_ORG" => Problem::new(
            "user.no_api",
            "This user may not use the API, or the edition has none. Turn on \"API Enabled\" in a permission set.",
        ),
        "API_CURRENTLY_DISABLED" => {
            Problem::new("org.api_disabled", "This org's API access is switched off. Ask Salesforce.")
        }
        "SERVER_UNAVAILABLE" | "UNKNOWN_EXCEPTION" | "ORG_IN_MAINTENANCE" => Problem::new(
            "org.unavailable",
            format!("Salesforce is not available for now ({}). Run again later.", error.code),
        ),
        "INSUFFICIENT_ACCESS" | "INSUFFICIENT_ACCESS_OR_READONLY" => {
            Problem::new("user.no_access", format!("Salesforce does not let this user read it: {}", said()))
        }
        "LOGIN_DURING_RESTRICTED_DOMAIN" => ip_blocked(),
        "LOGIN_DURING_RESTRICTED_TIME" => login_hours(),
        "ORG_LOCKED" | "TRIAL_EXPIRED" => of_grant("org.inactive"),
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD" => of_sign_in(),
        "QUERY_TIMEOUT" => Problem::new(
            "filter.too_slow",
            "Salesforce could not answer this in time. Use an indexed field such as the created date in the filter.",
        ),
        "MALFORMED_QUERY" | "INVALID_FIELD" | "INVALID_QUERY_FILTER_OPERATOR" | "INVALID_TYPE" => {
            Problem::new("filter.refused", format!("Salesforce refused the query: {}", said()))
        }
        code => Problem::new("org.refused", format!("Salesforce refused ({code}): {}", said())),
    }
}

fn of_session(error: &ApiError) -> Problem {
    if error.is_session_expired() {
        return Problem::new(
            "token.expired",
            "Salesforce ended the session and accepts no new one. Connect again; your rules stay.",
        );
    }
    no_api_session()
}

/// The session as such is refused, whoever the user is (REST API Developer Guide, Status Codes and Error Responses).
fn no_api_session() -> Problem {
    Problem::new(
        "app.no_api",
        "Salesforce does not let the app's session use the API, whatever the user may do: the app lacks the scope api, or API Access \
         Control admits approved apps only.",
    )
}

/// The engine's own error lies inside the client's where renewing a token failed.
fn of_refresh(refresh: &salesforce::RefreshError) -> Problem {
    if let Some(error) = refresh.source.downcast_ref::<crate::Error>() {
        return error.problem();
    }
    if let Some(error) = refresh.source.downcast_ref::<salesforce::Error>() {
        return of_salesforce(error);
    }
    let code = if refresh.retry == Retry::Reauth { "token.revoked" } else { "sync.failed" };
    Problem::new(code, format!("The access token could not be renewed: {}.", refresh.source))
}

fn of_withheld(withheld: &salesforce::Withheld) -> Problem {
    match withheld.source.downcast_ref::<crate::Error>() {
        Some(error) => error.problem(),
        None => Problem::new("sync.failed", format!("The call was not made: {}.", withheld.source)),
    }
}

/// An error with its causes, in one line.
pub(crate) fn full_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}

/// A message of the code's kind (lower case, no stop) as the beginning of a sentence.
pub(crate) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
