//! What is wrong with something, for a person, inside a body. (What is wrong with a request is `error`.)

use model::Problem;
use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong, and what a person can do about it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    /// A stable code; `/docs/errors` explains each.
    pub code: String,
    /// One to three sentences.
    pub text: String,
    /// Where it can be mended, if here.
    #[schema(required)]
    pub action: Option<ProblemAction>,
    /// What mends it in Salesforce, if there.
    #[schema(required)]
    pub remedy: Option<RemedyBody>,
}

/// What somebody does in Salesforce against a problem.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub(crate) struct RemedyBody {
    /// Where, as an admin reads it there: `Setup > Users`.
    pub place: String,
    /// The page of Setup, as a path below the org's own address.
    pub path: String,
    /// What to do there.
    pub step: String,
}

/// Where a problem can be mended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProblemAction {
    /// By connecting the org again.
    Reconnect,
    /// In the sync rules.
    Rules,
    /// In the field mappings.
    Mappings,
    /// By resuming.
    Resume,
}

/// What Salesforce refuses, or may refuse, because of the address that calls.
const OF_ADDRESSES: [&str; 2] = ["app.ip_blocked", "user.login_restricted"];

impl ProblemBody {
    /// Names the addresses from which this server calls, as far as they are known, where it is they that are refused.
    pub(crate) fn naming(mut self, addresses: &[String]) -> Self {
        if OF_ADDRESSES.contains(&self.code.as_str()) && !addresses.is_empty() {
            self.text += &format!(" This server calls from {}.", addresses.join(" and "));
        }
        self
    }
}

impl From<Problem> for ProblemBody {
    fn from(problem: Problem) -> Self {
        let remedy = engine::find_remedy(&problem.code).map(|remedy| RemedyBody {
            place: remedy.place.to_owned(),
            path: remedy.path.to_owned(),
            step: remedy.step.to_owned(),
        });
        Self { action: action_for(&problem.code), remedy, code: problem.code, text: problem.text }
    }
}

impl From<engine::Problem> for ProblemBody {
    fn from(problem: engine::Problem) -> Self {
        Problem { code: problem.code.to_owned(), text: problem.text }.into()
    }
}

/// Decides by the code what a person can do here.
fn action_for(code: &str) -> Option<ProblemAction> {
    let noun = code.split('.').next().unwrap_or_default();
    match noun {
        _ if engine::is_mended_in_org(code) => None,
        "token" | "user" | "app" | "oauth" => Some(ProblemAction::Reconnect),
        "sobject" | "field" | "filter" | "query" => Some(ProblemAction::Rules),
        "integration" if code == "integration.paused" => Some(ProblemAction::Resume),
        "mapping" => Some(ProblemAction::Mappings),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_reconnect_what_an_admin_of_the_org_mends() {
        for (code, expected) in [
            ("app.blocked", None),
            ("user.login_hours", None),
            ("app.secret", Some(ProblemAction::Reconnect)),
            ("user.inactive", Some(ProblemAction::Reconnect)),
        ] {
            let body = ProblemBody::from(Problem { code: code.to_owned(), text: String::new() });

            assert_eq!(body.action, expected, "{code}");
            assert!(body.remedy.is_some(), "{code}");
        }
    }
}
