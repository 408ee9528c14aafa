create table towpath.api_calls (
    org_id text collate "C" not null references towpath.orgs,
    integration_id text collate "C" not null,
    hour_at bigint not null,
    kind text collate "C" not null,
    calls bigint not null,
    primary key (org_id, hour_at, integration_id, kind)
);

create table towpath.org_budget (
    org_id text collate "C" primary key references towpath.orgs,
    stop_percent bigint not null default 80,
    calls_booked bigint not null default 0,
    daily_limit bigint,
    used bigint,
    used_at bigint,
    used_as_of bigint not null default 0,
    refused_as_of bigint,
    blocked_until bigint,
    probes bigint not null default 0,
    slow_until bigint,
    covered_until bigint,
    covered_asked_at bigint
);

alter table towpath.integrations add column daily_allotment bigint;

alter table towpath.sync_rules add column due_at bigint;

alter table towpath.checkpoints add column covered_until bigint;

alter table towpath.checkpoints add column held_since bigint;

alter table towpath.workspaces add column served_at bigint not null default 0;

alter table towpath.work add column workspace_id text collate "C";

alter table towpath.work add column org_id text collate "C";

alter table towpath.work add column integration_id text collate "C";

update towpath.work set integration_id = coalesce(
    (select integration_id from towpath.sync_rules where sync_rule_id = work.subject),
    (select integration_id from towpath.integrations where integration_id = work.subject)
);

update towpath.work set
    workspace_id = (select workspace_id from towpath.integrations i where i.integration_id = work.integration_id),
    org_id = (
        select c.org_id
        from towpath.integrations i
        join towpath.connections c on c.connection_id = i.connection_id
        where i.integration_id = work.integration_id
    );

create index sync_run_rules_by_rule on towpath.sync_run_rules (sync_rule_id, sync_run_id);
