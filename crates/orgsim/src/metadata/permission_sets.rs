//! Permission sets: their files become records, by the rules that hold for those (Metadata API Developer Guide,
//! PermissionSet). What a set granted that its file does not name is taken from it.

use super::deployment::Change;
use crate::id::RecordId;
use crate::org::{Author, Given, Org, SaveError, Sent};
use crate::rights::{Access, Grants, find_field, read_grants};
use crate::schema::SObject;
use crate::xml::Element;

const SET: &str = "PermissionSet";
const OBJECTS: &str = "ObjectPermissions";
const FIELDS: &str = "FieldPermissions";

/// What the fields of user permissions begin with.
const PERMISSION: &str = "Permissions";

/// Deploys a permission set, and tells what that did and which record it is.
pub(super) fn apply(org: &Org, by: Author, name: &str, root: &Element) -> Result<(Change, RecordId), String> {
    let wanted = read_wanted(org, root)?;
    let sets = table(org, SET)?;
    let head = Head::read(root);
    let known = find_set(org, sets, name);
    if let Some(id) = known
        && head == Head::of_record(org, sets, &id)
        && wanted == read_grants(&org.read(), id)
    {
        return Ok((Change::None, id));
    }
    let permissions = permission_fields(sets, &wanted);
    let mut sent = head.to_fields();
    sent.extend(permissions.iter().map(|(field, is_granted)| flag(field, *is_granted)));
    let id = match known {
        Some(id) => org.update_record(sets, &id, &sent, by).map(|()| id),
        None => {
            sent.push(text("Name", name));
            org.create_record(sets, &sent, by)
        }
    };
    let id = id.map_err(|errors| words(&errors))?;
    grant(org, by, id, &wanted)?;
    Ok((known.map_or(Change::Created, |_| Change::Changed), id))
}

/// What a file says of a set beside what it grants.
#[derive(Debug, Eq, PartialEq)]
struct Head {
    label: String,
    description: String,
    has_activation: bool,
}

impl Head {
    fn read(root: &Element) -> Self {
        Self {
            label: root.child_text("label").to_owned(),
            description: root.child_text("description").to_owned(),
            has_activation: is_true(root, "hasActivationRequired"),
        }
    }

    fn of_record(org: &Org, sets: &SObject, id: &RecordId) -> Self {
        let view = org.read();
        let row = view.find(sets, id);
        let text = |field: &str| row.and_then(|row| view.text_in(sets, &row, field)).unwrap_or_default();
        Self {
            label: text("Label"),
            description: text("Description"),
            has_activation: row.is_some_and(|row| view.bool_in(sets, &row, "HasActivationRequired")),
        }
    }

    fn to_fields(&self) -> Vec<Sent<'_>> {
        let description = match self.description.as_str() {
            "" => Sent { name: "Description", value: Given::Null, node: None },
            description => text("Description", description),
        };
        vec![text("Label", &self.label), description, flag("HasActivationRequired", self.has_activation)]
    }
}

/// Reads what a file grants, and finds all that it names.
fn read_wanted(org: &Org, root: &Element) -> Result<Grants, String> {
    let view = org.read();
    let sets = table(org, SET)?;
    let mut wanted = Grants::default();
    for given in named(root, "userPermissions") {
        let name = given.child_text("name");
        if sets.field(&format!("{PERMISSION}{name}")).is_none() {
            return Err(format!("Unknown user permission: {name}"));
        }
        if is_true(given, "enabled") {
            wanted.permissions.insert(name.to_owned());
        }
    }
    for given in named(root, "objectPermissions") {
        let name = given.child_text("object");
        let sobject = view.schema().find(name);
        let sobject =
            sobject.ok_or_else(|| format!("In field: field - no CustomObject named {name} found"))?;
        let access = read_access(given);
        if access != Access::default() {
            wanted.objects.insert(sobject.index, access);
        }
    }
    for given in named(root, "fieldPermissions") {
        let name = given.child_text("field");
        let Some(found) = find_field(&view, name) else {
            let is_there = name.split_once('.').is_some_and(|(sobject, field)| {
                view.schema().find(sobject).is_some_and(|sobject| sobject.field(field).is_some())
            });
            return Err(match is_there {
                true => format!("You cannot deploy to a required field: {name}"),
                false => format!("In field: field - no CustomField named {name} found"),
            });
        };
        let edits = is_true(given, "editable");
        if edits || is_true(given, "readable") {
            wanted.fields.insert((found.0.index, found.1), edits);
        }
    }
    Ok(wanted)
}

fn read_access(given: &Element) -> Access {
    Access {
        read: is_true(given, "allowRead"),
        create: is_true(given, "allowCreate"),
        edit: is_true(given, "allowEdit"),
        delete: is_true(given, "allowDelete"),
        view_all: is_true(given, "viewAllRecords"),
        modify_all: is_true(given, "modifyAllRecords"),
        all_fields: is_true(given, "viewAllFields"),
    }
}

