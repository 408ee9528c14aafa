//! The sObjects of the org and their fields, as the administrator of the org would have them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

pub(crate) use self::field::Computation;
pub use self::field::{Field, FieldKind, PicklistEntry};

mod activities;
mod audit;
pub(crate) mod change;
mod entities;
mod events;
mod field;
mod files;
mod people;
mod sales;
mod service;
mod table;

const AREAS: [table::Area; 7] =
    [sales::AREA, service::AREA, activities::AREA, people::AREA, files::AREA, audit::AREA, entities::AREA];

/// The record type id that stands for "no record type" in every org (REST API Developer Guide, sObject Describe).
pub const MASTER_RECORD_TYPE: &str = "012000000000000AAA";

/// The sObject of notes, which an org may have switched off.
const NOTE: &str = "ContentNote";

/// All sObjects the org knows.
#[derive(Clone, Debug)]
pub struct Schema {
    sobjects: Arc<[SObject]>,
    by_name: HashMap<String, usize>,
}

impl Schema {
    /// Returns the schema every simulated org has.
    pub fn standard() -> &'static Self {
        static STANDARD: LazyLock<Schema> = LazyLock::new(|| Schema::new(table::read(&AREAS)));
        &STANDARD
    }

    /// Returns the platform events that can be published.
    pub(crate) fn platform_events() -> &'static Self {
        static EVENTS: LazyLock<Schema> = LazyLock::new(|| Schema::new(table::read(&[events::AREA])));
        &EVENTS
    }

    /// Returns the schema of an org that has notes switched off: its sObjects have the same places, but nobody finds notes.
    pub fn without_notes() -> &'static Self {
        static WITHOUT_NOTES: LazyLock<Schema> = LazyLock::new(|| Schema::standard().without([NOTE]));
        &WITHOUT_NOTES
    }

    /// Returns the same sObjects at the same places, but nobody finds those of the names given.
    fn without<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut schema = self.clone();
        for name in names {
            schema.by_name.remove(&name.to_ascii_lowercase());
        }
        schema
    }

    fn new(mut sobjects: Vec<SObject>) -> Self {
        let children = list_children(&sobjects);
        for sobject in &mut sobjects {
            sobject.children = children
                .iter()
                .filter(|(parent, _)| *parent == sobject.name)
                .map(|(_, child)| child.clone())
                .collect();
            if entities::ALSO_IN_TOOLING.contains(&sobject.name.as_str()) {
                sobject.reach = Reach::Both;
            }
        }
        let by_name: HashMap<_, _> =
            sobjects.iter().map(|sobject| (sobject.name.to_ascii_lowercase(), sobject.index)).collect();
        assert_eq!(by_name.len(), sobjects.len(), "no two tables are of one sObject");
        Self { sobjects: sobjects.into(), by_name }
    }

    /// Returns all sObjects, in the order of their names.
    pub fn sobjects(&self) -> &[SObject] {
        &self.sobjects
    }

    /// Lists the sObjects that can be found, in the order of their names.
    pub fn offered(&self) -> impl Iterator<Item = &SObject> {
        self.sobjects.iter().filter(|sobject| self.find(&sobject.name).is_some())
    }

    /// Finds an sObject by its API name in any case.
    pub fn find(&self, name: &str) -> Option<&SObject> {
        let index = self.by_name.get(&name.to_ascii_lowercase())?;
        self.sobjects.get(*index)
    }

    /// Finds the sObject whose records have ids with that key prefix; of several the one that describes name it for.
    pub fn find_by_prefix(&self, prefix: [u8; 3]) -> Option<&SObject> {
        let mut found = self.sobjects.iter().filter(|sobject| sobject.key_prefix == Some(prefix));
        let first = found.clone().next();
        found.find(|sobject| sobject.shows_key_prefix).or(first)
    }
}

