//! A client of an org that books each call before it is sent, and knows what it has spent.

use std::{
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use model::{CallPurpose, IntegrationId, OrgId, RunCounts};
use salesforce::{Client, Gate, Withheld};
use store::budgets::{Booking, Call, ToldUsage, book_call};

use crate::{
    engine::Engine,
    error::{Error, Result},
};

/// Who pays for calls, and who waits for them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payer {
    pub(crate) org_id: OrgId,
    /// The integration whose allotment pays.
    pub(crate) integration_id: Option<IntegrationId>,
    pub(crate) purpose: CallPurpose,
}

/// What the org told last of its usage, for all clients of a connection.
pub(crate) type Told = Arc<Mutex<Option<ToldUsage>>>;

/// A [`Client`] whose calls are booked, and that knows which of its calls and bytes are noted already. Clones share that;
/// other clients of the connection share its session only.
#[derive(Clone, Debug)]
pub(crate) struct OrgClient {
    client: Client,
    noted: Arc<Mutex<(u64, u64)>>,
}

impl OrgClient {
    /// A client whose calls `payer` pays for.
    pub(crate) fn new(engine: &Engine, client: Client, payer: Payer, told: Told) -> Self {
        let account = Account {
            engine: engine.clone(),
            plain: client.clone(),
            payer,
            told,
            booked: AtomicU64::new(0),
            heard: AtomicU64::new(0),
        };
        let account = Arc::new(account);
        let gate: Gate = Arc::new(move |label| {
            let (account, kind) = (Arc::clone(&account), kind_of(label));
            Box::pin(async move {
                account
                    .pay(kind)
                    .await
                    .map_err(|error| Withheld { retry: error.retry(), source: Box::new(error) })
            })
        });
        Self { client: client.with_gate(gate), noted: Arc::default() }
    }

    /// The calls and bytes since this was last asked, as counts that hold nothing else.
    pub(crate) fn take_spent(&self) -> RunCounts {
        let totals = (self.client.calls(), self.client.received_bytes());
        let mut noted = self.noted.lock().expect("nothing panics while it holds the totals");
        let (calls, bytes) = (totals.0.saturating_sub(noted.0), totals.1.saturating_sub(noted.1));
        *noted = totals;
        RunCounts { calls, bytes, ..RunCounts::default() }
    }
}

impl Deref for OrgClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Pays for the calls of one client.
struct Account {
    engine: Engine,
    /// The client itself without its gate, for what its answers told.
    plain: Client,
    payer: Payer,
    told: Told,
    /// The number of the call that was booked last.
    booked: AtomicU64,
    /// How many answers that told the usage have been looked at.
    heard: AtomicU64,
}

impl Account {
    async fn pay(&self, kind: &'static str) -> Result<()> {
        let now = self.engine.clock().now();
        let Payer { org_id, integration_id, purpose } = self.payer;
        let call = Call { org_id, integration_id, kind, purpose, told: self.hear() };
        match book_call(self.engine.store(), &call, now).await? {
            Booking::Booked { number } => {
                self.booked.store(number, Ordering::Relaxed);
                Ok(())
            }
            Booking::Refused(refusal) => Err(Error::BudgetSpent(refusal)),
        }
    }

    /// What the org told last, by this client or another of the connection.
    fn hear(&self) -> Option<ToldUsage> {
        let answers = self.plain.usages_told();
        let mut told = self.lock_told();
        if self.heard.swap(answers, Ordering::Relaxed) < answers
            && let Some(usage) = self.plain.usage()
        {
            let as_of = self.booked.load(Ordering::Relaxed);
            if told.is_none_or(|told| told.as_of < as_of) {
                *told = Some(ToldUsage { usage, as_of, told_at: self.engine.clock().now() });
            }
        }
        *told
    }

    fn lock_told(&self) -> MutexGuard<'_, Option<ToldUsage>> {
        self.told.lock().expect("nothing panics while it holds the usage")
    }
}

impl Drop for Account {
    /// What the last answer told is for the next client of the connection.
    fn drop(&mut self) {
        self.hear();
    }
}

/// The kind under which a call stands in the ledger, by the resource that it calls.
fn kind_of(label: &str) -> &'static str {
    let path = label.split(' ').nth(1).unwrap_or_default();
    let resource = path.strip_prefix("/services/data/").and_then(|path| path.split_once('/'));
    let mut parts = resource.map(|(_, resource)| resource).unwrap_or_default().split('/');
    match (parts.next().unwrap_or_default(), parts.nth(1)) {
        ("query" | "queryAll", _) => "query",
        ("jobs", _) => "bulk",
        ("sobjects", Some("describe")) | ("sobjects", None) => "describe",
        ("sobjects", Some("updated" | "deleted")) => "replication",
        ("composite", _) => "composite",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::kind_of;

    #[test]
    fn a_call_is_booked_under_its_resource() {
        for (label, kind) in [
            ("GET /services/data/v66.0/query", "query"),
            ("GET /services/data/v66.0/queryAll", "query"),
            ("GET /services/data/v66.0/sobjects", "describe"),
            ("GET /services/data/v66.0/sobjects/Account/describe", "describe"),
            ("GET /services/data/v66.0/sobjects/Account/updated/", "replication"),
            ("POST /services/data/v66.0/jobs/query", "bulk"),
            ("POST /services/data/v66.0/composite", "composite"),
            ("GET /services/data/v66.0/limits", "other"),
            ("GET /", "other"),
        ] {
            assert_eq!(kind_of(label), kind, "{label}");
        }
    }
}