/// One record of what a set grants on an sObject or a field.
enum Step {
    Remove(&'static SObject, RecordId),
    Write {
        table: &'static SObject,
        known: Option<RecordId>,
        names: Vec<(&'static str, String)>,
        flags: Vec<(&'static str, bool)>,
    },
}

/// Makes a set grant that and nothing else.
fn grant(org: &Org, by: Author, set: RecordId, wanted: &Grants) -> Result<(), String> {
    let mut steps = Vec::new();
    plan_objects(org, set, wanted, &mut steps)?;
    plan_fields(org, set, wanted, &mut steps)?;
    // Some rights need others of the same set, so what is refused is tried again as long as anything gets on.
    loop {
        let before = steps.len();
        let mut refused = None;
        steps.retain(|step| match carry_out(org, by, set, step) {
            Ok(()) => false,
            Err(errors) => {
                refused = Some(errors);
                true
            }
        });
        match refused {
            None => return Ok(()),
            Some(errors) if steps.len() == before => return Err(words(&errors)),
            Some(_) => {}
        }
    }
}

fn plan_objects(org: &Org, set: RecordId, wanted: &Grants, steps: &mut Vec<Step>) -> Result<(), String> {
    let rights = table(org, OBJECTS)?;
    let known = rows_of(org, rights, set, "SobjectType");
    let schema = org.schema();
    let is_wanted = |name: &str| wanted.objects.keys().any(|place| schema.sobjects()[*place].name == name);
    steps.extend(known.iter().filter(|(name, _)| !is_wanted(name)).map(|(_, id)| Step::Remove(rights, *id)));
    for (place, access) in &wanted.objects {
        let name = &schema.sobjects()[*place].name;
        steps.push(Step::Write {
            table: rights,
            known: find(&known, name),
            names: vec![("SobjectType", name.clone())],
            flags: vec![
                ("PermissionsRead", access.read),
                ("PermissionsCreate", access.create),
                ("PermissionsEdit", access.edit),
                ("PermissionsDelete", access.delete),
                ("PermissionsViewAllRecords", access.view_all),
                ("PermissionsModifyAllRecords", access.modify_all),
                ("PermissionsViewAllFields", access.all_fields),
            ],
        });
    }
    Ok(())
}

fn plan_fields(org: &Org, set: RecordId, wanted: &Grants, steps: &mut Vec<Step>) -> Result<(), String> {
    let rights = table(org, FIELDS)?;
    let known = rows_of(org, rights, set, "Field");
    let name_of = |place: usize, field: usize| {
        let sobject = &org.schema().sobjects()[place];
        (sobject.name.clone(), format!("{}.{}", sobject.name, sobject.fields[field].name))
    };
    let is_wanted = |name: &str| wanted.fields.keys().any(|(place, field)| name_of(*place, *field).1 == name);
    steps.extend(known.iter().filter(|(name, _)| !is_wanted(name)).map(|(_, id)| Step::Remove(rights, *id)));
    for ((place, field), edits) in &wanted.fields {
        let (sobject, name) = name_of(*place, *field);
        steps.push(Step::Write {
            table: rights,
            known: find(&known, &name),
            names: vec![("SobjectType", sobject), ("Field", name)],
            flags: vec![("PermissionsRead", true), ("PermissionsEdit", *edits)],
        });
    }
    Ok(())
}

fn carry_out(org: &Org, by: Author, set: RecordId, step: &Step) -> Result<(), Vec<SaveError>> {
    match step {
        Step::Remove(table, id) => org.delete_record(table, id, by),
        Step::Write { table, known, names, flags } => {
            let mut sent: Vec<Sent<'_>> = flags.iter().map(|(name, value)| flag(name, *value)).collect();
            match known {
                Some(id) => org.update_record(table, id, &sent, by),
                None => {
                    sent.push(text("ParentId", set.as_str()));
                    sent.extend(names.iter().map(|(name, value)| text(name, value)));
                    org.create_record(table, &sent, by).map(|_| ())
                }
            }
        }
    }
}

/// Lists the records of a set's rights, each by what it is about.
fn rows_of(org: &Org, rights: &SObject, set: RecordId, field: &str) -> Vec<(String, RecordId)> {
    let view = org.read();
    let rows = view.rows_linked(&rights.name, "ParentId", set);
    rows.iter().filter_map(|row| Some((view.text_in(rights, row, field)?, view.id(row)))).collect()
}

fn find(known: &[(String, RecordId)], name: &str) -> Option<RecordId> {
    known.iter().find(|(of, _)| of == name).map(|(_, id)| *id)
}

/// Finds a set that no profile owns.
fn find_set(org: &Org, sets: &SObject, name: &str) -> Option<RecordId> {
    let view = org.read();
    let is_it = |row: &crate::org::Row| {
        !view.is_deleted(row)
            && !view.bool_in(sets, row, "IsOwnedByProfile")
            && view.text_in(sets, row, "Name").as_deref() == Some(name)
    };
    view.rows(sets).find(is_it).map(|row| view.id(&row))
}

/// Lists the fields of user permissions, and which of them a file grants.
fn permission_fields(sets: &SObject, wanted: &Grants) -> Vec<(String, bool)> {
    let of = |field: &crate::schema::Field| {
        let name = field.name.strip_prefix(PERMISSION).filter(|_| field.updateable)?;
        Some((field.name.clone(), wanted.permissions.contains(name)))
    };
    sets.fields.iter().filter_map(of).collect()
}

fn table(org: &Org, name: &str) -> Result<&'static SObject, String> {
    org.schema().find(name).ok_or_else(|| format!("{name} is not available in this org"))
}

fn named<'a>(root: &'a Element, name: &'a str) -> impl Iterator<Item = &'a Element> {
    root.children.iter().filter(move |child| child.name == name)
}

fn is_true(element: &Element, name: &str) -> bool {
    element.child_text(name) == "true"
}

fn text<'a>(name: &'a str, value: &'a str) -> Sent<'a> {
    Sent { name, value: Given::Text(value), node: None }
}

fn flag(name: &str, value: bool) -> Sent<'_> {
    Sent { name, value: Given::Bool(value), node: None }
}

fn words(errors: &[SaveError]) -> String {
    errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ")
}
