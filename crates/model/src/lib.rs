//! The nouns of Towpath and their invariants.
//!
//! Pure: no I/O and no async. Time and chance come from here, and are passed in everywhere.

pub mod drift;
pub mod field_mapping;
pub mod filter;
pub mod id;
pub mod mapping_template;
pub mod names;
pub mod property;
pub mod property_value;
pub mod query;
pub mod status;
pub mod transform;
pub mod volatile;

mod budget;
mod checkpoint;
mod clock;
mod connect_flow;
mod connection;
mod draft;
mod explanation;
mod field_policy;
mod group;
mod integration;
mod kept_column;
mod layout;
mod member;
mod random;
mod record;
mod slug;
mod sweep;
mod sync_rule;
mod sync_run;
mod text_enum;
mod time_zone;
mod timeline;
mod watermark;
mod workspace;

pub use budget::{
    ASSUMED_DAILY_LIMIT, BudgetDecision, BudgetFacts, BudgetStop, CallPurpose, DEFAULT_STOP_PERCENT,
    probe_pause, stop_at,
};
pub use checkpoint::{
    BulkPosition, Checkpoint, FinishedJob, KeysetPass, KeysetPoint, KeysetPosition, Position, ReadKind,
    SweepJob, SweepPosition, SweepStep, WaitingRead,
};
pub use clock::{Clock, TestClock};
pub use connect_flow::{ConnectFlow, ConnectFlowStatus, ConnectPurpose, Environment, FoundOrg};
pub use connection::{Connection, ConnectionKind, ConnectionStatus, GrantKind};
pub use draft::{ChosenSharing, Draft, Draftable};
pub use explanation::{
    GoneFacts, RecordFacts, RecordInOrg, RecordRuleFacts, RecordState, RowErrorFacts, StoredFacts,
    explain_record,
};
pub use field_mapping::{
    FieldMapping, NewFieldMapping, Suggestion, SuggestionReason, TypeFit, fit_transformed, fit_type,
    suggest_mappings,
};
pub use field_policy::{FieldPolicy, NewFields};
pub use filter::{Filter, FilterError, parse_rule};
pub use group::{Group, Sharing};
pub use id::{
    ApiKeyId, ConnectFlowId, ConnectionId, DataKeyId, FieldMappingId, GroupId, IntegrationId, OrgId,
    SessionId, SweepId, SyncRuleId, SyncRunId, TimelineId, UserId, WorkId, WorkspaceId,
};
pub use integration::{Integration, Mode};
pub use kept_column::{ColumnState, KeptColumn, describe_type};
pub use layout::{Column, ColumnKind, LayoutError, RecordLayout, SkipReason, SkippedField, sql_name};
pub use mapping_template::{MappingTemplate, TemplateItem};
pub use member::{ApiKey, Member, MemberSession, Role};
pub use property::{Entity, EntityName, Property, PropertyType};
pub use property_value::{PropertyValue, Unfit};
pub use query::{
    CellValue, Condition, Direction, GoneRows, Operator, Query, QueryColumn, QueryError, QueryText, Seek,
    SortTerm, Test,
};
pub use random::{Random, SeedError};
pub use record::{GoneEvidence, GoneRecord, GoneWhy, Source};
pub use slug::{Slug, SlugError};
pub use status::{
    Activity, IntegrationStatus, LastRun, MissingPart, StatusFacts, StatusReport, derive_status,
};
pub use sweep::{
    DayCounts, Finding, FindingKind, RangeComparison, RowStamp, StampSum, StoredStamp, Sweep, SweepCause,
    SweepCounts, SweepEnd, SweepMode, SweepOutcome, compare_range, looks_like_lost_sight, next_sweep_at,
};
pub use sync_rule::{Cadence, CadenceError, FieldSelection, SyncRule};
pub use sync_run::{Outcome, Problem, RuleProgress, RunCounts, RunEnd, RunPhase, SyncRun};
pub use text_enum::WordError;
pub use time_zone::{TimeZone, TimeZoneError};
pub use timeline::{TimelineEntry, TimelineKind};
pub use transform::{OtherValues, Transform, TransformError, ValuePair};
pub use watermark::Watermark;
pub use workspace::{Org, Workspace};
