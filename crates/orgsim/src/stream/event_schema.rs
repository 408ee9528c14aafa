//! The schemas of events: change events of sObjects, and platform events.

use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

use super::avro::{self, Datum, Record, Type};
use crate::data::{Derivation, SalesDerivation};
use crate::schema::{Field, FieldKind, SObject};

/// What changed a record, in the order of the schema (Change Data Capture Developer Guide, Change Event Header Fields).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum ChangeType {
    Create,
    Update,
    Delete,
    Undelete,
    GapCreate,
    GapUpdate,
    GapDelete,
    GapUndelete,
    GapOverflow,
}

impl ChangeType {
    pub(crate) const NAMES: &[&str] = &[
        "CREATE",
        "UPDATE",
        "DELETE",
        "UNDELETE",
        "GAP_CREATE",
        "GAP_UPDATE",
        "GAP_DELETE",
        "GAP_UNDELETE",
        "GAP_OVERFLOW",
    ];

    /// Returns what stands for this change where its values cannot be told.
    pub(crate) fn as_gap(self) -> Self {
        match self {
            Self::Create => Self::GapCreate,
            Self::Update => Self::GapUpdate,
            Self::Delete => Self::GapDelete,
            Self::Undelete => Self::GapUndelete,
            gap => gap,
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        let all = [
            Self::Create,
            Self::Update,
            Self::Delete,
            Self::Undelete,
            Self::GapCreate,
            Self::GapUpdate,
            Self::GapDelete,
            Self::GapUndelete,
            Self::GapOverflow,
        ];
        all.into_iter().find(|kind| Self::NAMES[*kind as usize] == name)
    }
}

/// The name of the first field of change events, and of its type.
pub(crate) const HEADER: &str = "ChangeEventHeader";

/// The parts of a person's name in events. An org has middle names and suffixes only where they are switched on.
const NAME_PARTS: [&str; 6] = ["Salutation", "FirstName", "LastName", "MiddleName", "InformalName", "Suffix"];

/// The parts of an address in events.
const ADDRESS_PARTS: [&str; 11] = [
    "Street",
    "City",
    "State",
    "PostalCode",
    "Country",
    "StateCode",
    "CountryCode",
    "Latitude",
    "Longitude",
    "Xyz",
    "GeocodeAccuracy",
];

const LOCATION_PARTS: [&str; 3] = ["Latitude", "Longitude", "Xyz"];

/// System fields that change events do not carry.
const NOT_CARRIED: [&str; 8] = [
    "Id",
    "IsDeleted",
    "LastActivityDate",
    "LastReferencedDate",
    "LastViewedDate",
    "MasterRecordId",
    "PhotoUrl",
    "SystemModstamp",
];

/// Where the value of an event's field comes from.
#[derive(Clone, Debug)]
pub(crate) enum Slot {
    Header,
    /// The place of the sObject's field.
    Field(usize),
    /// The places of the fields that make up a nested record; none for parts that the sObject lacks.
    Compound(Vec<Option<usize>>),
}

/// The schema of one kind of events.
#[derive(Debug)]
pub(crate) struct EventSchema {
    /// Names the schema by what it holds, so that one with other fields has another id.
    pub(crate) id: String,
    pub(crate) json: String,
    pub(crate) kind: Type,
    /// One for each field of the record.
    pub(crate) slots: Vec<Slot>,
    /// The sObject that changes, or the platform event itself; none for the header of all change events.
    pub(crate) sobject: Option<&'static SObject>,
}

impl EventSchema {
    /// Makes the schema of an sObject's change events, without the fields that are to be left out.
    pub(crate) fn of_changes(sobject: &'static SObject, leaves_out: &dyn Fn(&Field) -> bool) -> Self {
        let mut fields = vec![header_field()];
        let mut slots = vec![Slot::Header];
        let carried = sobject.fields.iter().filter(|field| is_carried(sobject, field) && !leaves_out(field));
        for field in carried {
            let (kind, slot) = field_type(sobject, field, leaves_out);
            fields.push(avro::Field { name: field.name.clone(), kind, doc: Some(doc(field)) });
            slots.push(slot);
        }
        Self::new(change_event_name(&sobject.name), fields, slots, Some(sobject))
    }

    /// Makes the schema of a platform event.
    pub(crate) fn of_platform_event(event: &'static SObject) -> Self {
        let carried =
            event.fields.iter().filter(|field| !matches!(field.name.as_str(), "ReplayId" | "EventUuid"));
        let (fields, slots) = carried
            .map(|field| {
                let plain = plain_type(field.kind);
                let kind = if field.nillable { plain.or_null() } else { plain };
                let field_in_event = avro::Field { name: field.name.clone(), kind, doc: Some(doc(field)) };
                (field_in_event, Slot::Field(field.index))
            })
            .unzip();
        Self::new(event.name.clone(), fields, slots, Some(event))
    }

