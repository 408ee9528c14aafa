//! A field seen from the queried record, be it a parent's.

use std::ptr;

use crate::org::{OrgView, Row};
use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

/// The way from a record to a field: lookups to follow, then the field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FieldPath {
    pub(super) steps: Vec<Step>,
    pub(super) leaf: Leaf,
}

/// One lookup to follow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) sobject: &'static SObject,
    pub(super) lookup: &'static Field,
    /// What it points to; none where that differs from record to record.
    pub(super) parent: Option<&'static SObject>,
}

/// The field at the end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaf {
    /// A field of a known sObject.
    Field(&'static SObject, &'static Field),
    /// A field of whatever a polymorphic lookup points to.
    Named(&'static NameField),
}

/// A field of the sObject `Name`, which stands for the parents of polymorphic lookups (Object Reference, Name).
#[derive(Debug)]
pub(super) struct NameField {
    pub(super) name: &'static str,
    kind: FieldKind,
}

/// The fields `Name` has.
static NAME_FIELDS: [NameField; 14] = [
    NameField { name: "Alias", kind: FieldKind::String },
    NameField { name: "Email", kind: FieldKind::Email },
    NameField { name: "FirstName", kind: FieldKind::String },
    NameField { name: "Id", kind: FieldKind::Id },
    NameField { name: "IsActive", kind: FieldKind::Boolean },
    NameField { name: "LastName", kind: FieldKind::String },
    NameField { name: "Name", kind: FieldKind::String },
    NameField { name: "Phone", kind: FieldKind::Phone },
    NameField { name: "ProfileId", kind: FieldKind::Reference },
    NameField { name: "RecordTypeId", kind: FieldKind::Reference },
    NameField { name: "Title", kind: FieldKind::String },
    NameField { name: "Type", kind: FieldKind::Picklist },
    NameField { name: "UserRoleId", kind: FieldKind::Reference },
    NameField { name: "Username", kind: FieldKind::String },
];

impl FieldPath {
    /// Returns the path to a field of the queried record itself.
    pub(super) fn own(sobject: &'static SObject, field: &'static Field) -> Self {
        Self { steps: Vec::new(), leaf: Leaf::Field(sobject, field) }
    }

    /// Returns the field's value; null where a parent is missing on the way.
    pub(super) fn value<'v>(&self, view: &'v OrgView<'_>, row: &Row) -> Value<'v> {
        let mut at = *row;
        for step in &self.steps {
            let Some(parent) = step.follow(view, &at) else { return Value::Null };
            at = parent;
        }
        self.leaf.value(view, &at)
    }

    /// Returns whether this is the record's own id.
    pub(super) fn is_own_id(&self) -> bool {
        self.steps.is_empty() && self.leaf.kind() == FieldKind::Id
    }

    /// Returns the path with dots, in declared case.
    pub(super) fn name(&self) -> String {
        let parents = self.steps.iter().map(|step| step.name());
        parents.chain([self.leaf.name()]).collect::<Vec<_>>().join(".")
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self.lookup, other.lookup)
    }
}

impl Step {
    /// Returns the relationship's name in declared case.
    pub(super) fn name(&self) -> &'static str {
        self.lookup.relationship_name.as_deref().unwrap_or(&self.lookup.name)
    }

    /// Returns the parent a record's lookup points to.
    ///
    /// A record of another sObject, which a polymorphic lookup may have led to, leads nowhere.
    pub(super) fn follow(&self, view: &OrgView<'_>, row: &Row) -> Option<Row> {
        if row.sobject_index() != self.sobject.index {
            return None;
        }
        view.follow(self.sobject, row, self.lookup, self.parent)
    }
}

impl PartialEq for Leaf {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Field(_, one), Self::Field(_, other)) => ptr::eq(*one, *other),
            (Self::Named(one), Self::Named(other)) => one.name == other.name,
            _ => false,
        }
    }
}

impl Leaf {
    /// Finds a field of `Name` in any case.
    pub(super) fn find_named(name: &str) -> Option<Self> {
        NAME_FIELDS.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(Self::Named)
    }

    /// Returns whether it is a long text area that the org's own people added.
    pub(super) fn is_custom_long_text(&self) -> bool {
        matches!(self, Self::Field(_, field) if field.is_long_text() && field.name.ends_with("__c"))
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Field(_, field) => &field.name,
            Self::Named(field) => field.name,
        }
    }

    pub(super) fn kind(&self) -> FieldKind {
        match self {
            Self::Field(_, field) => field.kind,
            Self::Named(field) => field.kind,
        }
    }

    /// Returns whether the case of its text matters to comparisons.
    pub(super) fn is_case_sensitive(&self) -> bool {
        matches!(self, Self::Field(_, field) if field.case_sensitive && field.kind.is_text())
    }

    pub(super) fn is_filterable(&self) -> bool {
        match self {
            Self::Field(_, field) => field.filterable && !field.is_compound(),
            Self::Named(_) => true,
        }
    }

    pub(super) fn is_sortable(&self) -> bool {
        match self {
            Self::Field(_, field) => field.sortable,
            Self::Named(_) => true,
        }
    }

    pub(super) fn value<'v>(&self, view: &'v OrgView<'_>, row: &Row) -> Value<'v> {
        match self {
            Self::Field(sobject, field) => view.value(sobject, row, field),
            Self::Named(field) => field.value(view, row),
        }
    }
}

impl NameField {
    fn value<'v>(&self, view: &'v OrgView<'_>, row: &Row) -> Value<'v> {
        let sobject = &view.schema().sobjects()[row.sobject_index()];
        let field = match self.name {
            // A queue says so; it is a group in all else.
            "Type" if sobject.name == "Group" => match sobject.field("Type") {
                Some(field) if view.value(sobject, row, field).as_str() == Some("Queue") => {
                    return Value::text("Queue");
                }
                _ => return Value::text(&sobject.name),
            },
            "Type" => return Value::text(&sobject.name),
            "Name" => sobject.name_field(),
            name => sobject.field(name),
        };
        field.map_or(Value::Null, |field| view.value(sobject, row, field))
    }
}
