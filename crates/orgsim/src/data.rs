//! The records the org starts with, each computed from the seed and its number.

pub(crate) use self::dice::Dice;
pub(crate) use self::fill::{ActivityDerivation, Derivation, Fill, SalesDerivation};
use self::link::LinkFill;
use crate::clock::DAY_MS;
use crate::id::RecordId;
use crate::org::OrgConfig;
use crate::schema::{Field, FieldKind, SObject, Schema};
use crate::value::Value;

mod activity;
mod agreement;
mod campaign;
mod company;
pub(crate) mod deal;
mod dice;
mod fill;
mod history;
mod link;
mod person;
mod place;
mod plain;
mod priced;
mod right;
pub(crate) mod service;
mod target;
mod text;
mod time;
mod words;

/// The id sequence of the first record of an sObject.
const FIRST_SEQUENCE: u64 = 62 * 62 * 7;

/// How many users an org has when nobody says.
const USERS: u32 = 25;

/// What several fields of a record have in common. Fields of their own use their salt, which is not that small.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
enum Facet {
    Company = 1_000,
    Person,
    Created,
    Modified,
    Bounced,
    Stage,
    Close,
    Status,
    Account,
    Active,
    Stamped,
    Campaign,
    Product,
    Line,
    Place = 2_000,
}

/// A record to compute values of.
#[derive(Clone, Copy, Debug)]
struct Record<'a> {
    base: &'a Base,
    sobject: u16,
    number: u32,
    /// 0, or what makes values differ from those the record started with.
    revision: u64,
}

impl Record<'_> {
    fn id(self) -> RecordId {
        self.base.id(&self.base.schema.sobjects()[usize::from(self.sobject)], self.number)
    }

    fn dice(self, salt: u64) -> Dice {
        Dice::at([
            self.base.seed ^ self.revision,
            self.base.schema.sobjects()[usize::from(self.sobject)].salt ^ u64::from(self.number),
            salt,
        ])
    }
}

/// The computed records.
#[derive(Debug)]
pub(crate) struct Base {
    schema: &'static Schema,
    seed: u64,
    counts: Vec<u32>,
    now_ms: i64,
    links: Links,
}

/// What lookups need to know of the schema, found once.
#[derive(Debug)]
struct Links {
    user: u16,
    queue: u16,
    account: u16,
    contact: u16,
    account_of_contact: (u64, u8),
    contact_of_case: (u64, u8),
    account_of_deal: (u64, u8),
    created_by: Vec<u64>,
    line_item: u16,
    /// By the place of a [`target::Target`].
    targets: [u16; 13],
    /// By the place of the history.
    histories: Vec<Option<history::Source>>,
    set_up_first: Vec<u16>,
    activities: [u16; 2],
}

/// What is there before people begin to work.
const SET_UP_FIRST: [&str; 6] = ["User", "Organization", "Group", "Product2", "PricebookEntry", "Campaign"];

/// What ids of orgs begin with.
const ORGANIZATION: [u8; 3] = *b"00D";

impl Base {
    pub(crate) fn new(config: &OrgConfig) -> Self {
        let schema = Schema::standard();
        let counts = schema.sobjects().iter().map(|sobject| count(config, &sobject.name)).collect();
        let now_ms = time::to_second(config.now_ms);
        Self { schema, seed: config.seed, counts, now_ms, links: Links::find(schema) }
    }

    pub(crate) fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// Returns how many computed records each sObject has.
    pub(crate) fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// Returns the id sequence of a record number.
    pub(crate) fn sequence(number: u32) -> u64 {
        FIRST_SEQUENCE + u64::from(number)
    }

    /// Returns the record number of an id sequence.
    pub(crate) fn number(sequence: u64) -> Option<u32> {
        u32::try_from(sequence.checked_sub(FIRST_SEQUENCE)?).ok()
    }

    /// Returns the record number of an id of an sObject. There is one Organization, whose id says nothing about its number.
    pub(crate) fn number_of(sobject: &SObject, id: &RecordId) -> Option<u32> {
        match sobject.key_prefix? {
            prefix if prefix != id.prefix() => None,
            ORGANIZATION => Some(0),
            _ => Self::number(id.sequence()?),
        }
    }

    pub(crate) fn id(&self, sobject: &SObject, number: u32) -> RecordId {
        match sobject.key_prefix {
            Some(prefix) if prefix == ORGANIZATION => self.organization_id(),
            prefix => RecordId::new(&prefix.unwrap_or(*b"000"), Self::sequence(number)),
        }
    }

    /// Returns the id of a record by the name of its sObject.
    fn id_of(&self, sobject: &str, number: u32) -> RecordId {
        self.schema.find(sobject).map_or_else(|| self.organization_id(), |sobject| self.id(sobject, number))
    }

    /// Returns the id of the org, which tells it from orgs of other seeds.
    pub(crate) fn organization_id(&self) -> RecordId {
        let beyond_first = self.seed.saturating_sub(1) % 1_000_000_000;
        RecordId::new(&ORGANIZATION, FIRST_SEQUENCE + beyond_first)
    }