    /// Makes the schema that stands for a channel of several sObjects: what all its events begin with.
    pub(crate) fn of_channel(name: &str) -> Self {
        Self::new(name.to_owned(), vec![header_field()], vec![Slot::Header], None)
    }

    fn new(
        name: String,
        fields: Vec<avro::Field>,
        slots: Vec<Slot>,
        sobject: Option<&'static SObject>,
    ) -> Self {
        let record = Record { name, fields };
        let json = record.to_schema();
        let hash = digest::digest(&digest::SHA256, json.as_bytes());
        let id = URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]);
        Self { id, json, kind: Type::Record(record.into()), slots, sobject }
    }

    /// Returns the fields of an event.
    pub(crate) fn fields(&self) -> &[avro::Field] {
        self.kind.as_record().map_or(&[], |record| &record.fields)
    }

    /// Returns whether its events tell of changes.
    pub(crate) fn is_of_changes(&self) -> bool {
        matches!(self.slots.first(), Some(Slot::Header))
    }

    pub(crate) fn encode(&self, value: &Datum) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.kind.encode(value, &mut bytes);
        bytes
    }

    /// Reads an event, which must be all of the bytes.
    pub(crate) fn decode(&self, mut bytes: &[u8]) -> Option<Vec<Datum>> {
        match self.kind.decode(&mut bytes)? {
            Datum::Record(values) if bytes.is_empty() => Some(values),
            _ => None,
        }
    }
}

/// Returns the name of the event that tells of changes of an sObject (Change Data Capture Developer Guide, Subscription Channels).
pub(crate) fn change_event_name(sobject: &str) -> String {
    match sobject.strip_suffix("__c") {
        Some(name) => format!("{name}__ChangeEvent"),
        // A platform event is called by its own name wherever events are named.
        None if sobject.ends_with("__e") => sobject.to_owned(),
        None => format!("{sobject}ChangeEvent"),
    }
}

/// Returns the name of the sObject whose changes an event tells of.
pub(crate) fn changed_sobject_name(event: &str) -> Option<String> {
    match event.strip_suffix("__ChangeEvent") {
        Some(name) => Some(format!("{name}__c")),
        None => event.strip_suffix("ChangeEvent").filter(|name| !name.is_empty()).map(str::to_owned),
    }
}

fn header_field() -> avro::Field {
    static TYPE: LazyLock<Type> = LazyLock::new(|| {
        let texts = || Type::Array(Box::new(Type::String));
        let change_type = Type::Enum { name: "ChangeType", symbols: ChangeType::NAMES };
        let fields = [
            ("entityName", Type::String),
            ("recordIds", texts()),
            ("changeType", change_type),
            ("changeOrigin", Type::String),
            ("transactionKey", Type::String),
            ("sequenceNumber", Type::Int),
            ("commitTimestamp", Type::Long),
            ("commitNumber", Type::Long),
            ("commitUser", Type::String),
            ("nulledFields", texts()),
            ("diffFields", texts()),
            ("changedFields", texts()),
        ];
        Type::Record(Arc::new(Record {
            name: HEADER.to_owned(),
            fields: fields.map(|(name, kind)| avro::Field { name: name.to_owned(), kind, doc: None }).into(),
        }))
    });
    avro::Field { name: HEADER.to_owned(), kind: TYPE.clone(), doc: None }
}

/// Formulas are never carried, nor are parts of compound fields, which come inside these, nor fields of other records.
fn is_carried(sobject: &SObject, field: &Field) -> bool {
    let is_part = field.compound.as_ref().is_some_and(|compound| {
        *compound != field.name
            && sobject.field(compound).is_some_and(|whole| whole.is_compound() || whole.name_field)
    });
    let is_computed = field.calculated && field.formula.is_some();
    let is_elsewhere = matches!(
        field.fill.as_derivation(),
        Some(Derivation::OfContact(_) | Derivation::Sales(SalesDerivation::DealDaysSince(_)))
    );
    !is_part
        && !is_computed
        && !is_elsewhere
        && !field.is_gone()
        && field.kind != FieldKind::Base64
        && !NOT_CARRIED.contains(&field.name.as_str())
}

