//! What became of a record: as the copy has it, and as the org shows it where no read has brought it.

use std::ops::ControlFlow;

use model::{Integration, KeysetPass, RecordFacts, RecordInOrg, SyncRule};
use salesforce::RecordId;
use store::{
    Reader, explanations::list_record_facts, integrations::find_integration_of, sync_rules::list_sync_rules,
};

use crate::{
    catalog::until,
    engine::Engine,
    error::{Error, Result},
    page::for_each_row_of,
    problem::full_text,
    query::Shows,
    read::sweep::sees_all,
    select::Select,
};

impl Engine {
    /// What is known of a record in each integration of the reader's workspace that may copy it; where none does, in all of
    /// them. Of one that no read has brought, the org is asked while a person waits: one call, and up to two more where it
    /// does not show the record. What it does not say in time stays unsaid.
    pub async fn explain_record(&self, reader: &Reader, record_id: RecordId) -> Result<Vec<RecordFacts>> {
        let mut all = list_record_facts(self.store(), reader, record_id).await?;
        let deadline = self.question_deadline();
        for facts in all.iter_mut().filter(|facts| facts.is_missing()) {
            facts.in_org = match until(deadline, self.look_in_org(reader, facts, record_id)).await {
                Err(error) if error.is_of_store() => return Err(error),
                Err(error) => {
                    tracing::info!(error = full_text(&error), "the org does not say what became of a record");
                    None
                }
                Ok(found) => found,
            };
        }
        Ok(all)
    }

    async fn look_in_org(
        &self,
        reader: &Reader,
        facts: &RecordFacts,
        record_id: RecordId,
    ) -> Result<Option<RecordInOrg>> {
        let Some(integration) = find_integration_of(self.store(), reader, facts.integration_id).await? else {
            return Ok(None);
        };
        let rules = list_sync_rules(self.store(), integration.id).await?;
        let sobject = facts.rule.as_ref().map(|rule| &rule.sobject);
        let Some(rule) = rules.into_iter().find(|rule| Some(&rule.sobject) == sobject) else {
            return Ok(None);
        };
        let Some(select) = self.select_of_marks(&integration, &rule).await? else { return Ok(None) };
        self.ask_for_marks(&integration, &rule, &select, record_id).await.map(Some)
    }

    /// What tells the state of a rule's records; `None` where none was ever read.
    async fn select_of_marks(&self, integration: &Integration, rule: &SyncRule) -> Result<Option<Select>> {
        let read = self.find_read(integration, rule).await?;
        Ok(read.map(|(describe, shaped)| Select::new(&describe, &shaped.layout, KeysetPass::ChangedIds)))
    }

    /// Asks for a record whatever the filter, and beside that as the filter keeps it.
    async fn ask_for_marks(
        &self,
        integration: &Integration,
        rule: &SyncRule,
        select: &Select,
        record_id: RecordId,
    ) -> Result<RecordInOrg> {
        let client = self.questioner(integration.connection_id).await?;
        let window = format!("Id = '{record_id}'");
        let queries = [None, rule.filter.as_ref()]
            .map(|filter| select.query(Shows::DeletedToo, &rule.sobject, filter, Some(&window), "").soql);
        let attempted = || format!("look for a record of {}", rule.sobject);
        let answers = client.query_together(&queries).await.map_err(Error::call(attempted()))?;
        let mut found = Vec::with_capacity(answers.len());
        for answer in answers {
            let answer = answer.map_err(|source| Error::part_of_call(attempted(), source))?;
            let mut marks = None;
            let _ = for_each_row_of(answer.get(), select, &mut |row| {
                marks = Some((row.is_deleted, row.stamp));
                ControlFlow::Continue(())
            })?;
            found.push(marks);
        }
        Ok(match (found.first().copied().flatten(), found.get(1).copied().flatten()) {
            (None, _) => {
                let connection = self.connection(integration.connection_id).await?;
                let sees_all = sees_all(self, &client, connection.user_id, &rule.sobject).await?;
                RecordInOrg::NotShown { sees_all }
            }
            (Some((true, _)), _) => RecordInOrg::Deleted,
            (Some(_), None) => RecordInOrg::OutsideFilter,
            (Some((false, changed_at)), Some(_)) => RecordInOrg::InScope { changed_at },
        })
    }
}