    /// Computes a value of a record as it was at the start.
    pub(crate) fn value<'a>(&'a self, sobject: &'a SObject, number: u32, field: &'a Field) -> Value<'a> {
        self.fill(Record { base: self, sobject: sobject.index as u16, number, revision: 0 }, sobject, field)
    }

    /// Computes another value that the field may have.
    pub(crate) fn another_value(
        &self,
        sobject: &SObject,
        number: u32,
        field: &Field,
        revision: u64,
    ) -> Value<'static> {
        self.fill(Record { base: self, sobject: sobject.index as u16, number, revision }, sobject, field)
            .into_owned()
    }

    /// Returns the value of a field that a new record left out.
    pub(crate) fn value_when_left_out<'a>(
        &'a self,
        sobject: &'a SObject,
        number: u32,
        field: &'a Field,
    ) -> Value<'a> {
        let default = field.picklist.iter().find(|entry| entry.default_value && field.defaulted_on_create);
        match (field.kind, &field.default_value) {
            // A custom sObject's record without a name is called by its id.
            (FieldKind::String, None)
                if field.name_field && field.defaulted_on_create && !field.auto_number =>
            {
                Value::owned_text(self.id(sobject, number).to_string())
            }
            _ if field.kind == FieldKind::Id || field.auto_number => self.value(sobject, number, field),
            (FieldKind::Boolean, text) => Value::Bool(text.as_deref() == Some("true")),
            (_, Some(text)) => Value::text(text),
            (_, None) => default.map_or(Value::Null, |entry| Value::text(&entry.value)),
        }
    }

    fn fill<'a>(&self, record: Record<'a>, sobject: &SObject, field: &'a Field) -> Value<'a> {
        let salt = field.salt;
        match &field.fill {
            Fill::Empty | Fill::Derived(_) => match field.kind {
                FieldKind::Id => Value::Id(self.id(sobject, record.number)),
                FieldKind::Boolean => Value::Bool(false),
                _ => Value::Null,
            },
            // The first user is the one who connects.
            Fill::IsActive => {
                Value::Bool(record.number == 0 || record.dice(Facet::Active as u64).percent(88))
            }
            Fill::Company(fill) => fill.value(record, salt),
            Fill::Person(fill) => fill.value(record, salt),
            Fill::Place(fill) => fill.value(record),
            Fill::Text(fill) => fill.value(record, salt, field.length as usize),
            Fill::Plain(fill) => fill.value(record, field),
            Fill::Time(fill) => fill.value(record, salt),
            Fill::Link(fill) => fill.value(record, salt),
            Fill::Deal(fill) => fill.value(record, salt),
            Fill::Case(fill) => fill.value(record),
            Fill::Right(fill) => fill.value(record, sobject),
            Fill::Activity(fill) => fill.value(record, salt),
            Fill::Agreement(fill) => fill.value(record, salt),
            Fill::Campaign(fill) => fill.value(record, salt),
            Fill::History(fill) => fill.value(record),
            Fill::Priced(fill) => fill.value(record, salt),
        }
    }

    fn count(&self, sobject: u16) -> u32 {
        self.counts[usize::from(sobject)]
    }

    fn links(&self) -> &Links {
        &self.links
    }

    /// Returns the time of the start.
    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// Returns the last moment anything happened before the start, more than a day ago.
    fn last_ms(&self) -> i64 {
        self.now_ms - DAY_MS - 60_000
    }

    /// Returns when the org itself was made, before all its records.
    pub(crate) fn founded_ms(&self) -> i64 {
        self.last_ms() - time::SPAN_MS
    }

    /// Returns whether an sObject holds tasks or events.
    pub(crate) fn is_activity(&self, sobject: u16) -> bool {
        self.links.activities.contains(&sobject)
    }

    fn is_set_up_first(&self, sobject: u16) -> bool {
        self.links.set_up_first.contains(&sobject)
    }
}

impl Links {
    fn find(schema: &Schema) -> Self {
        let sobject = |name: &str| schema.find(name).map_or(0, |sobject| sobject.index as u16);
        let link = |sobject: &str, field: &str| {
            let field = schema.find(sobject).and_then(|sobject| sobject.field(field));
            field.map_or((0, 0), |field| match field.fill {
                Fill::Link(LinkFill::Account(percent) | LinkFill::Contact(percent)) => (field.salt, percent),
                _ => (0, 0),
            })
        };
        let created_by = |sobject: &SObject| sobject.field("CreatedById").map_or(0, |field| field.salt);
        Self {
            user: sobject("User"),
            queue: sobject("Group"),
            account: sobject("Account"),
            contact: sobject("Contact"),
            account_of_contact: link("Contact", "AccountId"),
            contact_of_case: link("Case", "ContactId"),
            account_of_deal: link("Opportunity", "AccountId"),
            created_by: schema.sobjects().iter().map(created_by).collect(),
            line_item: sobject("OpportunityLineItem"),
            targets: target::find(schema),
            histories: history::find_sources(schema),
            set_up_first: SET_UP_FIRST.iter().map(|name| sobject(name)).collect(),
            activities: ["Task", "Event"].map(sobject),
        }
    }
}

fn count(config: &OrgConfig, sobject: &str) -> u32 {
    match sobject {
        "Organization" => 1,
        "Group" => service::QUEUES.len() as u32,
        // Somebody has to connect and to own the records.
        "User" => config.counts.get(sobject).copied().unwrap_or(USERS).max(1),
        "UserLogin" | "PermissionSetAssignment" => count(config, "User"),
        _ => right::count(sobject).unwrap_or_else(|| target::count(config, sobject)),
    }
}

#[cfg(test)]
mod tests;
