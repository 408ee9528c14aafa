//! What is known of a record, whatever became of it.

use model::{
    CellValue, GoneEvidence, GoneFacts, GoneWhy, Integration, IntegrationId, RecordFacts, RecordRuleFacts,
    RowErrorFacts, StoredFacts,
};
use salesforce::{RecordId, SObjectName};
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::integrations::{IntegrationFacts, RuleFacts, find_integration_facts, list_integrations};
use crate::row_errors::list_row_errors_about;
use crate::sobject_describes::find_describe;
use crate::sweeps::find_last_sweep;
use crate::sync_rules::sobject_key;
use crate::{Reader, Result, Store, decode, records};

/// Merges that are followed from a record to the one that is left. More would be a circle.
const MOST_MERGES: usize = 32;

/// Returns what is known of a record in each integration of the reader's workspace that may copy it; where none does, in
/// all of them.
pub async fn list_record_facts(
    store: &Store,
    reader: &Reader,
    record_id: RecordId,
) -> Result<Vec<RecordFacts>> {
    let mut all = Vec::new();
    for integration in list_integrations(store, reader.workspace_id()).await? {
        all.extend(facts_in(store, reader, &integration, record_id).await?);
    }
    if all.iter().any(|facts| facts.rule.is_some()) {
        all.retain(|facts| facts.rule.is_some());
    }
    Ok(all)
}

/// Returns the record that is left after all merges since one was merged away; `None` where it was not.
pub async fn find_winner(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
    sobject: &SObjectName,
    loser: &records::Record,
) -> Result<Option<RecordId>> {
    let mut winner = merged_into(loser);
    for _ in 0..MOST_MERGES {
        let Some(id) = winner else { return Ok(None) };
        let found = records::find_record(store, reader, integration_id, sobject, id).await?;
        match found.and_then(|(_, record)| merged_into(&record)) {
            Some(next) => winner = Some(next),
            None => return Ok(Some(id)),
        }
    }
    Ok(winner)
}

fn merged_into(record: &records::Record) -> Option<RecordId> {
    record.gone.filter(|gone| gone.why == GoneWhy::Merged).and_then(|gone| gone.merged_into)
}

/// One for each rule for such records; one without a rule where there is none.
async fn facts_in(
    store: &Store,
    reader: &Reader,
    integration: &Integration,
    record_id: RecordId,
) -> Result<Vec<RecordFacts>> {
    let since = integration.created_at;
    let Some(facts) = find_integration_facts(store, reader, integration.id, since).await? else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    for known in &facts.rules {
        let describe = find_describe(store, reader, integration.connection_id, &known.rule.sobject).await?;
        let prefix = describe.and_then(|describe| describe.summary.key_prefix);
        if prefix.as_deref() == Some(record_id.prefix()) {
            all.push(facts_of_rule(store, reader, &facts, known, record_id).await?);
        }
    }
    if all.is_empty() {
        all.push(RecordFacts {
            integration_id: integration.id,
            integration_name: integration.name.clone(),
            rule: None,
            stored: None,
            row_errors: Vec::new(),
            in_org: None,
        });
    }
    Ok(all)
}

async fn facts_of_rule(
    store: &Store,
    reader: &Reader,
    facts: &IntegrationFacts,
    known: &RuleFacts,
    record_id: RecordId,
) -> Result<RecordFacts> {
    let (integration, rule) = (&facts.integration, &known.rule);
    let swept_at = find_last_sweep(store, rule.id).await?.and_then(|sweep| sweep.end);
    let found = records::find_record(store, reader, integration.id, &rule.sobject, record_id).await?;
    let stored = match found {
        Some((source, record)) => Some(stored_facts(store, reader, integration.id, &source, &record).await?),
        None => None,
    };
    let row_errors = list_row_errors_about(store, rule.id, record_id).await?;
    Ok(RecordFacts {
        integration_id: integration.id,
        integration_name: integration.name.clone(),
        rule: Some(RecordRuleFacts {
            sobject: rule.sobject.clone(),
            filter: rule.filter.as_ref().map(model::Filter::to_soql),
            complete_until: known.complete_until,
            trouble: known.trouble.clone(),
            swept_at: swept_at.map(|end| end.finished_at),
        }),
        stored,
        row_errors: row_errors
            .into_iter()
            .map(|error| RowErrorFacts {
                field: error.field,
                code: error.code,
                message: error.message,
                failed_at: error.failed_at,
            })
            .collect(),
        in_org: None,
    })
}

async fn stored_facts(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
    source: &records::RecordSource,
    record: &records::Record,
) -> Result<StoredFacts> {
    let sobject = &source.layout.sobject;
    let stamp =
        source.columns().zip(&record.values).find(|(column, _)| column.column.name == "systemmodstamp");
    let changed_at = match stamp {
        Some((_, CellValue::Instant(stamp))) => Some(*stamp),
        _ => None,
    };
    let gone = match record.gone {
        Some(gone) => Some(GoneFacts {
            at: gone.at,
            why: gone.why,
            evidence: find_evidence(store, integration_id, sobject, record.id, gone.why).await?,
            winner: find_winner(store, reader, integration_id, sobject, record).await?,
        }),
        None => None,
    };
    Ok(StoredFacts { synced_at: record.synced_at, source: record.source, changed_at, gone })
}

/// How we know that a record is gone for a reason. What was kept of another time does not count.
async fn find_evidence(
    store: &Store,
    integration_id: IntegrationId,
    sobject: &SObjectName,
    record_id: RecordId,
    why: GoneWhy,
) -> Result<Option<GoneEvidence>> {
    #[derive(FromRow)]
    struct EvidenceRow {
        evidence: String,
    }
    let select = statement(
        "find the evidence of a gone record",
        "select evidence
         from towpath.gone_evidence
         where integration_id = $1 and sobject = $2 and record_id = $3 and why = $4",
    );
    let sobject = sobject_key(sobject);
    let why = why.as_str();
    let params = [integration_id.as_param(), sobject.as_param(), record_id.as_param(), why.as_param()];
    let row: Option<EvidenceRow> = store.fetch_optional(select, &params).await?;
    row.map(|row| decode::parse("evidence", &row.evidence)).transpose()
}
