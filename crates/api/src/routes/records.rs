//! Records of the copy.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::Refreshed;
use model::{CellValue, Integration, IntegrationId, Query, QueryError, QueryText, Seek, TimeZone};
use salesforce::{RecordId, SObjectName};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::Reader;
use store::connections::find_connection_of;
use store::explanations::find_winner;
use store::records;
use store::sobject_describes::find_describe;
use store::workspaces::find_workspace;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::check_integration;
use crate::page::{Page, list_of};
use crate::permission::Viewer;
use crate::problem::ProblemBody;
use crate::request::{UrlPath, UrlQuery};
use crate::routes::sobjects::type_word;

/// The routes of records.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_record_sobjects))
        .routes(routes!(list_records))
        .routes(routes!(find_record))
        .routes(routes!(refresh_record))
}

/// An sObject that has records in the copy.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordSObjectBody {
    /// The sObject's API name.
    pub sobject: String,
    /// What people call it.
    pub label: String,
    /// Records that are there; null where counting takes too long.
    #[schema(required)]
    pub rows: Option<u64>,
    /// Records that are gone; null where counting takes too long.
    #[schema(required)]
    pub gone_rows: Option<u64>,
    /// How many fields are copied.
    pub columns_count: u64,
}

/// A page of records.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordPage {
    /// The fields that were asked for, in that order.
    pub columns: Vec<RecordColumn>,
    /// The records.
    pub items: Vec<RecordRow>,
    /// What to send as `after` for the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
    /// How many records match.
    pub total: u64,
    /// Whether that is their number; otherwise there are at least as many.
    pub total_is_exact: bool,
}

/// A field of a page of records.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RecordColumn {
    /// The field's API name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub column_type: String,
}

/// A record in a page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordRow {
    /// The record's id.
    pub id: String,
    /// When it was found to be gone.
    #[schema(required)]
    pub gone_at: Option<Instant>,
    /// Why it is gone.
    #[schema(required)]
    pub gone_why: Option<String>,
    /// When the copy last wrote it.
    pub synced_at: Instant,
    /// The values by field: texts, numbers with all their digits, booleans, null.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub values: BTreeMap<String, Box<RawValue>>,
}

/// A record that somebody opened, as new as it could be had.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefreshedRecord {
    /// The record.
    pub record: RecordDetails,
    /// When Salesforce was asked; null where the record is as it was copied last.
    #[schema(required)]
    pub refreshed_at: Option<Instant>,
    /// Why it is as it was copied last.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
}

/// One record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordDetails {
    /// The record's id.
    pub id: String,
    /// The sObject's API name.
    pub sobject: String,
    /// What people call the sObject.
    pub label: String,
    /// What people call the record.
    #[schema(required)]
    pub name: Option<String>,
    /// All fields that are copied.
    pub fields: Vec<RecordFieldBody>,
    /// When the copy last wrote it.
    pub synced_at: Instant,
    /// How it came: `bulk`, `poll`, `event`, `open` or `refresh`.
    pub source: String,
    /// When it was found to be gone.
    #[schema(required)]
    pub gone_at: Option<Instant>,
    /// Why it is gone.
    #[schema(required)]
    pub gone_why: Option<String>,
    /// The record to read instead: the one that is left of all merges since this one was merged away.
    #[schema(required)]
    pub merged_into: Option<String>,
    /// The record in Salesforce.
    pub salesforce_url: String,
}

/// A field of a record, with its value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordFieldBody {
    /// The field's API name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub field_type: String,
    /// The value: text, number, boolean or null.
    #[schema(value_type = serde_json::Value)]
    pub value: Box<RawValue>,
}

/// Which records, and how.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordQuery {
    /// Text that some field has to contain.
    pub search: Option<String>,
    /// Conditions that all have to hold: `field:operator:value`. Operators are `eq ne lt lte gt gte contains starts is_null
    /// not_null in within`; `in` takes a JSON array, `within` a span such as `last_30_days`.
    #[serde(default)]
    pub filter: Vec<String>,
    /// Fields to sort by, with `-` before those that descend: `-amount,name`.
    pub sort: Option<String>,
    /// Fields to answer with, separated by commas; all if missing.
    pub fields: Option<String>,
    /// Whether to answer `without` records that are gone, which is usual, `with` them, or with them `only`.
    pub gone: Option<String>,
    /// How many items at most; 50 unless told, 500 at most.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// Lists the sObjects that have records in an integration's copy.