fn field_type(sobject: &SObject, field: &Field, leaves_out: &dyn Fn(&Field) -> bool) -> (Type, Slot) {
    let part = |name: String| sobject.field(&name).filter(|part| !leaves_out(part)).map(|part| part.index);
    match field.kind {
        FieldKind::Address => {
            let prefix = field.name.strip_suffix("Address").unwrap_or_default();
            let parts = ADDRESS_PARTS.iter().map(|name| part(format!("{prefix}{name}"))).collect();
            (nested("Address", &ADDRESS_PARTS).or_null(), Slot::Compound(parts))
        }
        FieldKind::Location => {
            let stem = field.name.strip_suffix("__c").unwrap_or(&field.name);
            let parts = LOCATION_PARTS.iter().map(|name| part(format!("{stem}__{name}__s"))).collect();
            (nested("Location", &LOCATION_PARTS).or_null(), Slot::Compound(parts))
        }
        _ if field.name_field && sobject.field("LastName").is_some() => {
            let parts = NAME_PARTS.iter().map(|name| part((*name).to_owned())).collect();
            (nested("PersonName", &NAME_PARTS).or_null(), Slot::Compound(parts))
        }
        // Person accounts, where an org has them, have a name in parts.
        _ if field.extra_type_info.as_deref() == Some("switchablepersonname") => {
            let branches = vec![Type::Null, Type::String, nested("Switchable_PersonName", &NAME_PARTS)];
            (Type::Union(branches), Slot::Field(field.index))
        }
        kind => (plain_type(kind).or_null(), Slot::Field(field.index)),
    }
}

fn nested(name: &str, parts: &[&str]) -> Type {
    let field = |part: &&str| {
        let is_number = matches!(*part, "Latitude" | "Longitude");
        let (kind, doc) = if is_number { (Type::Double, "Data:Double") } else { (Type::String, "Data:Text") };
        avro::Field { name: (*part).to_owned(), kind: kind.or_null(), doc: Some(doc.to_owned()) }
    };
    Type::Record(Arc::new(Record { name: name.to_owned(), fields: parts.iter().map(field).collect() }))
}

/// Days and instants are milliseconds since 1970, times of day milliseconds since midnight.
fn plain_type(kind: FieldKind) -> Type {
    match kind {
        FieldKind::Boolean => Type::Boolean,
        FieldKind::Int => Type::Int,
        FieldKind::Double | FieldKind::Currency | FieldKind::Percent => Type::Double,
        FieldKind::Long | FieldKind::Date | FieldKind::DateTime | FieldKind::Time => Type::Long,
        _ => Type::String,
    }
}

/// Says what a field is in the words of event schemas: its role, its type, and the id of a custom field.
fn doc(field: &Field) -> String {
    let role = match field.name.as_str() {
        "CreatedDate" => "CreatedDate",
        "CreatedById" => "CreatedBy",
        "LastModifiedDate" => "LastModifiedDate",
        "LastModifiedById" => "LastModifiedBy",
        _ if field.kind == FieldKind::Reference => "ForeignKey",
        _ => "Data",
    };
    let kind = match field.kind {
        FieldKind::Id | FieldKind::Reference => "EntityId",
        FieldKind::Textarea if field.html => "HtmlStringPlusClob",
        FieldKind::Textarea if field.is_long_text() => "StringPlusClob",
        FieldKind::Textarea => "MultiLineText",
        FieldKind::Phone => "Phone",
        FieldKind::Url => "Url",
        FieldKind::Email => "Email",
        FieldKind::Picklist | FieldKind::Combobox if field.restricted => "StaticEnum",
        FieldKind::Picklist | FieldKind::Combobox => "DynamicEnum",
        FieldKind::Multipicklist => "MultiEnum",
        FieldKind::EncryptedString => "EncryptedText",
        FieldKind::Boolean => "Boolean",
        FieldKind::Int => "Integer",
        FieldKind::Long => "Long",
        FieldKind::Double => "Double",
        FieldKind::Currency => "Currency",
        FieldKind::Percent => "Percent",
        FieldKind::Date => "DateOnly",
        FieldKind::DateTime => "DateTime",
        FieldKind::Time => "TimeOnly",
        FieldKind::Address => "Address",
        FieldKind::Location => "Location",
        _ if field.auto_number => "AutoNumber",
        _ if field.extra_type_info.as_deref() == Some("switchablepersonname") => "Switchable_PersonName",
        _ if field.name_field && field.extra_type_info.as_deref() == Some("personname") => "PersonName",
        _ => "Text",
    };
    match field.custom {
        true => format!("{role}:{kind}:00N{:012}", field.index),
        false => format!("{role}:{kind}"),
    }
}
