//! The records that every org has from its start and that no number of the start multiplies: profiles, stages, price books.

use crate::id::RecordId;
use crate::org::Org;
use crate::value::Value;

mod activities;
mod audit;
mod files;
mod people;
mod sales;
mod service;

/// Adds records to an org that nobody uses yet.
#[derive(Debug)]
pub(crate) struct Planter<'org> {
    org: &'org Org,
    /// When the org was made.
    at_ms: i64,
    /// When it is started.
    now_ms: i64,
}

impl Planter<'_> {
    /// Adds a record and returns its id. It is as old as the org; what is left out gets its default.
    ///
    /// Panics if the schema has no such sObject or field: what is planted comes with the program.
    pub(crate) fn plant(&self, sobject: &str, values: &[(&str, Value<'static>)]) -> RecordId {
        let schema = self.org.schema();
        let sobject = schema.find(sobject).unwrap_or_else(|| panic!("no sObject {sobject}"));
        let place = |name: &str| {
            sobject.field(name).unwrap_or_else(|| panic!("{} has no field {name}", sobject.name)).index
        };
        let values: Vec<_> = values.iter().map(|(name, value)| (place(name), value.clone())).collect();
        self.org.insert(sobject, &values, self.at_ms)
    }

    /// Says which values of a picklist records of a record type may have.
    ///
    /// Panics if the schema has no such field or value: what is planted comes with the program.
    fn narrow_picklist(&self, sobject: &str, record_type: RecordId, field: &str, values: &[&str]) {
        let found = self.org.schema().find(sobject).unwrap_or_else(|| panic!("no sObject {sobject}"));
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        if let Err(error) = self.org.narrow_picklist(found, record_type, field, &values) {
            panic!("{error}");
        }
    }

    /// Returns the record that a lookup of another points to.
    pub(crate) fn read_id(&self, sobject: &str, id: &RecordId, lookup: &str) -> Option<RecordId> {
        let view = self.org.read();
        let sobject = view.schema().find(sobject)?;
        match view.value(sobject, &view.find(sobject, id)?, sobject.field(lookup)?) {
            Value::Id(id) => Some(id),
            _ => None,
        }
    }

    /// Returns the ids of the first records of an sObject, as many as there are.
    pub(crate) fn first_ids(&self, sobject: &str, count: usize) -> Vec<RecordId> {
        let view = self.org.read();
        let sobject = view.schema().find(sobject).unwrap_or_else(|| panic!("no sObject {sobject}"));
        view.rows(sobject).take(count).map(|row| view.id(&row)).collect()
    }

    /// Adds the records that say what the values of an sObject's `Status` mean.
    fn plant_statuses(
        &self,
        sobject: &str,
        of: &str,
        meaning: impl Fn(&str) -> Vec<(&'static str, Value<'static>)>,
    ) {
        self.plant_values(sobject, of, "Status", meaning);
    }

    /// Adds the records that say what the values of a picklist mean, in its order.
    fn plant_values(
        &self,
        sobject: &str,
        of: &str,
        field: &str,
        meaning: impl Fn(&str) -> Vec<(&'static str, Value<'static>)>,
    ) {
        let field = self.org.schema().find(of).and_then(|sobject| sobject.field(field));
        let entries = field.map(|field| &field.picklist).into_iter().flatten();
        for (order, entry) in (1..).zip(entries) {
            let mut values = vec![
                ("MasterLabel", Value::text(&entry.label)),
                ("ApiName", Value::text(&entry.value)),
                ("SortOrder", Value::Int(order)),
                ("IsDefault", Value::Bool(entry.default_value)),
            ];
            values.extend(meaning(&entry.value));
            self.plant(sobject, &values);
        }
    }
}

/// Plants the records of all areas. Later areas may point to records of earlier ones.
pub(crate) fn plant(org: &Org, at_ms: i64, now_ms: i64) {
    // Instants have no fractions of a second.
    let planter = Planter { org, at_ms, now_ms: now_ms - now_ms.rem_euclid(1_000) };
    people::plant(&planter);
    sales::plant(&planter);
    service::plant(&planter);
    activities::plant(&planter);
    files::plant(&planter);
    audit::plant(&planter);
}
