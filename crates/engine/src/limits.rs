//! An org's limits: what becomes of work that meets them, and what people see and set.

use std::time::Duration;

use model::{BudgetStop, IntegrationId, OrgId, SyncRuleId, TimelineKind};
use salesforce::ApiError;
use store::{
    Reader,
    budgets::{
        Meter, Refusal, find_allowance_in, find_meter, find_org_of, note_refused, set_daily_allotment,
        set_stop_percent, slow_down,
    },
    connections::find_connection,
    integrations::{find_integration, find_integration_of, lock_integration},
    sync_rules::{find_sync_rule, set_all_due},
    work::Lease,
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    timeline::Happened,
    version::{Precondition, allowance_version},
};

/// An org that is busy with long requests is asked one thing at a time for so long.
const SLOW_FOR: Duration = Duration::from_secs(10 * 60);

/// What may be spent on an integration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Allowance {
    /// How many calls it may make in 24 hours; as many as the org leaves where nobody says.
    pub allotment: Option<u64>,
    /// The share of the org's limit, in percent, at which work in the background stops, in all integrations on the org.
    pub stop_percent: u64,
}

impl Allowance {
    fn words(self) -> String {
        let calls =
            self.allotment.map_or_else(|| "no allotment".to_owned(), |calls| format!("{calls} calls a day"));
        format!("{calls}, stops at {} % of the org's limit", self.stop_percent)
    }
}

impl Error {
    /// Why the budget held a call back, where that is what failed.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let source = match self {
            Self::BudgetSpent(refusal) => return Some(*refusal),
            Self::Call { source, .. } => &**source,
            Self::Download(source) => source,
            _ => return None,
        };
        let salesforce::Error::Withheld { source: withheld, .. } = source else { return None };
        withheld.source.downcast_ref::<Self>()?.refusal()
    }

    /// Whether the org refused because its calls of the last 24 hours have reached its limit.
    pub(crate) fn is_daily_limit(&self) -> bool {
        self.api_error().is_some_and(ApiError::is_daily_limit)
    }

    /// Whether the org refused because too many long calls run at once.
    pub(crate) fn is_concurrent_limit(&self) -> bool {
        self.api_error().is_some_and(ApiError::is_concurrent_limit)
    }
}

impl Engine {
    /// Notes what a failed slice says about the org's limits. Returns why and until when no more calls may be made, where
    /// that is so.
    pub(crate) async fn note_limits(&self, lease: &Lease, error: &Error) -> Result<Option<Refusal>> {
        if let Some(refusal) = error.refusal() {
            return Ok(Some(refusal));
        }
        let is_daily = error.is_daily_limit();
        if !is_daily && !error.is_concurrent_limit() {
            return Ok(None);
        }
        let Some(org_id) = self.org_of(lease).await? else { return Ok(None) };
        let now = self.clock().now();
        if is_daily {
            let until = note_refused(self.store(), org_id, now).await?;
            return Ok(Some(Refusal { stop: BudgetStop::Daily, until }));
        }
        slow_down(self.store(), org_id, now + SLOW_FOR).await?;
        Ok(None)
    }

    /// The org that a piece of work reads, where its subject is a rule or an integration.
    async fn org_of(&self, lease: &Lease) -> Result<Option<OrgId>> {
        let integration_id: Option<IntegrationId> = match lease.subject.parse::<SyncRuleId>() {
            Ok(id) => find_sync_rule(self.store(), id).await?.map(|rule| rule.integration_id),
            Err(_) => lease.subject.parse().ok(),
        };
        let Some(integration_id) = integration_id else { return Ok(None) };
        let Some(integration) = find_integration(self.store(), integration_id).await? else {
            return Ok(None);
        };
        Ok(find_org_of(self.store(), integration.connection_id).await?)
    }

    /// Returns how the API calls of an integration and its org stand.
    pub async fn limits_of(&self, reader: &Reader, id: IntegrationId) -> Result<Option<(OrgId, Meter)>> {
        Ok(find_meter(self.store(), reader, id, self.clock().now()).await?)
    }

    /// Sets what may be spent on an integration, unless somebody else has changed that since the person saw it. Work that
    /// waited for more goes on at once.
    ///
    /// # Errors
    /// The percentage is not between 1 and 100; [`Error::Changed`].
    pub async fn set_allowance(
        &self,
        reader: &Reader,
        id: IntegrationId,
        allowance: Allowance,
        seen: &Precondition,
    ) -> Result<Option<()>> {
        if !(1..=100).contains(&allowance.stop_percent) {
            return Err(Error::OutOfBounds("a share of the limit is between 1 and 100 percent"));
        }
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        let connection = find_connection(self.store(), integration.connection_id).await?;
        let Some(connection) = connection else { return Ok(None) };
        let mut tx = self.store().begin().await?;
        self.wake_schedule(&mut tx, id).await?;
        let Some(integration) = lock_integration(&mut tx, id).await? else { return Ok(None) };
        let (allotment, stop_percent) = find_allowance_in(&mut tx, id, connection.org_id).await?;
        seen.check(&allowance_version(allotment, stop_percent))?;
        let before = Allowance { allotment, stop_percent };
        if before != allowance {
            let changed = Happened {
                before: Some(before.words()),
                after: Some(allowance.words()),
                ..Happened::by(reader.user_id(), TimelineKind::LimitsChanged)
            };
            self.tell(&mut tx, &integration, changed).await?;
        }
        set_daily_allotment(&mut tx, id, allowance.allotment).await?;
        set_all_due(&mut tx, id).await?;
        set_stop_percent(&mut tx, connection.org_id, allowance.stop_percent).await?;
        tx.commit().await?;
        self.wake_workers();
        Ok(Some(()))
    }
}
