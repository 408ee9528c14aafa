//! What a person is told who connects an org and sets an integration up.

use super::Error;
use crate::problem::{self, Problem};

impl Error {
    /// What a person is told who sets an integration up.
    pub(super) fn problem_of_setup(&self) -> Problem {
        match self {
            Self::FilterPath { sobject, path } => Problem::new(
                "field.unknown",
                format!(
                    "{sobject} has no field \"{path}\" that this user can filter by. Check the name or the user's field rights."
                ),
            ),
            Self::Host(host) => problem::of_host(host),
            Self::Paused => Problem::new("integration.paused", "The integration is paused. Resume it first."),
            Self::Incomplete => Problem::new(
                "integration.incomplete",
                "The integration is not set up yet. Save at least one sync rule and one field mapping.",
            ),
            Self::SlowRecord => Problem::new(
                "org.slow",
                "Salesforce did not answer within two seconds. You see the record as it was copied last.",
            ),
            Self::BudgetSpent(refusal) => problem::of_refusal(refusal),
            Self::OutOfBounds(bounds) => {
                Problem::new("request.bounds", format!("{}.", problem::sentence(bounds)))
            }
            Self::Slow => Problem::new(
                "org.slow",
                "Salesforce did not answer within three seconds. Nothing was changed; try again in a moment.",
            ),
            Self::ConnectUnset => Problem::new(
                "connect.unset",
                "This server does not know its own address, so Salesforce could not send you back. Set public_url.",
            ),
            Self::AppMissing => Problem::new(
                "app.missing",
                "No app is known for this environment. Enter the consumer key of an external client app of your org.",
            ),
            other => other.problem_of_grant(),
        }
    }

    /// What a person is told whose mapping or grant is not taken.
    fn problem_of_grant(&self) -> Problem {
        match self {
            Self::PropertyUnknown(property) => Problem::new(
                "mapping.property",
                format!("There is no property \"{property}\". Choose another."),
            ),
            Self::MappingRepeated(property) => Problem::new(
                "mapping.repeated",
                format!("The property \"{property}\" is fed by two fields. Keep one of them."),
            ),
            Self::MappingType { field, property, .. } => Problem::new(
                "mapping.type",
                format!("The type of \"{field}\" does not fit \"{property}\". Choose another field."),
            ),
            Self::MappingTransform { property, source } => Problem::new(
                "mapping.transform",
                format!("{property}: {source}. Change what becomes of its values."),
            ),
            Self::ScopesMissing(scopes) => Problem::new(
                "scope.missing",
                format!(
                    "Salesforce did not grant \"{scopes}\", without which nothing can be copied. Give the app the scopes api, refresh_token and id, and a refresh token that does not expire at once."
                ),
            ),
            Self::ScopesTooWide(scopes) => Problem::new(
                "scope.too_wide",
                format!(
                    "Salesforce granted \"{scopes}\", which is more than Towpath may hold. Give the app the scopes api, refresh_token and id only."
                ),
            ),
            Self::IdentityDiffers => Problem::new(
                "identity.differs",
                "Salesforce's answers disagree about who signed in, so nothing was kept. Start again.",
            ),
            Self::FlowOver => problem::connect_expired(),
            Self::Changed => Problem::new(
                "resource.changed",
                "Somebody else has changed this since you opened it, so nothing was saved. Look at both versions and choose one.",
            ),
            Self::OrgDuplicate { existing } => problem::org_duplicate(existing),
            Self::Sharing(refused) => refused.problem(),
            other => {
                Problem::new("sync.failed", format!("{}.", problem::sentence(&problem::full_text(other))))
            }
        }
    }
}
