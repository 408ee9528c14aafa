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

/// Prints a sentence on stderr and returns `exit`.
pub(crate) fn say(sentence: &str, exit: Exit) -> Exit {
    // Nobody is left to tell where stderr is closed.
    let _ = writeln!(std::io::stderr(), "{sentence}");
    exit
}

/// The exit code that goes with the code of a problem.
pub(crate) fn for_code(code: &str) -> Exit {
    match code {
        "sobject.unknown" | "field.unknown" | "sobject.not_queryable" => Exit::NotFound,
        "filter.refused" | "host.invalid" | "destination.invalid" => Exit::Usage,
        "user.no_api" | "org.api_disabled" | "app.blocked" | "app.ip_blocked" => Exit::NotAllowed,
        "org.mismatch" | "store.newer" | "store.busy" => Exit::Conflict,
        "app.secret" | "token.revoked" | "token.expired" | "token.rotated_lost" | "user.inactive" => {
            Exit::NeedsReconnect
        }
        "limit.daily" | "limit.concurrent" => Exit::LimitReached,
        "network.unreachable" | "org.unavailable" | "org.not_data" => Exit::Unreachable,
        _ => Exit::Failed,
    }
}
