create table towpath_api_calls (
    org_id text not null references towpath_orgs,
    integration_id text not null,
    hour_at integer not null,
    kind text not null,
    calls integer not null,
    primary key (org_id, hour_at, integration_id, kind)
);

create table towpath_org_budget (
    org_id text not null primary key references towpath_orgs,
    stop_percent integer not null default 80,
    calls_booked integer not null default 0,
    daily_limit integer,
    used integer,
    used_at integer,
    used_as_of integer not null default 0,
    refused_as_of integer,
    blocked_until integer,
    probes integer not null default 0,
    slow_until integer,
    covered_until integer,
    covered_asked_at integer
);

alter table towpath_integrations add column daily_allotment integer;

alter table towpath_sync_rules add column due_at integer;

alter table towpath_checkpoints add column covered_until integer;

alter table towpath_checkpoints add column held_since integer;

alter table towpath_workspaces add column served_at integer not null default 0;

alter table towpath_work add column workspace_id text;

alter table towpath_work add column org_id text;

alter table towpath_work add column integration_id text;

update towpath_work set integration_id = coalesce(
    (select integration_id from towpath_sync_rules where sync_rule_id = towpath_work.subject),
    (select integration_id from towpath_integrations where integration_id = towpath_work.subject)
);

update towpath_work set
    workspace_id = (select workspace_id from towpath_integrations i where i.integration_id = towpath_work.integration_id),
    org_id = (
        select c.org_id
        from towpath_integrations i
        join towpath_connections c on c.connection_id = i.connection_id
        where i.integration_id = towpath_work.integration_id
    );

create index towpath_sync_run_rules_by_rule on towpath_sync_run_rules (sync_rule_id, sync_run_id);
