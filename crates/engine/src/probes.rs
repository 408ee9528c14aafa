//! Looking whether grants that nothing has used for a day still hold, those of paused integrations, of rules that seldom look,
//! and of members themselves; and whether connections that an org keeps out are let in again. A grant that is used says so
//! itself.
//!
//! Its tokens are renewed at the org's token endpoint, and one call is made with them.

use std::time::Duration;

use model::WorkId;
use salesforce::Timestamp;
use store::{
    connections::{find_next_obstacle, list_idle_grants, list_obstacles, touch_obstacle},
    work::{Next, Work, put_work},
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    problem::full_text,
};

/// The kind of work that looks at idle grants; there is one of it, for all of them.
pub(crate) const PROBE_WORK: &str = "probe";
const SUBJECT: &str = "grants";

/// A grant whose tokens are older has not shown for so long that it holds.
const IDLE_FOR: Duration = Duration::from_secs(24 * 3_600);
/// How often it is looked for some, and the least pause between two looks at a connection that is kept out.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// So many are asked for in one go, the oldest first; the rest waits for the next.
const MOST_AT_ONCE: u32 = 50;
/// A look takes two answers, which come within seconds; what takes longer is looked at another time.
const LONGEST_LOOK: Duration = Duration::from_secs(30);

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

    /// Looks at connections that are kept out, and at idle grants. What an org refuses is told once, where it is noted.
    pub(crate) async fn probe_grants(&self) -> Result<Next> {
        let now = self.clock().now();
        let mut ids = list_obstacles(self.store(), now - LOOK_EVERY, MOST_AT_ONCE).await?;
        for id in &ids {
            // Before it is asked: whatever comes of it, the next look is an hour away.
            touch_obstacle(self.store(), *id, now).await?;
        }
        ids.extend(list_idle_grants(self.store(), now - IDLE_FOR, MOST_AT_ONCE).await?);
        for id in ids {
            let looked = tokio::time::timeout(LONGEST_LOOK, self.look_at(id)).await;
            match looked.unwrap_or(Err(Error::TokenCallStalled)) {
                Ok(()) => {}
                Err(error) if error.is_of_store() => return Err(error),
                Err(error) => {
                    tracing::info!(connection.id = %id, error = full_text(&error), "a connection that was looked at does not work");
                }
            }
        }
        let waits_longest = find_next_obstacle(self.store()).await?.map(|looked_at| looked_at + LOOK_EVERY);
        Ok(Next::At(waits_longest.into_iter().fold(now + LOOK_EVERY, Timestamp::min)))
    }
}