#[utoipa::path(get, path = "/integrations/{id}/records", operation_id = "list_record_sobjects", tag = "records",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = Page<RecordSObjectBody>)))]
async fn list_record_sobjects(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<Json<Page<RecordSObjectBody>>, ApiError> {
    check_integration(&app, viewer.reader(), id).await?;
    let tables = records::list_record_tables(app.store(), viewer.reader(), id).await?;
    let items = tables.into_iter().map(|table| RecordSObjectBody {
        sobject: table.sobject.to_string(),
        label: table.label,
        rows: table.rows,
        gone_rows: table.gone_rows,
        columns_count: table.layout.columns.len() as u64,
    });
    Ok(Json(Page::whole(items.collect())))
}

/// Searches, filters and sorts records.
#[utoipa::path(get, path = "/integrations/{id}/records/{sobject}", operation_id = "list_records", tag = "records",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name"), RecordQuery),
    responses((status = 200, body = RecordPage)))]
async fn list_records(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath((id, sobject)): UrlPath<(IntegrationId, SObjectName)>,
    UrlQuery(query): UrlQuery<RecordQuery>,
) -> Result<Json<RecordPage>, ApiError> {
    let reader = viewer.reader();
    check_integration(&app, reader, id).await?;
    let source = records::find_record_source(app.store(), reader, id, &sobject).await?;
    let source = source.ok_or_else(no_records)?;
    // A position is good for the same question only: the same order, search and filters.
    let (search, filters, sort) = (&query.search, &query.filter, &query.sort);
    let list =
        list_of(&format!("records {id} {sobject} {search:?} {filters:?} {sort:?} {:?}", query.gone), reader);
    let after: Option<Seek> =
        query.after.as_deref().map(|after| app.page_key().open(&list, after)).transpose()?;
    let workspace = find_workspace(app.store(), reader.workspace_id()).await?;
    let zone = workspace.and_then(|workspace| workspace.time_zone.parse().ok()).unwrap_or(TimeZone::UTC);
    let text = QueryText {
        search: query.search,
        filters: query.filter,
        sort: query.sort,
        fields: query.fields,
        gone: query.gone,
        limit: query.limit,
        after,
    };
    let query = Query::parse(text, &source.layout, zone, app.now()).map_err(|error| refuse_query(&error))?;
    let page = records::list_records(app.store(), reader, id, &sobject, &query).await?;
    let page = page.ok_or_else(no_records)?;
    let columns: Vec<_> = page.columns.iter().map(column_body).collect();
    let items = page.rows.into_iter().map(|record| row_body(record, &columns)).collect();
    Ok(Json(RecordPage {
        next: page.next.map(|next| app.page_key().seal(&list, &next)),
        columns,
        items,
        total: page.total,
        total_is_exact: page.total_is_exact,
    }))
}

/// Returns a record.
#[utoipa::path(get, path = "/integrations/{id}/records/{sobject}/{record_id}", operation_id = "find_record", tag = "records",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name"),
        ("record_id" = String, Path, description = "The record, by 15 or 18 characters")),
    responses((status = 200, body = RecordDetails)))]
async fn find_record(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath((id, sobject, record_id)): UrlPath<(IntegrationId, SObjectName, String)>,
) -> Result<Json<RecordDetails>, ApiError> {
    record_details(&app, viewer.reader(), id, &sobject, &record_id).await.map(Json)
}

/// Reads a record and its children anew from Salesforce, in one API call, and returns the record. Where Salesforce does not
/// answer within two seconds, or may not be asked, the record is as it was copied last, with the reason.
#[utoipa::path(post, path = "/integrations/{id}/records/{sobject}/{record_id}/refresh", operation_id = "refresh_record", tag = "records",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name"),
        ("record_id" = String, Path, description = "The record's id, of 15 or 18 characters")),
    responses((status = 200, body = RefreshedRecord)))]
async fn refresh_record(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath((id, sobject, record_id)): UrlPath<(IntegrationId, SObjectName, String)>,
) -> Result<Json<RefreshedRecord>, ApiError> {
    let reader = viewer.reader();
    let parsed = parse_record_id(&record_id)?;
    check_prefix(&app, reader, id, &sobject, parsed).await?;
    let refreshed = app.engine().refresh_record(reader, id, &sobject, parsed).await?;
    let (refreshed_at, problem) = match refreshed.ok_or_else(|| ApiError::not_found("sync rule"))? {
        Refreshed::Live(at) => (Some(at.into()), None),
        Refreshed::Stored(problem) => (None, Some(problem.into())),
    };
    let record = record_details(&app, reader, id, &sobject, &record_id).await?;
    Ok(Json(RefreshedRecord { record, refreshed_at, problem }))
}

