//! What others ask of the engine and what they get: the types of its handle.

use model::{ConnectFlow, ConnectPurpose, Environment, OrgId, SessionId};
use salesforce::SObjectName;
use secrecy::SecretString;

use crate::problem::Problem;

/// What a member may choose from when connecting an org.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConnectOptions {
    /// The callback URL that the app in Salesforce has to have.
    pub callback_url: String,
    /// The scopes that are asked for, each with what it is needed for.
    pub scopes: Vec<(&'static str, &'static str)>,
    /// The environments.
    pub environments: Vec<EnvironmentOption>,
}

/// One environment that may be chosen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EnvironmentOption {
    /// Which.
    pub environment: Environment,
    /// Where people sign in; `None` where they enter it.
    pub host: Option<String>,
    /// Whether this server has an app for it. Without one the member enters a client id.
    pub is_app_known: bool,
}

/// A walk through the consent page that shall begin.
#[derive(Clone, Debug)]
pub struct NewConnect {
    /// What for.
    pub purpose: ConnectPurpose,
    /// What kind of org.
    pub environment: Environment,
    /// The My Domain host, for [`Environment::Custom`].
    pub host: Option<String>,
    /// Client id and secret of an app that the member entered.
    pub app: Option<(String, Option<SecretString>)>,
    /// The browser.
    pub session: SessionId,
    /// Whether the member will sign in as a user other than those who have no approval left.
    pub is_another_user: bool,
}

/// A sign-in of the app itself, without a person who consents. It always makes a service connection.
#[derive(Clone, Debug)]
pub struct NewDirectConnect {
    /// What for.
    pub purpose: ConnectPurpose,
    /// What kind of org.
    pub environment: Environment,
    /// The My Domain host, for [`Environment::Custom`].
    pub host: Option<String>,
    /// Client id and secret of an app that the member entered.
    pub app: Option<(String, Option<SecretString>)>,
    /// How the app signs in.
    pub grant: DirectGrant,
}

/// A walk through the consent page for access of a member's own.
#[derive(Clone, Debug)]
pub struct NewPersonal {
    /// Which org.
    pub org_id: OrgId,
    /// The browser.
    pub session: SessionId,
    /// Whether the member will sign in as a user other than those who have no approval left.
    pub is_another_user: bool,
}

/// How an app signs in by itself.
#[derive(Clone, Debug)]
pub enum DirectGrant {
    /// As its own Run As user, with its secret.
    ClientCredentials,
    /// As a user who is pre-authorized, with the key whose certificate it has. What is missing is what the integration
    /// had before.
    JwtBearer {
        /// The user's name in Salesforce.
        username: Option<String>,
        /// The key, in PEM.
        private_key: Option<SecretString>,
    },
}

/// A walk that has begun.
#[derive(Clone, Debug)]
pub struct StartedConnect {
    /// The flow.
    pub flow: ConnectFlow,
    /// Where the browser goes.
    pub authorize_url: String,
    /// What the browser keeps in the cookie that binds it to the flow.
    pub browser_token: SecretString,
}

/// What Salesforce sent the browser back with.
#[derive(Clone, Debug, Default)]
pub struct Callback {
    /// The state, as it was given.
    pub state: Option<String>,
    /// The code.
    pub code: Option<SecretString>,
    /// The error in place of one.
    pub error: Option<String>,
    /// What Salesforce says about the error.
    pub error_description: Option<String>,
    /// Who issued the code.
    pub iss: Option<String>,
}

/// A callback that belongs to no flow of this browser. Nothing was asked of Salesforce.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallbackRefused {
    /// The HTTP status: 400 or 403; 503 where the store could not be used.
    pub status: u16,
    /// What the person is told.
    pub problem: Problem,
}

/// What a rule would read and cost.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RulePreview {
    /// The query; empty where there is a problem with the rule itself.
    pub soql: String,
    /// The records in scope.
    pub count: Option<u64>,
    /// API calls of the first load, about.
    pub calls_first_load: u64,
    /// API calls a day afterwards, about, while not much changes.
    pub calls_per_day: u64,
    /// How many calls the org may make a day, where it has told.
    pub daily_limit: Option<u64>,
    /// Some records in scope.
    pub sample: Option<Sample>,
    /// Why none are shown, where the org did not show any, in time or at all.
    pub sample_problem: Option<Problem>,
    /// What saving it would add to the copy and drop from it, where there is a rule that reads other records.
    pub change: Option<ScopeChange>,
    /// Why that is not known, where the org did not tell, in time or at all.
    pub change_problem: Option<Problem>,
    /// Why the records are not counted, or the rule cannot be saved.
    pub problem: Option<Problem>,
}

/// A few records as they stand in the org now.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sample {
    /// API name and label of each column.
    pub columns: Vec<(String, String)>,
    /// One row a record, with a value for each column.
    pub rows: Vec<Vec<Option<String>>>,
}

/// What another filter would add and drop.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ScopeChange {
    /// Records in scope that are not yet.
    pub added: u64,
    /// Records that are in scope no longer. Their copies are marked as filtered.
    pub dropped: u64,
}

/// What deleting an integration would take away.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Deletion {
    /// Records in the copy, those that are gone in Salesforce included.
    pub rows: u64,
    /// Record tables.
    pub sobjects: u64,
    /// Whether nothing else uses the grant, so that it is given back.
    pub revokes_grant: bool,
}

/// What becomes of the records of a deleted integration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DataChoice {
    /// They stay as they are.
    Keep,
    /// They are removed.
    Remove,
}

/// What became of the grant of a deleted integration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GrantEnd {
    /// Salesforce confirmed that it has ended.
    Revoked,
    /// Salesforce did not answer. It is asked again until it confirms.
    Pending,
    /// Another integration uses it.
    StillUsed,
}

/// A deleted integration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Deleted {
    /// Records that were removed.
    pub rows_removed: u64,
    /// The grant.
    pub grant: GrantEnd,
}

/// What changes where another user takes a connection over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UserChange {
    /// The user name until now.
    pub before: String,
    /// The user name from then on.
    pub after: String,
    /// What is copied, or filtered by, and the new user cannot read. What was copied of it stays as it was.
    pub hidden: Vec<HiddenPart>,
}

/// What a user cannot read of a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HiddenPart {
    /// The name of the rule's integration.
    pub integration: String,
    /// The sObject.
    pub sobject: SObjectName,
    /// The fields; none where it is the whole sObject.
    pub fields: Vec<String>,
}
