//! How the program ends.

use std::{io::Write, process::ExitCode};

/// The exit codes, the same for every command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Exit {
    Ok = 0,
    Failed = 1,
    Usage = 2,
    NotFound = 3,
    NotAllowed = 4,
    Conflict = 5,
    NeedsReconnect = 6,
    LimitReached = 7,
    PartlyDone = 8,
    Unreachable = 9,
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Prints a sentence on stderr.
pub(crate) fn tell(sentence: &str) {
    // Nobody is left to tell where stderr is closed.
    let _ = writeln!(std::io::stderr(), "{sentence}");
}

/// Prints a sentence on stderr and returns `exit`.
pub(crate) fn say(sentence: &str, exit: Exit) -> Exit {
    tell(sentence);
    exit
}

/// The exit code that goes with the code of a problem.
pub(crate) fn for_code(code: &str) -> Exit {
    match code {
        "sobject.unknown" | "field.unknown" | "sobject.not_queryable" => Exit::NotFound,
        "filter.refused"
        | "host.invalid"
        | "destination.invalid"
        | "network.setup"
        | "worker.sqlite"
        | "app.callback"
        | "app.scope"
        | "app.flow"
        | "app.audience"
        | "app.certificate"
        | "app.key_missing"
        | "app.key_unusable"
        | "app.secret_missing"
        | "app.username_missing"
        | "org.my_domain_needed" => Exit::Usage,
        "user.no_access" => Exit::NotAllowed,
        code if engine::is_mended_in_org(code) => Exit::NotAllowed,
        "org.mismatch"
        | "org.duplicate"
        | "org.sandbox_refreshed"
        | "store.newer"
        | "store.busy"
        | "instance.older"
        | "instance.quarantined"
        | "field.retyped"
        | "resource.changed" => Exit::Conflict,
        "app.secret"
        | "app.unknown"
        | "token.revoked"
        | "token.expired"
        | "token.rotated_lost"
        | "token.idle_expired"
        | "token.given_back"
        | "user.inactive"
        | "user.sign_in_refused" => Exit::NeedsReconnect,
        "limit.daily" | "limit.reserve" | "limit.allotment" | "limit.concurrent" | "limit.sign_in"
        | "limit.approvals" | "limit.integrations" => Exit::LimitReached,
        "network.unreachable"
        | "network.untrusted"
        | "host.redirected"
        | "org.unavailable"
        | "org.not_data"
        | "page.incomplete" => Exit::Unreachable,
        _ => Exit::Failed,
    }
}

/// The exit code that goes with an answer of the API.
pub(crate) fn for_answer(status: u16, code: &str) -> Exit {
    match (for_code(code), status) {
        (Exit::Failed, 400 | 415 | 422) => Exit::Usage,
        (Exit::Failed, 401 | 403) => Exit::NotAllowed,
        (Exit::Failed, 404 | 410) => Exit::NotFound,
        (Exit::Failed, 409 | 412) => Exit::Conflict,
        (Exit::Failed, 429) => Exit::LimitReached,
        (Exit::Failed, 502..=504) => Exit::Unreachable,
        (exit, _) => exit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of the tables of errors: a code, and the exit code in the last column, if any.
    fn documented() -> Vec<(&'static str, Option<u8>)> {
        include_str!("../../../docs/errors.md")
            .lines()
            .filter_map(|line| {
                let (code, rest) = line.strip_prefix("| `")?.split_once("` |")?;
                let last = rest.trim_end_matches(" |").rsplit('|').next()?.trim();
                Some((code, last.parse().ok()))
            })
            .collect()
    }

    #[test]
    fn every_error_ends_the_program_as_its_documentation_says() {
        let documented = documented();
        assert!(documented.len() > 30, "only {} codes are documented", documented.len());
        // The filter's error ends the command before there is a problem with a code.
        for (code, exit) in documented.into_iter().filter(|(code, _)| *code != "filter.syntax") {
            if let Some(exit) = exit {
                assert_eq!(for_code(code) as u8, exit, "{code}");
            }
        }
    }
}
