//! Who may call the data APIs now: the same rules for REST, SOAP and Bulk API 1.0, each of which has words of its own for a
//! refusal.

use crate::app::App;
use crate::limits::Limit;
use crate::sessions::Session;

/// Why a call of somebody signed in is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refused {
    /// The user lacks the permission API Enabled.
    ApiDisabled,
    /// As many long calls run as may run at a time.
    Concurrent,
    /// The requests of 24 hours are used up.
    Daily,
}

impl Refused {
    /// Returns what APIs other than REST say (SOAP API Developer Guide, ExceptionCode).
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::ApiDisabled => "API is not enabled for this Organization or Partner",
            Self::Concurrent => "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
            Self::Daily => "TotalRequests Limit exceeded.",
        }
    }
}

impl App {
    /// Lets a call in and counts it against the daily limit.
    pub(crate) fn admit(&self, session: &Session) -> Result<(), Refused> {
        let now_ms = self.now_ms();
        if !self.org.rights(session.user_id, now_ms).has("ApiEnabled") {
            return Err(Refused::ApiDisabled);
        }
        if self.exhausted.has(Limit::Concurrent) {
            return Err(Refused::Concurrent);
        }
        if self.exhausted.has(Limit::Api) || !self.usage.take(now_ms) {
            return Err(Refused::Daily);
        }
        self.app_quota.note(&session.client_id, now_ms);
        self.log.count(|counters| counters.api_calls += 1);
        Ok(())
    }
}
