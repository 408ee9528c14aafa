//! Sync rules: which sObjects to copy, and which records and fields of them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use engine::{FieldPolicyChange, RuleRequest, Sample, rule_version};
use model::{
    Cadence, FieldPolicy, FieldSelection, Filter, IntegrationId, NewFields, RecordLayout, SkipReason,
    SyncRuleId,
};
use salesforce::describe::SObjectDescribe;
use salesforce::{FieldName, SObjectName};
use serde::{Deserialize, Serialize};
use store::Reader;
use store::field_policies::find_field_policy_of;
use store::integrations::{RuleFacts, find_integration_facts};
use store::records::{RecordTableSummary, list_record_tables};
use store::sobject_describes::find_describe;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::filter::FilterBody;
use crate::instant::Instant;
use crate::integration_view::unknown_integration;
use crate::page::Page;
use crate::permission::{Admin, Viewer};
use crate::precondition::{Seen, etag};
use crate::problem::ProblemBody;
use crate::request::{JsonBody, UrlPath};

/// The routes of sync rules.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_sync_rules))
        .routes(routes!(put_sync_rule, delete_sync_rule))
        .routes(routes!(preview_sync_rule))
}

/// A sync rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SyncRuleBody {
    /// Its id.
    pub id: String,
    /// Changes with the rule. Send it as `If-Match`, in quotes, so that nobody else's change is undone unseen.
    pub version: String,
    /// The sObject's API name.
    pub sobject: String,
    /// What people call the sObject.
    pub label: String,
    /// Which records; null for all.
    #[schema(required)]
    pub filter: Option<FilterBody>,
    /// The same in SOQL.
    #[schema(required)]
    pub soql: Option<String>,
    /// Which fields; null for all.
    #[schema(required)]
    pub fields: Option<Vec<String>>,
    /// How often it looks for changes.
    pub cadence_seconds: u64,
    /// What people should know though nothing is wrong: a long transaction in the org that is waited for.
    #[schema(required)]
    pub notice: Option<ProblemBody>,
    /// Records in the copy.
    pub rows: u64,
    /// Up to when the copy has everything.
    #[schema(required)]
    pub complete_until: Option<Instant>,
    /// What went wrong the last time.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
    /// What becomes of fields that the org has since; null adds them where all fields are copied, and asks else.
    #[schema(required)]
    pub new_fields: Option<NewFieldsBody>,
    /// Fields that change without a new `SystemModstamp`, beside formulas and roll-ups.
    pub volatile_fields: Vec<String>,
    /// How often such fields and formulas are read again for all records.
    pub refresh_hours: u64,
    /// Fields that are not copied, and why.
    pub skipped_fields: Vec<SkippedFieldBody>,
    /// When it was made.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
}

/// A field that is not copied.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SkippedFieldBody {
    /// Its API name.
    pub field: String,
    /// Why.
    pub reason: String,
}

/// What a sync rule copies.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SyncRuleChange {
    /// Which records; all where it is null.
    #[serde(default)]
    pub filter: Option<FilterBody>,
    /// Which fields; all where it is null.
    #[serde(default)]
    pub fields: Option<Vec<String>>,
    /// How often it looks for changes, in seconds: from a minute to seven days. As before where it is null, and every 15
    /// minutes for a new rule.
    #[serde(default)]
    #[schema(minimum = 60, maximum = 604_800)]
    pub cadence_seconds: Option<u64>,
    /// What becomes of fields that the org has since. Left out, it stays.
    #[serde(default)]
    pub new_fields: Option<NewFieldsBody>,
    /// Fields that change without a new `SystemModstamp`, beside formulas and roll-ups. Left out, they stay.
    #[serde(default)]
    pub volatile_fields: Option<Vec<String>>,
    /// How often such fields and formulas are read again for all records. Left out, it stays.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 8760)]
    pub refresh_hours: Option<u64>,
}

/// What becomes of fields that an org has since a rule was made.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NewFieldsBody {
    /// They are copied.
    Add,
    /// A person is told, and decides.
    Ask,
    /// They are left out.
    Ignore,
}

impl From<NewFieldsBody> for NewFields {
    fn from(body: NewFieldsBody) -> Self {
        match body {
            NewFieldsBody::Add => Self::Add,
            NewFieldsBody::Ask => Self::Ask,
            NewFieldsBody::Ignore => Self::Ignore,
        }
    }
}

