//! Records that could not be stored as they came, read again by their ids once somebody has mended them.

use model::{IntegrationId, SyncRun};
use salesforce::{RecordId, SObjectName, composite::MOST_QUERIES};
use store::{
    Reader, integrations::find_integration_of, row_errors::list_failed_ids_of, sync_rules::list_sync_rules,
};

use super::family::{Relative, relative_of, store_answer};
use crate::{
    engine::Engine,
    error::{Error, Result},
    read::{split::ids_beside, sweep::id_list},
};

/// Ids in one query, where its fields leave room for them.
const IDS_IN_QUERY: usize = 100;
/// Records that one call reads. Where more have failed, the sObject is read as a whole.
const MOST_RETRIED: usize = IDS_IN_QUERY * MOST_QUERIES;

/// What became of another try.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Retried {
    /// The records were read by their ids.
    Read {
        /// How many.
        tried: u64,
        /// How many of them have no error any more.
        mended: u64,
    },
    /// There are so many records, or they have so many fields, that this run reads all of the sObject.
    Whole(Box<SyncRun>),
}

impl Engine {
    /// Reads the records of an sObject that have a row error of a code again, and forgets the errors of those that are
    /// stored now as they came. Takes one call. `None` where the integration has no rule for the sObject.
    ///
    /// A record that the org does not show is left to the next comparison, which finds out what became of it.
    ///
    /// # Errors
    /// The integration is paused, or the org does not answer.
    pub async fn retry_failed(
        &self,
        reader: &Reader,
        id: IntegrationId,
        sobject: &SObjectName,
        code: &str,
    ) -> Result<Option<Retried>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        if integration.paused_at.is_some() {
            return Err(Error::Paused);
        }
        let rules = list_sync_rules(self.store(), id).await?;
        let Some(rule) = rules.into_iter().find(|rule| rule.sobject == *sobject) else { return Ok(None) };
        let limit = u32::try_from(MOST_RETRIED + 1).unwrap_or(u32::MAX);
        let failed = list_failed_ids_of(self.store(), rule.id, code, limit).await?;
        let rule_id = rule.id;
        let relative = relative_of(self, &integration, rule, |_| Some(String::new())).await?;
        match relative.filter(|relative| failed.len() <= room_of(relative)) {
            Some(relative) => {
                let mended = self.read_failed(integration.connection_id, &relative, &failed).await?;
                Ok(Some(Retried::Read { tried: failed.len() as u64, mended }))
            }
            None => {
                let run = self.reload_rule(reader, rule_id).await?;
                Ok(run.map(|run| Retried::Whole(Box::new(run))))
            }
        }
    }

    /// Reads records by their ids with one call, and returns how many have no error any more.
    async fn read_failed(
        &self,
        connection_id: model::ConnectionId,
        relative: &Relative,
        failed: &[RecordId],
    ) -> Result<u64> {
        if failed.is_empty() {
            return Ok(0);
        }
        let client = self.questioner(connection_id).await?;
        let queries: Vec<_> = failed
            .chunks(ids_in_query(relative))
            .map(|ids| relative.soql_where(&format!("Id IN ({})", id_list(ids.iter().copied()))))
            .collect();
        let read_at = self.clock().now();
        let sobject = &relative.rule.sobject;
        let answers = client.query_together(&queries).await;
        let answers = answers.map_err(Error::call(format!("read records of {sobject} again")))?;
        let mut mended = 0;
        for answer in answers {
            let answer = answer
                .map_err(|source| Error::part_of_call(format!("read records of {sobject} again"), source))?;
            mended += store_answer(self, relative, answer.get(), read_at).await?.mended.len() as u64;
        }
        Ok(mended)
    }
}

/// How many records one call reads: none, where one query has no room for all fields.
fn room_of(relative: &Relative) -> usize {
    match relative.parts.len() {
        1 => ids_in_query(relative) * MOST_QUERIES,
        _ => 0,
    }
}

fn ids_in_query(relative: &Relative) -> usize {
    let select = &relative.select;
    let fields = select.text_len() + select.items().len() * 4;
    ids_beside(relative.rule.filter.as_ref(), fields, IDS_IN_QUERY)
}
