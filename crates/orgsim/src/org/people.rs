//! What people have and take: their own permission sets and their licences.

use crate::id::RecordId;
use crate::org::{OrgView, Row};
use crate::schema::SObject;
use crate::value::Value;

/// Returns the set that the profile of a user owns.
pub(super) fn own_set(view: &OrgView<'_>, user: &Value<'_>) -> Value<'static> {
    let Value::Id(user) = user else { return Value::Null };
    let profile =
        view.find_by_name("User", user).and_then(|(users, row)| view.id_in(users, &row, "ProfileId"));
    let set = profile.and_then(|profile| view.rows_linked("PermissionSet", "ProfileId", profile).pop());
    set.map_or(Value::Null, |row| Value::Id(view.id(&row)))
}

/// Returns how many active users have a licence (Object Reference, UserLicense).
pub(super) fn used_user_licenses(view: &OrgView<'_>, license: RecordId) -> Value<'static> {
    let Some(users) = view.schema().find("User") else { return Value::Null };
    let profiles = view.rows_linked("Profile", "UserLicenseId", license);
    let takes = |row: &&Row| {
        view.bool_in(users, row, "IsActive")
            // Users that the system itself made take no licence.
            && !matches!(view.text_in(users, row, "UserType").as_deref(), Some("AutomatedProcess" | "CloudIntegrationUser"))
    };
    let used = profiles
        .iter()
        .map(|profile| view.rows_linked("User", "ProfileId", view.id(profile)).iter().filter(takes).count());
    Value::Int(used.sum::<usize>() as i64)
}

/// Returns how many records of an sObject point to one.
pub(super) fn count_links(view: &OrgView<'_>, sobject: &str, lookup: &str, to: RecordId) -> Value<'static> {
    Value::Int(view.rows_linked(sobject, lookup, to).len() as i64)
}

impl OrgView<'_> {
    /// Finds a live record by the name of its sObject and its id.
    pub(crate) fn find_by_name(&self, sobject: &str, id: &RecordId) -> Option<(&'static SObject, Row)> {
        let sobject = self.schema().find(sobject)?;
        let row = self.find(sobject, id).filter(|row| !self.is_deleted(row))?;
        Some((sobject, row))
    }

    /// Lists the live records whose lookup points to a record.
    pub(crate) fn rows_linked(&self, sobject: &str, lookup: &str, to: RecordId) -> Vec<Row> {
        let Some(sobject) = self.schema().find(sobject) else { return Vec::new() };
        let Some(lookup) = sobject.field(lookup) else { return Vec::new() };
        self.live_rows_by_key(sobject, lookup, &Value::Id(to))
    }

    /// Returns the id in a field.
    pub(crate) fn id_in(&self, sobject: &SObject, row: &Row, field: &str) -> Option<RecordId> {
        match self.value(sobject, row, sobject.field(field)?) {
            Value::Id(id) => Some(id),
            _ => None,
        }
    }

    /// Returns whether a field is true.
    pub(crate) fn bool_in(&self, sobject: &SObject, row: &Row, field: &str) -> bool {
        sobject.field(field).is_some_and(|field| self.value(sobject, row, field) == Value::Bool(true))
    }

    /// Returns the text in a field.
    pub(crate) fn text_in(&self, sobject: &SObject, row: &Row, field: &str) -> Option<String> {
        self.value(sobject, row, sobject.field(field)?).as_str().map(str::to_owned)
    }
}
