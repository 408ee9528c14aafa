//! What the copy knows of a record beside its fields.

use salesforce::{RecordId, Timestamp};

use crate::text_enum::text_enums;

text_enums! {
    /// Where the stored version of a record came from.
    Source {
        /// A full read by Bulk API 2.0.
        Bulk = "bulk",
        /// A read of what changed.
        Poll = "poll",
        /// A change event.
        Event = "event",
        /// A profile that a person opened.
        Open = "open",
        /// A scheduled re-read, of formula fields for one.
        Refresh = "refresh",
    }

    /// Why a record is gone. Only the first three mean deleted.
    GoneWhy {
        /// It is in the org's recycle bin.
        Deleted = "deleted",
        /// It was merged into another.
        Merged = "merged",
        /// It was deleted for good.
        Purged = "purged",
        /// It left the rule's filter.
        Filtered = "filtered",
        /// The connection's user lost sight of it.
        Hidden = "hidden",
        /// Deleted for good or no longer visible: a complete sweep did not find it.
        Absent = "absent",
    }

    /// How we know that a record is gone.
    GoneEvidence {
        /// The org shows it in its recycle bin.
        RecycleBin = "recycle_bin",
        /// The org shows it, and the rule's filter does not keep it.
        OutsideFilter = "outside_filter",
        /// The org names it among the records deleted (REST API Developer Guide, sObject Get Deleted).
        DeletedList = "deleted_list",
        /// A complete sweep by a user who may see all records did not find it.
        SeesAll = "sees_all",
        /// It is not among the records deleted since it was last seen, and the org says that the user may not read it.
        NoAccess = "no_access",
        /// A complete sweep did not find it, and that is all.
        NotFound = "not_found",
    }
}

/// A record known to be gone, with the evidence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GoneRecord {
    /// The record.
    pub id: RecordId,
    /// Why it is gone.
    pub why: GoneWhy,
    /// How we know.
    pub evidence: GoneEvidence,
    /// The record it was merged into.
    pub merged_into: Option<RecordId>,
    /// The org's stamp of the evidence, where it has one. A stored version that is newer stays.
    pub system_modstamp: Option<Timestamp>,
}
