//! The timeline: what happened to an integration, a group or the workspace, by whom, and what it was before and after.

use salesforce::{SObjectName, Timestamp};

use crate::text_enum::text_enums;
use crate::{IntegrationId, SyncRuleId, TimelineId, UserId, WorkspaceId};

text_enums! {
    /// What happened.
    TimelineKind {
        /// The org has a field that it did not have, or that the user could not read, and it is copied from now on.
        FieldAdded = "field.added",
        /// The org has such a field, and a person decides about it.
        FieldSuggested = "field.suggested",
        /// The org has such a field, and the rule leaves new ones out.
        FieldIgnored = "field.ignored",
        /// A person chose a field.
        FieldSelected = "field.selected",
        /// A person chose a field no longer; its column keeps its values.
        FieldDeselected = "field.deselected",
        /// A field is not among what the user can read: it was removed or hidden. Its column keeps its values.
        FieldMissing = "field.missing",
        /// Such a field is back.
        FieldReturned = "field.returned",
        /// A field is missing and another of the same label and type is there.
        FieldRenamed = "field.renamed",
        /// A field has another type, whose values the copy holds as well.
        FieldRetyped = "field.retyped",
        /// A field has another length or precision.
        FieldResized = "field.resized",
        /// A field has another type, whose values cannot stand beside the old ones. The sObject waits for a person.
        FieldRefused = "field.refused",
        /// A person accepted such a type: the old column is set aside, and a new one is filled.
        FieldAccepted = "field.accepted",
        /// A column has the values of all records.
        FieldFilled = "field.filled",
        /// The user cannot read an sObject any more: it was removed or hidden. What was copied stays.
        SObjectMissing = "sobject.missing",
        /// Such an sObject is back.
        SObjectReturned = "sobject.returned",
        /// How a rule treats its fields was changed.
        FieldPolicyChanged = "field_policy.changed",
        /// An org was connected, and the integration made.
        IntegrationAdded = "integration.added",
        /// A person gave the integration another name.
        IntegrationRenamed = "integration.renamed",
        /// A person paused it.
        IntegrationPaused = "integration.paused",
        /// A person resumed it.
        IntegrationResumed = "integration.resumed",
        /// A person deleted it, with its records or without.
        IntegrationDeleted = "integration.deleted",
        /// A person changed how many API calls it may make.
        LimitsChanged = "limits.changed",
        /// The org confirmed that a connection's grant was given back.
        ConnectionRevoked = "connection.revoked",
        /// The org no longer accepts the connection.
        ConnectionRefused = "connection.refused",
        /// The org accepts it again: a person connected anew, or the cause is gone.
        ConnectionRestored = "connection.restored",
        /// A person added a sync rule.
        RuleAdded = "rule.added",
        /// A person changed what a rule reads, or how often.
        RuleChanged = "rule.changed",
        /// A person deleted a rule.
        RuleRemoved = "rule.removed",
        /// A person changed the field mappings.
        MappingsChanged = "mappings.changed",
        /// The integration was given to another group, or to the whole workspace.
        OwnerGroupChanged = "owner_group.changed",
        /// It was shared with a group.
        ShareGranted = "share.granted",
        /// It is shared with a group no longer.
        ShareRevoked = "share.revoked",
        /// A member of a group that it was shared with disconnected it for the group.
        ShareDisconnected = "share.disconnected",
        /// A person gave the workspace another name.
        WorkspaceRenamed = "workspace.renamed",
        /// A person gave the workspace another time zone.
        WorkspaceMoved = "workspace.moved",
        /// A person made a group.
        GroupAdded = "group.added",
        /// A person gave a group another name.
        GroupRenamed = "group.renamed",
        /// A person deleted a group.
        GroupDeleted = "group.deleted",
        /// A person switched Salesforce on for a group.
        GroupSwitchedOn = "group.switched_on",
        /// A person switched Salesforce off for a group.
        GroupSwitchedOff = "group.switched_off",
        /// A person took members into a group.
        GroupMembersAdded = "group.members_added",
        /// A person took members out of a group.
        GroupMembersRemoved = "group.members_removed",
    }
}

/// One thing that happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TimelineEntry {
    /// Its id. Ids are in the order of time.
    pub id: TimelineId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The integration that it is about.
    pub integration_id: Option<IntegrationId>,
    /// The rule.
    pub sync_rule_id: Option<SyncRuleId>,
    /// The sObject.
    pub sobject: Option<SObjectName>,
    /// The field, by its API name.
    pub field: Option<String>,
    /// What happened.
    pub kind: TimelineKind,
    /// Who did it; `None` where nobody did, or it happened in the org.
    pub user_id: Option<UserId>,
    /// What was before, never a value of a record.
    pub before: Option<String>,
    /// What is now.
    pub after: Option<String>,
    /// When it was done, or noticed.
    pub happened_at: Timestamp,
}
