//! Changes that an administrator makes to custom fields and sObjects while the org runs (Salesforce Help, Manage Custom
//! Fields). Standard ones stay what they are.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;

use super::field::GONE;
use super::table::default_relationship;
use super::{Computation, Field, FieldKind, NOTE, PicklistEntry, SObject, Schema, list_children};

/// What becomes of fields and sObjects.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Op {
    /// Nobody finds it any more; its values are kept.
    Remove,
    /// It is there again, with its values.
    Restore,
    /// It has another name, and its values.
    Rename,
    /// It has another type, size or label; values stay as they are.
    Change,
    /// There is one more, which is empty in all records.
    Add,
}

/// A change of a field, or of an sObject where no field is named. What is left out stays.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldChange {
    pub(crate) op: Op,
    pub(crate) sobject: String,
    pub(crate) field: Option<String>,
    /// The new name.
    to: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    label: Option<String>,
    length: Option<u32>,
    precision: Option<u8>,
    scale: Option<u8>,
    required: Option<bool>,
    /// The values of a picklist.
    values: Option<Vec<String>>,
    /// What the sets of all profiles grant on a new field.
    #[serde(default)]
    pub(crate) grant: Granted,
}

/// What profiles may do with a new field.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Granted {
    /// As in a real org, until somebody grants it.
    None,
    Read,
    #[default]
    Edit,
}

/// The schema of an org as it stands: what records are made of, and what clients find of it.
#[derive(Clone, Debug)]
pub(crate) struct Schemas {
    all: &'static Schema,
    with_notes: &'static Schema,
    without_notes: &'static Schema,
    /// The sObjects that were removed.
    removed: BTreeSet<String>,
}

impl Default for Schemas {
    fn default() -> Self {
        let all = Schema::standard();
        Self { all, with_notes: all, without_notes: Schema::without_notes(), removed: BTreeSet::new() }
    }
}

impl Schemas {
    /// Returns all that there is, found or not.
    pub(crate) fn all(&self) -> &'static Schema {
        self.all
    }

    /// Returns what clients find.
    pub(crate) fn offered(&self, has_notes: bool) -> &'static Schema {
        if has_notes { self.with_notes } else { self.without_notes }
    }

    /// Changes the schema, or says why it cannot be changed so. The old one stays in memory: records in hand point to it.
    pub(crate) fn change(&mut self, change: &FieldChange) -> Result<(), String> {
        match (change.op, &change.field) {
            (Op::Remove, None) => {
                self.removed.insert(custom_sobject(self.all, &change.sobject)?.name.clone());
            }
            (Op::Restore, None) => {
                let name = &custom_sobject(self.all, &change.sobject)?.name;
                if !self.removed.remove(name) {
                    return Err(format!("{name} was not removed"));
                }
            }
            (_, None) => return Err("a field is named".to_owned()),
            (_, Some(field)) => self.all = Box::leak(Box::new(self.all.changed(change, field)?)),
        }
        let removed = || self.removed.iter().map(String::as_str);
        self.with_notes = Box::leak(Box::new(self.all.without(removed())));
        self.without_notes = Box::leak(Box::new(self.all.without(removed().chain([NOTE]))));
        Ok(())
    }
}

/// Finds an sObject whose custom fields can be changed.
fn find<'a>(schema: &'a Schema, name: &str) -> Result<&'a SObject, String> {
    schema.find(name).ok_or_else(|| format!("there is no sObject {name}"))
}

fn custom_sobject<'a>(schema: &'a Schema, name: &str) -> Result<&'a SObject, String> {
    let sobject = find(schema, name)?;
    if sobject.custom { Ok(sobject) } else { Err(format!("{name} is a standard sObject, which stays")) }
}

impl Schema {
    fn changed(&self, change: &FieldChange, field: &str) -> Result<Self, String> {
        let place = find(self, &change.sobject)?.index;
        let mut sobjects = self.sobjects.to_vec();
        sobjects[place].change(change, field)?;
        let children = list_children(&sobjects);
        for sobject in &mut sobjects {
            let own = children.iter().filter(|(parent, _)| *parent == sobject.name);
            sobject.children = own.map(|(_, child)| child.clone()).collect();
        }
        let changed = Self { sobjects: sobjects.into(), by_name: self.by_name.clone() };
        match changed.find_broken() {
            Some(broken) => Err(format!("{broken} is computed from it")),
            None => Ok(changed),
        }
    }

