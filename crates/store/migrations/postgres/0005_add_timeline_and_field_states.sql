create table towpath.timeline (
    timeline_id text collate "C" primary key,
    workspace_id text collate "C" not null references towpath.workspaces,
    integration_id text collate "C",
    sync_rule_id text collate "C",
    sobject_name text,
    field text,
    kind text collate "C" not null,
    user_id text collate "C",
    value_before text,
    value_after text,
    happened_at bigint not null
);

create index timeline_by_workspace on towpath.timeline (workspace_id, timeline_id);

create index timeline_by_integration on towpath.timeline (integration_id, timeline_id);

alter table towpath.sync_rules add column field_policy text not null default '{}';

alter table towpath.record_tables add column seen_fields text;

alter table towpath.record_tables add column missing_since bigint;

create table towpath.bulk_refusals (
    org_id text collate "C" not null references towpath.orgs,
    sobject text collate "C" not null,
    api_version text collate "C" not null,
    code text collate "C" not null,
    refused_at bigint not null,
    primary key (org_id, sobject, api_version)
);
