//! A look at what a rule would read: some of its records, and what an edit would add and drop.

use model::{ConnectionId, Filter, RecordLayout, SyncRule};
use salesforce::describe::{FieldDescribe, SObjectDescribe};
use serde_json::Value;

use crate::{
    engine::Engine,
    error::{Error, Result},
    handle::{Sample, ScopeChange},
    query::Shows,
    run::RuleRequest,
};

/// As many as fit on a screen.
const SAMPLE_ROWS: &str = "LIMIT 20";
/// Wider than this nobody compares rows.
const SAMPLE_COLUMNS: usize = 6;

impl Engine {
    /// Some of the records in scope.
    pub(super) async fn sample(
        &self,
        connection_id: ConnectionId,
        request: &RuleRequest,
        describe: &SObjectDescribe,
        layout: &RecordLayout,
    ) -> Result<Sample> {
        let columns = sample_columns(describe, layout, request.filter.as_ref());
        let names: Vec<_> = columns.iter().map(|(path, _)| path.as_str()).collect();
        let filter = request.filter.as_ref().map(Filter::to_soql);
        let (fields, shows) = (names.join(", "), Shows::all_live(describe));
        let query = shows.query(&fields, &request.sobject, filter.as_deref(), None, SAMPLE_ROWS);
        let client = self.questioner(connection_id).await?;
        let page = query.ask(&client).await.map_err(Error::call("look at some records"))?;
        let row = |record: &Value| names.iter().map(|path| text_at(record, path)).collect();
        let rows = page.records.iter().map(row).collect();
        Ok(Sample { columns, rows })
    }

    /// What a changed filter would add and drop; nothing where there is no rule or its filter is the same.
    pub(super) async fn scope_change(
        &self,
        connection_id: ConnectionId,
        request: &RuleRequest,
        before: Option<&SyncRule>,
        shows: Shows,
    ) -> Result<Option<ScopeChange>> {
        let Some(before) = before.filter(|before| before.filter != request.filter) else { return Ok(None) };
        let (old, new) =
            (before.filter.as_ref().map(Filter::to_soql), request.filter.as_ref().map(Filter::to_soql));
        let (added, dropped) = tokio::try_join!(
            self.count_only_in(connection_id, request, (new.as_deref(), old.as_deref()), shows),
            self.count_only_in(connection_id, request, (old.as_deref(), new.as_deref()), shows),
        )?;
        Ok(Some(ScopeChange { added, dropped }))
    }

    /// How many records the first filter finds and the second does not. No filter finds all.
    async fn count_only_in(
        &self,
        connection_id: ConnectionId,
        request: &RuleRequest,
        (one, other): (Option<&str>, Option<&str>),
        shows: Shows,
    ) -> Result<u64> {
        let Some(other) = other else { return Ok(0) };
        let filter = match one {
            Some(one) => format!("({one}) AND (NOT ({other}))"),
            None => format!("NOT ({other})"),
        };
        self.count_where(connection_id, &request.sobject, Some(&filter), shows).await
    }
}

/// The columns of a sample, each with what people call it: the name, what the filter looks at, of other records too, then
/// the fields in their order.
fn sample_columns(
    describe: &SObjectDescribe,
    layout: &RecordLayout,
    filter: Option<&Filter>,
) -> Vec<(String, String)> {
    let column_of = |field: &FieldDescribe| {
        let is_stored = layout.columns.iter().any(|column| column.path == field.name.as_str());
        is_stored.then(|| (field.name.to_string(), field.label.clone()))
    };
    let named = describe.fields.iter().filter(|field| field.name_field).filter_map(column_of);
    let paths = filter.iter().flat_map(|filter| filter.paths());
    let filtered = paths.filter_map(|path| match path.names() {
        [name] => describe.find_field(name).and_then(column_of),
        _ => Some((path.to_string(), path.to_string())),
    });
    let stored = layout.columns.iter().filter_map(|column| describe.find_field(&column.path.parse().ok()?));
    let mut chosen: Vec<(String, String)> = Vec::new();
    for column in named.chain(filtered).chain(stored.filter_map(column_of)) {
        let is_new = !chosen.iter().any(|(path, _)| path.eq_ignore_ascii_case(&column.0));
        if is_new && chosen.len() < SAMPLE_COLUMNS {
            chosen.push(column);
        }
    }
    if chosen.is_empty() {
        chosen.push(("Id".to_owned(), "Record ID".to_owned()));
    }
    chosen
}

/// The value at a path such as `Account.Owner.Name`, whatever the case of its names. A lookup that is empty leads nowhere.
fn text_at(record: &Value, path: &str) -> Option<String> {
    let mut at = record;
    for name in path.split('.') {
        let fields = at.as_object()?;
        at = fields.get(name).or_else(|| {
            fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        })?;
    }
    text_of(Some(at))
}

fn text_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
