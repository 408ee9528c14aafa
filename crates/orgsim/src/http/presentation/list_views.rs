//! List views: all records of an sObject, those of the user, and those used last.

use std::sync::Arc;

use axum::response::Response;
use serde_json::{Value as Json, json};

use super::{answer as answer_json, made_id, short_fields};
use crate::errors::ApiError;
use crate::http::{Call, query};
use crate::id::RecordId;
use crate::org::{OrgView, Row};
use crate::rights::Rights;
use crate::schema::{Field, SObject};

/// Rows of a list where nobody says, and the most there are (REST API Developer Guide, List View Results).
const ROWS: usize = 25;
const MAX_ROWS: usize = 2_000;

/// The lists that every sObject has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    All,
    Mine,
    Recent,
}

/// A list view.
struct ListView<'a> {
    sobject: &'a SObject,
    kind: Kind,
    /// What the caller's user may do.
    rights: Arc<Rights>,
}

/// Answers `/sobjects/{sObject}/listviews` and what is below.
pub(super) fn answer(
    call: &Call,
    sobject: &'static SObject,
    names: &[&str],
    given: &[&str],
) -> Result<Response, ApiError> {
    let (Some(id), names) = (given.first(), names.get(1..).unwrap_or_default()) else {
        return Ok(answer_json(&list(call, sobject)));
    };
    let view = ListView::find(call, sobject, id).ok_or_else(ApiError::not_found)?;
    match names {
        [] => Ok(answer_json(&view.summary(call))),
        ["describe"] => Ok(answer_json(&view.describe())),
        ["results"] => view.results(call).map(|results| answer_json(&results)),
        _ => Err(ApiError::not_found()),
    }
}

/// Returns the statement behind a list view, if it is one of this sObject.
pub(super) fn soql_of(call: &Call, sobject: &SObject, id: &RecordId) -> Option<String> {
    ListView::find(call, sobject, id.as_str()).map(|view| view.soql())
}

fn list(call: &Call, sobject: &SObject) -> Json {
    let kinds = [Kind::All, Kind::Mine, Kind::Recent];
    let views = kinds.map(|kind| ListView { sobject, kind, rights: call.rights() });
    let views: Vec<Json> =
        views.iter().filter(|view| view.is_there()).map(|view| view.summary(call)).collect();
    json!({
        "done": true,
        "listviews": views,
        "nextRecordsUrl": null,
        "size": views.len(),
        "sobjectType": sobject.name,
    })
}

impl<'a> ListView<'a> {
    fn find(call: &Call, sobject: &'a SObject, id: &str) -> Option<Self> {
        let wanted = RecordId::parse(id);
        [Kind::All, Kind::Mine, Kind::Recent]
            .map(|kind| Self { sobject, kind, rights: call.rights() })
            .into_iter()
            .filter(Self::is_there)
            .find(|view| {
                let is_recent = view.kind == Kind::Recent && id.eq_ignore_ascii_case("recent");
                is_recent || wanted == Some(view.id())
            })
    }

    /// Only what has an owner can be somebody's.
    fn is_there(&self) -> bool {
        self.kind != Kind::Mine || self.sobject.field("OwnerId").is_some()
    }

    fn id(&self) -> RecordId {
        made_id(b"00B", self.sobject, self.kind as u64)
    }

    fn developer_name(&self) -> String {
        let plural: String = self.sobject.label_plural.split_whitespace().collect();
        match self.kind {
            Kind::All => format!("All{plural}"),
            Kind::Mine => format!("My{plural}"),
            Kind::Recent => format!("RecentlyViewed{plural}"),
        }
    }

    fn label(&self) -> String {
        let plural = &self.sobject.label_plural;
        match self.kind {
            Kind::All => format!("All {plural}"),
            Kind::Mine => format!("My {plural}"),
            Kind::Recent => format!("Recently Viewed {plural}"),
        }
    }

    fn summary(&self, call: &Call) -> Json {
        let id = self.id();
        let url = format!("{}/sobjects/{}/listviews/{id}", call.version_path(), self.sobject.name);
        json!({
            "describeUrl": format!("{url}/describe"),
            "developerName": self.developer_name(),
            "id": id.as_str(),
            "label": self.label(),
            "resultsUrl": format!("{url}/results"),
            "soqlCompatible": true,
            "url": url,
        })
    }

    /// Returns the fields that people see, and the id and its kin behind them.
    fn fields(&self) -> Vec<(&'a Field, bool)> {
        let shown: Vec<&Field> = short_fields(self.sobject, &self.rights);
        let hidden = ["Id", "CreatedDate", "LastModifiedDate", "SystemModstamp"];
        let hidden = hidden.iter().filter_map(|name| self.sobject.field(name));
        let hidden = hidden.filter(|field| !shown.iter().any(|shown| shown.index == field.index));
        let hidden: Vec<(&Field, bool)> = hidden.map(|field| (field, true)).collect();
        shown.into_iter().map(|field| (field, false)).chain(hidden).collect()
    }

