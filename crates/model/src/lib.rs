//! The nouns of Towpath and their invariants.
//!
//! Pure: no I/O and no async. Time and chance come from here, and are passed in everywhere.

pub mod filter;
pub mod id;

mod checkpoint;
mod clock;
mod connect_flow;
mod connection;
mod integration;
mod layout;
mod member;
mod random;
mod record;
mod slug;
mod sync_rule;
mod sync_run;
mod text_enum;
mod watermark;
mod workspace;

pub use checkpoint::{
    BulkPosition, Checkpoint, FinishedJob, KeysetPass, KeysetPoint, KeysetPosition, Position, ReadKind,
};
pub use clock::{Clock, TestClock};
pub use connect_flow::{ConnectFlow, ConnectFlowStatus, ConnectPurpose, Environment, FoundOrg};
pub use connection::{Connection, ConnectionKind, ConnectionStatus, GrantKind};
pub use filter::{Filter, FilterError, parse_rule};
pub use id::{
    ApiKeyId, ConnectFlowId, ConnectionId, DataKeyId, FieldMappingId, GroupId, IntegrationId, OrgId,
    SessionId, SyncRuleId, SyncRunId, UserId, WorkId, WorkspaceId,
};
pub use integration::{Integration, Mode};
pub use layout::{Column, ColumnKind, LayoutError, RecordLayout, SkipReason, SkippedField, sql_name};
pub use member::{ApiKey, Member, MemberSession, Role};
pub use random::{Random, SeedError};
pub use record::{GoneRecord, GoneWhy, Source};
pub use slug::{Slug, SlugError};
pub use sync_rule::{FieldSelection, SyncRule};
pub use sync_run::{Outcome, Problem, RuleProgress, RunCounts, RunEnd, RunPhase, SyncRun};
pub use text_enum::WordError;
pub use watermark::Watermark;
pub use workspace::{Org, Workspace};
