//! Refreshing one record that somebody opens, with its children, live from the org.
//!
//! One call reads them all, and whoever opens the same record meanwhile waits for the same call. Nobody waits for long:
//! what the org does not answer in time is shown as it is stored.

mod failed;
mod family;

use std::{collections::HashMap, sync::MutexGuard, time::Duration};

use model::{Integration, IntegrationId};
use salesforce::{RecordId, SObjectName, Timestamp};
use store::{Reader, integrations::find_integration_of, sync_rules::list_sync_rules};
use tokio::sync::watch;

pub use failed::Retried;

use crate::{
    engine::Engine,
    error::{Error, Result},
    problem::Problem,
};

/// A person waits for a record no longer than this.
const DEADLINE: Duration = Duration::from_secs(2);
/// A record that was refreshed so lately is not asked for again.
const FRESH_FOR: Duration = Duration::from_secs(5);
/// Records whose refresh is remembered; older ones are forgotten first.
const MOST_REMEMBERED: usize = 1_000;

/// What became of a refresh.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Refreshed {
    /// The copy is as the org was at this instant.
    Live(Timestamp),
    /// The copy is as it was stored before, for this reason.
    Stored(Problem),
}

/// Refreshes under way and those that have just ended.
pub(crate) type Refreshes = HashMap<(IntegrationId, RecordId), watch::Receiver<Option<Refreshed>>>;

impl Engine {
    /// Reads a record and its children anew from the org, and stores them. `None` where the integration has no rule for the
    /// sObject.
    ///
    /// Answers within two seconds, whatever the org does. What arrives later is stored too.
    pub async fn refresh_record(
        &self,
        reader: &Reader,
        id: IntegrationId,
        sobject: &SObjectName,
        record_id: RecordId,
    ) -> Result<Option<Refreshed>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        let rules = list_sync_rules(self.store(), id).await?;
        if !rules.iter().any(|rule| rule.sobject == *sobject) {
            return Ok(None);
        }
        let mut outcome = self.begin_refresh(integration, sobject, record_id);
        let ended = tokio::time::timeout(DEADLINE, outcome.wait_for(Option::is_some)).await;
        let refreshed = match ended {
            Ok(Ok(refreshed)) => refreshed.clone(),
            // The task broke off, or takes too long.
            Ok(Err(_)) | Err(_) => None,
        };
        Ok(Some(refreshed.unwrap_or_else(|| Refreshed::Stored(Error::SlowRecord.problem()))))
    }

    /// Joins the refresh of a record that is under way or has just ended well, or begins one.
    fn begin_refresh(
        &self,
        integration: Integration,
        sobject: &SObjectName,
        record_id: RecordId,
    ) -> watch::Receiver<Option<Refreshed>> {
        let now = self.clock().now();
        let mut refreshes = self.lock_refreshes();
        refreshes.retain(|_, outcome| match &*outcome.borrow() {
            None => outcome.has_changed().is_ok(),
            Some(Refreshed::Live(at)) => *at + FRESH_FOR > now,
            Some(Refreshed::Stored(_)) => false,
        });
        let key = (integration.id, record_id);
        if let Some(outcome) = refreshes.get(&key) {
            return outcome.clone();
        }
        if refreshes.len() >= MOST_REMEMBERED {
            refreshes.retain(|_, outcome| outcome.borrow().is_none());
        }
        let (sender, receiver) = watch::channel(None);
        refreshes.insert(key, receiver.clone());
        let (engine, sobject) = (self.clone(), sobject.clone());
        // A task of its own: whoever waited may have left, and the answer is worth storing all the same. Its calls end by
        // their own time-outs.
        tokio::spawn(async move {
            let refreshed = match family::refresh(&engine, &integration, &sobject, record_id).await {
                Ok(at) => Refreshed::Live(at),
                Err(error) => {
                    tracing::info!(error = crate::problem::full_text(&error), "a record was not refreshed");
                    Refreshed::Stored(error.problem())
                }
            };
            // Nobody may wait any more.
            let _ = sender.send_replace(Some(refreshed));
        });
        receiver
    }

    fn lock_refreshes(&self) -> MutexGuard<'_, Refreshes> {
        self.refreshes().lock().expect("nothing panics while it holds the refreshes")
    }
}
