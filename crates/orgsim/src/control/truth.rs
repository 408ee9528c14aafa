//! Every version of a record, by the control API.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::{off_thread, records};
use crate::app::App;
use crate::clock::format_rest;
use crate::errors::ApiError;
use crate::id::RecordId;
use crate::org::{OrgView, Row, Version};
use crate::rights::{Deed, Visibility};
use crate::schema::SObject;
use crate::users;
use crate::value::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TruthParams {
    sobject: String,
    id: String,
    /// The id of a user whose sight is asked for.
    user: Option<String>,
}

/// One version: who wrote it, when, from when to when it was seen, whether a user might see it, and all its values.
#[derive(Debug, Serialize)]
struct VersionBody {
    /// None for the record the org started with.
    written_at_ms: Option<i64>,
    author_id: Option<String>,
    /// From when queries saw it, and until when.
    seen_from_ms: Option<i64>,
    seen_until_ms: Option<i64>,
    /// `live`, `deleted` or `purged`.
    state: &'static str,
    /// Whether the user asked for might see it: by object rights and by whose record it was then.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_visible: Option<bool>,
    values: Map<String, Json>,
}

/// Answers every version of a record, oldest first.
pub(super) async fn versions(State(app): State<Arc<App>>, Query(params): Query<TruthParams>) -> Response {
    off_thread(move || {
        let sobject = records::find_sobject(&app, &params.sobject)?;
        let id = RecordId::parse(&params.id)
            .ok_or_else(|| ApiError::bad_request("MALFORMED_ID", format!("no id: {}", params.id)))?;
        let user = params.user.as_deref().map(|user| find_user(&app, user)).transpose()?;
        let versions = app.org.versions(sobject, &id).ok_or_else(|| {
            let message = "this org was started without --history and keeps no versions";
            ApiError::bad_request("FUNCTIONALITY_NOT_ENABLED", message)
        })?;
        let mut bodies: Vec<_> =
            versions.iter().map(|version| describe(&app, sobject, version, user)).collect();
        let ends: Vec<_> = bodies.iter().skip(1).map(|next| next.seen_from_ms).collect();
        for (body, end) in bodies.iter_mut().zip(ends) {
            body.seen_until_ms = end;
        }
        Ok(json!({ "id": id.as_str(), "versions": bodies }))
    })
    .await
}

fn find_user(app: &App, id: &str) -> Result<RecordId, ApiError> {
    let known = RecordId::parse(id).filter(|id| users::find_user(&app.org, id).is_some());
    known.ok_or_else(|| ApiError::bad_request("INVALID_INPUT", format!("there is no user {id}")))
}

/// Returns whether a user might see a version when it came to be, by the rights of that moment.
fn is_visible(app: &App, sobject: &SObject, version: &Version<'_>, user: RecordId) -> bool {
    let Some(row) = version.row else { return false };
    let at_ms = version.seen_from.unwrap_or(app.started_at);
    let rights = app.org.rights_in(&version.view, user, at_ms);
    rights.may_read(sobject) && Visibility::new(rights).allows(&version.view, sobject, &row, Deed::Read)
}

fn describe(app: &App, sobject: &SObject, version: &Version<'_>, user: Option<RecordId>) -> VersionBody {
    let view = &version.view;
    let values = version.row.map(|row| write_values(view, sobject, &row)).unwrap_or_default();
    let author = values.get("LastModifiedById").or(values.get("CreatedById"));
    VersionBody {
        written_at_ms: version.written_at,
        author_id: author.and_then(Json::as_str).map(str::to_owned),
        seen_from_ms: version.seen_from,
        seen_until_ms: None,
        state: match version.row {
            None => "purged",
            Some(row) if view.is_deleted(&row) => "deleted",
            Some(_) => "live",
        },
        is_visible: user.map(|user| is_visible(app, sobject, version, user)),
        values,
    }
}

fn write_values(view: &OrgView<'_>, sobject: &SObject, row: &Row) -> Map<String, Json> {
    let fields = sobject.fields.iter().filter(|field| !field.is_compound());
    fields.map(|field| (field.name.clone(), to_json(&view.value(sobject, row, field)))).collect()
}

fn to_json(value: &Value<'_>) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        // The digits are those the org keeps.
        Value::Number(value) => json!(value.to_string()),
        Value::Text(value) => json!(value),
        Value::Id(id) => json!(id.as_str()),
        Value::Date(date) => json!(date.to_string()),
        Value::DateTime(ms) => json!(format_rest(*ms)),
        Value::Time(ms) => json!(ms),
        Value::Blob(bytes) => json!({ "bytes": bytes.len() }),
    }
}
