//! What people have and take: their own permission sets and their licences.

pub(super) use self::consequences::{follow, follow_delete};
pub(crate) use self::record_types::list_record_types;
pub(in crate::org) use self::record_types::{choose_default, record_type_of};
pub(crate) use self::rules::INTEGRATION_LICENSE;
pub(super) use self::rules::{check, check_delete};
pub(crate) use self::switch::RightsChange;
use crate::id::RecordId;
use crate::org::draft::Values;
use crate::org::{Author, OrgView, Row};
use crate::schema::SObject;
use crate::value::Value;

mod consequences;
mod groups;
mod record_types;
mod rules;
mod switch;
mod trail;

/// A record that is written, or deleted: then no values are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a> {
    pub(super) sobject: &'a SObject,
    /// None before a new record has one.
    pub(super) id: Option<RecordId>,
    pub(super) values: &'a Values,
    pub(super) by: Author,
}

impl Change<'_> {
    /// Returns the value that a field will have.
    fn value(&self, view: &OrgView<'_>, name: &str) -> Value<'static> {
        let Some(field) = self.sobject.field(name) else { return Value::Null };
        if let Some((_, value)) = self.values.iter().find(|(index, _)| *index == field.index) {
            return value.clone();
        }
        let row = self.id.and_then(|id| view.find(self.sobject, &id));
        match row {
            Some(row) => view.value(self.sobject, &row, field).into_owned(),
            None if field.default_value.as_deref() == Some("true") => Value::Bool(true),
            None => Value::Null,
        }
    }

    fn id_of(&self, view: &OrgView<'_>, name: &str) -> Option<RecordId> {
        match self.value(view, name) {
            Value::Id(id) => Some(id),
            _ => None,
        }
    }

    fn is_true(&self, view: &OrgView<'_>, name: &str) -> bool {
        self.value(view, name) == Value::Bool(true)
    }

    fn text(&self, view: &OrgView<'_>, name: &str) -> String {
        self.value(view, name).as_str().unwrap_or_default().to_owned()
    }

    /// Returns whether the write names a field.
    fn names(&self, name: &str) -> bool {
        self.values.iter().any(|(index, _)| self.sobject.fields[*index].name == name)
    }
}

/// What a record was like before it was written.
#[derive(Clone, Debug, Default)]
pub(super) struct Before {
    /// Whether there was a record.
    is_there: bool,
    /// The values of the fields that were written, or of all if it was deleted.
    values: Vec<(String, Value<'static>)>,
}

impl Before {
    fn read(view: &OrgView<'_>, change: Change<'_>) -> Self {
        let row = change.id.and_then(|id| view.find(change.sobject, &id));
        let Some(row) = row else { return Self::default() };
        let fields = change.sobject.fields.iter();
        let wanted = fields.filter(|field| change.values.is_empty() || change.names(&field.name));
        let value = |field: &crate::schema::Field| {
            (field.name.clone(), view.value(change.sobject, &row, field).into_owned())
        };
        Self { is_there: true, values: wanted.map(value).collect() }
    }

    fn value(&self, name: &str) -> Option<&Value<'static>> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn id_of(&self, name: &str) -> Option<RecordId> {
        match self.value(name) {
            Some(Value::Id(id)) => Some(*id),
            _ => None,
        }
    }
}

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
    /// Returns numbers that change when records of those sObjects do.
    pub(crate) fn versions(&self, sobjects: &[&str]) -> Vec<u64> {
        let known = sobjects.iter().filter_map(|name| self.schema().find(name));
        known.map(|sobject| self.overlay.table(sobject).version()).collect()
    }

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
