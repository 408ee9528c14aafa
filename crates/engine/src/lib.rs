//! Connects orgs and keeps copies of them.
//!
//! Work is rows in the store: a *slice* of work ([`Engine::run_slice`]) reads at most a few pages of one sync rule,
//! commits records and checkpoint together, and returns what comes [`Next`]. A process may die between any two
//! instructions; the next one goes on from the last commit.

mod apply;
mod backoff;
mod catalog;
mod change_words;
mod config;
mod connect;
mod connect_flow;
mod connection_check;
mod credentials;
mod deletion;
mod destination;
mod drafts;
mod engine;
mod error;
mod explanations;
mod field_rules;
mod groups;
mod handle;
mod json_answer;
mod limits;
mod mappings;
mod members;
mod obstacle;
mod org_client;
mod page;
mod pause;
mod plan;
mod probes;
mod problem;
mod query;
mod read;
mod refresh;
mod retention;
mod revocation;
mod rule_changes;
mod rule_check;
mod rule_context;
mod rule_cost;
mod run;
mod run_requests;
mod schedule;
mod select;
mod serve;
mod set_up;
mod shape;
mod sharing;
mod slice;
mod spool;
mod sweeps;
mod timeline;
mod tokens;
mod version;
mod worker;
mod workspaces;

pub use config::{ConfiguredApp, ConnectConfig, EngineConfig, PageSize};
pub use connect_flow::MOST_APPROVALS;
pub use connection_check::{CheckLine, CheckPart, CheckState, ConnectionCheck};
pub use credentials::{Credentials, Grant};
pub use engine::{Engine, Network, Settled};
pub use error::{Error, Result};
pub use field_rules::FieldPolicyChange;
pub use groups::GroupChange;
pub use handle::{
    Callback, CallbackRefused, ConnectOptions, DataChoice, Deleted, Deletion, DirectGrant, EnvironmentOption,
    GrantEnd, HiddenPart, NewConnect, NewDirectConnect, NewPersonal, RulePreview, Sample, ScopeChange,
    StartedConnect, UserChange,
};
pub use limits::Allowance;
pub use mappings::{FilledTemplateItem, MappingGap, MappingPreview, MappingSample, SampleSource};
pub use model::NewFieldMapping;
pub use obstacle::problem_of_connection;
pub use problem::{Problem, Remedy, find_remedy, is_mended_in_org, waiting_for_transaction};
pub use refresh::{Refreshed, Retried};
pub use run::RuleRequest;
pub use serve::serve_work;
pub use set_up::SetUp;
pub use sharing::SharingRefused;
pub use store::kill_point::{KillPoint, Killed};
pub use version::{
    Precondition, allowance_version, draft_version, group_version, mappings_version, member_version,
    name_version, rule_version, sharing_version, workspace_version,
};
pub use worker::{Patience, Step, run_claimed, run_next, run_worker};
pub use workspaces::WorkspaceChange;

use store::kill_point;
