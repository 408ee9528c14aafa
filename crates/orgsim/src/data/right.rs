//! The rights that the profiles grant from the start, and what each user has of them.

use std::sync::LazyLock;

use super::Record;
use crate::rights::{Gate, Grant, PROFILES, secured_entry};
use crate::schema::{Field, SObject, Schema};
use crate::value::Value;

/// What is filled from a profile's grant, or from the user of the same number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RightFill {
    Parent,
    SObject,
    Field,
    Flag(Flag),
    /// The time the org was made.
    Founded,
    /// The user who made it.
    Founder,
    /// The user of the same number, who has one record.
    SameUser,
    /// When that user was made.
    UserCreated,
}

/// A right to something.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flag {
    Create,
    Read,
    Edit,
    Delete,
    ViewAll,
    ModifyAll,
}

/// A profile, an sObject and maybe a field of it, each by its place.
type Right = (usize, usize, Option<usize>);

impl RightFill {
    pub(super) fn parse(word: &str, argument: &str) -> Option<Self> {
        Some(match (word, argument) {
            ("right_parent", _) => Self::Parent,
            ("right_sobject", _) => Self::SObject,
            ("right_field", _) => Self::Field,
            ("right", "create") => Self::Flag(Flag::Create),
            ("right", "read") => Self::Flag(Flag::Read),
            ("right", "edit") => Self::Flag(Flag::Edit),
            ("right", "delete") => Self::Flag(Flag::Delete),
            ("right", "view_all") => Self::Flag(Flag::ViewAll),
            ("right", "modify_all") => Self::Flag(Flag::ModifyAll),
            ("founded", _) => Self::Founded,
            ("founder", _) => Self::Founder,
            ("same_user", _) => Self::SameUser,
            ("user_created_at", _) => Self::UserCreated,
            _ => return None,
        })
    }

    pub(super) fn value(self, record: Record<'_>, sobject: &SObject) -> Value<'static> {
        let user = Record { sobject: record.base.links().user, revision: 0, ..record };
        match self {
            Self::Founded => return Value::DateTime(record.base.founded_ms()),
            Self::Founder => return Value::Id(Record { number: 0, ..user }.id()),
            Self::SameUser => return Value::Id(user.id()),
            Self::UserCreated => return Value::DateTime(user.created_at()),
            _ => {}
        }
        let rights = list(&sobject.name);
        let Some((profile, of, field)) = rights.get(record.number as usize) else { return Value::Null };
        let of = &Schema::standard().sobjects()[*of];
        let field = field.map(|field| &of.fields[field]);
        let grant = PROFILES[*profile].grant;
        let all = grant == Grant::All;
        match self {
            Self::Parent => Value::Id(record.base.id_of("PermissionSet", *profile as u32)),
            Self::SObject => Value::text(&of.name),
            Self::Field => {
                field.map_or(Value::Null, |field| Value::owned_text(format!("{}.{}", of.name, field.name)))
            }
            Self::Flag(Flag::Read) => Value::Bool(true),
            Self::Flag(Flag::ViewAll | Flag::ModifyAll) => Value::Bool(all),
            Self::Flag(_) => Value::Bool(grant.writes() && field.is_none_or(is_editable)),
            _ => Value::Null,
        }
    }
}

/// Returns whether anybody may write a field.
fn is_editable(field: &Field) -> bool {
    field.createable || field.updateable || field.is_compound()
}

/// Returns how many records an sObject has that hold a profile's rights.
pub(super) fn count(sobject: &str) -> Option<u32> {
    matches!(sobject, "ObjectPermissions" | "FieldPermissions").then(|| list(sobject).len() as u32)
}

/// Lists the rights of all profiles, on sObjects or on fields.
fn list(sobject: &str) -> &'static [Right] {
    static OBJECTS: LazyLock<Vec<Right>> = LazyLock::new(|| list_objects(Schema::standard()));
    static FIELDS: LazyLock<Vec<Right>> = LazyLock::new(|| list_fields(Schema::standard()));
    if sobject == "FieldPermissions" { &FIELDS } else { &OBJECTS }
}

fn list_objects(schema: &Schema) -> Vec<Right> {
    let places = 0..PROFILES.len();
    let covered = |profile: usize| {
        let secured = schema.sobjects().iter().filter(|sobject| Gate::of(sobject) == Gate::Object);
        secured
            .filter(move |sobject| PROFILES[profile].grant.covers(&sobject.name))
            .map(move |sobject| (profile, sobject.index, None))
    };
    places.flat_map(covered).collect()
}

fn list_fields(schema: &Schema) -> Vec<Right> {
    let objects = (0..PROFILES.len()).flat_map(|profile| {
        let covered = schema.sobjects().iter();
        covered
            .filter(move |sobject| PROFILES[profile].grant.covers(&sobject.name))
            .map(move |sobject| (profile, sobject))
    });
    objects
        .flat_map(|(profile, sobject)| {
            let fields = sobject.fields.iter().filter(|field| {
                secured_entry(sobject, field).is_some_and(|entry| entry.index == field.index)
            });
            fields.map(move |field| (profile, sobject.index, Some(field.index)))
        })
        .collect()
}
