//! A record and the records that look up to it, read by one call and stored.

use std::{collections::HashSet, ops::ControlFlow, sync::Arc};

use model::{GoneRecord, Integration, KeysetPass, Source, SyncRule};
use salesforce::{
    FieldType, RecordId, SObjectName, Timestamp, composite::MOST_QUERIES, describe::SObjectDescribe,
};
use serde_json::value::RawValue;
use store::{
    ApplyMode, RecordTable, RowBatch, apply_rows, mark_gone, put_gone_evidence,
    sobject_describes::find_sobject_describe, sync_rules::list_sync_rules,
};

use crate::{
    apply::deleted,
    engine::Engine,
    error::{Error, Result},
    page::{PageRow, for_each_row_of},
    select::Select,
};

/// Children of one sObject that are read. More come with the next run.
const MOST_CHILDREN: u32 = 500;

/// One sObject of the family.
struct Relative {
    rule: SyncRule,
    table: RecordTable,
    select: Arc<Select>,
    /// The condition that selects its records.
    condition: String,
}

/// Reads a record and its children and stores them. Returns when that was.
pub(super) async fn refresh(
    engine: &Engine,
    integration: &Integration,
    sobject: &SObjectName,
    record_id: RecordId,
) -> Result<Timestamp> {
    let family = gather(engine, integration, sobject, record_id).await?;
    let client = engine.questioner(integration.connection_id).await?;
    let queries: Vec<_> = family.iter().map(Relative::soql).collect();
    let read_at = engine.clock().now();
    let answers = client.query_together(&queries).await;
    let answers = answers.map_err(Error::call(format!("read one {sobject}")))?;
    let mut is_shown = false;
    for (at, (relative, answer)) in family.iter().zip(answers).enumerate() {
        match answer {
            Ok(answer) => {
                let rows = store_answer(engine, relative, &answer, read_at).await?;
                is_shown |= at == 0 && rows > 0;
            }
            // The record itself was asked for; its children are there besides.
            Err(source) if at == 0 => {
                let source =
                    salesforce::Error::Api { request: "query".to_owned(), source, retry_after: None };
                return Err(Error::call(format!("read one {sobject}"))(source));
            }
            Err(source) => {
                tracing::debug!(sobject = %relative.rule.sobject, error = %source, "children were not refreshed");
            }
        }
    }
    // Nothing says what became of it: the next sweep finds out.
    if is_shown { Ok(read_at) } else { Err(Error::RecordNotShown(sobject.clone())) }
}

/// The record first, then the sObjects whose records may look up to it.
async fn gather(
    engine: &Engine,
    integration: &Integration,
    sobject: &SObjectName,
    record_id: RecordId,
) -> Result<Vec<Relative>> {
    let mut family = Vec::new();
    for rule in list_sync_rules(engine.store(), integration.id).await? {
        let connection_id = integration.connection_id;
        let stored = find_sobject_describe(engine.store(), connection_id, &rule.sobject).await?;
        let Some((describe, _)) = stored else { continue };
        let own = rule.sobject == *sobject;
        let condition = if own {
            Some(format!("Id = '{record_id}'"))
        } else {
            looks_up_to(&describe, sobject, record_id)
        };
        let Some(condition) = condition else { continue };
        // A table that is still to be made is made by the rule's own read.
        let Some(shaped) = engine.find_shaped_table(integration, &rule, &describe).await? else { continue };
        let select = Arc::new(Select::new(&describe, &shaped.layout, KeysetPass::Records));
        let relative = Relative { rule, table: shaped.table, select, condition };
        if own { family.insert(0, relative) } else { family.push(relative) }
    }
    match family.first() {
        Some(first) if first.rule.sobject == *sobject => {
            family.truncate(MOST_QUERIES);
            Ok(family)
        }
        // It has never been read.
        _ => Err(Error::SObjectUnknown(sobject.clone())),
    }
}

/// The condition that selects the records of an sObject that look up to a record.
fn looks_up_to(describe: &SObjectDescribe, sobject: &SObjectName, record_id: RecordId) -> Option<String> {
    let lookups = describe.fields.iter().filter(|field| {
        field.field_type == FieldType::Reference && field.filterable && field.reference_to.contains(sobject)
    });
    let conditions: Vec<_> = lookups.map(|field| format!("{} = '{record_id}'", field.name)).collect();
    (!conditions.is_empty()).then(|| format!("({})", conditions.join(" OR ")))
}

impl Relative {
    fn soql(&self) -> String {
        let tail = format!("ORDER BY Id LIMIT {MOST_CHILDREN}");
        self.select.soql(&self.rule.sobject, self.rule.filter.as_ref(), Some(&self.condition), &tail)
    }
}

/// Stores the records of an answer, and returns how many there are. A stored record never goes back to an older version by
/// it.
async fn store_answer(
    engine: &Engine,
    relative: &Relative,
    answer: &RawValue,
    read_at: Timestamp,
) -> Result<u64> {
    let table = &relative.table;
    let mut tx = engine.store().begin().await?;
    let mut batch = table.new_batch(Source::Open, read_at);
    let mut gone = Vec::new();
    let mut rows = 0;
    let _ = for_each_row_of(answer.get(), &relative.select, &mut |row| {
        rows += 1;
        take(&mut batch, &mut gone, &row);
        ControlFlow::Continue(())
    })?;
    apply_rows(&mut tx, &mut batch, ApplyMode::Upsert).await?;
    let marked: HashSet<_> = mark_gone(&mut tx, table, &gone, read_at).await?.into_iter().collect();
    let marked: Vec<_> = gone.iter().filter(|record| marked.contains(&record.id)).collect();
    let rule = &relative.rule;
    put_gone_evidence(&mut tx, rule.integration_id, &rule.sobject, None, &marked, read_at).await?;
    tx.commit().await?;
    Ok(rows)
}

fn take(batch: &mut RowBatch, gone: &mut Vec<GoneRecord>, row: &PageRow<'_>) {
    if !row.is_deleted {
        // What cannot be stored is told by the run that reads the rule.
        drop(batch.push(row.id, row.values()));
        return;
    }
    gone.push(deleted(row));
}