    /// Finds a field whose formula or roll-up names what is not there.
    fn find_broken(&self) -> Option<String> {
        let fields =
            self.sobjects.iter().flat_map(|sobject| sobject.fields.iter().map(move |field| (sobject, field)));
        let mut broken = fields.filter(|(sobject, field)| match &field.computation {
            Some(Computation::Formula(formula)) => formula.find_unknown(self, sobject).is_some(),
            Some(Computation::RollUp(roll_up)) => roll_up.find_unknown(self).is_some(),
            None => false,
        });
        broken.next().map(|(sobject, field)| format!("{}.{}", sobject.name, field.name))
    }
}

impl SObject {
    fn change(&mut self, change: &FieldChange, name: &str) -> Result<(), String> {
        match change.op {
            Op::Remove => self.custom_field(name)?.since = GONE,
            Op::Restore => {
                let is_it = |field: &&mut Field| field.is_gone() && field.name.eq_ignore_ascii_case(name);
                let gone = self.fields.iter_mut().find(is_it);
                gone.ok_or_else(|| format!("{name} was not removed"))?.since = 0;
            }
            Op::Rename => {
                let to = change.to.as_deref().ok_or("to is the new name")?;
                self.refuse_known(to)?;
                let field = self.custom_field(name)?;
                to.clone_into(&mut field.name);
                if field.relationship_name.is_some() {
                    field.relationship_name = Some(default_relationship(to));
                }
            }
            Op::Change => self.custom_field(name)?.reshape(change)?,
            Op::Add => {
                self.refuse_known(name)?;
                let field = new_field(self.fields.len(), name, change)?;
                self.fields.push(field);
            }
        }
        self.index_names();
        Ok(())
    }

    /// Refuses names that a new custom field cannot have.
    fn refuse_known(&self, name: &str) -> Result<(), String> {
        let stem = name.strip_suffix("__c").unwrap_or_default();
        let is_good = stem.starts_with(|first: char| first.is_ascii_alphabetic())
            && stem.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            && !stem.contains("__")
            && !stem.ends_with('_');
        if !is_good {
            return Err(format!("{name}: names of custom fields are like Some_Name__c"));
        }
        match self.fields.iter().any(|field| field.name.eq_ignore_ascii_case(name)) {
            true => Err(format!("{} has or had a field {name}", self.name)),
            false => Ok(()),
        }
    }

    fn custom_field(&mut self, name: &str) -> Result<&mut Field, String> {
        let place = self.field(name).map(|field| field.index);
        let field = place.and_then(|place| self.fields.get_mut(place));
        let field = field.ok_or_else(|| format!("{} has no field {name}", self.name))?;
        if field.custom && field.compound.is_none() && !field.is_compound() {
            return Ok(field);
        }
        Err(format!("{name} is no custom field of its own: such a one stays, but rights may hide it"))
    }

    fn index_names(&mut self) {
        let index = |key: fn(&Field) -> Option<&String>, fields: &[Field]| -> HashMap<String, usize> {
            let there = fields.iter().filter(|field| !field.is_gone());
            let named = there.filter_map(|field| Some((key(field)?, field.index)));
            named
                .flat_map(|(name, place)| [(name.clone(), place), (name.to_ascii_lowercase(), place)])
                .collect()
        };
        self.fields_by_name = index(|field| Some(&field.name), &self.fields);
        self.fields_by_relationship = index(|field| field.relationship_name.as_ref(), &self.fields);
    }
}

fn new_field(place: usize, name: &str, change: &FieldChange) -> Result<Field, String> {
    let kind = change.kind.as_deref().and_then(FieldKind::parse).filter(|kind| is_simple(*kind));
    let kind = kind.ok_or("a new field has a type such as string, picklist, double, date or boolean")?;
    let label = name.trim_end_matches("__c").replace('_', " ");
    let mut field = Field::usual(place, name, &label, kind);
    field.length = if kind.is_text() { 255 } else { 0 };
    (field.precision, field.scale) = if kind.is_decimal() { (18, 2) } else { (0, 0) };
    field.reshape(change)?;
    Ok(field)
}

