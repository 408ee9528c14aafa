//! A client of an org, with what it has spent.

use std::{
    ops::Deref,
    sync::{Arc, Mutex},
};

use model::RunCounts;
use salesforce::Client;

/// A [`Client`] that knows which of its calls and bytes are noted already. Clones share that.
#[derive(Clone, Debug)]
pub(crate) struct OrgClient {
    client: Client,
    noted: Arc<Mutex<(u64, u64)>>,
}

impl OrgClient {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, noted: Arc::default() }
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
