//! The way back from the consent page.

use std::time::Duration;

use model::{ConnectFlow, ConnectFlowStatus, ConnectPurpose, FoundOrg, Role, SessionId};
use salesforce::{
    OAuthError,
    oauth::{App, Pkce, TokenResponse, exchange_code},
};
use secrecy::{ExposeSecret, SecretString};
use store::{
    Reader,
    connect_flows::{
        FlowEnd, FlowGrant, find_any_connect_flow, find_code_verifier, find_connect_flow_by_state,
        find_flow_grant, put_flow_grant, take_state,
    },
};
use subtle::ConstantTimeEq;

use super::{check::CheckedGrant, hash};
use crate::{
    engine::Engine,
    error::{Error, Result},
    handle::{Callback, CallbackRefused},
    kill_point::reach,
    problem::{self, Problem},
    revocation::parse_origin,
};

/// Salesforce's codes have about a hundred characters.
const LONGEST_CODE: usize = 8 * 1_024;
/// A state of ours has 64 characters.
const LONGEST_STATE: usize = 256;
/// What Salesforce says of an error is a sentence.
const LONGEST_DESCRIPTION: usize = 200;
/// The token endpoint answers within seconds.
const LONGEST_CALL: Duration = Duration::from_secs(20);

impl Engine {
    /// Takes what Salesforce sent a browser back with, once. The browser holds a token for each walk that it began.
    ///
    /// The code is exchanged at the host that the flow began with. Whatever is wrong with the grant, it is given back
    /// and the flow has failed. A new integration waits for the person to confirm, as does a reconnect as another
    /// user; one as the same user of the same org is finished.
    ///
    /// # Errors
    /// The callback belongs to no flow of this browser: nothing was asked of Salesforce, and no flow has changed.
    pub async fn finish_connect<'a>(
        &self,
        callback: Callback,
        browser_tokens: impl IntoIterator<Item = &'a SecretString>,
        session: Option<(SessionId, &Reader)>,
    ) -> Result<ConnectFlow, CallbackRefused> {
        let (state, granted) = read_callback(&callback)?;
        let browser_tokens: Vec<_> = browser_tokens.into_iter().collect();
        let flow = self.find_waiting(state, &browser_tokens, session).await?;
        if callback.iss.as_deref().is_some_and(|iss| iss.trim_end_matches('/') != flow.login_host) {
            return Err(malformed());
        }
        if !take_state(self.store(), flow.id, self.clock().now()).await.map_err(Error::from)? {
            return Err(refused(400, problem::connect_expired()));
        }
        let flow = ConnectFlow { status: ConnectFlowStatus::Exchanging, ..flow };
        match granted {
            Granted::Code(code) => {
                if let Err(error) = self.exchange(&flow, code).await {
                    self.fail_flow(&flow, &error, None).await?;
                }
            }
            Granted::Error(error) => self.fail_flow_with(&flow, declined(&error), &error).await?,
        }
        let flow = find_any_connect_flow(self.store(), flow.id).await.map_err(Error::from)?;
        flow.ok_or_else(|| refused(400, problem::connect_expired()))
    }

    /// The flow of a state, where this browser and this member began it and it waits for its callback.
    async fn find_waiting(
        &self,
        state: &str,
        browser_tokens: &[&SecretString],
        session: Option<(SessionId, &Reader)>,
    ) -> Result<ConnectFlow, CallbackRefused> {
        let found = find_connect_flow_by_state(self.store(), &hash(state)).await.map_err(Error::from)?;
        let (flow, browser_hash) = found.ok_or_else(|| refused(400, problem::connect_expired()))?;
        // First: once a callback was used, the browser that used it has lost its cookie too.
        if flow.status != ConnectFlowStatus::Waiting || flow.expires_at <= self.clock().now() {
            return Err(refused(400, problem::connect_expired()));
        }
        let is_browser =
            browser_tokens.iter().any(|token| bool::from(hash(token.expose_secret()).ct_eq(&browser_hash)));
        let is_member = session.is_some_and(|(session_id, reader)| {
            Some(session_id) == flow.session_id
                && reader.user_id() == flow.user_id
                && reader.workspace_id() == flow.workspace_id
                && reader.role() >= least_role(&flow.purpose)
        });
        if !is_browser || !is_member {
            let text = "This sign-in was started in another browser. Start again here.";
            return Err(refused(403, Problem::new("connect.other_browser", text)));
        }
        Ok(flow)
    }

    async fn exchange(&self, flow: &ConnectFlow, code: &SecretString) -> Result<()> {
        let verifier = find_code_verifier(self.store(), flow.id).await?.ok_or(Error::FlowOver)?;
        let held = find_flow_grant(self.store(), flow.id).await?.ok_or(Error::FlowOver)?;
        let login_host = parse_origin(self, &flow.login_host)?;
        let app = App { client_id: flow.client_id.clone(), client_secret: held.client_secret.clone() };
        let pkce = Pkce::from_verifier(verifier);
        self.free_approval(flow).await?;
        let asked = exchange_code(self.http(), &app, &login_host, code, &flow.redirect_uri, &pkce);
        let response = tokio::time::timeout(LONGEST_CALL, asked)
            .await
            .map_err(|_| Error::TokenCallStalled)?
            .map_err(Error::call(format!("sign in at {}", login_host.host())))?;
        reach(self.kill_at(), "connect.code_received");
        self.keep_grant(flow, response, held).await
    }

    /// Takes a grant into a flow's hands, checks it, and puts it where it belongs.
    pub(super) async fn keep_grant(
        &self,
        flow: &ConnectFlow,
        response: TokenResponse,
        held: FlowGrant,
    ) -> Result<()> {
        // From here on the flow holds the grant, so that it is given back whatever comes.
        let grant = FlowGrant {
            access_token: Some(response.access_token.clone()),
            refresh_token: response.refresh_token.clone(),
            ..held
        };
        let mut tx = self.store().begin().await?;
        put_flow_grant(&mut tx, flow.workspace_id, flow.id, Some(&grant), self.clock()).await?;
        tx.commit().await?;
        let checked = self.check_grant(flow, response, grant).await?;
        self.accept(flow, &checked).await
    }

    /// Puts a grant that is right where it belongs: before the person who has to confirm it, or into its connection.
    async fn accept(&self, flow: &ConnectFlow, checked: &CheckedGrant) -> Result<()> {
        let found = &checked.found;
        match self.place(flow, checked).await {
            Err(
                error @ (Error::OrgMismatch { .. }
                | Error::SandboxRefreshed { .. }
                | Error::ApprovalsFull { .. }),
            ) => self.fail_flow(flow, &error, Some(found)).await,
            outcome => outcome,
        }
    }

    async fn place(&self, flow: &ConnectFlow, checked: &CheckedGrant) -> Result<()> {
        let found = &checked.found;
        match &flow.purpose {
            ConnectPurpose::Reconnect { integration_id } => {
                if self.ask_about_user(flow, *integration_id, found).await? {
                    return Ok(());
                }
                self.replace_grant_of(flow, *integration_id, checked).await
            }
            ConnectPurpose::Personal { org_id } => self.keep_personal(flow, *org_id, checked).await,
            ConnectPurpose::New { .. } => {
                if self.refuse_duplicate(flow, found).await? {
                    return Ok(());
                }
                self.refuse_sixth(flow, found).await?;
                self.wait_for_person(flow, found).await
            }
        }
    }

    pub(super) async fn fail_flow(
        &self,
        flow: &ConnectFlow,
        error: &Error,
        found: Option<&FoundOrg>,
    ) -> Result<()> {
        tracing::info!(connect_flow.id = %flow.id, error = problem::full_text(error), "a connect flow failed");
        let mut problem: model::Problem = error.problem().into();
        if self.find_freed(flow).await?.is_some() {
            problem.text += " The access that there was had been given back by then, to make room for this one: connect again.";
        }
        self.fail_exchanged(flow, failed(&problem, found)).await
    }

    async fn fail_flow_with(&self, flow: &ConnectFlow, problem: Problem, error: &OAuthError) -> Result<()> {
        tracing::info!(connect_flow.id = %flow.id, code = error.code, "the consent page answered with an error");
        let problem = problem.into();
        self.end_flow(flow, failed(&problem, None)).await.map(drop)
    }
}