/// Returns whether values of a type need nothing beside them.
fn is_simple(kind: FieldKind) -> bool {
    kind.is_text() && !matches!(kind, FieldKind::EncryptedString | FieldKind::Combobox)
        || kind.is_decimal()
        || kind.has_time()
        || matches!(kind, FieldKind::Boolean | FieldKind::Int | FieldKind::Date)
}

impl Field {
    /// Changes what is given. A type is changed into one that has the same values.
    fn reshape(&mut self, shape: &FieldChange) -> Result<(), String> {
        if self.computation.is_some() || self.auto_number || self.external_id {
            return Err(format!("{} is computed, numbered or an external id, and stays so", self.name));
        }
        if let Some(name) = &shape.kind {
            let kind = FieldKind::parse(name).ok_or_else(|| format!("there is no type {name}"))?;
            let is_same = kind == self.kind
                || is_simple(kind) && is_simple(self.kind) && kind.soap_type() == self.kind.soap_type();
            if !is_same {
                return Err(format!(
                    "{}: values of a {} are none of a {name}",
                    self.name,
                    self.kind.as_str()
                ));
            }
            self.kind = kind;
        }
        self.label = shape.label.clone().unwrap_or_else(|| self.label.clone());
        if self.kind.is_text() {
            self.length = shape.length.filter(|length| (1..=131_072).contains(length)).unwrap_or(self.length);
        }
        if self.kind.is_decimal() {
            self.precision =
                shape.precision.filter(|digits| (1..=18).contains(digits)).unwrap_or(self.precision);
            self.scale = shape.scale.unwrap_or(self.scale).min(self.precision);
        }
        if let Some(values) = &shape.values {
            self.picklist = values.iter().map(|value| new_entry(value)).collect();
        }
        if let Some(required) = shape.required {
            self.nillable = !required || self.kind == FieldKind::Boolean;
            self.permissionable = !required;
            self.defaulted_on_create = self.kind == FieldKind::Boolean;
        }
        self.settle_abilities();
        Ok(())
    }
}

fn new_entry(value: &str) -> PicklistEntry {
    PicklistEntry {
        value: value.to_owned(),
        label: value.to_owned(),
        active: true,
        default_value: false,
        valid_with: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{FieldChange, Schemas};

    fn change(schemas: &mut Schemas, body: serde_json::Value) -> Result<(), String> {
        schemas.change(&serde_json::from_value::<FieldChange>(body).unwrap())
    }

    #[test]
    fn a_field_goes_and_comes_back_in_its_place() {
        let mut schemas = Schemas::default();
        let place = schemas.all().find("Account").unwrap().field("Newsletter__c").unwrap().index;

        change(&mut schemas, json!({"op": "remove", "sobject": "account", "field": "newsletter__c"}))
            .unwrap();
        assert!(schemas.all().find("Account").unwrap().field("Newsletter__c").is_none());

        change(&mut schemas, json!({"op": "restore", "sobject": "Account", "field": "Newsletter__c"}))
            .unwrap();
        assert_eq!(schemas.all().find("Account").unwrap().field("Newsletter__c").unwrap().index, place);
    }

    #[test]
    fn what_others_are_computed_from_and_what_is_standard_stays() {
        let mut schemas = Schemas::default();
        for (body, reason) in [
            (json!({"op": "remove", "sobject": "Account", "field": "Fax"}), "no custom field"),
            (json!({"op": "remove", "sobject": "Account"}), "standard sObject"),
            (json!({"op": "remove", "sobject": "Account", "field": "Nope__c"}), "no field"),
            (
                json!({"op": "rename", "sobject": "Account", "field": "Newsletter__c", "to": "x"}),
                "names of custom fields",
            ),
            (json!({"op": "add", "sobject": "Account", "field": "A__c", "type": "reference"}), "a new field"),
            (
                json!({"op": "change", "sobject": "Account", "field": "Newsletter__c", "type": "double"}),
                "values of a boolean",
            ),
        ] {
            let error = change(&mut schemas, body).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
