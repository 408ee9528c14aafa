//! What people change about an integration's rules, checked against the org before it is saved.

use model::{Integration, IntegrationId, SyncRule, SyncRuleId, TimelineKind, UserId};
use store::{
    Reader, Tx,
    integrations::{find_integration, find_integration_of, lock_integration},
    sync_rules::{delete_sync_rule, find_sync_rule, find_sync_rule_of, list_sync_rules_in, set_due},
    sync_runs::{find_open_run_in, find_open_run_of_rule_in, list_open_runs_in},
};

use crate::{
    change_words::{RuleScope, rule_change_words, rule_words},
    engine::Engine,
    error::Result,
    run::{RuleRequest, cadence_of, end_run_if_over, is_other_read, save_rule},
    timeline::Happened,
    version::{Precondition, rule_version},
};

impl Engine {
    /// Saves a rule in place of the one that its sObject had. One whose filter or fields differ is read anew, in the run
    /// that is under way too. An integration that lacked nothing else begins at once.
    ///
    /// # Errors
    /// The org does not have the sObject, a field, or a field of the filter or the policy.
    pub async fn put_rule(
        &self,
        reader: &Reader,
        id: IntegrationId,
        request: RuleRequest,
    ) -> Result<Option<SyncRule>> {
        self.put_seen_rule(reader, id, request, &Precondition::Unsaid).await
    }

    /// The same, unless somebody else has changed the rule since the person saw it.
    ///
    /// # Errors
    /// As [`Engine::put_rule`], and [`Error::Changed`].
    pub async fn put_seen_rule(
        &self,
        reader: &Reader,
        id: IntegrationId,
        request: RuleRequest,
        seen: &Precondition,
    ) -> Result<Option<SyncRule>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        self.check_rule(integration.connection_id, &request).await?;
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        self.wake_schedule(&mut tx, id).await?;
        let locked = lock_integration(&mut tx, id).await?;
        // It may have been deleted while the org was asked.
        let Some(integration) = locked.filter(|integration| integration.deleted_at.is_none()) else {
            return Ok(None);
        };
        let known = list_sync_rules_in(&mut tx, id).await?;
        let before = known.iter().find(|known| known.sobject == request.sobject);
        match before {
            Some(before) => seen.check(&rule_version(before))?,
            None => seen.check_nothing()?,
        }
        self.tell_of_rule(&mut tx, &integration, reader.user_id(), &request, before).await?;
        let rule_id = save_rule(self, &mut tx, id, &request, before).await?;
        let (rule, user_id) = ((rule_id, &request.sobject), reader.user_id());
        self.change_field_policy(&mut tx, &integration, rule, user_id, &request.policy).await?;
        let open = match find_open_run_of_rule_in(&mut tx, rule_id).await? {
            Some(run) => Some(run),
            None => find_open_run_in(&mut tx, id).await?,
        };
        let is_new = before.is_none_or(|before| is_other_read(before, &request));
        if let Some(run) = open.filter(|_| is_new) {
            self.restart_rule(&mut tx, run.id, rule_id, now).await?;
            set_due(&mut tx, rule_id, Some(now + cadence_of(&request, before))).await?;
        }
        tx.commit().await?;
        self.wake_workers();
        Ok(find_sync_rule(self.store(), rule_id).await?)
    }

    async fn tell_of_rule(
        &self,
        tx: &mut Tx,
        integration: &Integration,
        user_id: UserId,
        request: &RuleRequest,
        before: Option<&SyncRule>,
    ) -> Result<()> {
        let cadence_ms = u64::try_from(cadence_of(request, before).as_millis()).unwrap_or(u64::MAX);
        let wanted = RuleScope { filter: request.filter.as_ref(), fields: &request.fields, cadence_ms };
        let (kind, earlier, after) = match before {
            None => (TimelineKind::RuleAdded, None, rule_words(wanted)),
            Some(before) => match rule_change_words(before.into(), wanted) {
                Some((earlier, after)) => (TimelineKind::RuleChanged, Some(earlier), after),
                None => return Ok(()),
            },
        };
        let happened = Happened {
            sobject: Some(&request.sobject),
            before: earlier,
            after: Some(after),
            ..Happened::by(user_id, kind)
        };
        self.tell(tx, integration, happened).await
    }

    /// Deletes a rule, unless somebody else has changed it since the person saw it. Its record table stays as it is.
    ///
    /// # Errors
    /// [`crate::Error::Changed`].
    pub async fn delete_rule(
        &self,
        reader: &Reader,
        id: SyncRuleId,
        seen: &Precondition,
    ) -> Result<Option<()>> {
        let Some(rule) = find_sync_rule_of(self.store(), reader, id).await? else { return Ok(None) };
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        lock_integration(&mut tx, rule.integration_id).await?;
        let known = list_sync_rules_in(&mut tx, rule.integration_id).await?;
        let Some(rule) = known.into_iter().find(|known| known.id == id) else { return Ok(None) };
        seen.check(&rule_version(&rule))?;
        delete_sync_rule(&mut tx, id).await?;
        if let Some(integration) = find_integration(self.store(), rule.integration_id).await? {
            let removed = Happened {
                sobject: Some(&rule.sobject),
                ..Happened::by(reader.user_id(), TimelineKind::RuleRemoved)
            };
            self.tell(&mut tx, &integration, removed).await?;
        }
        for run in list_open_runs_in(&mut tx, rule.integration_id).await? {
            end_run_if_over(&mut tx, run.id, now).await?;
        }
        tx.commit().await?;
        self.spool().clear(id);
        Ok(Some(()))
    }
}
