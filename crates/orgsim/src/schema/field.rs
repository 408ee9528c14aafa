//! A field of an sObject and its attributes.

use super::table::is_custom;
use crate::data::Fill;
use crate::formula::Formula;
use crate::roll_up::RollUp;

/// The first version of fields that no version has.
pub(super) const GONE: u16 = u16::MAX;

/// A field with the attributes that a describe reports (REST API Developer Guide, sObject Describe).
#[derive(Clone, Debug)]
pub struct Field {
    /// The place in [`SObject::fields`](super::SObject::fields).
    pub index: usize,
    /// What chance starts from for its values.
    pub(crate) salt: u64,
    /// The API name.
    pub name: String,
    /// The name people see.
    pub label: String,
    /// The type.
    pub kind: FieldKind,
    /// The most characters a text may have; 18 for ids; 0 for what is not text.
    pub length: u32,
    /// The most digits of a number that is no `int`.
    pub precision: u8,
    /// The digits behind the point.
    pub scale: u8,
    /// The most digits of an `int`.
    pub digits: u8,
    /// Whether it may be left empty.
    pub nillable: bool,
    /// Whether a new record may set it.
    pub createable: bool,
    /// Whether an update may set it.
    pub updateable: bool,
    /// Whether the org fills it when a new record leaves it out.
    pub defaulted_on_create: bool,
    /// Whether WHERE may name it.
    pub filterable: bool,
    /// Whether ORDER BY may name it.
    pub sortable: bool,
    /// Whether GROUP BY may name it.
    pub groupable: bool,
    /// Whether aggregate functions take it.
    pub aggregatable: bool,
    /// Whether field-level security applies to it.
    pub permissionable: bool,
    /// Whether no two records may share a value.
    pub unique: bool,
    /// Whether its unique values differ by case alone.
    pub case_sensitive: bool,
    /// Whether it is an external id.
    pub external_id: bool,
    /// Whether upserts can find records by it.
    pub id_lookup: bool,
    /// Whether it is a formula.
    pub calculated: bool,
    /// The formula's text.
    pub formula: Option<String>,
    /// How its value is computed whenever it is read: that of formulas and roll-up summaries.
    pub(crate) computation: Option<Computation>,
    /// Whether the org numbers it.
    pub auto_number: bool,
    /// Whether it names the record.
    pub name_field: bool,
    /// Whether a picklist takes only its own values.
    pub restricted: bool,
    /// Whether its text is HTML.
    pub html: bool,
    /// Whether each user sees a value of their own.
    pub(crate) per_user: bool,
    /// Whether an administrator made it.
    pub custom: bool,
    /// The compound field it is a part of.
    pub compound: Option<String>,
    /// The sObjects a lookup may point to; more than one makes it polymorphic.
    pub reference_to: Vec<String>,
    /// The one of them whose fields paths see, where they do not see `Name`.
    pub(crate) seen_as: Option<String>,
    /// The name that walks from here to the parent; none where one cannot.
    pub relationship_name: Option<String>,
    /// The name that walks from the parent to here.
    pub child_relationship_name: Option<String>,
    /// Whether deleting the parent deletes this record.
    pub cascade_delete: bool,
    /// Whether this record keeps its parent from being deleted.
    pub restricted_delete: bool,
    /// Whether searches can be narrowed by it.
    pub search_prefilterable: bool,
    /// The values of a picklist, inactive ones included.
    pub picklist: Vec<PicklistEntry>,
    /// The field whose value says which of the picklist's values may be chosen.
    pub controller: Option<String>,
    /// The value of a new record that leaves it out.
    pub default_value: Option<String>,
    /// The first API version that has it, times ten.
    pub(crate) since: u16,
    /// What `extraTypeInfo` says.
    pub extra_type_info: Option<String>,
    /// The help text beside it.
    pub help: Option<String>,
    pub(crate) fill: Fill,
    /// What it was before its type was changed: from that its values come, and are converted.
    pub(crate) origin: Option<Box<Field>>,
}

