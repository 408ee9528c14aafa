//! The sObjects of an org and their fields, as the org describes them.

use axum::Json;
use axum::extract::State;
use model::{FieldSelection, IntegrationId, RecordLayout};
use salesforce::describe::{FieldDescribe, SObjectSummary};
use salesforce::{FieldName, FieldType, SObjectName};
use serde::{Deserialize, Serialize};
use store::integrations::find_integration_facts;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::integration_view::unknown_integration;
use crate::page::{Page, cut, limit_of, list_of};
use crate::permission::Admin;
use crate::request::{UrlPath, UrlQuery};
use crate::routes::sync_rules::why_skipped;

/// The routes of sObjects.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_sobjects)).routes(routes!(find_sobject))
}

/// An sObject of the org.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SObjectBody {
    /// Its API name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Whether the org made it itself.
    pub custom: bool,
    /// Whether it can be copied.
    pub queryable: bool,
    /// How ids of its records begin.
    #[schema(required)]
    pub key_prefix: Option<String>,
    /// Why it cannot be copied.
    #[schema(required)]
    pub why_not: Option<String>,
    /// Whether a sync rule copies it already.
    pub selected: bool,
}

/// An sObject with its fields.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SObjectDetails {
    /// Its API name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// The fields that the Salesforce user may read.
    pub fields: Vec<SObjectField>,
}

/// A field of an sObject.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SObjectField {
    /// Its API name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Salesforce's word for its type.
    #[serde(rename = "type")]
    pub field_type: String,
    /// How many characters it holds at most; 0 where that means nothing.
    pub length: u32,
    /// Whether the org made it itself.
    pub custom: bool,
    /// Whether it may be empty.
    pub nillable: bool,
    /// Whether Salesforce computes it.
    pub calculated: bool,
    /// Whether a filter may name it.
    pub filterable: bool,
    /// The compound it is a part of, such as `BillingAddress`.
    #[schema(required)]
    pub compound: Option<String>,
    /// The values of a picklist.
    pub picklist: Vec<PicklistEntry>,
    /// The sObjects that a lookup leads to.
    pub reference_to: Vec<String>,
    /// The name that a filter follows the lookup by, such as `Owner` in `Owner.Name`; null where it cannot be followed.
    #[schema(required)]
    pub relationship: Option<String>,
    /// Whether the lookup leads to records of several sObjects. A filter names only what all of them have, such as `Name`.
    pub polymorphic: bool,
    /// Why it is never copied.
    #[schema(required)]
    pub skipped: Option<String>,
}

/// A value of a picklist.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PicklistEntry {
    /// The value.
    pub value: String,
    /// What people see.
    pub label: String,
}

/// Which sObjects.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SObjectQuery {
    /// A part of the name or the label.
    pub search: Option<String>,
    /// How many items at most; 50 unless told, 500 at most.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// Lists the sObjects of the org.
#[utoipa::path(get, path = "/integrations/{id}/sobjects", operation_id = "list_sobjects", tag = "sobjects",
    params(("id" = String, Path, description = "The integration"), SObjectQuery),
    responses((status = 200, body = Page<SObjectBody>)))]
async fn list_sobjects(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    UrlQuery(query): UrlQuery<SObjectQuery>,
) -> Result<Json<Page<SObjectBody>>, ApiError> {
    let reader = admin.reader();
    let facts = find_integration_facts(app.store(), reader, id, app.now()).await?;
    let rules = facts.ok_or_else(unknown_integration)?.rules;
    let listed = app.engine().list_sobjects(reader, id).await?.ok_or_else(unknown_integration)?;
    let selected: Vec<&SObjectName> = rules.iter().map(|known| &known.rule.sobject).collect();
    let is_selected = |name: &str| selected.iter().any(|sobject| **sobject == *name);
    let mut sobjects: Vec<SObjectBody> = unlisted(&listed, &selected);
    sobjects.extend(listed.into_iter().map(|sobject| SObjectBody {
        selected: is_selected(sobject.name.as_str()),
        why_not: why_not(&sobject).map(str::to_owned),
        name: sobject.name.to_string(),
        label: sobject.label,
        custom: sobject.custom,
        queryable: sobject.queryable,
        key_prefix: sobject.key_prefix,
    }));
    let search = query.search.unwrap_or_default().to_lowercase();
    sobjects.retain(|sobject| {
        sobject.name.to_lowercase().contains(&search) || sobject.label.to_lowercase().contains(&search)
    });
    sobjects.sort_by_key(|sobject| sobject.name.to_lowercase());
    let list = list_of(&format!("sobjects {id}"), reader);
    if let Some(after) = query.after {
        let after: String = app.page_key().open(&list, &after)?;
        sobjects.retain(|sobject| sobject.name.to_lowercase() > after);
    }
    let limit = limit_of(query.limit);
    let (items, next) = cut(sobjects, limit, |last| app.page_key().seal(&list, &last.name.to_lowercase()));
    Ok(Json(Page { items, next }))
}

