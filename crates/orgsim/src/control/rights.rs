//! What users may do, by the control API: rights given and taken, and who sees records of others.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::off_thread;
use super::records::find_sobject;
use crate::app::App;
use crate::errors::ApiError;
use crate::id::RecordId;
use crate::org::RightsChange;
use crate::rights::{Access, OrgDefault, secured_entry};
use crate::users::find_user_named;
use crate::value::Value;

/// Whose rights change, and how.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RightsBody {
    /// A user by id or username.
    user: Option<String>,
    /// A permission set by id or name.
    permission_set: Option<String>,
    /// User permissions by their name without `Permissions`.
    #[serde(default)]
    permissions: BTreeMap<String, bool>,
    /// Rights on sObjects, in place of those there are.
    #[serde(default)]
    objects: BTreeMap<String, Vec<ObjectRight>>,
    /// Rights on fields by `Account.Phone`.
    #[serde(default)]
    fields: BTreeMap<String, FieldRight>,
    /// Who sees records of others: `Private`, `Read`, `Edit` or `ControlledByParent`.
    #[serde(default)]
    org_wide_defaults: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
enum ObjectRight {
    Read,
    Create,
    Edit,
    Delete,
    ViewAll,
    ModifyAll,
    ViewAllFields,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FieldRight {
    None,
    Read,
    Edit,
}

#[derive(Debug, Serialize)]
struct ChangedBody {
    done: bool,
}

/// Changes rights.
pub(super) async fn change(State(app): State<Arc<App>>, Json(body): Json<RightsBody>) -> Response {
    off_thread(move || apply(&app, &body)).await
}

fn apply(app: &App, body: &RightsBody) -> Result<ChangedBody, ApiError> {
    let change = read_change(app, body)?;
    let defaults = read_defaults(app, body)?;
    let now_ms = app.now_ms();
    match (&body.user, &body.permission_set) {
        (Some(user), None) => app.org.change_rights_of_user(find_user(app, user)?, &change, now_ms),
        (None, Some(set)) => app.org.change_rights_of_set(find_set(app, set)?, &change, now_ms),
        (None, None) if !defaults.is_empty() => {}
        _ => return Err(invalid("give either user or permission_set".to_owned())),
    }
    for (sobject, default) in defaults {
        set_default(app, sobject, default, now_ms)?;
    }
    Ok(ChangedBody { done: true })
}

fn read_change(app: &App, body: &RightsBody) -> Result<RightsChange, ApiError> {
    let sets = find_sobject(app, "PermissionSet")?;
    let mut change = RightsChange::default();
    for (name, is_granted) in &body.permissions {
        let field = sets.field(&format!("Permissions{name}"));
        let field = field.ok_or_else(|| invalid(format!("no user permission {name}")))?;
        change.permissions.push((field.name["Permissions".len()..].to_owned(), *is_granted));
    }
    for (name, rights) in &body.objects {
        change.objects.push((find_sobject(app, name)?, to_access(rights)));
    }
    for (name, right) in &body.fields {
        let unknown = || invalid(format!("no field {name} that rights are granted on"));
        let (sobject, field) = name.split_once('.').ok_or_else(unknown)?;
        let sobject = find_sobject(app, sobject)?;
        let field =
            sobject.field(field).and_then(|field| secured_entry(sobject, field)).ok_or_else(unknown)?;
        let right = match right {
            FieldRight::None => None,
            FieldRight::Read => Some(false),
            FieldRight::Edit => Some(true),
        };
        change.fields.push((sobject, field.index, right));
    }
    Ok(change)
}

/// Each right brings those along that it needs.
fn to_access(rights: &[ObjectRight]) -> Access {
    use ObjectRight::{Create, Delete, Edit, ModifyAll, ViewAll, ViewAllFields};
    let has = |right| rights.contains(&right);
    Access {
        read: !rights.is_empty(),
        create: has(Create),
        edit: has(Edit) || has(Delete) || has(ModifyAll),
        delete: has(Delete) || has(ModifyAll),
        view_all: has(ViewAll) || has(ModifyAll),
        modify_all: has(ModifyAll),
        all_fields: has(ViewAllFields),
    }
}

fn read_defaults(
    app: &App,
    body: &RightsBody,
) -> Result<Vec<(&'static crate::schema::SObject, OrgDefault)>, ApiError> {
    let read = |(name, text): (&String, &String)| {
        let default = OrgDefault::parse(text).ok_or_else(|| invalid(format!("no default {text}")))?;
        Ok((find_sobject(app, name)?, default))
    };
    body.org_wide_defaults.iter().map(read).collect()
}

/// The Organization says what the default is for the sObjects that it has a field for.
fn set_default(
    app: &App,
    sobject: &'static crate::schema::SObject,
    default: OrgDefault,
    now_ms: i64,
) -> Result<(), ApiError> {
    let organization = app.org.schema().find("Organization");
    let field = organization.and_then(|at| Some((at, at.field(&OrgDefault::field_of(sobject))?)));
    match field {
        Some((at, field)) => {
            let value = Value::text(default.as_str());
            let changed = app.org.update(at, &app.org.organization_id(), &[(field.index, value)], now_ms);
            changed.map(drop).map_err(|absent| invalid(format!("the Organization is not there: {absent:?}")))
        }
        None => {
            app.org.set_org_default(sobject, default);
            Ok(())
        }
    }
}

fn find_user(app: &App, text: &str) -> Result<RecordId, ApiError> {
    let by_id = RecordId::parse(text).filter(|id| crate::users::find_user(&app.org, id).is_some());
    let by_name = || find_user_named(&app.org, text).map(|user| user.id);
    by_id.or_else(by_name).ok_or_else(|| invalid(format!("no user {text}")))
}

fn find_set(app: &App, text: &str) -> Result<RecordId, ApiError> {
    let view = app.org.read();
    let sets = find_sobject(app, "PermissionSet")?;
    let id = RecordId::parse(text);
    let row = match id.and_then(|id| view.find(sets, &id)) {
        Some(row) => Some(row),
        None => view.rows(sets).find(|row| view.text_in(sets, row, "Name").as_deref() == Some(text)),
    };
    row.map(|row| view.id(&row)).ok_or_else(|| invalid(format!("no permission set {text}")))
}

fn invalid(message: String) -> ApiError {
    ApiError::bad_request("INVALID_INPUT", message)
}