    fn columns(&self) -> Vec<Json> {
        self.fields()
            .iter()
            .map(|(field, hidden)| {
                let is_first = field.name_field;
                json!({
                    "ascendingLabel": if field.kind.is_text() { "A-Z" } else { "Low to High" },
                    "descendingLabel": if field.kind.is_text() { "Z-A" } else { "High to Low" },
                    "fieldNameOrPath": field.name,
                    "hidden": hidden,
                    "label": field.label,
                    "searchable": field.kind.is_text(),
                    "selectListItem": field.name,
                    "sortDirection": is_first.then_some("ascending"),
                    "sortIndex": is_first.then_some(0),
                    "sortable": field.sortable,
                    "type": field.kind.as_str(),
                })
            })
            .collect()
    }

    fn scope(&self) -> &'static str {
        match self.kind {
            Kind::Mine => "mine",
            Kind::All | Kind::Recent => "everything",
        }
    }

    fn soql(&self) -> String {
        let names: Vec<&str> = self.fields().iter().map(|(field, _)| field.name.as_str()).collect();
        let scope = if self.kind == Kind::Mine { " USING SCOPE mine" } else { "" };
        let order = self
            .sobject
            .name_field()
            .map_or(String::new(), |field| format!("{} ASC NULLS FIRST, ", field.name));
        let order = format!("{order}Id ASC NULLS FIRST");
        format!("SELECT {} FROM {}{scope} ORDER BY {order}", names.join(", "), self.sobject.name)
    }

    fn describe(&self) -> Json {
        let order = self.sobject.name_field().map(|field| field.name.as_str()).into_iter().chain(["Id"]);
        let order: Vec<Json> = order
            .map(|name| json!({ "fieldNameOrPath": name, "nullsPosition": "first", "sortDirection": "ascending" }))
            .collect();
        json!({
            "columns": self.columns(),
            "id": self.id().as_str(),
            "orderBy": order,
            "query": self.soql(),
            "relatedEntityId": null,
            "scope": self.scope(),
            "scopeEntityId": null,
            "sobjectType": self.sobject.name,
            "whereCondition": { "conditions": [], "conjunction": "and" },
        })
    }

    /// Returns the rows: `limit` of them behind the first `offset`.
    fn results(&self, call: &Call) -> Result<Json, ApiError> {
        let number = |name: &str, default: usize| -> Result<usize, ApiError> {
            let Some(text) = call.param(name) else { return Ok(default) };
            text.parse()
                .map_err(|_| ApiError::bad_request("INVALID_QUERY_VALUE", format!("{name} is not a number")))
        };
        let (limit, offset) = (number("limit", ROWS)?.min(MAX_ROWS), number("offset", 0)?);
        let soql = self.soql();
        let query = query::prepare(call, &soql, false)?;
        let view = call.read();
        let rows = match self.kind {
            Kind::Recent => self.recent_rows(call, &view),
            Kind::All | Kind::Mine => query.select_rows(&view),
        };
        let page: Vec<Row> = rows.iter().skip(offset).take(limit).copied().collect();
        let records: Vec<Json> = page.iter().map(|row| self.record(&query, &view, row)).collect();
        Ok(json!({
            "columns": self.columns(),
            "developerName": self.developer_name(),
            "done": offset + page.len() >= rows.len(),
            "id": self.id().as_str(),
            "label": self.label(),
            "records": records,
            "size": records.len(),
        }))
    }

    fn recent_rows(&self, call: &Call, view: &OrgView<'_>) -> Vec<Row> {
        let recent = call.app.recent.list(&call.session.user_id).into_iter().map(|(row, _)| row);
        let is_own = |row: &Row| row.sobject_index() == self.sobject.index;
        let is_there = |row: &Row| view.exists(row) && !view.is_deleted(row);
        recent.filter(|row| is_own(row) && is_there(row) && call.sees(view, self.sobject, row)).collect()
    }

    fn record(&self, query: &crate::soql::Query, view: &OrgView<'_>, row: &Row) -> Json {
        let mut body = Vec::new();
        query.write_json(view, row, &mut body);
        let record: Json = serde_json::from_slice(&body).unwrap_or_default();
        let value = |name: &str| match &record[name] {
            Json::Null => Json::Null,
            Json::String(text) => json!(text),
            other => json!(other.to_string()),
        };
        let fields = self.fields();
        let columns: Vec<Json> = fields
            .iter()
            .map(|(field, _)| json!({ "fieldNameOrPath": field.name, "value": value(&field.name) }))
            .collect();
        json!({ "columns": columns })
    }
}