fn refuse_id(detail: &str) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "record.id", detail)
}

fn parse_record_id(text: &str) -> Result<RecordId, ApiError> {
    text.parse().map_err(|_| refuse_id("This is not the id of a record: those have 15 or 18 characters."))
}

/// Makes sure that the integration is there and that a record's id is one of the sObject. Returns the integration.
async fn check_prefix(
    app: &AppState,
    reader: &Reader,
    id: IntegrationId,
    sobject: &SObjectName,
    record_id: RecordId,
) -> Result<Integration, ApiError> {
    let integration = check_integration(app, reader, id).await?;
    let describe = find_describe(app.store(), reader, integration.connection_id, sobject).await?;
    let prefix = describe.and_then(|describe| describe.summary.key_prefix);
    match prefix.is_some_and(|prefix| prefix != record_id.prefix()) {
        true => Err(refuse_id("This is the id of a record of another sObject.")),
        false => Ok(integration),
    }
}

async fn record_details(
    app: &AppState,
    reader: &Reader,
    id: IntegrationId,
    sobject: &SObjectName,
    record_id: &str,
) -> Result<RecordDetails, ApiError> {
    let record_id = parse_record_id(record_id)?;
    let integration = check_prefix(app, reader, id, sobject, record_id).await?;
    let found = records::find_record(app.store(), reader, id, sobject, record_id).await?;
    let (source, record) = found.ok_or_else(|| ApiError::not_found("record"))?;
    let winner = find_winner(app.store(), reader, id, &source.layout.sobject, &record).await?;
    let connection = find_connection_of(app.store(), reader, integration.connection_id).await?;
    let instance_url = connection.map(|connection| connection.instance_url).unwrap_or_default();
    let columns = source.columns().map(|column| column_body(&column));
    let fields: Vec<_> = columns
        .zip(&record.values)
        .map(|(column, value)| RecordFieldBody {
            name: column.name,
            label: column.label,
            field_type: column.column_type,
            value: cell(value),
        })
        .collect();
    let name = source.columns().zip(&record.values).find_map(|(column, value)| match value {
        CellValue::Text(text) if column.column.name == "name" => Some(text.clone()),
        _ => None,
    });
    Ok(RecordDetails {
        salesforce_url: format!("{instance_url}/{record_id}"),
        id: record.id.to_string(),
        sobject: source.layout.sobject.to_string(),
        label: source.label,
        name,
        fields,
        synced_at: record.synced_at.into(),
        source: record.source.to_string(),
        gone_at: record.gone.map(|gone| gone.at.into()),
        gone_why: record.gone.map(|gone| gone.why.to_string()),
        merged_into: winner.map(|winner| winner.to_string()),
    })
}

fn no_records() -> ApiError {
    ApiError::not_found("copy of this sObject")
}

fn refuse_query(error: &QueryError) -> ApiError {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let sentence: String = first.into_iter().chain(letters).chain(['.']).collect();
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "query.invalid", sentence)
}

fn column_body(column: &records::RecordColumn) -> RecordColumn {
    RecordColumn {
        name: column.column.path.clone(),
        label: column.label.clone(),
        column_type: type_word(column.column.field_type),
    }
}

fn row_body(record: records::Record, columns: &[RecordColumn]) -> RecordRow {
    let names = columns.iter().map(|column| column.name.clone());
    RecordRow {
        id: record.id.to_string(),
        gone_at: record.gone.map(|gone| gone.at.into()),
        gone_why: record.gone.map(|gone| gone.why.to_string()),
        synced_at: record.synced_at.into(),
        values: names.zip(record.values.iter().map(cell)).collect(),
    }
}

/// A value in JSON. Numbers keep all their digits, as JSON allows.
fn cell(value: &CellValue) -> Box<RawValue> {
    let text = |text: &str| serde_json::value::to_raw_value(text);
    let raw = match value {
        CellValue::Null => serde_json::value::to_raw_value(&()),
        CellValue::Bool(value) => serde_json::value::to_raw_value(value),
        CellValue::Int(value) => serde_json::value::to_raw_value(value),
        CellValue::Decimal(value) => RawValue::from_string(value.to_string()),
        CellValue::Text(value) => text(value),
        CellValue::Date(value) => text(&value.to_string()),
        CellValue::Instant(value) => text(&value.to_string()),
    };
    raw.expect("plain values have a JSON form")
}
