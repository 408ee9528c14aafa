//! What keeps a call of the API from being answered.

use reqwest::StatusCode;
use serde::Deserialize;

use crate::exit::{self, Exit};

/// A call that failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody said where the server is, or with which key.
    NotSignedIn(String),
    /// The server could not be reached.
    Unreachable(reqwest::Error),
    /// The server refused, and said why.
    Refused { status: StatusCode, problem: Box<ProblemBody> },
    /// What answered is no Towpath server.
    NotTowpath(StatusCode),
    /// The answer is not what this version of the program expects.
    NotAnAnswer(serde_json::Error),
    /// Nothing can be printed.
    Print(std::io::Error),
    /// What was asked for is not there.
    NotFound(String),
    /// The arguments do not say what is meant.
    Unclear(String),
    /// Salesforce did not let an org be connected.
    NotConnected { sentence: String, code: String },
    /// Something came to an end before it was whole.
    Ended { sentence: String, exit: Exit },
}

/// A problem as the API tells it (RFC 9457).
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ProblemBody {
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) detail: Option<String>,
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) hint: Option<String>,
    #[serde(default)]
    pub(crate) request_id: Option<String>,
}

impl Failure {
    /// What happened and what to do, for a person.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::NotSignedIn(sentence)
            | Self::NotFound(sentence)
            | Self::Unclear(sentence)
            | Self::NotConnected { sentence, .. }
            | Self::Ended { sentence, .. } => sentence.clone(),
            Self::Unreachable(error) => format!(
                "The server could not be reached: {}. Check the address and whether it runs.",
                innermost(error)
            ),
            Self::Refused { problem, .. } => problem.sentence(),
            Self::NotTowpath(status) => {
                format!("What answered there is no Towpath server (HTTP {status}). Check the address.")
            }
            Self::Print(error) => format!("Nothing can be printed: {error}."),
            Self::NotAnAnswer(error) => format!(
                "The server's answer was not understood ({error}): it may be of another version than this program."
            ),
        }
    }

    /// How the program ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::NotSignedIn(_) => Exit::NotAllowed,
            Self::Unreachable(_) | Self::NotTowpath(_) => Exit::Unreachable,
            Self::Refused { status, problem } => exit::for_answer(status.as_u16(), &problem.code),

            Self::Print(_) | Self::NotAnAnswer(_) => Exit::Failed,
            Self::NotFound(_) => Exit::NotFound,
            Self::Unclear(_) => Exit::Usage,
            Self::NotConnected { code, .. } => exit::for_code(code),
            Self::Ended { exit, .. } => *exit,
        }
    }
}

impl ProblemBody {
    fn sentence(&self) -> String {
        let mut sentence = self.detail.as_deref().unwrap_or(&self.title).to_owned();
        if let Some(hint) = self.hint.as_deref().filter(|hint| !hint.is_empty()) {
            sentence.push(' ');
            sentence.push_str(hint);
        }
        let request = self.request_id.as_deref().map(|id| format!(", request {id}")).unwrap_or_default();
        format!("{sentence} [{}{request}]", self.code)
    }
}

/// The cause at the bottom says what happened; those above say only that something did.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_why_and_what_to_do() {
        let problem = ProblemBody {
            title: "Not found".to_owned(),
            detail: Some("There is no such run.".to_owned()),
            code: "not_found".to_owned(),
            hint: Some("List the runs first.".to_owned()),
            request_id: Some("req_1".to_owned()),
        };
        let failure = Failure::Refused { status: StatusCode::NOT_FOUND, problem: Box::new(problem) };

        assert_eq!(
            failure.sentence(),
            "There is no such run. List the runs first. [not_found, request req_1]"
        );
        assert_eq!(failure.exit(), Exit::NotFound);
    }
}
