//! Connect flows, and the custody of what they hold.
//!
//! State and browser token are stored as hashes, the code verifier and the grant sealed. A state is good once: it is
//! taken by one conditional update.

mod secrets;

use model::{
    ConnectFlow, ConnectFlowId, ConnectFlowStatus, ConnectPurpose, FoundOrg, GroupId, IntegrationId, OrgId,
    Problem,
};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, Tx, decode};

pub use secrets::{FlowGrant, find_code_verifier, find_flow_grant, put_flow_grant};

/// What a browser has to show to finish a flow. The tokens themselves are not stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlowHashes {
    /// The SHA-256 of the state.
    pub state: Vec<u8>,
    /// The SHA-256 of the token in the browser's cookie.
    pub browser: Vec<u8>,
}

#[derive(FromRow)]
struct FlowRow {
    connect_flow_id: String,
    workspace_id: String,
    user_id: String,
    session_id: Option<String>,
    org_id: Option<String>,
    group_id: Option<String>,
    grant_kind: String,
    username: Option<String>,
    integration_id: Option<String>,
    name: String,
    environment: String,
    login_host: String,
    redirect_uri: String,
    client_id: String,
    status: String,
    problem_code: Option<String>,
    problem_text: Option<String>,
    existing_integration_id: Option<String>,
    finding: Option<String>,
    created_at: i64,
    expires_at: i64,
}

impl TryFrom<FlowRow> for ConnectFlow {
    type Error = crate::Error;