impl Field {
    /// Returns a field that is as most fields of its type are.
    pub(super) fn usual(index: usize, name: &str, label: &str, kind: FieldKind) -> Self {
        let is_key = matches!(kind, FieldKind::Id | FieldKind::Reference);
        let is_boolean = kind == FieldKind::Boolean;
        Self {
            index,
            salt: super::table::salt(name),
            name: name.to_owned(),
            label: label.to_owned(),
            kind,
            length: if is_key { 18 } else { 0 },
            precision: 0,
            scale: 0,
            digits: match kind {
                FieldKind::Int => 8,
                FieldKind::Long => 18,
                _ => 0,
            },
            nillable: !is_boolean,
            createable: true,
            updateable: true,
            defaulted_on_create: is_boolean,
            filterable: true,
            sortable: true,
            groupable: true,
            aggregatable: true,
            permissionable: true,
            unique: false,
            case_sensitive: false,
            external_id: false,
            id_lookup: kind == FieldKind::Id,
            calculated: false,
            formula: None,
            computation: None,
            auto_number: false,
            name_field: false,
            restricted: false,
            html: false,
            per_user: matches!(name, "LastViewedDate" | "LastReferencedDate"),
            custom: is_custom(name),
            compound: None,
            reference_to: Vec::new(),
            seen_as: None,
            relationship_name: None,
            child_relationship_name: None,
            cascade_delete: false,
            restricted_delete: false,
            search_prefilterable: kind == FieldKind::Reference,
            picklist: Vec::new(),
            controller: None,
            default_value: is_boolean.then(|| "false".to_owned()),
            since: 0,
            extra_type_info: None,
            help: None,
            fill: Fill::Empty,
            origin: None,
        }
    }

    /// Sets what queries may do with the field, which follows from its type and length (SOQL and SOSL Reference, Field
    /// Types): long text can only be selected, and only values that repeat can be grouped.
    pub(super) fn settle_abilities(&mut self) {
        let is_long = self.is_long_text();
        let is_multiple = self.kind == FieldKind::Multipicklist;
        let is_opaque =
            matches!(self.kind, FieldKind::Base64 | FieldKind::ComplexValue | FieldKind::EncryptedString);
        self.filterable = !is_long && !is_opaque;
        self.sortable = self.filterable && !is_multiple && !self.is_compound();
        let repeats = !self.kind.is_decimal() && !self.kind.has_time() && self.length <= 255;
        self.groupable = self.sortable && repeats;
        self.aggregatable = self.sortable && self.kind != FieldKind::Boolean;
    }

    /// Makes a field that only the org writes.
    pub(super) fn make_read_only(&mut self) {
        (self.createable, self.updateable, self.permissionable) = (false, false, false);
        self.search_prefilterable = false;
    }

    /// Makes a field that only the org writes, always.
    pub(super) fn make_system(&mut self) {
        self.make_read_only();
        (self.nillable, self.defaulted_on_create) = (false, true);
    }

    /// Makes a field that is computed when it is read.
    ///
    /// Panics if the formula cannot be read: it comes with the program.
    pub(super) fn make_formula(&mut self, formula: &str) {
        self.make_computed();
        self.formula = Some(formula.to_owned());
        let formula = Formula::parse(formula).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        self.computation = Some(Computation::Formula(formula));
    }

    /// Makes a field that sums its children up.
    ///
    /// Panics if the text is no roll-up: it comes with the program.
    pub(super) fn make_roll_up(&mut self, text: &str) {
        self.make_computed();
        let roll_up = RollUp::parse(text).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        self.computation = Some(Computation::RollUp(roll_up));
    }

    fn make_computed(&mut self) {
        self.make_read_only();
        (self.permissionable, self.calculated, self.groupable) = (true, true, false);
    }

    /// Returns whether it is a long text area, which no condition can name.
    pub fn is_long_text(&self) -> bool {
        self.kind == FieldKind::Textarea && self.length > 255
    }

    /// Returns whether the lookup may point to more than one sObject, which paths see through `Name`.
    pub fn is_polymorphic(&self) -> bool {
        self.reference_to.len() > 1 && self.seen_as.is_none()
    }

    /// Returns the name of the sObject whose fields paths see; none where they see `Name`.
    pub(crate) fn parent_seen(&self) -> Option<&str> {
        match self.reference_to.as_slice() {
            [only] => Some(only),
            _ => self.seen_as.as_deref(),
        }
    }