impl From<NewFields> for NewFieldsBody {
    fn from(new_fields: NewFields) -> Self {
        match new_fields {
            NewFields::Add => Self::Add,
            NewFields::Ask => Self::Ask,
            NewFields::Ignore => Self::Ignore,
        }
    }
}

/// A rule that is only looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SyncRuleDraft {
    /// The sObject's API name.
    pub sobject: String,
    /// Which records; all where it is null.
    #[serde(default)]
    pub filter: Option<FilterBody>,
    /// Which fields; all where it is null.
    #[serde(default)]
    pub fields: Option<Vec<String>>,
    /// How often it looks for changes, in seconds: from a minute to seven days. As before where it is null, and every 15
    /// minutes for a new rule.
    #[serde(default)]
    #[schema(minimum = 60, maximum = 604_800)]
    pub cadence_seconds: Option<u64>,
}

/// What a rule would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SyncRulePreview {
    /// The query it would ask.
    pub soql: String,
    /// How many records there are now; null where the org did not tell in time.
    #[schema(required)]
    pub count: Option<u64>,
    /// About how many API calls the first load takes.
    pub calls_first_load: u64,
    /// About how many it takes a day after that.
    pub calls_per_day: u64,
    /// How many the org may make a day; null before it has told.
    #[schema(required)]
    pub daily_limit: Option<u64>,
    /// Some of the records; null where the org did not show any in time.
    #[schema(required)]
    pub sample: Option<SampleBody>,
    /// Why there is no sample; `org.slow` where it did not come within three seconds.
    #[schema(required)]
    pub sample_problem: Option<ProblemBody>,
    /// What it would change of what is copied now; null where there is no rule, its filter is the same, or the org did not
    /// tell in time.
    #[schema(required)]
    pub change: Option<ScopeChangeBody>,
    /// Why the org did not tell what it would change; `org.slow` where it did not within three seconds.
    #[schema(required)]
    pub change_problem: Option<ProblemBody>,
    /// Why it would not work, or was not counted.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
}

/// Some records as they stand in the org now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SampleBody {
    /// The columns.
    pub columns: Vec<SampleColumn>,
    /// Twenty records at most, each with a value for each column.
    pub rows: Vec<Vec<Option<String>>>,
}

/// A column of a sample.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SampleColumn {
    /// The field's API name.
    pub name: String,
    /// What people call it.
    pub label: String,
}

/// What another filter would change.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct ScopeChangeBody {
    /// Records that would come.
    pub added: u64,
    /// Records that would be marked as filtered.
    pub dropped: u64,
}

/// Lists an integration's rules.
#[utoipa::path(get, path = "/integrations/{id}/sync-rules", operation_id = "list_sync_rules", tag = "sync-rules",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = Page<SyncRuleBody>)))]
async fn list_sync_rules(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<Json<Page<SyncRuleBody>>, ApiError> {
    rule_bodies(&app, viewer.reader(), id).await.map(Page::whole).map(Json)
}

/// Makes or changes the rule for an sObject. The first sync starts once a mapping is saved too.
#[utoipa::path(put, path = "/integrations/{id}/sync-rules/{sobject}", operation_id = "put_sync_rule", tag = "sync-rules",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name")),
    request_body = SyncRuleChange,
    responses((status = 200, body = SyncRuleBody), (status = 201, body = SyncRuleBody)))]
async fn put_sync_rule(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath((id, sobject)): UrlPath<(IntegrationId, SObjectName)>,
    Seen(seen): Seen,
    JsonBody(change): JsonBody<SyncRuleChange>,
) -> Result<impl IntoResponse, ApiError> {
    let request = RuleRequest {
        policy: policy_change(&change)?,
        ..rule_request(sobject, change.filter.as_ref(), change.fields.as_deref(), change.cadence_seconds)?
    };
    let before = rules_of(&app, admin.reader(), id).await?;
    let rule = app.engine().put_seen_rule(admin.reader(), id, request, &seen).await?;
    let rule = rule.ok_or_else(unknown_integration)?;
    let is_new = !before.iter().any(|before| before.rule.id == rule.id);
    let rules = rule_bodies(&app, admin.reader(), id).await?;
    let rule_id = rule.id.to_string();
    let body = rules.into_iter().find(|rule| rule.id == rule_id).ok_or_else(unknown_rule)?;
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, etag(&body.version), Json(body)))
}

