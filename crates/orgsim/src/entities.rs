//! The records that describe the org itself: made from the schema for whoever asks (Object Reference, EntityDefinition and its
//! kin; Tooling API, Objects).

use std::collections::HashSet;
use std::sync::Arc;

use crate::app::App;
use crate::id::RecordId;
use crate::org::{ComputedRow, OrgView};
use crate::rights::Rights;
use crate::schema::{Field, SObject, Schema};
use crate::soql::Query;
use crate::value::Value;

mod access;
mod custom;
mod definition;
mod field;
mod particle;
mod recent;
mod relationship;

/// What stands in `Id` of records that have none.
const NO_ID: &str = "000000000000000AAA";

/// What computed records depend on beside the schema.
pub(crate) struct Asker<'a> {
    pub(crate) app: &'a App,
    /// The running user.
    pub(crate) user_id: RecordId,
    /// The users whose rights are asked for, the running one among them.
    users: Vec<RecordId>,
}

impl Asker<'_> {
    /// Returns what a user may do.
    fn rights(&self, user_id: RecordId) -> Arc<Rights> {
        self.app.org.rights(user_id, self.app.now_ms())
    }
}

/// Adds to a view the computed records that a query needs.
pub(crate) fn complete(app: &App, user_id: RecordId, query: &Query, view: &mut OrgView<'_>) {
    let mut done = HashSet::new();
    let needed = query.sobjects().into_iter().filter(|sobject| sobject.is_virtual);
    let needed: Vec<&SObject> = needed.filter(|sobject| done.insert(sobject.index)).collect();
    if needed.is_empty() {
        return;
    }
    let asker = Asker { app, user_id, users: list_users(user_id, query) };
    for sobject in needed {
        let rows = list_rows(&asker, view, sobject);
        view.add_computed(sobject, rows);
    }
}

fn list_rows(asker: &Asker<'_>, view: &OrgView<'_>, sobject: &SObject) -> Vec<ComputedRow> {
    // What was removed keeps its records, but nobody finds it.
    let schema = asker.app.org.schema();
    match sobject.name.as_str() {
        "EntityDefinition" => {
            let rights = asker.rights(asker.user_id);
            schema.offered().map(|it| definition::row(asker, view, &rights, it)).collect()
        }
        "FieldDefinition" => {
            each_field(schema, |it, field| (!is_part(it, field)).then(|| field::row(asker, it, field)))
        }
        "EntityParticle" => each_field(schema, |it, field| Some(particle::row(it, field))),
        "PicklistValueInfo" => particle::picklist_rows(schema),
        "RelationshipInfo" => each_field(schema, |it, field| {
            (!field.reference_to.is_empty()).then(|| relationship::info(it, field))
        }),
        "RelationshipDomain" => relationship::domains(schema),
        "UserEntityAccess" => access::entity_rows(asker, schema),
        "UserFieldAccess" => access::field_rows(asker, schema),
        "CustomObject" => custom::objects(asker, schema),
        "CustomField" => custom::fields(asker, schema),
        "PlatformEventChannelMember" => crate::http::list_channel_members(&asker.app.streams.settings()),
        "PlatformEventChannel" => crate::http::list_channels(&asker.app.streams.settings()),
        "ValidationRule" => custom::validation_rules(asker, schema),
        "RecentlyViewed" => recent::rows(asker, view),
        "Publisher" => vec![publisher("System", true), publisher("<local>", false)],
        _ => Vec::new(),
    }
}

/// Returns the users that a query names, by their ids or at the end of durable ids, and the running one.
fn list_users(user_id: RecordId, query: &Query) -> Vec<RecordId> {
    let named = query.compared_texts().into_iter().filter_map(|text| {
        let end = text.rsplit('.').next().unwrap_or_default();
        RecordId::parse(end).filter(|id| id.prefix() == *b"005")
    });
    let mut users: Vec<RecordId> = named.chain([user_id]).collect();
    let mut seen = HashSet::new();
    users.retain(|user| seen.insert(*user));
    users
}

/// Lists the fields that clients find.
fn fields_of(schema: &Schema) -> impl Iterator<Item = (&SObject, &Field)> {
    let fields = schema.offered().flat_map(|it| it.fields.iter().map(move |field| (it, field)));
    fields.filter(|(_, field)| !field.is_gone())
}

fn each_field(schema: &Schema, row: impl Fn(&SObject, &Field) -> Option<ComputedRow>) -> Vec<ComputedRow> {
    fields_of(schema).filter_map(|(it, field)| row(it, field)).collect()
}

/// Returns the durable id of an sObject: its name, or the id of its definition if an administrator made it.
pub(crate) fn durable_id(sobject: &SObject) -> String {
    match sobject.custom {
        true => custom_object_id(sobject).as_str()[..15].to_owned(),
        false => sobject.name.clone(),
    }
}

/// Returns the durable id of a field.
pub(crate) fn field_durable_id(sobject: &SObject, field: &Field) -> String {
    let own = match field.custom {
        true => custom_field_id(sobject, field).as_str()[..15].to_owned(),
        false => field.name.clone(),
    };
    format!("{}.{own}", durable_id(sobject))
}

/// Returns the id of what an administrator made an sObject with. It hangs on the name alone.
pub(crate) fn custom_object_id(sobject: &SObject) -> RecordId {
    RecordId::new(b"01I", sobject.salt % MADE_SEQUENCES)
}

/// The same for a field.
pub(crate) fn custom_field_id(sobject: &SObject, field: &Field) -> RecordId {
    RecordId::new(b"00N", (sobject.salt ^ field.salt.rotate_left(17)) % MADE_SEQUENCES)
}

/// The same for a validation rule.
fn validation_rule_id(sobject: &SObject, name: &str) -> RecordId {
    let hash = name.bytes().fold(sobject.salt, |hash, byte| hash.wrapping_mul(31) ^ u64::from(byte));
    RecordId::new(b"03d", hash % MADE_SEQUENCES)
}

/// Sequences of ids made from names are below this, as the counted ones are.
const MADE_SEQUENCES: u64 = 62_u64.pow(6);

/// Returns a part's name without what tells that an administrator made it.
pub(crate) fn developer_name(name: &str) -> String {
    name.strip_suffix("__c").unwrap_or(name).to_owned()
}

/// Returns whether a field shows as a part of another one, not by itself.
fn is_part(sobject: &SObject, field: &Field) -> bool {
    let whole = field.compound.as_deref().filter(|whole| *whole != field.name);
    whole.is_some_and(|whole| sobject.field(whole).is_some())
}

fn publisher(name: &str, is_salesforce: bool) -> ComputedRow {
    vec![
        ("Id", no_id()),
        ("DurableId", text(name)),
        ("Name", text(if is_salesforce { "salesforce.com" } else { "Local" })),
        ("IsSalesforce", Value::Bool(is_salesforce)),
    ]
}

/// Returns the durable id of whoever made a thing.
fn publisher_of(custom: bool) -> Value<'static> {
    text(if custom { "<local>" } else { "System" })
}

fn no_id() -> Value<'static> {
    RecordId::parse(NO_ID).map_or(Value::Null, Value::Id)
}

fn text(text: impl Into<String>) -> Value<'static> {
    Value::owned_text(text.into())
}

fn optional(value: Option<&str>) -> Value<'static> {
    value.map_or(Value::Null, text)
}

fn int(number: impl Into<i64>) -> Value<'static> {
    Value::Int(number.into())
}

/// Returns a complex value: JSON, which answers hold as it is.
fn complex(json: &serde_json::Value) -> Value<'static> {
    text(json.to_string())
}