/// The sObjects that people look for first and an org does not list for a user without the right to read them (Object
/// Reference, Standard Objects).
const LOOKED_FOR: [(&str, &str); 12] = [
    ("Account", "Account"),
    ("Campaign", "Campaign"),
    ("Case", "Case"),
    ("Contact", "Contact"),
    ("Contract", "Contract"),
    ("Lead", "Lead"),
    ("Opportunity", "Opportunity"),
    ("OpportunityContactRole", "Opportunity Contact Role"),
    ("OpportunityLineItem", "Opportunity Product"),
    ("Product2", "Product"),
    ("Task", "Task"),
    ("User", "User"),
];

/// Those of them, and of what rules copy, that the org did not list, each with the reason.
fn unlisted(listed: &[SObjectSummary], selected: &[&SObjectName]) -> Vec<SObjectBody> {
    let is_listed = |name: &str| listed.iter().any(|sobject| sobject.name == *name);
    let is_looked_for = |sobject: &SObjectName| LOOKED_FOR.iter().any(|(name, _)| *sobject == *name);
    let others = selected.iter().filter(|sobject| !is_looked_for(sobject));
    let others = others.map(|sobject| (sobject.as_str(), sobject.as_str()));
    let missing = LOOKED_FOR.into_iter().chain(others).filter(|(name, _)| !is_listed(name));
    let bodies = missing.map(|(name, label)| SObjectBody {
        name: name.to_owned(),
        label: label.to_owned(),
        custom: name.ends_with("__c"),
        queryable: false,
        key_prefix: None,
        why_not: Some(format!(
            "The connection's user may not read it. Give them Read on {label} in a permission set; an org without this feature does not have it."
        )),
        selected: selected.iter().any(|sobject| **sobject == *name),
    });
    bodies.collect()
}

/// Why an sObject cannot be copied, for a person.
fn why_not(sobject: &SObjectSummary) -> Option<&'static str> {
    let name = sobject.name.as_str();
    match sobject.queryable {
        true => None,
        false if name.ends_with("__e") || name.ends_with("Event") => {
            Some("It is an event: Salesforce publishes it and keeps no records of it.")
        }
        false => Some("Salesforce does not let it be queried through the API."),
    }
}

/// Returns an sObject with its fields.
#[utoipa::path(get, path = "/integrations/{id}/sobjects/{sobject}", operation_id = "find_sobject", tag = "sobjects",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name")),
    responses((status = 200, body = SObjectDetails)))]
async fn find_sobject(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath((id, sobject)): UrlPath<(IntegrationId, SObjectName)>,
) -> Result<Json<SObjectDetails>, ApiError> {
    let describe = app.engine().describe_sobject(admin.reader(), id, &sobject).await?;
    let describe = describe.ok_or_else(unknown_integration)?;
    let layout = RecordLayout::from_describe(&describe, &FieldSelection::All)
        .map_err(|error| ApiError::failed(&error))?;
    let why_not = |name: &FieldName| {
        let field = layout.skipped.iter().find(|field| field.name == *name)?;
        Some(why_skipped(field.reason).to_owned())
    };
    let fields = describe.fields.iter().map(|field| field_body(field, why_not(&field.name))).collect();
    Ok(Json(SObjectDetails {
        name: describe.summary.name.to_string(),
        label: describe.summary.label.clone(),
        fields,
    }))
}

fn field_body(field: &FieldDescribe, skipped: Option<String>) -> SObjectField {
    let entries = field.picklist_values.iter().filter(|value| value.active);
    SObjectField {
        name: field.name.to_string(),
        label: field.label.clone(),
        field_type: type_word(field.field_type),
        length: field.length,
        custom: field.custom,
        nillable: field.nillable,
        calculated: field.calculated,
        filterable: field.filterable,
        compound: field.compound_field_name.as_ref().map(FieldName::to_string),
        picklist: entries
            .map(|entry| PicklistEntry {
                label: entry.label.clone().unwrap_or_else(|| entry.value.clone()),
                value: entry.value.clone(),
            })
            .collect(),
        reference_to: field.reference_to.iter().map(SObjectName::to_string).collect(),
        relationship: field.relationship_name.as_ref().map(FieldName::to_string),
        polymorphic: field.is_polymorphic(),
        skipped,
    }
}

/// Salesforce's word for a type.
pub(crate) fn type_word(field_type: FieldType) -> String {
    match serde_json::to_value(field_type) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
