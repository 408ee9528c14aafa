//! The fields of a sync rule: what is known of their values, and which wait for a person.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{ColumnState, FieldPolicy, IntegrationId, KeptColumn, volatile::is_volatile};
use salesforce::SObjectName;
use salesforce::describe::SObjectDescribe;
use serde::{Deserialize, Serialize};
use store::field_policies::find_field_policy_of;
use store::find_kept_table_of;
use store::integrations::find_integration_of;
use store::sobject_describes::find_describe;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sync_rules::{field_names, rules_of, unknown_rule};
use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::unknown_integration;
use crate::page::Page;
use crate::permission::{Admin, Viewer};
use crate::precondition::Seen;
use crate::request::{JsonBody, UrlPath};

/// The routes of the fields of rules.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_rule_fields)).routes(routes!(accept_fields))
}

/// A field of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleFieldBody {
    /// Its API name; null of a column that was set aside when its field got another type.
    #[schema(required)]
    pub field: Option<String>,
    /// The name of its column; null where it has none.
    #[schema(required)]
    pub column: Option<String>,
    /// Its type as the org tells it, such as `currency(16,2)`.
    #[serde(rename = "type")]
    pub field_type: String,
    /// What is known of its values.
    pub state: FieldStateBody,
    /// Up to when its values are known, where they do not come with every change: a formula's last reading of all
    /// records, the moment at which a field went.
    #[schema(required)]
    pub as_of: Option<Instant>,
    /// Whether it changes without a new `SystemModstamp`, and is read again on a schedule.
    pub is_volatile: bool,
    /// Its type now, where it waits to be accepted.
    #[schema(required)]
    pub refused_type: Option<String>,
}

/// What is known of a field's values.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FieldStateBody {
    /// All records have it.
    Filled,
    /// It came later than the records, and is still to be read for those that have not changed since.
    Filling,
    /// The user cannot read it any more. Its values are those of the last read.
    Frozen,
    /// It is not selected any more. Its values are those of the last read.
    Deselected,
    /// It is new and waits for a person, or is left out by the rule.
    Held,
    /// It has another type, whose values its column cannot hold. The sObject waits for a person.
    Refused,
}

/// Fields to take on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptedFields {
    /// Their API names.
    pub fields: Vec<String>,
}

/// Lists the fields of a rule, with what is known of their values.
#[utoipa::path(get, path = "/integrations/{id}/sync-rules/{sobject}/fields", operation_id = "list_rule_fields", tag = "sync-rules",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name")),
    responses((status = 200, body = Page<RuleFieldBody>)))]
async fn list_rule_fields(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath((id, sobject)): UrlPath<(IntegrationId, SObjectName)>,
) -> Result<Json<Page<RuleFieldBody>>, ApiError> {
    let reader = viewer.reader();
    let rules = rules_of(&app, reader, id).await?;
    let rule = rules.into_iter().find(|known| known.rule.sobject == sobject).ok_or_else(unknown_rule)?.rule;
    let integration = find_integration_of(app.store(), reader, id).await?.ok_or_else(unknown_integration)?;
    let policy = find_field_policy_of(app.store(), reader, rule.id).await?.unwrap_or_default();
    let kept = find_kept_table_of(app.store(), reader, id, &sobject).await?.unwrap_or_default();
    let describe = find_describe(app.store(), reader, integration.connection_id, &sobject).await?;
    let known = kept.columns.into_iter().map(|column| column_body(column, &policy, describe.as_ref()));
    let held = policy.held.iter().map(|field| RuleFieldBody {
        field: Some(field.to_string()),
        column: None,
        field_type: describe
            .as_ref()
            .and_then(|describe| describe.find_field(field))
            .map(model::describe_type)
            .unwrap_or_default(),
        state: FieldStateBody::Held,
        as_of: None,
        is_volatile: false,
        refused_type: None,
    });
    Ok(Json(Page::whole(known.chain(held).collect())))
}

/// Takes fields on: new ones that wait, and those whose new type was refused, whose old column is set aside then. Their
/// columns are filled in the next run, which begins at once. With `If-Match`, only where the rule is as it was seen.
#[utoipa::path(post, path = "/integrations/{id}/sync-rules/{sobject}/accepted-fields", operation_id = "accept_fields", tag = "sync-rules",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name")),
    request_body = AcceptedFields, responses((status = 204)))]
async fn accept_fields(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath((id, sobject)): UrlPath<(IntegrationId, SObjectName)>,
    Seen(seen): Seen,
    JsonBody(accepted): JsonBody<AcceptedFields>,
) -> Result<StatusCode, ApiError> {
    let rules = rules_of(&app, admin.reader(), id).await?;
    let rule = rules.into_iter().find(|known| known.rule.sobject == sobject).ok_or_else(unknown_rule)?.rule;
    let fields = field_names(&accepted.fields)?;
    app.engine().accept_fields(admin.reader(), rule.id, &fields, &seen).await?.ok_or_else(unknown_rule)?;
    Ok(StatusCode::NO_CONTENT)
}

fn column_body(
    column: KeptColumn,
    policy: &FieldPolicy,
    describe: Option<&SObjectDescribe>,
) -> RuleFieldBody {
    let field = column.path.as_deref().and_then(|field| field.parse().ok());
    let described = field.and_then(|field| describe?.find_field(&field));
    let is_volatile =
        described.zip(describe).is_some_and(|(field, describe)| is_volatile(field, describe, policy));
    let state = match column.state {
        _ if column.refused.is_some() => FieldStateBody::Refused,
        ColumnState::Filled => FieldStateBody::Filled,
        ColumnState::Filling => FieldStateBody::Filling,
        ColumnState::Frozen => FieldStateBody::Frozen,
        ColumnState::Deselected => FieldStateBody::Deselected,
    };
    // A field that is stamped with its record is as the record is.
    let as_of = column.as_of.filter(|_| is_volatile || !column.state.is_live());
    RuleFieldBody {
        field: column.path,
        column: Some(column.name),
        field_type: column.described,
        state,
        as_of: as_of.map(Instant::from),
        is_volatile,
        refused_type: column.refused,
    }
}