/// Deletes a rule. The records that were copied stay.
#[utoipa::path(delete, path = "/integrations/{id}/sync-rules/{sobject}", operation_id = "delete_sync_rule", tag = "sync-rules",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name")),
    responses((status = 204)))]
async fn delete_sync_rule(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath((id, sobject)): UrlPath<(IntegrationId, SObjectName)>,
    Seen(seen): Seen,
) -> Result<StatusCode, ApiError> {
    let rule = find_rule(&app, admin.reader(), id, &sobject).await?;
    app.engine().delete_rule(admin.reader(), rule, &seen).await?.ok_or_else(unknown_rule)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells what a rule would do, and changes nothing.
#[utoipa::path(post, path = "/integrations/{id}/sync-rules/preview", operation_id = "preview_sync_rule", tag = "sync-rules",
    params(("id" = String, Path, description = "The integration")),
    request_body = SyncRuleDraft, responses((status = 200, body = SyncRulePreview)))]
async fn preview_sync_rule(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    JsonBody(draft): JsonBody<SyncRuleDraft>,
) -> Result<Json<SyncRulePreview>, ApiError> {
    let sobject =
        draft.sobject.parse().map_err(|_| ApiError::invalid("This is not the name of an sObject."))?;
    let request =
        rule_request(sobject, draft.filter.as_ref(), draft.fields.as_deref(), draft.cadence_seconds)?;
    let preview = app.engine().preview_rule(admin.reader(), id, &request).await?;
    let preview = preview.ok_or_else(unknown_integration)?;
    Ok(Json(SyncRulePreview {
        soql: preview.soql,
        count: preview.count,
        calls_first_load: preview.calls_first_load,
        calls_per_day: preview.calls_per_day,
        daily_limit: preview.daily_limit,
        sample: preview.sample.map(sample_body),
        sample_problem: preview.sample_problem.map(ProblemBody::from),
        change: preview.change.map(|change| ScopeChangeBody { added: change.added, dropped: change.dropped }),
        change_problem: preview.change_problem.map(ProblemBody::from),
        problem: preview.problem.map(ProblemBody::from),
    }))
}

fn sample_body(sample: Sample) -> SampleBody {
    let columns = sample.columns.into_iter();
    SampleBody {
        columns: columns.map(|(name, label)| SampleColumn { name, label }).collect(),
        rows: sample.rows,
    }
}

fn policy_change(change: &SyncRuleChange) -> Result<FieldPolicyChange, ApiError> {
    Ok(FieldPolicyChange {
        new_fields: change.new_fields.map(NewFields::from),
        volatile_fields: change.volatile_fields.as_deref().map(field_names).transpose()?,
        refresh_ms: change.refresh_hours.map(|hours| hours.clamp(1, 8_760) * 3_600_000),
    })
}

pub(super) fn field_names(names: &[String]) -> Result<Vec<FieldName>, ApiError> {
    let names: Result<Vec<FieldName>, _> = names.iter().map(|name| name.parse()).collect();
    names.map_err(|_| {
        let unknown = StatusCode::UNPROCESSABLE_ENTITY;
        ApiError::new(unknown, "field.unknown", "Fields are named by their API names.")
    })
}

pub(super) fn unknown_rule() -> ApiError {
    ApiError::not_found("sync rule")
}

fn rule_request(
    sobject: SObjectName,
    filter: Option<&FilterBody>,
    fields: Option<&[String]>,
    cadence_seconds: Option<u64>,
) -> Result<RuleRequest, ApiError> {
    let fields = match fields {
        None => FieldSelection::All,
        Some(names) => FieldSelection::Only(field_names(names)?),
    };
    let cadence = cadence_seconds.map(Cadence::from_seconds).transpose().map_err(|_| {
        let invalid = StatusCode::UNPROCESSABLE_ENTITY;
        ApiError::new(
            invalid,
            "rule.cadence",
            "A rule looks for changes from once a minute to once in seven days.",
        )
    })?;
    let filter = filter.map(FilterBody::to_filter).transpose()?;
    Ok(RuleRequest { sobject, filter, fields, cadence, policy: FieldPolicyChange::default() })
}

