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
            Self::KeptOut(code) => problem::of_obstacle(code),
            Self::Paused => Problem::new("integration.paused", "The integration is paused. Resume it first."),
            Self::Incomplete => Problem::new(
                "integration.incomplete",
                "The integration is not set up yet. Save at least one sync rule and one field mapping.",
            ),
            Self::SlowRecord => Problem::new(
                "org.slow",
                "Salesforce did not answer within two seconds. You see the record as it was copied last.",
            ),
            Self::TooMuchForOne(sobject) => Problem::new(
                "filter.too_slow",
                format!(
                    "Even a single record of {sobject} is more than Salesforce gives in its time, or than a page may hold. Narrow the rule's filter to indexed fields, or select fewer fields."
                ),
            ),
            Self::RecordNotShown(sobject) => Problem::new(
                "record.not_shown",
                format!(
                    "Salesforce shows no such {sobject} to the connection's user, or the rule's filter leaves it out. You see the record as it was copied last."
                ),
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
            other => other.problem_of_sign_in(),
        }
    }

    /// What a person is told who lets an app sign in by itself.
    fn problem_of_sign_in(&self) -> Problem {
        match self {
            Self::Quarantined => Problem::new(
                "instance.quarantined",
                "This server runs on a copy of another server's database, or was moved. It shows what is there, but calls no org and \
                 syncs nothing, because it could end the other's connections. Whoever runs it decides with \"towpath adopt\".",
            ),
            Self::SecretMissing => Problem::new(
                "app.secret_missing",
                "To sign in as itself the app needs its consumer secret. Enter it.",
            ),
            Self::KeyMissing => Problem::new(
                "app.key_missing",
                "To sign in with a certificate the app needs the private key that belongs to it. Give it in PEM.",
            ),
            Self::KeyUnusable(error) => {
                Problem::new("app.key_unusable", format!("This cannot be used as the private key: {error}."))
            }
            Self::UsernameMissing => Problem::new(
                "app.username_missing",
                "Say as which Salesforce user the app signs in. It is the user name, which looks like an e-mail address.",
            ),
            Self::MyDomainNeeded => Problem::new(
                "org.my_domain_needed",
                "An app signs in as itself at its org's own host only. Choose Custom domain and enter its My Domain host, such as \
                 acme.my.salesforce.com.",
            ),
            Self::ApprovalsFull { made: false } => Problem::new(
                "limit.approvals",
                "Salesforce keeps five approvals of one user for one app, and a user has five here already. A sixth would silently end the \
                 oldest, which would then need a reconnect. Sign in as another Salesforce user, use another app, add an integration to \
                 the connection that there is, which takes no approval, or delete one that nobody needs.",
            ),
            Self::ApprovalsFull { made: true } => Problem::new(
                "limit.approvals",
                "This user had five approvals of the app already, so Salesforce ended the oldest when you allowed the sixth. We gave the \
                 sixth back. Check the connections: one of them may need a reconnect, for which there is room now.",
            ),
            Self::IntegrationsFull { most } => Problem::new(
                "limit.integrations",
                format!(
                    "This org has {most} active integrations, the most that this server allows for one Salesforce account. Delete one, or \
                     ask whoever runs the server to raise integrations_per_org. Salesforce itself keeps five approvals of one user for one \
                     app, those of other products included."
                ),
            ),
            Self::SandboxRefreshed { stored } => Problem::new(
                "org.sandbox_refreshed",
                format!(
                    "The sandbox \"{stored}\" was refreshed and is a new org to us. Connect it anew under Integrations, and delete this \
                     integration, or keep it: its copy stays as it was."
                ),
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