    fn try_from(row: FlowRow) -> Result<Self> {
        let integration_id: Option<IntegrationId> =
            decode::parse_optional("integration id", row.integration_id.as_deref())?;
        let org_id: Option<OrgId> = decode::parse_optional("org id", row.org_id.as_deref())?;
        // Only a new integration has a name to be, and only a personal grant an org from the start.
        let purpose = match (org_id, integration_id) {
            (Some(org_id), _) => ConnectPurpose::Personal { org_id },
            (None, Some(integration_id)) if row.name.is_empty() => {
                ConnectPurpose::Reconnect { integration_id }
            }
            _ => ConnectPurpose::New {
                name: row.name,
                group_id: decode::parse_optional("group id", row.group_id.as_deref())?,
            },
        };
        let status = decode::parse("status of a connect flow", &row.status)?;
        Ok(Self {
            id: decode::parse("connect flow id", &row.connect_flow_id)?,
            workspace_id: decode::parse("workspace id", &row.workspace_id)?,
            user_id: decode::parse("user id", &row.user_id)?,
            session_id: decode::parse_optional("session id", row.session_id.as_deref())?,
            purpose,
            grant: decode::parse("kind of grant", &row.grant_kind)?,
            username: row.username,
            environment: decode::parse("environment", &row.environment)?,
            login_host: row.login_host,
            redirect_uri: row.redirect_uri,
            client_id: row.client_id,
            status,
            problem: row
                .problem_code
                .map(|code| Problem { code, text: row.problem_text.unwrap_or_default() }),
            integration_id: integration_id.filter(|_| status == ConnectFlowStatus::Finished),
            existing_integration_id: decode::parse_optional(
                "integration id",
                row.existing_integration_id.as_deref(),
            )?,
            found: row
                .finding
                .map(|json| decode::from_json("finding of a connect flow", &json))
                .transpose()?,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}

/// Stores a flow that begins, with its sealed secrets.
pub async fn create_connect_flow(
    tx: &mut Tx,
    flow: &ConnectFlow,
    hashes: &FlowHashes,
    code_verifier: &secrecy::SecretString,
    clock: &model::Clock,
) -> Result<()> {
    let sealed = secrets::seal_code_verifier(tx, flow, code_verifier, clock).await?;
    let no_group: Option<GroupId> = None;
    let (name, integration_id, org_id, group_id) = match &flow.purpose {
        ConnectPurpose::New { name, group_id } => (name.as_str(), None, None, *group_id),
        ConnectPurpose::Reconnect { integration_id } => ("", Some(*integration_id), None, no_group),
        ConnectPurpose::Personal { org_id } => ("", None, Some(*org_id), no_group),
    };
    let insert = statement(
        "create a connect flow",
        "insert into towpath.connect_flows (connect_flow_id, workspace_id, user_id, session_id, integration_id, name,
             environment, login_host, redirect_uri, client_id, state_hash, browser_hash, code_verifier, status,
             created_at, expires_at, grant_kind, username, org_id, group_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
    );
    let params = [
        flow.id.as_param(),
        flow.workspace_id.as_param(),
        flow.user_id.as_param(),
        flow.session_id.as_param(),
        integration_id.as_param(),
        name.as_param(),
        flow.environment.as_str().as_param(),
        flow.login_host.as_param(),
        flow.redirect_uri.as_param(),
        flow.client_id.as_param(),
        hashes.state.as_param(),
        hashes.browser.as_param(),
        sealed.as_param(),
        flow.status.as_str().as_param(),
        flow.created_at.as_param(),
        flow.expires_at.as_param(),
        flow.grant.as_str().as_param(),
        flow.username.as_param(),
        org_id.as_param(),
        group_id.as_param(),
    ];
    tx.execute(insert, &params).await.map(|_| ())
}

/// Returns a flow that the reader began.
pub async fn find_connect_flow(
    store: &Store,
    reader: &Reader,
    connect_flow_id: ConnectFlowId,
) -> Result<Option<ConnectFlow>> {
    let flow = find_any_connect_flow(store, connect_flow_id).await?;
    Ok(flow.filter(|flow| flow.workspace_id == reader.workspace_id() && flow.user_id == reader.user_id()))
}

/// Returns a flow, for the engine's own work.
pub async fn find_any_connect_flow(
    store: &Store,
    connect_flow_id: ConnectFlowId,
) -> Result<Option<ConnectFlow>> {
    let select = statement(
        "find a connect flow",
        "select connect_flow_id, workspace_id, user_id, session_id, integration_id, name, environment, login_host,
             redirect_uri, client_id, status, problem_code, problem_text, existing_integration_id, finding, created_at,
             expires_at, org_id, group_id, grant_kind, username
         from towpath.connect_flows
         where connect_flow_id = $1",
    );
    let row: Option<FlowRow> = store.fetch_optional(select, &[connect_flow_id.as_param()]).await?;
    row.map(ConnectFlow::try_from).transpose()
}

/// Returns the flow that a state belongs to, used or not, and the hash of its browser's token.
pub async fn find_connect_flow_by_state(
    store: &Store,
    state_hash: &[u8],
) -> Result<Option<(ConnectFlow, Vec<u8>)>> {
    #[derive(FromRow)]
    struct StateRow {
        connect_flow_id: String,
        browser_hash: Vec<u8>,
    }
    let select = statement(
        "find a connect flow",
        "select connect_flow_id, browser_hash
         from towpath.connect_flows
         where state_hash = $1",
    );
    let Some(row) = store.fetch_optional::<StateRow>(select, &[state_hash.to_vec().as_param()]).await? else {
        return Ok(None);
    };
    let id = decode::parse("connect flow id", &row.connect_flow_id)?;
    Ok(find_any_connect_flow(store, id).await?.map(|flow| (flow, row.browser_hash)))
}

/// Takes a flow's state, which is good once and until the flow expires. Commits at once.
///
/// Returns whether it was there to take.
pub async fn take_state(store: &Store, connect_flow_id: ConnectFlowId, now: Timestamp) -> Result<bool> {
    let update = statement(
        "take the state of a connect flow",
        "update towpath.connect_flows
         set status = 'exchanging'
         where connect_flow_id = $1 and status = 'waiting' and expires_at > $2",
    );
    Ok(store.execute(update, &[connect_flow_id.as_param(), now.as_param()]).await? == 1)
}

/// Notes which org and user the grant is for, and how long the person may take to say whether it is the right one.
///
/// Returns whether the flow was still being exchanged.
pub async fn authorize_connect_flow(
    tx: &mut Tx,
    connect_flow_id: ConnectFlowId,
    found: &FoundOrg,
    expires_at: Timestamp,
) -> Result<bool> {
    let update = statement(
        "store what a connect flow found",
        "update towpath.connect_flows
         set status = 'authorized', finding = $2, expires_at = $3
         where connect_flow_id = $1 and status = 'exchanging'",
    );
    let finding = decode::to_json(found);
    let params = [connect_flow_id.as_param(), finding.as_param(), expires_at.as_param()];
    Ok(tx.execute(update, &params).await? == 1)
}

/// Finishes a flow from one status: its grant is an integration's now, or a member's own.
///
/// Returns whether the flow had that status.
pub async fn finish_connect_flow(
    tx: &mut Tx,
    connect_flow_id: ConnectFlowId,
    from: ConnectFlowStatus,
    integration_id: Option<IntegrationId>,
    found: Option<&FoundOrg>,
) -> Result<bool> {
    let update = statement(
        "finish a connect flow",
        "update towpath.connect_flows
         set status = 'finished', integration_id = $3, finding = coalesce($4, finding), sealed_grant = null
         where connect_flow_id = $1 and status = $2",
    );
    let finding = found.map(decode::to_json);
    let params =
        [connect_flow_id.as_param(), from.as_str().as_param(), integration_id.as_param(), finding.as_param()];
    Ok(tx.execute(update, &params).await? == 1)
}

/// How a flow ends without a grant.
#[derive(Clone, Copy, Debug)]
pub struct FlowEnd<'a> {
    /// [`ConnectFlowStatus::Failed`], [`ConnectFlowStatus::Cancelled`] or [`ConnectFlowStatus::Expired`].
    pub status: ConnectFlowStatus,
    /// Why, where it failed.
    pub problem: Option<&'a Problem>,
    /// Which integration has the org already.
    pub existing_integration_id: Option<IntegrationId>,
    /// What was found before it failed.
    pub found: Option<&'a FoundOrg>,
}

/// Ends a flow that is open. Its sealed grant stays until it is given back.
///
/// Returns whether it was open.
pub async fn end_connect_flow(tx: &mut Tx, connect_flow_id: ConnectFlowId, end: FlowEnd<'_>) -> Result<bool> {
    let update = statement(
        "end a connect flow",
        "update towpath.connect_flows
         set status = $2, problem_code = $3, problem_text = $4, existing_integration_id = $5,
             finding = coalesce($6, finding)
         where connect_flow_id = $1 and status in ('waiting', 'exchanging', 'authorized')",
    );
    let code = end.problem.map(|problem| problem.code.as_str());
    let text = end.problem.map(|problem| problem.text.as_str());
    let finding = end.found.map(decode::to_json);
    let params = [
        connect_flow_id.as_param(),
        end.status.as_str().as_param(),
        code.as_param(),
        text.as_param(),
        end.existing_integration_id.as_param(),
        finding.as_param(),
    ];
    Ok(tx.execute(update, &params).await? == 1)
}

/// Forgets a flow.
pub async fn delete_connect_flow(tx: &mut Tx, connect_flow_id: ConnectFlowId) -> Result<()> {
    let delete = statement(
        "forget a connect flow",
        "delete from towpath.connect_flows
         where connect_flow_id = $1",
    );
    tx.execute(delete, &[connect_flow_id.as_param()]).await.map(|_| ())
}