fn failed<'a>(problem: &'a model::Problem, found: Option<&'a FoundOrg>) -> FlowEnd<'a> {
    FlowEnd {
        status: ConnectFlowStatus::Failed,
        problem: Some(problem),
        existing_integration_id: None,
        found,
    }
}

/// What a callback brings.
#[derive(Debug)]
enum Granted<'a> {
    Code(&'a SecretString),
    Error(OAuthError),
}

/// The state, and either a code or an error, within bounds.
fn read_callback(callback: &Callback) -> Result<(&str, Granted<'_>), CallbackRefused> {
    let state = callback.state.as_deref().filter(|state| !state.is_empty()).ok_or_else(malformed)?;
    if state.len() > LONGEST_STATE {
        return Err(malformed());
    }
    let granted = match (&callback.code, &callback.error) {
        (Some(code), None) => Granted::Code(code),
        (None, Some(error)) => Granted::Error(OAuthError {
            code: plain(error, 60),
            description: plain(
                callback.error_description.as_deref().unwrap_or_default(),
                LONGEST_DESCRIPTION,
            ),
        }),
        _ => return Err(malformed()),
    };
    match granted {
        Granted::Code(code) if !(1..=LONGEST_CODE).contains(&code.expose_secret().len()) => Err(malformed()),
        granted => Ok((state, granted)),
    }
}

