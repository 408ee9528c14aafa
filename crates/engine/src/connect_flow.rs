//! Connecting an org through Salesforce's own consent page.
//!
//! A flow is bound to the member, the browser, the workspace, the log-in host and the redirect URI it began with; what
//! comes back is checked against what is stored and against nothing in the request.

mod approvals;
mod callback;
mod check;
mod confirm;
mod direct;
mod other_user;
mod personal;
mod start;

pub use approvals::MOST_APPROVALS;
pub(crate) use check::REFUSED as TOO_WIDE;

use std::time::Duration;

use model::{ConnectFlow, ConnectFlowId, ConnectFlowStatus, WorkId};
use ring::digest::{SHA256, digest};
use store::{
    Reader, Tx,
    connect_flows::{
        FlowEnd, delete_connect_flow, end_connect_flow, find_any_connect_flow, find_connect_flow,
        find_flow_grant, put_flow_grant,
    },
    work::{Lease, Next, Work, put_work},
};

use crate::{
    engine::Engine,
    error::{Error, Result},
};

/// The kind of work that ends a flow nobody finished, and later forgets it; its subject is the flow's id.
pub(crate) const FLOW_WORK: &str = "connect_flow";

/// Salesforce's own code lives for fifteen minutes.
const STATE_LIVES: Duration = Duration::from_secs(10 * 60);
/// How long a person may take to say whether it is the right org.
const CONFIRM_WITHIN: Duration = Duration::from_secs(30 * 60);
/// How long what came of a flow can be looked at.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3_600);

impl Engine {
    /// Returns a flow that the reader began.
    pub async fn find_connect_flow(&self, reader: &Reader, id: ConnectFlowId) -> Result<Option<ConnectFlow>> {
        let flow = find_connect_flow(self.store(), reader, id).await?;
        let now = self.clock().now();
        // The work that ends it may come a moment later.
        Ok(flow.map(|flow| match flow.is_open() && flow.expires_at <= now {
            true => ConnectFlow { status: ConnectFlowStatus::Expired, ..flow },
            false => flow,
        }))
    }

    /// Gives a flow up. What was granted is given back.
    pub async fn cancel_connect(&self, reader: &Reader, id: ConnectFlowId) -> Result<Option<()>> {
        let Some(flow) = find_connect_flow(self.store(), reader, id).await? else { return Ok(None) };
        let end = FlowEnd {
            status: ConnectFlowStatus::Cancelled,
            problem: None,
            existing_integration_id: None,
            found: None,
        };
        self.end_flow(&flow, end).await?;
        Ok(Some(()))
    }

    /// Ends a flow that is open, and gives back what it has been granted. Returns whether it was open.
    pub(crate) async fn end_flow(&self, flow: &ConnectFlow, end: FlowEnd<'_>) -> Result<bool> {
        let subject = flow.id.to_string();
        let freed = self.find_freed(flow).await?;
        let mut tx = self.store().begin().await?;
        let was_open = end_connect_flow(&mut tx, flow.id, end).await?;
        if was_open {
            self.want_revoked(&mut tx, &subject).await?;
            if let Some(freed) = &freed {
                self.tell_of_freed(&mut tx, freed).await?;
            }
        }
        tx.commit().await?;
        if was_open {
            self.revoke_now(&subject).await;
        }
        Ok(was_open)
    }

    /// Fails a flow whose code has been exchanged. What was granted is given back, even where the flow was given up or
    /// expired meanwhile.
    pub(crate) async fn fail_exchanged(&self, flow: &ConnectFlow, end: FlowEnd<'_>) -> Result<()> {
        if self.end_flow(flow, end).await? {
            return Ok(());
        }
        let subject = flow.id.to_string();
        let mut tx = self.store().begin().await?;
        self.want_revoked(&mut tx, &subject).await?;
        tx.commit().await?;
        self.revoke_now(&subject).await;
        Ok(())
    }

    /// Ends a flow that nobody finished in time. A day later the flow is forgotten.
    pub(crate) async fn tidy_flow(&self, lease: &Lease) -> Result<Next> {
        let id: ConnectFlowId =
            lease.subject.parse().map_err(|_| Error::SubjectGone(lease.subject.clone()))?;
        let Some(flow) = find_any_connect_flow(self.store(), id).await? else { return Ok(Next::Done) };
        let now = self.clock().now();
        if flow.is_open() && flow.expires_at > now {
            return Ok(Next::At(flow.expires_at));
        }
        let end = FlowEnd {
            status: ConnectFlowStatus::Expired,
            problem: None,
            existing_integration_id: None,
            found: None,
        };
        if self.end_flow(&flow, end).await? || flow.expires_at + KEPT_FOR > now {
            return Ok(Next::At(flow.expires_at + KEPT_FOR));
        }
        let grant = find_flow_grant(self.store(), id).await?;
        if grant.is_some_and(|grant| grant.refresh_token.is_some() || grant.access_token.is_some()) {
            // It is still to be given back.
            return Ok(Next::At(now + KEPT_FOR));
        }
        let mut tx = self.store().begin().await?;
        put_flow_grant(&mut tx, flow.workspace_id, id, None, self.clock()).await?;
        delete_connect_flow(&mut tx, id).await?;
        tx.commit().await?;
        Ok(Next::Done)
    }

    /// Wants a flow ended when it expires, in the transaction that begins it.
    async fn want_tidied(&self, tx: &mut Tx, flow: &ConnectFlow) -> Result<()> {
        let work = Work {
            id: WorkId::new(self.clock(), self.random()),
            kind: FLOW_WORK.to_owned(),
            subject: flow.id.to_string(),
            due_at: flow.expires_at,
            created_at: flow.created_at,
        };
        Ok(put_work(tx, &work).await?)
    }
}

/// The hash under which a token is stored. It is random and long, so that nothing slower is needed.
fn hash(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}
