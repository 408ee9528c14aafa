//! Fields that are mapped and not copied: what it takes to fill them.

use model::{FieldSelection, Integration, NewFieldMapping, SyncRule};
use salesforce::{FieldName, SObjectName};
use store::{
    Reader, field_policies::find_field_policy, records::list_record_tables, sync_rules::list_sync_rules,
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    field_rules::FieldPolicyChange,
    run::RuleRequest,
};

/// Fields of an sObject that are mapped and that its rule does not copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MappingGap {
    /// The sObject.
    pub sobject: SObjectName,
    /// The fields.
    pub fields: Vec<FieldName>,
    /// Whether there is a rule that could copy them.
    pub has_rule: bool,
    /// How many records are to be filled.
    pub rows: u64,
    /// About how many calls that takes.
    pub calls: u64,
}

impl Engine {
    /// What would have to be copied besides for these mappings to find their values.
    pub(super) async fn find_gaps(
        &self,
        reader: &Reader,
        integration: &Integration,
        mappings: &[NewFieldMapping],
    ) -> Result<Vec<MappingGap>> {
        let rules = list_sync_rules(self.store(), integration.id).await?;
        let tables = list_record_tables(self.store(), reader, integration.id).await?;
        let mut gaps: Vec<MappingGap> = Vec::new();
        for (sobject, fields) in fields_by_sobject(mappings) {
            let rule = rules.iter().find(|rule| rule.sobject == sobject);
            let Some(rule) = rule else {
                gaps.push(MappingGap { sobject, fields, has_rule: false, rows: 0, calls: 0 });
                continue;
            };
            let fields = self.left_out(rule, fields).await?;
            if fields.is_empty() {
                continue;
            }
            let table = tables.iter().find(|table| table.sobject == sobject);
            let rows = table.and_then(|table| table.rows).unwrap_or_default();
            match self.in_time(self.cost_of_filling(integration, rule, &fields, rows)).await {
                Ok(calls) => gaps.push(MappingGap { sobject, fields, has_rule: true, rows, calls }),
                // It is the mapping's own problem, and told as one.
                Err(Error::FieldUnknown { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(gaps)
    }

    async fn left_out(&self, rule: &SyncRule, fields: Vec<FieldName>) -> Result<Vec<FieldName>> {
        let policy = find_field_policy(self.store(), rule.id).await?;
        let is_left_out = |field: &FieldName| match &rule.fields {
            FieldSelection::All => policy.held.contains(field),
            FieldSelection::Only(names) => field.as_str() != "Id" && !names.contains(field),
        };
        Ok(fields.into_iter().filter(is_left_out).collect())
    }

    async fn cost_of_filling(
        &self,
        integration: &Integration,
        rule: &SyncRule,
        fields: &[FieldName],
        rows: u64,
    ) -> Result<u64> {
        let describe = self.describe_kept(integration.connection_id, &rule.sobject).await?;
        let selection = match &rule.fields {
            FieldSelection::All => FieldSelection::All,
            FieldSelection::Only(names) => {
                FieldSelection::Only(names.iter().chain(fields).cloned().collect())
            }
        };
        let request = RuleRequest {
            sobject: rule.sobject.clone(),
            filter: rule.filter.clone(),
            fields: selection,
            cadence: None,
            policy: FieldPolicyChange::default(),
        };
        Ok(self.cost_of(integration, &request, &describe, rows).await?.first_run)
    }
}

/// The fields that mappings read, each once, by sObject.
pub(super) fn fields_by_sobject(mappings: &[NewFieldMapping]) -> Vec<(SObjectName, Vec<FieldName>)> {
    let mut all: Vec<(SObjectName, Vec<FieldName>)> = Vec::new();
    for mapping in mappings {
        let at = all.iter().position(|(sobject, _)| *sobject == mapping.sobject).unwrap_or_else(|| {
            all.push((mapping.sobject.clone(), Vec::new()));
            all.len() - 1
        });
        for field in mapping.fields() {
            if !all[at].1.contains(field) {
                all[at].1.push(field.clone());
            }
        }
    }
    all
}