    /// Returns whether it is the lookup of a custom detail to its master, which it cannot be without.
    pub fn is_master_detail(&self) -> bool {
        self.custom && self.kind == FieldKind::Reference && self.cascade_delete && !self.nillable
    }

    /// Returns whether an administrator has deleted it. Its place stays, and nobody finds it.
    pub fn is_gone(&self) -> bool {
        self.since == GONE
    }

    /// Returns whether other fields make it up (address, location).
    pub fn is_compound(&self) -> bool {
        matches!(self.kind, FieldKind::Address | FieldKind::Location)
    }
}

/// How a field is computed from others.
#[derive(Clone, Debug)]
pub(crate) enum Computation {
    Formula(Formula),
    RollUp(RollUp),
}

/// The type of a field, by the names a describe has for them.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the describe member `type`")]
pub enum FieldKind {
    Id,
    Reference,
    String,
    Textarea,
    Phone,
    Url,
    Email,
    Picklist,
    Multipicklist,
    Combobox,
    EncryptedString,
    Boolean,
    Int,
    Long,
    Double,
    Currency,
    Percent,
    Date,
    DateTime,
    Time,
    Base64,
    Address,
    Location,
    AnyType,
    ComplexValue,
}

impl FieldKind {
    /// Every type with its `type` and its `soapType`.
    const NAMES: [(Self, &'static str, &'static str); 25] = [
        (Self::Id, "id", "tns:ID"),
        (Self::Reference, "reference", "tns:ID"),
        (Self::String, "string", "xsd:string"),
        (Self::Textarea, "textarea", "xsd:string"),
        (Self::Phone, "phone", "xsd:string"),
        (Self::Url, "url", "xsd:string"),
        (Self::Email, "email", "xsd:string"),
        (Self::Picklist, "picklist", "xsd:string"),
        (Self::Multipicklist, "multipicklist", "xsd:string"),
        (Self::Combobox, "combobox", "xsd:string"),
        (Self::EncryptedString, "encryptedstring", "xsd:string"),
        (Self::Boolean, "boolean", "xsd:boolean"),
        (Self::Int, "int", "xsd:int"),
        (Self::Long, "long", "xsd:long"),
        (Self::Double, "double", "xsd:double"),
        (Self::Currency, "currency", "xsd:double"),
        (Self::Percent, "percent", "xsd:double"),
        (Self::Date, "date", "xsd:date"),
        (Self::DateTime, "datetime", "xsd:dateTime"),
        (Self::Time, "time", "xsd:time"),
        (Self::Base64, "base64", "xsd:base64Binary"),
        (Self::Address, "address", "urn:address"),
        (Self::Location, "location", "urn:location"),
        (Self::AnyType, "anyType", "xsd:anyType"),
        (Self::ComplexValue, "complexvalue", "xsd:anyType"),
    ];

    /// Returns the describe's `type`.
    pub fn as_str(self) -> &'static str {
        self.names().1
    }

    /// Returns the describe's `soapType`.
    pub fn soap_type(self) -> &'static str {
        self.names().2
    }

    /// Returns whether its values are text, picklists included.
    pub fn is_text(self) -> bool {
        self.soap_type() == "xsd:string"
    }

    /// Returns whether its values are numbers with a scale.
    pub fn is_decimal(self) -> bool {
        self.soap_type() == "xsd:double"
    }

    /// Returns whether its values are whole numbers.
    pub fn is_integer(self) -> bool {
        matches!(self, Self::Int | Self::Long)
    }

    /// Returns whether its values have a time of day.
    pub fn has_time(self) -> bool {
        matches!(self, Self::DateTime | Self::Time)
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|names| names.1 == name).map(|names| names.0)
    }

    fn names(self) -> &'static (Self, &'static str, &'static str) {
        Self::NAMES.iter().find(|names| names.0 == self).expect("every type is in the list")
    }
}

/// One value of a picklist.
#[derive(Clone, Debug)]
pub struct PicklistEntry {
    /// The API value.
    pub value: String,
    /// What people see.
    pub label: String,
    /// Whether new records may take it.
    pub active: bool,
    /// Whether it is the value of records that leave the field out.
    pub default_value: bool,
    /// The values of the controlling field it may be chosen with.
    pub valid_with: Vec<String>,
}