pub(super) async fn rules_of(
    app: &AppState,
    reader: &Reader,
    id: IntegrationId,
) -> Result<Vec<RuleFacts>, ApiError> {
    let facts = find_integration_facts(app.store(), reader, id, app.now()).await?;
    Ok(facts.ok_or_else(unknown_integration)?.rules)
}

/// Returns the rule that an integration has for an sObject.
///
/// # Errors
/// The workspace has no such integration, or it no such rule.
pub(crate) async fn find_rule(
    app: &AppState,
    reader: &Reader,
    id: IntegrationId,
    sobject: &SObjectName,
) -> Result<SyncRuleId, ApiError> {
    let rules = rules_of(app, reader, id).await?;
    let rule = rules.into_iter().find(|known| known.rule.sobject == *sobject);
    Ok(rule.ok_or_else(unknown_rule)?.rule.id)
}

async fn rule_bodies(
    app: &AppState,
    reader: &Reader,
    id: IntegrationId,
) -> Result<Vec<SyncRuleBody>, ApiError> {
    let facts = find_integration_facts(app.store(), reader, id, app.now()).await?;
    let facts = facts.ok_or_else(unknown_integration)?;
    let tables = list_record_tables(app.store(), reader, id).await?;
    let mut bodies = Vec::with_capacity(facts.rules.len());
    for known in facts.rules {
        let table = tables.iter().find(|table| table.sobject == known.rule.sobject);
        let describe = find_describe(app.store(), reader, facts.connection.id, &known.rule.sobject).await?;
        let policy = find_field_policy_of(app.store(), reader, known.rule.id).await?.unwrap_or_default();
        bodies.push(rule_body(known, &policy, table, describe.as_ref()));
    }
    Ok(bodies)
}

fn rule_body(
    known: RuleFacts,
    policy: &FieldPolicy,
    table: Option<&RecordTableSummary>,
    describe: Option<&SObjectDescribe>,
) -> SyncRuleBody {
    let RuleFacts { rule, complete_until, held_since, trouble } = known;
    let problem = trouble.map(|(_, problem)| problem);
    // A checkpoint that is later than the transaction began was not held back for as long.
    let is_too_long = complete_until.zip(held_since).is_some_and(|(until, since)| until > since);
    let label = describe.map(|describe| describe.summary.label.clone()).filter(|label| !label.is_empty());
    SyncRuleBody {
        id: rule.id.to_string(),
        version: rule_version(&rule),
        label: label.unwrap_or_else(|| rule.sobject.to_string()),
        filter: rule.filter.as_ref().map(FilterBody::from),
        soql: rule.filter.as_ref().map(Filter::to_soql),
        cadence_seconds: rule.cadence_ms / 1_000,
        notice: held_since.map(|since| engine::waiting_for_transaction(since, is_too_long).into()),
        rows: table.and_then(|table| table.rows).unwrap_or_default(),
        complete_until: complete_until.map(Instant::from),
        problem: problem.map(ProblemBody::from),
        new_fields: policy.new_fields.map(NewFieldsBody::from),
        volatile_fields: policy.volatile.iter().map(FieldName::to_string).collect(),
        refresh_hours: policy.refresh_ms / 3_600_000,
        skipped_fields: describe.map(|describe| skipped_fields(describe, &rule.fields)).unwrap_or_default(),
        created_at: rule.created_at.into(),
        updated_at: rule.updated_at.into(),
        fields: match rule.fields {
            FieldSelection::All => None,
            FieldSelection::Only(names) => Some(names.iter().map(FieldName::to_string).collect()),
        },
        sobject: rule.sobject.to_string(),
    }
}

fn skipped_fields(describe: &SObjectDescribe, fields: &FieldSelection) -> Vec<SkippedFieldBody> {
    // A selected field that is not there any more is a problem of the rule, and told as one.
    let Ok(layout) = RecordLayout::from_describe(describe, fields) else { return Vec::new() };
    let skipped = layout.skipped.into_iter();
    skipped
        .map(|field| SkippedFieldBody {
            field: field.name.to_string(),
            reason: why_skipped(field.reason).to_owned(),
        })
        .collect()
}

/// Why a field has no column, for a person.
pub(crate) fn why_skipped(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::Compound => "Its parts are copied instead.",
        SkipReason::Binary => "Files are not copied.",
    }
}
