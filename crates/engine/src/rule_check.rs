//! Whether a rule can be read, and what that costs.

mod look;

use std::sync::Arc;

use model::{ConnectionId, Filter, IntegrationId, KeysetPass, filter::FieldPath};
use salesforce::{SObjectName, describe::SObjectDescribe};
use store::{Reader, integrations::find_integration_of, sync_rules::list_sync_rules};

use crate::{
    engine::Engine,
    error::{Error, Result},
    handle::RulePreview,
    plan::lay_out,
    read::cover::cover_reused_for,
    run::{RuleRequest, cadence_of},
    select::{Select, query_text},
};

const DAY_MS: u64 = 24 * 3_600 * 1_000;
/// How often a Bulk job of middling size is asked whether it is complete.
const TYPICAL_POLLS: u64 = 3;

impl Engine {
    /// Says what a rule would read, and what that costs.
    ///
    /// What is wrong with the rule, or could not be asked in time, stands in the preview.
    pub async fn preview_rule(
        &self,
        reader: &Reader,
        id: IntegrationId,
        request: &RuleRequest,
    ) -> Result<Option<RulePreview>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        let connection_id = integration.connection_id;
        let describe = match self.check_rule(connection_id, request).await {
            Ok(describe) => describe,
            Err(error) if error.is_of_store() => return Err(error),
            Err(error) => {
                return Ok(Some(RulePreview { problem: Some(error.problem()), ..RulePreview::default() }));
            }
        };
        let layout = lay_out(&describe, &request.fields)?;
        let select = Select::new(&describe, &layout, KeysetPass::Records);
        let filter = request.filter.as_ref();
        let soql = select.soql(&request.sobject, filter, None, "");
        let counted = self.in_time(self.count(connection_id, request)).await;
        let (count, problem) = match counted {
            Ok(count) => (Some(count), None),
            Err(error) if error.is_of_store() => return Err(error),
            Err(error) => (None, Some(error.problem())),
        };
        let sample = self.sample(connection_id, request, &describe, &layout).await?;
        let rules = list_sync_rules(self.store(), id).await?;
        let before = rules.iter().find(|rule| rule.sobject == request.sobject);
        let change = match before.filter(|_| count.is_some()) {
            Some(before) => self.scope_change(connection_id, request, before).await?,
            None => None,
        };
        let cadence_ms = u64::try_from(cadence_of(request, before).as_millis()).unwrap_or(DAY_MS).max(1);
        let cover_reused_ms = u64::try_from(cover_reused_for(self).as_millis()).unwrap_or(DAY_MS);
        let meter = self.limits_of(reader, id).await?.map(|(_, meter)| meter);
        let cost = Cost {
            is_filtered: filter.is_some(),
            has_stamp: select.stamp().is_some(),
            asks_cover: describe.summary.replicateable
                && !rules.iter().any(|rule| rule.sobject != request.sobject),
            bulk_from_rows: self.config().bulk_from_rows,
            page_rows: u64::from(self.config().page_size.rows()),
            query_rows: self.config().query_rows,
        };
        let rows = count.unwrap_or_default();
        Ok(Some(RulePreview {
            soql,
            count,
            calls_first_load: cost.of_first_load(rows),
            calls_per_day: cost.of_day(rows, cadence_ms, cover_reused_ms),
            daily_limit: meter.filter(|meter| meter.is_limit_known).map(|meter| meter.daily_limit),
            sample,
            change,
            problem,
        }))
    }

    /// Checks the sObject, the fields and the filter of a rule against the describe.
    pub(crate) async fn check_rule(
        &self,
        connection_id: ConnectionId,
        request: &RuleRequest,
    ) -> Result<Arc<SObjectDescribe>> {
        self.in_time(async {
            let describe = self.describe_kept(connection_id, &request.sobject).await?;
            if !describe.summary.queryable {
                return Err(Error::NotQueryable(request.sobject.clone()));
            }
            lay_out(&describe, &request.fields)?;
            for path in request.filter.iter().flat_map(Filter::paths) {
                self.check_path(connection_id, &describe, path).await?;
            }
            Ok(describe)
        })
        .await
    }

    /// Follows the path of a field through the sObjects that it leads over.
    async fn check_path(
        &self,
        connection_id: ConnectionId,
        describe: &Arc<SObjectDescribe>,
        path: &FieldPath,
    ) -> Result<()> {
        let unknown = || Error::FilterPath { sobject: describe.name().clone(), path: path.to_string() };
        let Some((field, relationships)) = path.names().split_last() else { return Err(unknown()) };
        let mut at = Arc::clone(describe);
        for relationship in relationships {
            let mut fields = at.fields.iter();
            let lookup = fields.find(|field| field.relationship_name.as_ref() == Some(relationship));
            let lookup = lookup.ok_or_else(unknown)?;
            // What a lookup to several sObjects leads to is for Salesforce to say.
            let (false, Some(target)) = (lookup.is_polymorphic(), lookup.reference_to.first().cloned())
            else {
                return Ok(());
            };
            at = self.describe_kept(connection_id, &target).await?;
        }
        match at.find_field(field) {
            Some(field) if field.filterable => Ok(()),
            _ => Err(unknown()),
        }
    }

    async fn count(&self, connection_id: ConnectionId, request: &RuleRequest) -> Result<u64> {
        let sobject: &SObjectName = &request.sobject;
        let filter = request.filter.as_ref().map(Filter::to_soql);
        let soql = query_text("COUNT()", sobject.as_str(), filter.as_deref(), None, "");
        let client = self.questioner(connection_id).await?;
        client.count(&soql).await.map_err(Error::call(format!("count {sobject}")))
    }
}

