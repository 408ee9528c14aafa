//! What a flow must not show: the code verifier, and the grant until an integration has it or it is given back.

use model::{Clock, ConnectFlow, ConnectFlowId, WorkspaceId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use zeroize::Zeroizing;

use crate::db::{AsParam, statement};
use crate::seal::Place;
use crate::{Result, Store, Tx, decode};

/// What a flow has in its hands.
#[derive(Clone, Debug, Default)]
pub struct FlowGrant {
    /// The secret of the app, where the member entered one.
    pub client_secret: Option<SecretString>,
    /// The access token.
    pub access_token: Option<SecretString>,
    /// The refresh token.
    pub refresh_token: Option<SecretString>,
    /// The key that the app signs in with, where the member entered one.
    pub private_key: Option<SecretString>,
    /// Where the grant can be given back, as an origin.
    pub login_host: String,
}

/// The same as it is sealed.
#[derive(Deserialize, Serialize)]
struct Sealed {
    client_secret: Option<String>,
    access_token: Option<String>,
    refresh_token: Option<String>,
    private_key: Option<String>,
    login_host: String,
}

#[derive(FromRow)]
struct SecretRow {
    workspace_id: String,
    secret: Option<Vec<u8>>,
}

pub(super) async fn seal_code_verifier(
    tx: &mut Tx,
    flow: &ConnectFlow,
    code_verifier: &SecretString,
    clock: &Clock,
) -> Result<Vec<u8>> {
    let sealer = tx.sealer();
    let key = sealer.data_key(tx, flow.workspace_id, clock).await?;
    let row = flow.id.to_string();
    Ok(sealer.seal(&key, place("code_verifier", &row, flow.workspace_id), code_verifier))
}

/// Returns the code verifier of a flow.
pub async fn find_code_verifier(
    store: &Store,
    connect_flow_id: ConnectFlowId,
) -> Result<Option<SecretString>> {
    let select = statement(
        "find the code verifier of a connect flow",
        "select workspace_id, code_verifier as secret
         from towpath.connect_flows
         where connect_flow_id = $1",
    );
    let row: Option<SecretRow> = store.fetch_optional(select, &[connect_flow_id.as_param()]).await?;
    open(store, "code_verifier", connect_flow_id, row).await
}

/// Stores what a flow has in its hands, in place of what it had; `None` where it has nothing any more.
pub async fn put_flow_grant(
    tx: &mut Tx,
    workspace_id: WorkspaceId,
    connect_flow_id: ConnectFlowId,
    grant: Option<&FlowGrant>,
    clock: &Clock,
) -> Result<()> {
    let sealed = match grant {
        Some(grant) => {
            let sealer = tx.sealer();
            let key = sealer.data_key(tx, workspace_id, clock).await?;
            let row = connect_flow_id.to_string();
            Some(sealer.seal(&key, place("sealed_grant", &row, workspace_id), &to_text(grant)))
        }
        None => None,
    };
    let update = statement(
        "store the grant of a connect flow",
        "update towpath.connect_flows
         set sealed_grant = $2
         where connect_flow_id = $1",
    );
    tx.execute(update, &[connect_flow_id.as_param(), sealed.as_param()]).await.map(|_| ())
}

/// Returns what a flow has in its hands.
pub async fn find_flow_grant(store: &Store, connect_flow_id: ConnectFlowId) -> Result<Option<FlowGrant>> {
    let select = statement(
        "find the grant of a connect flow",
        "select workspace_id, sealed_grant as secret
         from towpath.connect_flows
         where connect_flow_id = $1",
    );
    let row: Option<SecretRow> = store.fetch_optional(select, &[connect_flow_id.as_param()]).await?;
    let Some(text) = open(store, "sealed_grant", connect_flow_id, row).await? else { return Ok(None) };
    let sealed: Sealed = decode::from_json("grant of a connect flow", text.expose_secret())?;
    Ok(Some(FlowGrant {
        client_secret: sealed.client_secret.map(Into::into),
        access_token: sealed.access_token.map(Into::into),
        refresh_token: sealed.refresh_token.map(Into::into),
        private_key: sealed.private_key.map(Into::into),
        login_host: sealed.login_host,
    }))
}

fn to_text(grant: &FlowGrant) -> SecretString {
    let plain =
        |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
    let sealed = Sealed {
        client_secret: plain(&grant.client_secret),
        access_token: plain(&grant.access_token),
        refresh_token: plain(&grant.refresh_token),
        private_key: plain(&grant.private_key),
        login_host: grant.login_host.clone(),
    };
    let text = Zeroizing::new(decode::to_json(&sealed));
    let secrets = [sealed.client_secret, sealed.access_token, sealed.refresh_token, sealed.private_key];
    for secret in secrets.into_iter().flatten() {
        drop(Zeroizing::new(secret));
    }
    SecretString::from(text.as_str())
}

async fn open(
    store: &Store,
    column: &'static str,
    connect_flow_id: ConnectFlowId,
    row: Option<SecretRow>,
) -> Result<Option<SecretString>> {
    let Some(SecretRow { workspace_id, secret: Some(sealed) }) = row else { return Ok(None) };
    let workspace_id = decode::parse("workspace id", &workspace_id)?;
    let id = connect_flow_id.to_string();
    store.sealer().open(store, place(column, &id, workspace_id), &sealed).await.map(Some)
}

fn place<'a>(column: &'static str, row: &'a str, workspace_id: WorkspaceId) -> Place<'a> {
    Place { table: "connect_flows", column, row, workspace_id }
}
