//! Whether and when to try again what went wrong.

use std::time::Duration;

use salesforce::Retry;

use super::Error;

impl Error {
    /// Whether and when to try again. The only place that decides it.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Call { source, .. } => retry_call(source),
            Self::Download(source) => retry_call(source),
            Self::Store(source) => source.retry(),
            Self::PageCut { .. }
            | Self::RowCountDiffers { .. }
            | Self::UnexpectedColumns
            | Self::ReadSpool { .. }
            | Self::ClocksApart { .. }
            | Self::TokenCallStalled
            | Self::LocatorRepeated
            | Self::RowsMissing { .. }
            | Self::BulkEnded { .. } => Retry::Later(None),
            Self::PageTooLarge => Retry::WhenFixed("ask for smaller pages"),
            Self::SpoolFull { .. } => Retry::WhenFixed("free disk space"),
            Self::WriteSpool { .. } => Retry::WhenFixed("check the folder for received pages"),
            Self::SObjectUnknown(_) | Self::FieldUnknown { .. } | Self::NotQueryable(_) => {
                Retry::WhenFixed("change the sync rule")
            }
            Self::FieldRetyped { .. } => Retry::WhenFixed("accept the field's new type"),
            Self::OrgMismatch { .. } => Retry::WhenFixed("use credentials of the same org"),
            Self::TokenLost | Self::GrantEnded { .. } | Self::NothingToRefresh => Retry::Reauth,
            Self::KeptOut(_) => Retry::WhenFixed("mend in the org what keeps us out"),
            Self::Paused => Retry::WhenFixed("resume the integration"),
            Self::Incomplete => Retry::WhenFixed("save a sync rule and a field mapping"),
            Self::PartsDiffer(_) | Self::Slow | Self::SlowRecord => Retry::Later(None),
            // Whoever can wait for longer reads the refusal itself.
            Self::BudgetSpent(_) => Retry::Later(Some(Duration::from_secs(600))),
            Self::OutOfBounds(_) => Retry::WhenFixed("give another number"),
            Self::Quarantined => Retry::WhenFixed("adopt the database"),
            Self::ConnectUnset => Retry::WhenFixed("set public_url"),
            Self::Host(_) | Self::MyDomainNeeded => Retry::WhenFixed("enter the org's My Domain host"),
            Self::AppMissing | Self::SecretMissing | Self::KeyMissing | Self::UsernameMissing => {
                Retry::WhenFixed("enter what the app signs in with")
            }
            Self::KeyUnusable(_) => Retry::WhenFixed("give the private key of the app's certificate"),
            Self::ApprovalsFull { .. } | Self::IntegrationsFull { .. } => {
                Retry::WhenFixed("free an approval or an integration")
            }
            Self::SandboxRefreshed { .. } => Retry::WhenFixed("connect the sandbox as a new org"),
            Self::FlowOver => Retry::WhenFixed("start again"),
            Self::Changed => Retry::WhenFixed("look at what it is now"),
            Self::Sharing(_) => Retry::WhenFixed("choose other groups"),
            Self::OrgDuplicate { .. } => Retry::WhenFixed("open the integration that there is"),
            Self::ScopesMissing(_) | Self::ScopesTooWide(_) => {
                Retry::WhenFixed("give the app the scopes api, refresh_token and id")
            }
            Self::PropertyUnknown(_)
            | Self::MappingRepeated(_)
            | Self::MappingType { .. }
            | Self::MappingTransform { .. } => Retry::WhenFixed("change the field mapping"),
            Self::IdentityDiffers => Retry::WhenFixed("start again"),
            Self::FilterPath { .. } => Retry::WhenFixed("change the filter"),
            Self::TooMuchForOne(_) => Retry::WhenFixed("narrow the filter, or select fewer fields"),
            Self::RecordNotShown(_) => Retry::WhenFixed("look whether the user may see the record"),
            Self::SubjectGone(_)
            | Self::RuleGone(_)
            | Self::ConnectionGone(_)
            | Self::NoRun(_)
            | Self::FileClosed => Retry::Bug,
        }
    }
}

/// A call's own answer, but that only a fresh describe makes a request smaller here: what took too long may be quicker
/// later, and what is too large waits for a person.
fn retry_call(error: &salesforce::Error) -> Retry {
    match (error.retry(), error.as_api_error().map(|error| error.code.as_str())) {
        (Retry::Shrink, Some("INVALID_FIELD" | "INVALID_TYPE")) => Retry::Shrink,
        (Retry::Shrink, Some("QUERY_TIMEOUT" | "REQUEST_RUNNING_TOO_LONG" | "TIMEOUT")) => Retry::Later(None),
        (Retry::Shrink, _) => Retry::WhenFixed("ask for less: fewer fields, or a narrower filter"),
        (retry, _) => retry,
    }
}

#[cfg(test)]
mod tests {
    use salesforce::ApiError;

    use super::*;

    #[test]
    fn only_what_a_fresh_describe_may_mend_forgets_how_far_a_read_has_come() {
        for (code, retry) in [
            ("INVALID_FIELD", Retry::Shrink),
            ("QUERY_TIMEOUT", Retry::Later(None)),
            ("OPERATION_TOO_LARGE", Retry::WhenFixed("ask for less: fewer fields, or a narrower filter")),
        ] {
            let (message, fields) = (String::new(), Vec::new());
            let source = ApiError { status: 400, code: code.to_owned(), message, fields };
            let request = "GET /".to_owned();
            let error = Error::Download(salesforce::Error::Api { request, source, retry_after: None });
            assert_eq!(error.retry(), retry, "{code}");
        }
        assert!(matches!(Error::PageTooLarge.retry(), Retry::WhenFixed(_)));
    }
}
