//! Whether a rule can be read, and what that costs.

mod look;

use std::sync::Arc;

use model::{ConnectionId, Filter, IntegrationId, KeysetPass, filter::FieldPath};
use salesforce::{SObjectName, describe::SObjectDescribe};
use store::{Reader, integrations::find_integration_of, sync_rules::list_sync_rules};
use tokio::time::{error::Elapsed, timeout_at};

use crate::{
    engine::Engine,
    error::{Error, Result},
    field_rules::check_told,
    handle::RulePreview,
    plan::lay_out,
    problem::Problem,
    query::Shows,
    run::RuleRequest,
    select::Select,
};

impl Engine {
    /// Says what a rule would read, and what that costs.
    ///
    /// As soon as the rule is found sound, its records are counted, shown and compared at once, with one deadline for all.
    /// What is wrong with the rule, and what was not told in time, stands in the preview beside what was.
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
        let shows = Shows::all_live(&describe);
        let soql = select.query(shows, &request.sobject, request.filter.as_ref(), None, "").soql;
        let rules = list_sync_rules(self.store(), id).await?;
        let before = rules.iter().find(|rule| rule.sobject == request.sobject);
        let deadline = self.question_deadline();
        let (counted, sampled, compared) = tokio::join!(
            timeout_at(deadline, self.count(connection_id, request, shows)),
            timeout_at(deadline, self.sample(connection_id, request, &describe, &layout)),
            timeout_at(deadline, self.scope_change(connection_id, request, before, shows)),
        );
        let (count, problem) = answer_to(counted)?;
        let (sample, sample_problem) = answer_to(sampled)?;
        let (change, change_problem) = answer_to(compared)?;
        let meter = self.limits_of(reader, id).await?.map(|(_, meter)| meter);
        let cost = self.cost_of(&integration, request, &describe, count.unwrap_or_default()).await?;
        Ok(Some(RulePreview {
            soql,
            count,
            calls_first_load: cost.first_run,
            calls_per_day: cost.day,
            daily_limit: meter.filter(|meter| meter.is_limit_known).map(|meter| meter.daily_limit),
            sample,
            sample_problem,
            change: change.flatten(),
            change_problem,
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
            check_told(&describe, request.policy.volatile_fields.as_deref().unwrap_or_default())?;
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

    async fn count(&self, connection_id: ConnectionId, request: &RuleRequest, shows: Shows) -> Result<u64> {
        let filter = request.filter.as_ref().map(Filter::to_soql);
        self.count_where(connection_id, &request.sobject, filter.as_deref(), shows).await
    }

    /// How many records of an sObject a condition keeps.
    async fn count_where(
        &self,
        connection_id: ConnectionId,
        sobject: &SObjectName,
        condition: Option<&str>,
        shows: Shows,
    ) -> Result<u64> {
        let query = shows.query("COUNT()", sobject, condition, None, "");
        let client = self.questioner(connection_id).await?;
        let counted = query.ask(&client).await;
        Ok(counted.map_err(Error::call(format!("count {sobject}")))?.total_size)
    }
}

/// What a question was answered with, or why it was not.
fn answer_to<T>(asked: Result<Result<T>, Elapsed>) -> Result<(Option<T>, Option<Problem>)> {
    match asked.unwrap_or(Err(Error::Slow)) {
        Ok(answer) => Ok((Some(answer), None)),
        Err(error) if error.is_of_store() => Err(error),
        Err(error) => Ok((None, Some(error.problem()))),
    }
}