/// One sObject: a kind of record.
#[derive(Clone, Debug)]
pub struct SObject {
    /// The place in [`Schema::sobjects`].
    pub index: usize,
    /// What chance starts from for its records.
    pub(crate) salt: u64,
    /// The API name.
    pub name: String,
    /// The name people see.
    pub label: String,
    /// The same for many.
    pub label_plural: String,
    /// The first three characters of the ids of its records.
    pub key_prefix: Option<[u8; 3]>,
    /// Whether a describe names these characters: where several sObjects share them, it does not.
    pub(crate) shows_key_prefix: bool,
    /// What it adds to another sObject, and to which (`History`, `Account`).
    pub(crate) associate: Option<(String, String)>,
    /// The first API version that has it, times ten.
    pub(crate) since: u16,
    /// What the REST API has of its pages.
    pub(crate) pages: Pages,
    /// Whether an administrator made it.
    pub custom: bool,
    /// What one may do with it.
    pub abilities: Abilities,
    /// The scopes that `USING SCOPE` takes: name and label.
    pub scopes: Vec<(String, String)>,
    /// The fields in declared order.
    pub fields: Vec<Field>,
    /// The lookups of other sObjects that point here.
    pub children: Vec<ChildRelationship>,
    /// Which of the APIs knows it.
    pub(crate) reach: Reach,
    /// Whether its records are computed from what the org is, when somebody asks.
    pub(crate) is_virtual: bool,
    /// Whether field-level security leaves its fields alone.
    unsecured: bool,
    fields_by_name: HashMap<String, usize>,
    fields_by_relationship: HashMap<String, usize>,
}

impl SObject {
    /// Finds a field by its API name in any case.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.find_lower_case(&self.fields_by_name, name)
    }

    /// Finds a lookup field by its relationship name (`Owner` for `OwnerId`) in any case.
    pub fn relationship(&self, name: &str) -> Option<&Field> {
        self.find_lower_case(&self.fields_by_relationship, name)
    }

    /// Returns the field that names a record (`Name`, `CaseNumber`).
    pub fn name_field(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.name_field)
    }

    /// Returns the label of the id field (`Account ID`).
    pub(crate) fn id_label(&self) -> &str {
        self.field("Id").map_or("ID", |field| &field.label)
    }

    fn find_lower_case(&self, index: &HashMap<String, usize>, name: &str) -> Option<&Field> {
        let position = match index.get(name) {
            Some(position) => position,
            None => index.get(&name.to_ascii_lowercase())?,
        };
        self.fields.get(*position)
    }
}

/// Which of the APIs knows an sObject.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Reach {
    #[default]
    Data,
    Tooling,
    Both,
}

/// One of the two APIs that have sObjects.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Api {
    /// What everyone works with.
    #[default]
    Data,
    /// What developers look at the org with (Tooling API).
    Tooling,
}

impl Api {
    /// Returns whether an sObject is known to this API.
    pub(crate) fn knows(self, sobject: &SObject) -> bool {
        match sobject.reach {
            Reach::Both => true,
            Reach::Data => self == Self::Data,
            Reach::Tooling => self == Self::Tooling,
        }
    }

    /// Returns what its paths have behind the version.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Data => "",
            Self::Tooling => "/tooling",
        }
    }
}

/// What an sObject allows, as describe global reports it.
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "the names are those of the describe members")]
pub struct Abilities {
    pub createable: bool,
    pub updateable: bool,
    pub deletable: bool,
    pub undeletable: bool,
    pub mergeable: bool,
    pub queryable: bool,
    pub replicateable: bool,
    pub retrieveable: bool,
    pub searchable: bool,
    pub triggerable: bool,
    pub layoutable: bool,
    pub feed_enabled: bool,
    pub mru_enabled: bool,
    pub deep_cloneable: bool,
}

/// What of the pages people use has a REST resource.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pages {
    pub(crate) approval_layouts: bool,
    pub(crate) list_views: bool,
    pub(crate) quick_actions: bool,
}

/// A lookup of another sObject seen from its target.
#[derive(Clone, Debug)]
pub struct ChildRelationship {
    /// The sObject that has the lookup.
    pub child_sobject: String,
    /// The lookup field.
    pub field: String,
    /// The name for subqueries; none if the children cannot be queried from here.
    pub relationship_name: Option<String>,
    /// Whether deleting the parent deletes the children.
    pub cascade_delete: bool,
    /// Whether children keep the parent from being deleted.
    pub restricted_delete: bool,
}

fn list_children(sobjects: &[SObject]) -> Vec<(String, ChildRelationship)> {
    let lookups = sobjects.iter().flat_map(|child| child.fields.iter().map(move |field| (child, field)));
    lookups
        .flat_map(|(child, field)| {
            // The record that another was merged into does not list it.
            let is_merged = field.name == "MasterRecordId";
            field.reference_to.iter().filter(move |_| !is_merged).map(move |parent| {
                let relationship = ChildRelationship {
                    child_sobject: child.name.clone(),
                    field: field.name.clone(),
                    relationship_name: field.child_relationship_name.clone(),
                    cascade_delete: field.cascade_delete,
                    restricted_delete: field.restricted_delete,
                };
                (parent.clone(), relationship)
            })
        })
        .collect()
}
