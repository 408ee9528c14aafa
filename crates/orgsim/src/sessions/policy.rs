//! How long sessions and refresh tokens live.

use crate::clock::HOUR_MS;

/// How long an idle session lives: the org's default setting (Help, Modify Session Security Settings).
pub(crate) const SESSION_TIMEOUT_MS: i64 = 2 * 3_600_000;

/// What the app's administrator decided about refresh tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenPolicy {
    /// Each refresh returns a new refresh token and ends the one presented.
    pub(crate) rotates: bool,
    /// Presenting a rotated token ends the whole approval.
    pub(crate) revokes_on_reuse: bool,
    /// How long an idle session lives.
    pub(crate) session_timeout_ms: i64,
    /// How long a refresh token is good.
    pub(crate) validity: RefreshValidity,
}

/// What is decided about one app alone.
#[derive(Clone, Debug)]
pub(crate) struct OwnPolicy {
    /// What the app is called.
    pub(crate) name: String,
    pub(crate) policy: TokenPolicy,
}

impl Default for TokenPolicy {
    fn default() -> Self {
        Self {
            rotates: false,
            revokes_on_reuse: false,
            session_timeout_ms: SESSION_TIMEOUT_MS,
            validity: RefreshValidity::Infinite,
        }
    }
}

/// The app's refresh-token policy. It is looked at when the token is used, and ends no session (Help, Manage OAuth Access Policies).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RefreshValidity {
    /// Until it is revoked.
    Infinite,
    /// None is issued.
    Zero,
    /// So long after its last use.
    Inactivity(i64),
    /// So long after the approval.
    Lifetime(i64),
}

impl RefreshValidity {
    /// Reads a policy in the words of the Metadata API, such as `specific_inactivity:30:DAYS`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let kind = parts.next()?;
        if matches!(kind, "infinite" | "zero") {
            let validity = if kind == "zero" { Self::Zero } else { Self::Infinite };
            return parts.next().is_none().then_some(validity);
        }
        let count: i64 = parts.next()?.parse().ok().filter(|count| (1..=10_000).contains(count))?;
        let ms = match parts.next()? {
            "HOURS" => count * HOUR_MS,
            "DAYS" => count * 24 * HOUR_MS,
            "MONTHS" => count * 30 * 24 * HOUR_MS,
            _ => return None,
        };
        match (kind, parts.next()) {
            ("specific_inactivity", None) => Some(Self::Inactivity(ms)),
            ("specific_lifetime", None) => Some(Self::Lifetime(ms)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RefreshValidity;

    #[test]
    fn policies_are_read_in_the_words_of_metadata() {
        let day = 24 * 3_600_000;
        let cases = [
            ("infinite", Some(RefreshValidity::Infinite)),
            ("zero", Some(RefreshValidity::Zero)),
            ("specific_inactivity:30:DAYS", Some(RefreshValidity::Inactivity(30 * day))),
            ("specific_lifetime:2:MONTHS", Some(RefreshValidity::Lifetime(60 * day))),
            ("specific_lifetime:12:HOURS", Some(RefreshValidity::Lifetime(day / 2))),
            ("specific_lifetime:0:DAYS", None),
            ("specific_lifetime:1:YEARS", None),
            ("specific_lifetime", None),
            ("infinite:1:DAYS", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(RefreshValidity::parse(text), expected, "{text}");
        }
    }
}