/// Text from outside as it may stand in a sentence: without control characters and signs of markup, and not long.
fn plain(text: &str, length: usize) -> String {
    let is_plain = |letter: &char| !letter.is_control() && !matches!(letter, '<' | '>' | '&' | '"' | '`');
    text.chars().filter(is_plain).take(length).collect()
}

fn declined(error: &OAuthError) -> Problem {
    match error.code.as_str() {
        "access_denied" | "access-denied" if is_of_place(&error.description) => problem::login_refused(),
        // Rules of the user's profile come in the same words as a press on Deny.
        "access_denied" | "access-denied" if !is_of_person(&error.description) => {
            problem::of_oauth(&OAuthError {
                code: "invalid_grant".to_owned(),
                description: error.description.clone(),
            })
        }
        "access_denied" | "access-denied" => Problem::new(
            "connect.declined",
            "You chose Deny in Salesforce, so nothing was connected. Start again when you are ready.",
        ),
        _ => problem::of_oauth(error),
    }
}

/// Whether it was the person who said no, as far as Salesforce tells.
fn is_of_person(description: &str) -> bool {
    let description = description.to_ascii_lowercase();
    !["ip restricted", "login hours", "inactive", "not admin approved", "rate exceeded"]
        .iter()
        .any(|text| description.contains(text))
}

/// Whether it was the address or the hour of the sign-in in the browser.
fn is_of_place(description: &str) -> bool {
    let description = description.to_ascii_lowercase();
    ["ip restricted", "login hours"].iter().any(|text| description.contains(text))
}

/// Who may connect: integrations are the admins', a personal connection is everybody's who may write.
fn least_role(purpose: &ConnectPurpose) -> Role {
    match purpose {
        ConnectPurpose::Personal { .. } => Role::Operator,
        ConnectPurpose::New { .. } | ConnectPurpose::Reconnect { .. } => Role::Admin,
    }
}

fn malformed() -> CallbackRefused {
    let text = "This is no complete answer of Salesforce, so nothing was done with it. Start again.";
    refused(400, Problem::new("connect.malformed", text))
}

fn refused(status: u16, problem: Problem) -> CallbackRefused {
    CallbackRefused { status, problem }
}

impl From<Error> for CallbackRefused {
    fn from(error: Error) -> Self {
        tracing::warn!(error = problem::full_text(&error), "a callback could not be handled");
        refused(503, error.problem())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callback(state: &str, code: Option<String>, error: Option<&str>) -> Callback {
        Callback {
            state: Some(state.to_owned()),
            code: code.map(SecretString::from),
            error: error.map(str::to_owned),
            error_description: Some("<script>alert(1)</script>".to_owned()),
            iss: None,
        }
    }

    #[test]
    fn only_one_of_code_and_error_within_bounds_is_read() {
        let code = |length: usize| Some("a".repeat(length));
        assert!(read_callback(&callback("s", code(100), None)).is_ok());
        assert!(read_callback(&callback("s", None, Some("access_denied"))).is_ok());
        for refused in [
            callback("", code(100), None),
            callback("s", code(100), Some("access_denied")),
            callback("s", None, None),
            callback("s", code(0), None),
            callback("s", code(LONGEST_CODE + 1), None),
            callback(&"s".repeat(LONGEST_STATE + 1), code(100), None),
            Callback { state: None, ..callback("s", code(100), None) },
        ] {
            assert_eq!(read_callback(&refused).map(drop).unwrap_err().status, 400, "{refused:?}");
        }
    }

    #[test]
    fn what_salesforce_says_of_an_error_is_never_markup() {
        for (code, expected) in [
            ("access_denied", "connect.declined"),
            ("access-denied", "connect.declined"),
            ("OAUTH_APP_BLOCKED", "app.blocked"),
            ("OAUTH_EC_APP_NOT_FOUND", "app.not_installed"),
            ("something_new", "oauth.refused"),
        ] {
            let callback = callback("s", None, Some(code));
            let (_, Granted::Error(error)) = read_callback(&callback).unwrap() else { panic!("{code}") };
            let problem = declined(&error);

            assert_eq!(problem.code, expected);
            assert!(!problem.text.contains('<'), "{}", problem.text);
        }
    }
}
