//! Looking whether grants that nothing has used for a day still hold: those of paused integrations, of rules that seldom look,
//! and of members themselves. A grant that is used says so itself.
//!
//! Its tokens are renewed, which asks the org's token endpoint and spends no API call.

use std::time::Duration;

use model::WorkId;
use store::{
    connections::list_idle_grants,
    work::{Next, Work, put_work},
};

use crate::{engine::Engine, error::Result, problem::full_text, tokens::renew};

/// The kind of work that looks at idle grants; there is one of it, for all of them.
pub(crate) const PROBE_WORK: &str = "probe";
const SUBJECT: &str = "grants";

/// A grant whose tokens are older has not shown for so long that it holds.
const IDLE_FOR: Duration = Duration::from_secs(24 * 3_600);
/// How often it is looked for some.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// So many are asked for in one go, the oldest first; the rest waits for the next.
const MOST_AT_ONCE: u32 = 50;

impl Engine {
    /// Wants idle grants looked at, now and from then on. For a server that starts.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn want_probes(&self) -> Result<()> {
        let now = self.clock().now();
        let work = Work {
            id: WorkId::new(self.clock(), self.random()),
            kind: PROBE_WORK.to_owned(),
            subject: SUBJECT.to_owned(),
            due_at: now,
            created_at: now,
        };
        let mut tx = self.store().begin().await?;
        put_work(&mut tx, &work).await?;
        Ok(tx.commit().await?)
    }

    /// Looks at idle grants. What an org refuses is told once, where the tokens are renewed.
    pub(crate) async fn probe_grants(&self) -> Result<Next> {
        let now = self.clock().now();
        for (id, generation) in list_idle_grants(self.store(), now - IDLE_FOR, MOST_AT_ONCE).await? {
            match renew(self, id, generation).await {
                Ok(_) => {}
                Err(error) if error.is_of_store() => return Err(error),
                Err(error) => {
                    tracing::info!(connection.id = %id, error = full_text(&error), "an idle grant could not be renewed");
                }
            }
        }
        Ok(Next::At(now + LOOK_EVERY))
    }
}
