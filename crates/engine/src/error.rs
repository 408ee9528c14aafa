//! What can go wrong in a sync, whether to try again, and what a person is told.

mod retry;
mod setup;

use std::io;

use model::{ConnectionId, SyncRuleId, TransformError};
use salesforce::{ApiError, FieldName, SObjectName, Timestamp, host::HostError, oauth::KeyError};
use store::budgets::Refusal;

use crate::problem::{self, Problem};
use crate::sharing::SharingRefused;

/// The engine's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What was attempted when it went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A call to the org failed.
    #[error("cannot {attempted}")]
    Call {
        /// What the call was for, such as "describe Account".
        attempted: String,
        /// The client's error.
        source: Box<salesforce::Error>,
    },
    /// A call made while a page was being downloaded failed.
    #[error("cannot download a page")]
    Download(#[from] salesforce::Error),
    /// The store could not be read or written.
    #[error("cannot use the store")]
    Store(#[from] store::Error),
    /// There is no room left for a page.
    #[error("no space left for received pages")]
    SpoolFull {
        /// The system's error.
        source: io::Error,
    },
    /// A page could not be written for another reason.
    #[error("cannot write a received page")]
    WriteSpool {
        /// The system's error.
        source: io::Error,
    },
    /// A page could not be read back.
    #[error("cannot read a received page")]
    ReadSpool {
        /// The system's error.
        source: io::Error,
    },
    /// A page ended before its end.
    #[error("a page arrived cut or damaged")]
    PageCut {
        /// The parser's error.
        source: io::Error,
    },
    /// A page is larger than the engine takes.
    #[error("a page is larger than can be checked")]
    PageTooLarge,
    /// A page holds another number of rows than its header said.
    #[error("a page of {expected} rows arrived with {found}")]
    RowCountDiffers {
        /// What Salesforce announced.
        expected: u64,
        /// What the page holds.
        found: u64,
    },
    /// A page has other columns than were asked for.
    #[error("a page has other columns than were asked for")]
    UnexpectedColumns,
    /// The same place in a job's results was handed out twice.
    #[error("Salesforce handed out the same result page twice")]
    LocatorRepeated,
    /// The rows of a finished read do not add up to the job's own count.
    #[error("the job read {expected} records and {found} arrived")]
    RowsMissing {
        /// The job's own count.
        expected: u64,
        /// The rows that were read.
        found: u64,
    },
    /// The clocks of the org and of this machine cannot both be right.
    #[error("the org says that it is {theirs}, and this machine that it is {ours}")]
    ClocksApart {
        /// What the org's answers say.
        theirs: Timestamp,
        /// What this machine says.
        ours: Timestamp,
    },
    /// A Bulk job ended without a result.
    #[error("the Bulk job for {sobject} ended as {state}: {message}")]
    BulkEnded {
        /// The sObject being read.
        sobject: SObjectName,
        /// Salesforce's word for how it ended.
        state: String,
        /// Salesforce's reason.
        message: String,
    },
    /// The org has no such sObject that this user can read.
    #[error("Salesforce has no {0} that this user can read")]
    SObjectUnknown(SObjectName),
    /// The sObject has no such field that this user can read.
    #[error("{sobject} has no field {field} that this user can read")]
    FieldUnknown {
        /// The sObject.
        sobject: SObjectName,
        /// The field that was asked for.
        field: FieldName,
    },
    /// A field has a type whose values cannot stand beside those that are stored.
    #[error("{sobject}.{field} was {before} and is {after} now")]
    FieldRetyped {
        /// The sObject.
        sobject: SObjectName,
        /// The field.
        field: String,
        /// Its type before.
        before: String,
        /// Its type now.
        after: String,
    },
    /// A page of a wide sObject changed while its parts were read.
    #[error("records of {0} changed whenever they were read")]
    PartsDiffer(SObjectName),
    /// The sObject cannot be copied at all.
    #[error("{0} cannot be queried through the API")]
    NotQueryable(SObjectName),
    /// The destination belongs to another org.
    #[error("this destination holds a copy of org {stored}, and the credentials are for org {found}")]
    OrgMismatch {
        /// The org of the copy.
        stored: String,
        /// The org of the credentials.
        found: String,
    },
    /// A refresh token was used by a process that died before it stored the answer.
    #[error("a renewed token was lost on the way")]
    TokenLost,
    /// The token endpoint did not answer.
    #[error("the token endpoint did not answer in time")]
    TokenCallStalled,
    /// The org refused the grant before, and nobody has connected it since.
    #[error("the org no longer accepts the connection")]
    GrantEnded {
        /// The error code of that refusal.
        code: Option<String>,
    },
    /// The org keeps a connection out until somebody mends why, as its code says.
    #[error("the org keeps the connection out ({0})")]
    KeptOut(String),
    /// The connection has no token left that could be renewed.
    #[error("the access token has expired and there is nothing to renew it with")]
    NothingToRefresh,
    /// An integration names a connection that no longer exists.
    #[error("connection {0} does not exist")]
    ConnectionGone(ConnectionId),
    /// A rule is worked on outside any run.
    #[error("sync rule {0} has no run under way")]
    NoRun(SyncRuleId),
    /// The budget of API calls forbids a call for now.
    #[error("no API call may be made before {}: {}", .0.until, .0.stop)]
    BudgetSpent(Refusal),
    /// A number that a person gave is out of its bounds.
    #[error("{0}")]
    OutOfBounds(&'static str),
    /// A run is wanted of an integration that is paused.
    #[error("the integration is paused")]
    Paused,
    /// A run is wanted of an integration that lacks a rule or a mapping.
    #[error("the integration has no sync rule or no field mapping yet")]
    Incomplete,
    /// A work row names something that no longer exists.
    #[error("{0} does not exist")]
    SubjectGone(String),
    /// The org did not answer a question in the time that a person waits.
    #[error("the org did not answer in time")]
    Slow,
    /// The org did not answer in the time that a person who opens a record waits.
    #[error("the org did not answer in time")]
    SlowRecord,
    /// The org takes too long for a query whatever it asks for.
    #[error("the org does not answer a query for one {0}")]
    TooMuchForOne(SObjectName),
    /// The org shows no such record.
    #[error("the org shows no such {0}")]
    RecordNotShown(SObjectName),
    /// The database belongs to another instance of the server.
    #[error("this database belongs to another instance of the server")]
    Quarantined,
    /// Nobody can connect orgs on this server.
    #[error("this server has no address to send people back to")]
    ConnectUnset,
    /// A person entered a host to sign in at that is none of Salesforce's.
    #[error(transparent)]
    Host(#[from] HostError),
    /// There is no app to ask with.
    #[error("no app is known for this environment")]
    AppMissing,
    /// An app that signs in as itself lacks its secret.
    #[error("the app's secret is missing")]
    SecretMissing,
    /// An app that signs in as a user lacks its key.
    #[error("the private key is missing")]
    KeyMissing,
    /// What a person gave as a key is none.
    #[error("the private key cannot be used")]
    KeyUnusable(#[from] KeyError),
    /// An app shall sign in as a user whom nobody named.
    #[error("the user to sign in as is missing")]
    UsernameMissing,
    /// An app shall sign in as itself at a host that serves all orgs.
    #[error("an app signs in as itself at its org's My Domain only")]
    MyDomainNeeded,
    /// Salesforce keeps no further approval of a user for an app.
    #[error("no approval is free")]
    ApprovalsFull {
        /// Whether one was made, so that the oldest has ended.
        made: bool,
    },
    /// An org has as many integrations as it may have.
    #[error("the org has {most} integrations already")]
    IntegrationsFull {
        /// How many it may have.
        most: usize,
    },
    /// A sandbox was made anew since it was connected.
    #[error("the sandbox {stored} was refreshed and is another org now")]
    SandboxRefreshed {
        /// The name it had.
        stored: String,
    },
    /// The flow was finished, given up, or has expired.
    #[error("the connect flow is over")]
    FlowOver,
    /// The org is another integration's already.
    #[error("the org is connected already")]
    OrgDuplicate {
        /// The name of that integration.
        existing: String,
    },
    /// An entity has no such property.
    #[error("there is no property {0}")]
    PropertyUnknown(String),
    /// A property is fed by two fields.
    #[error("the property {0} is fed twice")]
    MappingRepeated(String),
    /// A field's type does not fit its property.
    #[error("the type of {sobject}.{field} does not fit {property}")]
    MappingType {
        /// The sObject.
        sobject: SObjectName,
        /// The field.
        field: FieldName,
        /// The property's label.
        property: &'static str,
    },
    /// What becomes of a mapping's values makes no sense.
    #[error("the values of {property} cannot be shaped so")]
    MappingTransform {
        /// The property's label.
        property: &'static str,
        /// Why not.
        source: TransformError,
    },
    /// The grant does not allow what a copy needs.
    #[error("the grant lacks the scope {0}")]
    ScopesMissing(String),
    /// The grant allows what nobody should lend.
    #[error("the grant has the scope {0}")]
    ScopesTooWide(String),
    /// The org says that the grant is another user's than its token says.
    #[error("the grant is for another user or org than it says")]
    IdentityDiffers,
    /// A filter looks at a field that the sObject does not have.
    #[error("{sobject} has no field {path} to filter by")]
    FilterPath {
        /// The sObject.
        sobject: SObjectName,
        /// The path as it was written.
        path: String,
    },
    /// Somebody else changed what a person wants to change.
    #[error("somebody else has changed it meanwhile")]
    Changed,
    /// An integration is not given or shared as a person wanted.
    #[error("cannot share an integration")]
    Sharing(#[from] SharingRefused),
    /// A CSV file was written after it was finished.
    #[error("the CSV file is not open")]
    FileClosed,
    /// The work row names a rule that no longer exists.
    #[error("sync rule {0} does not exist")]
    RuleGone(String),
}

impl Error {
    /// Wraps the client's error with what the call was for.
    pub(crate) fn call(attempted: impl Into<String>) -> impl FnOnce(salesforce::Error) -> Self {
        let attempted = attempted.into();
        move |source| Self::Call { attempted, source: Box::new(source) }
    }

    /// Wraps what the org says of one of several queries of a call.
    pub(crate) fn part_of_call(attempted: impl Into<String>, source: ApiError) -> Self {
        Self::call(attempted)(salesforce::Error::Api {
            request: "query".to_owned(),
            source,
            retry_after: None,
        })
    }

    /// Whether Bulk API 2.0 cannot read what was asked for, while the query resource may.
    pub(crate) fn is_bulk_refusal(&self) -> bool {
        self.api_error().is_some_and(ApiError::is_unsupported_by_bulk)
    }

    /// Whether the org understood a query and will not answer it.
    pub(crate) fn is_refused_query(&self) -> bool {
        self.api_error().is_some_and(|error| error.status == 400)
    }

    /// Whether the org no longer has the version of the API that was asked (REST API Developer Guide, API End-of-Life).
    pub(crate) fn is_version_refused(&self) -> bool {
        self.api_error().is_some_and(|error| {
            error.status == 410 && !error.code.contains("JOB")
                || matches!(error.code.as_str(), "UNSUPPORTED_API_VERSION" | "INVALIDVERSION")
        })
    }

    /// Whether a query asks for more than the org gives in the time that it takes for one, or than a page may hold.
    pub(crate) fn is_too_much(&self) -> bool {
        let code = self.api_error().map(|error| error.code.as_str());
        matches!(self, Self::PageTooLarge)
            || matches!(
                code,
                Some("QUERY_TIMEOUT" | "REQUEST_RUNNING_TOO_LONG" | "TIMEOUT" | "OPERATION_TOO_LARGE")
            )
    }

    /// Whether the org does not have what was asked for.
    pub(crate) fn is_not_found(&self) -> bool {
        self.api_error().is_some_and(|error| error.status == 404)
    }

    /// Whether a page of a job's results, asked for again, may be another: this one names a wrong place, or is not
    /// what was asked for.
    pub(crate) fn is_of_result_page(&self) -> bool {
        matches!(self, Self::LocatorRepeated | Self::UnexpectedColumns)
            || self.api_error().is_some_and(|error| error.code == "INVALID_QUERY_LOCATOR")
    }

    pub(crate) fn api_error(&self) -> Option<&ApiError> {
        match self {
            Self::Call { source, .. } => match &**source {
                salesforce::Error::Api { source, .. } => Some(source),
                _ => None,
            },
            Self::Download(salesforce::Error::Api { source, .. }) => Some(source),
            _ => None,
        }
    }

    /// Whether the store failed, rather than the org or a rule.
    pub(crate) fn is_of_store(&self) -> bool {
        matches!(self, Self::Store(_))
    }

    /// Whether another process has taken this work over, which ends a slice quietly.
    pub fn is_lease_lost(&self) -> bool {
        matches!(self, Self::Store(store::Error::LeaseLost))
    }

    /// What a person is told.
    pub fn problem(&self) -> Problem {
        match self {
            Self::SObjectUnknown(name) => Problem::new(
                "sobject.unknown",
                format!(
                    "Salesforce has no \"{name}\" that this user can read. Check the name or the user's rights."
                ),
            ),
            Self::FieldUnknown { sobject, field } => Problem::new(
                "field.unknown",
                format!(
                    "{sobject} has no field \"{field}\" that this user can read. Check the name or the user's field rights."
                ),
            ),
            Self::FieldRetyped { sobject, field, before, after } => Problem::new(
                "field.retyped",
                format!(
                    "{sobject}.{field} was {before} and is {after} now, which its column cannot hold beside the old values. \
                     Nothing of {sobject} was changed. Accept the new type, which sets the old column aside, or leave the field out of the rule."
                ),
            ),
            Self::NotQueryable(name) => Problem::new(
                "sobject.not_queryable",
                format!("Salesforce does not let \"{name}\" be queried. Choose another sObject."),
            ),
            Self::SpoolFull { .. } => Problem::disk_full(),
            Self::OrgMismatch { stored, found } => Problem::new(
                "org.mismatch",
                format!(
                    "You signed in to another org ({found}) than the one that this data comes from ({stored}). Nothing was changed. Sign in to that one."
                ),
            ),
            Self::ClocksApart { .. } => Problem::new(
                "clock.apart",
                format!("{}. Set the clock of this machine.", problem::sentence(&self.to_string())),
            ),
            Self::TokenLost => problem::of_grant(problem::ROTATED_LOST),
            Self::GrantEnded { code } => problem::of_grant(code.as_deref().unwrap_or_default()),
            Self::NothingToRefresh => Problem::new(
                "token.expired",
                "The access token has expired. Give a refresh token, client credentials, or a fresh access token.",
            ),
            Self::PageCut { .. }
            | Self::RowCountDiffers { .. }
            | Self::UnexpectedColumns
            | Self::RowsMissing { .. } => Problem::new(
                "page.incomplete",
                format!(
                    "Salesforce's answer arrived incomplete: {self}. Nothing of it was kept; the next run asks for it again."
                ),
            ),
            Self::PageTooLarge => Problem::new(
                "page.too_large",
                "A page of Salesforce's answer is larger than can be checked. Ask for smaller pages.",
            ),
            Self::Call { attempted, source } => problem::of_call(attempted, source),
            Self::Download(source) => problem::of_call("download a page", source),
            Self::Store(source) => problem::of_store(source),
            other => other.problem_of_setup(),
        }
    }
}
