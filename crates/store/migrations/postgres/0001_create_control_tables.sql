create table towpath.workspaces (
    workspace_id text collate "C" primary key,
    name text not null,
    time_zone text not null,
    created_at bigint not null
);

create table towpath.data_keys (
    workspace_id text collate "C" not null references towpath.workspaces,
    data_key_id text collate "C" not null,
    key_id text not null,
    sealed_key bytea not null,
    created_at bigint not null,
    primary key (workspace_id, data_key_id)
);

create table towpath.apps (
    workspace_id text collate "C" not null references towpath.workspaces,
    client_id text collate "C" not null,
    client_secret bytea,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (workspace_id, client_id)
);

create table towpath.orgs (
    org_id text collate "C" primary key,
    workspace_id text collate "C" not null references towpath.workspaces,
    organization_id text collate "C" not null,
    name text not null,
    created_at bigint not null,
    unique (workspace_id, organization_id)
);

create table towpath.connections (
    connection_id text collate "C" primary key,
    workspace_id text collate "C" not null references towpath.workspaces,
    org_id text collate "C" not null references towpath.orgs,
    kind text not null,
    grant_kind text not null,
    login_host text not null,
    instance_url text not null,
    salesforce_user_id text not null,
    username text not null,
    client_id text not null,
    scopes text not null,
    status text not null,
    status_code text,
    access_token bytea not null,
    refresh_token bytea,
    generation bigint not null,
    issued_at bigint not null,
    refresh_until bigint,
    created_at bigint not null,
    updated_at bigint not null
);

create table towpath.integrations (
    integration_id text collate "C" primary key,
    workspace_id text collate "C" not null references towpath.workspaces,
    connection_id text collate "C" not null references towpath.connections,
    slug text collate "C" not null unique,
    name text not null,
    mode text not null,
    created_at bigint not null
);

create table towpath.sync_rules (
    sync_rule_id text collate "C" primary key,
    integration_id text collate "C" not null references towpath.integrations,
    sobject text collate "C" not null,
    sobject_name text not null,
    filter text,
    fields text not null,
    cadence_ms bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    unique (integration_id, sobject)
);

create table towpath.sobject_describes (
    connection_id text collate "C" not null references towpath.connections,
    sobject text collate "C" not null,
    body text not null,
    described_at bigint not null,
    primary key (connection_id, sobject)
);

create table towpath.record_tables (
    integration_id text collate "C" not null references towpath.integrations,
    sobject text collate "C" not null,
    layout_version bigint not null,
    layout text not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (integration_id, sobject)
);

create table towpath.sync_runs (
    sync_run_id text collate "C" primary key,
    integration_id text collate "C" not null references towpath.integrations,
    started_at bigint not null,
    finished_at bigint,
    outcome text,
    problem_code text,
    problem_text text
);

create index sync_runs_by_integration on towpath.sync_runs (integration_id, sync_run_id);

create table towpath.sync_run_rules (
    sync_run_id text collate "C" not null references towpath.sync_runs,
    sync_rule_id text collate "C" not null references towpath.sync_rules,
    phase text not null,
    rows_total bigint,
    rows_read bigint not null default 0,
    inserted bigint not null default 0,
    updated bigint not null default 0,
    unchanged bigint not null default 0,
    gone bigint not null default 0,
    rejected bigint not null default 0,
    calls bigint not null default 0,
    bytes bigint not null default 0,
    started_at bigint,
    finished_at bigint,
    outcome text,
    problem_code text,
    problem_text text,
    primary key (sync_run_id, sync_rule_id)
);

create table towpath.checkpoints (
    sync_rule_id text collate "C" primary key references towpath.sync_rules,
    position text not null,
    complete_until bigint,
    updated_at bigint not null
);

create table towpath.row_errors (
    sync_rule_id text collate "C" not null references towpath.sync_rules,
    record_id text collate "C" not null,
    field text collate "C" not null,
    code text collate "C" not null,
    message text not null,
    sync_run_id text collate "C" not null references towpath.sync_runs,
    failed_at bigint not null,
    primary key (sync_rule_id, record_id, field, code)
);

create table towpath.csv_files (
    sync_rule_id text collate "C" primary key references towpath.sync_rules,
    file_name text not null,
    byte_length bigint not null,
    updated_at bigint not null
);

create table towpath.work (
    work_id text collate "C" primary key,
    kind text collate "C" not null,
    subject text collate "C" not null,
    next_due_at bigint not null,
    attempt bigint not null default 0,
    lease_owner text,
    lease_until bigint,
    epoch bigint not null default 0,
    created_at bigint not null,
    unique (kind, subject)
);

create index work_by_due on towpath.work (next_due_at, work_id);
