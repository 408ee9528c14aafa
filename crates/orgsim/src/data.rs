//! The records the org starts with, each computed from the seed and its number.

use crate::id::RecordId;
use crate::org::OrgConfig;
use crate::schema::{Field, FieldKind, SObject, Schema};
use crate::value::Value;

/// The id sequence of the first record of an sObject.
const FIRST_SEQUENCE: u64 = 62 * 62 * 7;

/// How the org fills a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fill {
    /// Never.
    Empty,
    /// From other fields.
    Derived(Derivation),
}

/// A rule by which a field follows from others.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Derivation {
    /// First and last name.
    FullName,
}

impl Fill {
    pub(crate) fn as_derivation(self) -> Option<Derivation> {
        match self {
            Self::Derived(derivation) => Some(derivation),
            Self::Empty => None,
        }
    }

    pub(crate) fn parse(words: &str) -> Option<Self> {
        match words {
            "" => Some(Self::Empty),
            "full_name" => Some(Self::Derived(Derivation::FullName)),
            _ => Some(Self::Empty),
        }
    }
}

/// The computed records.
#[derive(Debug)]
pub(crate) struct Base {
    schema: &'static Schema,
    counts: Vec<u32>,
}

impl Base {
    pub(crate) fn new(config: &OrgConfig) -> Self {
        let schema = Schema::standard();
        let counts = schema.sobjects().iter().map(|sobject| count(config, &sobject.name)).collect();
        Self { schema, counts }
    }

    pub(crate) fn schema(&self) -> &'static Schema {
        self.schema
    }

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

    pub(crate) fn id(&self, sobject: &SObject, number: u32) -> RecordId {
        RecordId::new(&sobject.key_prefix.unwrap_or(*b"000"), Self::sequence(number))
    }

    /// Computes a value of a record.
    pub(crate) fn value(&self, sobject: &SObject, number: u32, field: &Field) -> Value<'_> {
        match field.kind {
            FieldKind::Id => Value::Id(self.id(sobject, number)),
            FieldKind::Boolean => Value::Bool(false),
            _ => Value::Null,
        }
    }

    /// Returns the value of a field that a new record left out.
    pub(crate) fn value_when_left_out(&self, sobject: &SObject, number: u32, field: &Field) -> Value<'_> {
        match field.kind {
            FieldKind::Id => Value::Id(self.id(sobject, number)),
            FieldKind::Boolean => Value::Bool(false),
            _ => Value::Null,
        }
    }
}

fn count(config: &OrgConfig, sobject: &str) -> u32 {
    match sobject {
        "Organization" => 1,
        _ => config.counts.get(sobject).copied().unwrap_or(0),
    }
}
