//! What can go wrong, and whether trying again helps.

mod api_error;
mod oauth_error;

use std::sync::Arc;
use std::time::Duration;

pub use api_error::ApiError;
pub use oauth_error::OAuthError;

use crate::host::{ForeignUrl, HostError};
use crate::{ApiVersion, ValueError};

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A cause from another crate.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A failed call.
///
/// `request` is the method and the path, without the query string, which may hold values of records.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The org answered with an error of its own.
    #[error("{request} was refused")]
    Api {
        /// Method and path.
        request: String,
        /// What the org said.
        source: ApiError,
        /// How long the org asks to wait, where it says so.
        retry_after: Option<Duration>,
    },
    /// A status that carries no error of the org, for example from its edge network.
    #[error("{request} was answered with status {status}")]
    Status {
        /// Method and path.
        request: String,
        /// The HTTP status.
        status: u16,
        /// How long the answer asks to wait, where it says so.
        retry_after: Option<Duration>,
    },
    /// Something other than data: a maintenance page, a log-in page, a captive portal. Never read as "no records".
    #[error("{request} was answered with {content_type} in place of data")]
    NotData {
        /// Method and path.
        request: String,
        /// What the answer says it is.
        content_type: String,
    },
    /// A redirect, which is never followed, so that a token reaches no other host.
    #[error("{request} was redirected, which is never followed")]
    Redirected {
        /// Method and path.
        request: String,
    },
    /// An answer of the right content type that cannot be read.
    #[error("{request} was answered with data that cannot be read")]
    Unreadable {
        /// Method and path.
        request: String,
        /// What was wrong with it.
        source: Cause,
    },
    /// An answer that ended before it was whole.
    #[error("the answer to {request} was cut off after {received_bytes} bytes")]
    Truncated {
        /// Method and path.
        request: String,
        /// Bytes that came before the cut.
        received_bytes: u64,
        /// What cut it.
        source: Cause,
    },
    /// No byte came for too long, or the whole answer took too long.
    #[error("{request} stalled after {received_bytes} bytes")]
    Stalled {
        /// Method and path.
        request: String,
        /// Bytes that came before.
        received_bytes: u64,
    },
    /// An answer larger than any this crate reads at once.
    #[error("the answer to {request} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// Method and path.
        request: String,
        /// The limit.
        limit_bytes: u64,
    },
    /// A request line that Salesforce would refuse with 414 or 431; it was not sent.
    #[error("{request} needs an address of {length} bytes, which is too long")]
    UriTooLong {
        /// Method and path.
        request: String,
        /// Its length.
        length: usize,
    },
    /// No connection; the request was not sent.
    #[error("{request} did not reach the org")]
    Unreachable {
        /// Method and path.
        request: String,
        /// What failed.
        source: Cause,
    },
    /// The connection ended before the answer began. The org may have done what was asked for.
    #[error("the connection ended before {request} was answered")]
    Unanswered {
        /// Method and path.
        request: String,
        /// What failed.
        source: Cause,
    },
    /// The host's certificate is refused.
    #[error("{request} was not sent, because the host's certificate {flaw}")]
    Untrusted {
        /// Method and path.
        request: String,
        /// What a person is told of it.
        flaw: CertificateFlaw,
        /// What is wrong with it.
        source: Cause,
    },
    /// The name of the host leads to an address inside this network.
    #[error("{host} has the address {address}, which is not a public one")]
    PrivateAddress {
        /// The name.
        host: String,
        /// The address it has.
        address: std::net::IpAddr,
    },
    /// A fresh access token was refused too, or the token cannot be renewed.
    #[error("{request} was refused, because the session is not valid")]
    SessionInvalid {
        /// Method and path.
        request: String,
        /// What the org said.
        source: ApiError,
    },
    /// The token could not be renewed; every call that waited for it has the same cause.
    #[error("cannot renew the access token")]
    Refresh(#[source] Arc<RefreshError>),
    /// The client's gate held the call back; it was not sent.
    #[error("{request} was held back")]
    Withheld {
        /// Method and path.
        request: String,
        /// Why.
        source: Withheld,
    },
    /// The OAuth endpoints refused.
    #[error("{request} was refused")]
    OAuth {
        /// Method and path.
        request: String,
        /// What they said.
        source: OAuthError,
    },
    /// The token answer's signature does not match its identity URL and time.
    #[error("the token answer is not signed with the secret of this app")]
    BadSignature,
    /// A host that the host rule refuses.
    #[error(transparent)]
    Host(#[from] HostError),
    /// An address in an answer that leads elsewhere.
    #[error(transparent)]
    ForeignUrl(#[from] ForeignUrl),
    /// The org offers no version of the API that this crate can use.
    #[error("the org offers no API version {wanted}; its oldest is {oldest}")]
    UnsupportedVersion {
        /// The version asked for.
        wanted: ApiVersion,
        /// The oldest it has.
        oldest: ApiVersion,
    },
    /// A Bulk API 2.0 job that ended otherwise than complete.
    #[error("bulk job {job} ended as {state}: {message}")]
    JobEnded {
        /// The job.
        job: String,
        /// Its last state.
        state: String,
        /// What the org says about it; may be empty.
        message: String,
    },
    /// The HTTP client cannot be set up.
    #[error("cannot set up the HTTP client: {part}")]
    Setup {
        /// What is wrong.
        part: &'static str,
        /// Why.
        source: Cause,
    },
    /// Text that is not what it should be.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// A value that does not fit its field's type.
    #[error(transparent)]
    Value(#[from] ValueError),
}

/// Why a host's certificate is refused. A message continues "the host's certificate".
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CertificateFlaw {
    /// Its time is over, or the clock of this machine is ahead.
    #[error("has expired")]
    Expired,
    /// Its time has not come, or the clock of this machine is behind.
    #[error("is not valid yet")]
    NotYetValid,
    /// It names other hosts.
    #[error("is for another host")]
    OtherHost,
    /// Nobody vouches for it whom we trust.
    #[error("is not trusted")]
    Untrusted,
}

/// Text that is not an id, a name, an instant or the like. The text itself is left out of the message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a valid {expected}")]
pub struct ParseError {
    /// What it should have been.
    pub expected: &'static str,
}

/// Why renewing the access token failed: its own error and its own decision whether to try again.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct RefreshError {
    /// Whether trying again helps.
    pub retry: Retry,
    /// What failed.
    pub source: Cause,
}

/// Why a call was held back before it was sent: its own error and its own decision whether to try again.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct Withheld {
    /// Whether trying again helps.
    pub retry: Retry,
    /// What held it back.
    pub source: Cause,
}

impl From<Error> for RefreshError {
    fn from(error: Error) -> Self {
        Self { retry: error.retry(), source: Box::new(error) }
    }
}

/// Whether and how to try again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Retry {
    /// At once; what failed was the attempt.
    Now,
    /// After a while: so long, or by the caller's own back-off.
    Later(Option<Duration>),
    /// With a smaller request: a narrower window, fewer fields, a fresh describe.
    Shrink,
    /// When a person has connected the org again.
    Reauth,
    /// When a person has done this.
    WhenFixed(&'static str),
    /// Not as it is: this record is at fault, others are not.
    Row,
    /// Never; the program is at fault.
    Bug,
}

impl Error {
    /// The org's own error, where it sent one.
    pub fn as_api_error(&self) -> Option<&ApiError> {
        match self {
            Self::Api { source, .. } | Self::SessionInvalid { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Whether the org may have done what was asked for although the call failed: it was sent, and no refusal came back.
    pub fn may_have_taken_effect(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status >= 500,
            Self::NotData { .. }
            | Self::Unreadable { .. }
            | Self::Truncated { .. }
            | Self::Stalled { .. }
            | Self::TooLarge { .. }
            | Self::Unanswered { .. }
            | Self::BadSignature
            | Self::Host(_)
            | Self::ForeignUrl(_)
            | Self::Parse(_)
            | Self::Value(_) => true,
            _ => false,
        }
    }

    /// Whether trying again helps. This is the only place that decides.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Api { source, retry_after, .. } => source.retry(*retry_after),
            Self::Status { status, retry_after, .. } => api_error::retry_by_status(*status, *retry_after),
            Self::NotData { .. }
            | Self::Unreadable { .. }
            | Self::Unreachable { .. }
            | Self::Unanswered { .. } => Retry::Later(None),
            Self::Truncated { .. } | Self::Stalled { .. } => Retry::Now,
            Self::TooLarge { .. } | Self::UriTooLong { .. } | Self::JobEnded { .. } => Retry::Shrink,
            Self::Redirected { .. } => {
                Retry::WhenFixed("connect the org again, its address may have changed")
            }
            Self::Untrusted { flaw, .. } => Retry::WhenFixed(match flaw {
                CertificateFlaw::Expired | CertificateFlaw::NotYetValid => {
                    "check the clock of this machine and the dates of the certificate"
                }
                CertificateFlaw::OtherHost => "check the address and what answers at it",
                CertificateFlaw::Untrusted => "check the certificate or give its authority as CA file",
            }),
            Self::PrivateAddress { .. } => Retry::WhenFixed("check the name server of this machine"),
            Self::SessionInvalid { source, .. } => source.retry_session(),
            Self::Refresh(error) => error.retry,
            Self::Withheld { source, .. } => source.retry,
            Self::OAuth { source, .. } => source.retry(),
            Self::BadSignature => Retry::WhenFixed("check the app's client secret"),
            Self::Host(_) | Self::ForeignUrl(_) => Retry::WhenFixed("check the host of the org"),
            Self::UnsupportedVersion { .. } => Retry::WhenFixed("pin a version that the org offers"),
            Self::Setup { .. } => Retry::WhenFixed("check the configuration"),
            Self::Parse(_) => Retry::Bug,
            Self::Value(_) => Retry::Row,
        }
    }
}
