//! Telling how a query would be run (REST API Developer Guide, Query: Get Feedback on Query Performance).

use serde::Serialize;

use super::own_field;
use crate::index::is_indexed_there;
use crate::org::OrgView;
use crate::schema::Field;
use crate::soql::filter::{Check, Filter, Relation};
use crate::soql::query::Query;

/// The share of records up to which an index of the platform's own, or one of a custom field, is worth using (Query Plan
/// Tool FAQ: 30 % and 10 % of the first million).
const STANDARD_THRESHOLD: f64 = 0.3;
const CUSTOM_THRESHOLD: f64 = 0.1;

/// What looking at all records costs, and what is added if the condition keeps all of them.
const SCAN_COST: f64 = 0.65;
const SCAN_COST_OF_ALL: f64 = 2.15;

/// One way to run a query; costs above 1 mean that it is not selective.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryPlan {
    cardinality: u64,
    fields: Vec<String>,
    leading_operation_type: &'static str,
    notes: Vec<PlanNote>,
    relative_cost: f64,
    sobject_cardinality: u64,
    sobject_type: String,
}

/// Why a filter does not lead.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanNote {
    description: &'static str,
    fields: Vec<String>,
    table_enum_or_id: String,
}

impl Query {
    /// Lists the ways to run the query, the cheapest first. Looking at all records is always one of them.
    pub fn explain(&self, view: &OrgView<'_>) -> Vec<QueryPlan> {
        let total = view.rows(self.sobject).filter(|row| !view.is_deleted(row)).count() as u64;
        let filter = self.filter_for(view);
        let terms = match &filter {
            None => &[],
            Some(Filter::All(terms)) => terms.as_slice(),
            Some(term) => std::slice::from_ref(term),
        };
        let notes = self.notes(terms);
        let mut plans: Vec<QueryPlan> =
            terms.iter().filter_map(|term| self.index_plan(view, term, total, &notes)).collect();
        let kept = self.list_rows(view, filter.as_ref()).count() as u64;
        let relative_cost = round(SCAN_COST + SCAN_COST_OF_ALL * share(kept, total));
        plans.push(self.plan("TableScan", Vec::new(), kept, total, relative_cost, &notes));
        plans.sort_by(|one, other| one.relative_cost.total_cmp(&other.relative_cost));
        plans
    }

    fn index_plan(
        &self,
        view: &OrgView<'_>,
        term: &Filter,
        total: u64,
        notes: &[PlanNote],
    ) -> Option<QueryPlan> {
        let field = leading_field(term)?;
        let kept = self.list_rows(view, Some(term)).count() as u64;
        let threshold = if field.custom { CUSTOM_THRESHOLD } else { STANDARD_THRESHOLD };
        let cost = round(share(kept, total) / threshold);
        Some(self.plan("Index", vec![field.name.clone()], kept, total, cost, notes))
    }

    fn plan(
        &self,
        leading_operation_type: &'static str,
        fields: Vec<String>,
        cardinality: u64,
        sobject_cardinality: u64,
        relative_cost: f64,
        notes: &[PlanNote],
    ) -> QueryPlan {
        QueryPlan {
            cardinality,
            fields,
            leading_operation_type,
            notes: notes.to_vec(),
            relative_cost,
            sobject_cardinality,
            sobject_type: self.sobject.name.clone(),
        }
    }

    /// Says of each filter that cannot lead why. That on deleted records is in every query that does not ask for them.
    fn notes(&self, terms: &[Filter]) -> Vec<PlanNote> {
        let note = |description, name: &str| PlanNote {
            description,
            fields: vec![name.to_owned()],
            table_enum_or_id: self.sobject.name.clone(),
        };
        let unindexed = "Not considering filter for optimization because unindexed";
        let negative =
            "Not considering filter for optimization because of a negative or unselective operator";
        let mut notes = Vec::new();
        for term in terms.iter().filter(|term| leading_field(term).is_none()) {
            let Filter::Test(expression, _) = term else { continue };
            let Some(field) = own_field(expression) else { continue };
            let description = if is_indexed_there(field) { negative } else { unindexed };
            notes.push(note(description, &field.name));
        }
        if !self.include_deleted && self.sobject.field("IsDeleted").is_some() {
            notes.push(note(unindexed, "IsDeleted"));
        }
        notes
    }
}

/// Returns the field with an index by which a term of the condition can find its records.
fn leading_field(term: &Filter) -> Option<&'static Field> {
    let Filter::Test(expression, checks) = term else { return None };
    let field = own_field(expression).filter(|field| is_indexed_there(field))?;
    let leads = |check: &Check| match check {
        Check::Is(relation, _) => *relation != Relation::NotEqual,
        Check::In(members) => !members.has_null,
        _ => false,
    };
    checks.iter().any(leads).then_some(field)
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Rounds to what people read.
fn round(cost: f64) -> f64 {
    (cost * 1_000.0).round() / 1_000.0
}
