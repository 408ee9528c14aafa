create table towpath_timeline (
    timeline_id text not null primary key,
    workspace_id text not null references towpath_workspaces,
    integration_id text,
    sync_rule_id text,
    sobject_name text,
    field text,
    kind text not null,
    user_id text,
    value_before text,
    value_after text,
    happened_at integer not null
);

create index towpath_timeline_by_workspace on towpath_timeline (workspace_id, timeline_id);

create index towpath_timeline_by_integration on towpath_timeline (integration_id, timeline_id);

alter table towpath_sync_rules add column field_policy text not null default '{}';

alter table towpath_record_tables add column seen_fields text;

alter table towpath_record_tables add column missing_since integer;

create table towpath_bulk_refusals (
    org_id text not null references towpath_orgs,
    sobject text not null,
    api_version text not null,
    code text not null,
    refused_at integer not null,
    primary key (org_id, sobject, api_version)
);
