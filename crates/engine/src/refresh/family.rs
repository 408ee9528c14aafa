//! A record and the records that look up to it, read by one call and stored.

use std::{borrow::Cow, collections::HashSet, ops::ControlFlow, sync::Arc};

use model::{GoneRecord, Integration, KeysetPass, Source, SyncRule};
use salesforce::{
    FieldType, RecordId, SObjectName, Timestamp, composite::MOST_QUERIES, describe::SObjectDescribe,
};
use serde_json::value::RawValue;
use store::{
    ApplyMode, Pushed, RecordTable, RowBatch, apply_rows, mark_gone, put_gone_evidence,
    row_errors::{delete_row_errors_read_at, list_failed_ids},
    sync_rules::list_sync_rules,
};

use crate::{
    apply::{FAILED_IDS, deleted},
    engine::Engine,
    error::{Error, Result},
    page::{PageRow, for_each_row_of},
    query::Shows,
    read::split::{join_answers, parts_for},
    select::Select,
};

/// Children of one sObject that are read. More come with the next run.
const MOST_CHILDREN: u32 = 500;

/// One sObject of the family.
pub(super) struct Relative {
    pub(super) rule: SyncRule,
    table: RecordTable,
    pub(super) select: Arc<Select>,
    /// The select lists of the queries that all its fields take.
    pub(super) parts: Vec<Select>,
    /// The condition that selects its records.
    condition: String,
}

/// What became of the records of an answer.
#[derive(Debug, Default)]
pub(super) struct Stored {
    /// How many there were.
    pub(super) rows: u64,
    /// Those that had row errors, and have none any more.
    pub(super) mended: Vec<RecordId>,
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
    let queries: Vec<_> = family.iter().flat_map(Relative::queries).collect();
    let read_at = engine.clock().now();
    let answers = client.query_together(&queries).await;
    let mut answers = answers.map_err(Error::call(format!("read one {sobject}")))?.into_iter();
    let mut is_shown = false;
    for (at, relative) in family.iter().enumerate() {
        let parts: Vec<_> = answers.by_ref().take(relative.parts.len()).collect();
        match parts.into_iter().collect::<Result<Vec<_>, _>>() {
            Ok(parts) => {
                let stored = store_answer(engine, relative, &relative.join(&parts)?, read_at).await?;
                is_shown |= at == 0 && stored.rows > 0;
            }
            // The record itself was asked for; its children are there besides.
            Err(source) if at == 0 => {
                return Err(Error::part_of_call(format!("read one {sobject}"), source));
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
        let own = rule.sobject == *sobject;
        let condition = |describe: &SObjectDescribe| match own {
            true => Some(format!("Id = '{record_id}'")),
            false => looks_up_to(describe, sobject, record_id),
        };
        let Some(relative) = relative_of(engine, integration, rule, condition).await? else { continue };
        if own { family.insert(0, relative) } else { family.push(relative) }
    }
    match family.first() {
        Some(first) if first.rule.sobject == *sobject => {
            let mut room = MOST_QUERIES;
            family.retain(|relative| {
                let has_room = relative.parts.len() <= room;
                room -= if has_room { relative.parts.len() } else { 0 };
                has_room
            });
            Ok(family)
        }
        // It has never been read.
        _ => Err(Error::SObjectUnknown(sobject.clone())),
    }
}

/// A rule with the records of it that a condition selects; `None` where nothing selects any, or it has never been read.
pub(super) async fn relative_of(
    engine: &Engine,
    integration: &Integration,
    rule: SyncRule,
    condition: impl FnOnce(&SObjectDescribe) -> Option<String>,
) -> Result<Option<Relative>> {
    // A table that is still to be made is made by the rule's own read.
    let Some((describe, shaped)) = engine.find_read(integration, &rule).await? else { return Ok(None) };
    let Some(condition) = condition(&describe) else { return Ok(None) };
    let select = Arc::new(Select::new(&describe, &shaped.layout, KeysetPass::Records));
    let parts = parts_for(&select, rule.filter.as_ref());
    Ok(Some(Relative { rule, table: shaped.table, select, parts, condition }))
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
    /// The queries for its records, one for each part of the fields.
    fn queries(&self) -> impl Iterator<Item = String> {
        self.parts.iter().map(|part| self.soql_of(part, &self.condition))
    }

    /// The answers to its queries as one.
    fn join<'a>(&self, answers: &'a [Box<RawValue>]) -> Result<Cow<'a, str>> {
        match answers {
            [answer] => Ok(Cow::Borrowed(answer.get())),
            parts => {
                let parts: Vec<_> = parts.iter().map(|part| part.get()).collect();
                join_answers(&self.parts, &parts).map(Cow::Owned)
            }
        }
    }

    /// The query for the records that another condition selects, with all fields.
    pub(super) fn soql_where(&self, condition: &str) -> String {
        self.soql_of(&self.select, condition)
    }

    fn soql_of(&self, select: &Select, condition: &str) -> String {
        let tail = format!("ORDER BY Id LIMIT {MOST_CHILDREN}");
        let (rule, shows) = (&self.rule, Shows::DeletedToo);
        select.query(shows, &rule.sobject, rule.filter.as_ref(), Some(condition), &tail).soql
    }
}

/// Stores the records of an answer. A stored record never goes back to an older version by it, and row errors that were met
/// since it was asked for stay.
pub(super) async fn store_answer(
    engine: &Engine,
    relative: &Relative,
    answer: &str,
    read_at: Timestamp,
) -> Result<Stored> {
    let table = &relative.table;
    let failed = list_failed_ids(engine.store(), relative.rule.id, FAILED_IDS).await?;
    let failed: HashSet<_> = failed.into_iter().collect();
    let mut tx = engine.store().begin().await?;
    let mut batch = table.new_batch(Source::Open, read_at);
    let mut gone = Vec::new();
    let mut stored = Stored::default();
    let _ = for_each_row_of(answer, &relative.select, &mut |row| {
        stored.rows += 1;
        if take(&mut batch, &mut gone, &row) && failed.contains(&row.id) {
            stored.mended.push(row.id);
        }
        ControlFlow::Continue(())
    })?;
    apply_rows(&mut tx, &mut batch, ApplyMode::Upsert).await?;
    let too_wide = batch.take_too_wide();
    stored.mended.retain(|id| !too_wide.contains(id));
    let marked: HashSet<_> = mark_gone(&mut tx, table, &gone, read_at).await?.into_iter().collect();
    let marked: Vec<_> = gone.iter().filter(|record| marked.contains(&record.id)).collect();
    let rule = &relative.rule;
    put_gone_evidence(&mut tx, rule.integration_id, &rule.sobject, None, &marked, read_at).await?;
    delete_row_errors_read_at(&mut tx, rule.id, &stored.mended, read_at).await?;
    tx.commit().await?;
    Ok(stored)
}

/// Takes a record, and says whether nothing is wrong with it: it is stored as it came, or deleted.
fn take(batch: &mut RowBatch, gone: &mut Vec<GoneRecord>, row: &PageRow<'_>) -> bool {
    if !row.is_deleted {
        // What cannot be stored is told by the run that reads the rule.
        return matches!(batch.push(row.id, row.values()), Ok(Pushed::Whole));
    }
    gone.push(deleted(row));
    true
}