/// What decides how many calls a rule makes.
#[derive(Clone, Copy, Debug)]
struct Cost {
    is_filtered: bool,
    /// Whether changes can be told from the rest.
    has_stamp: bool,
    /// Whether the org is asked up to when its changes are visible. That is done once for all rules that are read together,
    /// so only the first one pays.
    asks_cover: bool,
    bulk_from_rows: u64,
    page_rows: u64,
    query_rows: u64,
}

impl Cost {
    /// A describe, a count, the pages, and the question up to when the copy is complete.
    fn of_first_load(self, rows: u64) -> u64 {
        let around = 2 + u64::from(self.asks_cover);
        let pages = match rows > self.bulk_from_rows {
            // The job is made, asked for until it is complete and once more for its count, and removed.
            true => 1 + TYPICAL_POLLS + rows.div_ceil(self.page_rows).max(1) + 2,
            // The last page is known by not being full.
            false => rows / self.query_rows + 1,
        };
        around + pages
    }

    /// A describe, a page of changes, and the ids that changed where some may have left the filter.
    fn of_poll(self, rows: u64) -> u64 {
        match self.has_stamp {
            true => 2 + u64::from(self.is_filtered),
            false => Self { asks_cover: false, ..self }.of_first_load(rows),
        }
    }

    /// The polls of a day, and the questions up to when the copy is complete, which serve several polls where those are
    /// frequent.
    fn of_day(self, rows: u64, cadence_ms: u64, cover_reused_ms: u64) -> u64 {
        let polls = DAY_MS.div_ceil(cadence_ms);
        let polls_a_cover = cover_reused_ms.div_ceil(cadence_ms).max(1);
        let covers = if self.asks_cover { polls.div_ceil(polls_a_cover) } else { 0 };
        polls * self.of_poll(rows) + covers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_as_the_reads_make_them() {
        let cost = Cost {
            is_filtered: false,
            has_stamp: true,
            asks_cover: true,
            bulk_from_rows: 2_000,
            page_rows: 50_000,
            query_rows: 2_000,
        };

        assert_eq!([0, 1_999, 2_000].map(|rows| cost.of_first_load(rows)), [4, 4, 5]);
        assert_eq!([2_001, 50_000, 50_001].map(|rows| cost.of_first_load(rows)), [10, 10, 11]);
        assert_eq!(cost.of_poll(1_000_000), 2);
        assert_eq!(Cost { is_filtered: true, ..cost }.of_poll(0), 3);
        assert_eq!(Cost { has_stamp: false, ..cost }.of_poll(2_000), 4);
        // Every 15 minutes each poll asks up to when it is complete, every minute only each fifth.
        assert_eq!(
            [900_000, 60_000].map(|cadence| cost.of_day(0, cadence, 300_000)),
            [3 * 96, 2 * 1_440 + 288]
        );
        assert_eq!(Cost { asks_cover: false, ..cost }.of_day(0, 900_000, 300_000), 2 * 96);
    }
}
