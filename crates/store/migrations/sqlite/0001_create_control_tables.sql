create table towpath_workspaces (
    workspace_id text not null primary key,
    name text not null,
    time_zone text not null,
    created_at integer not null
);

create table towpath_data_keys (
    workspace_id text not null references towpath_workspaces,
    data_key_id text not null,
    key_id text not null,
    sealed_key blob not null,
    created_at integer not null,
    primary key (workspace_id, data_key_id)
);

create table towpath_apps (
    workspace_id text not null references towpath_workspaces,
    client_id text not null,
    client_secret blob,
    created_at integer not null,
    updated_at integer not null,
    primary key (workspace_id, client_id)
);

create table towpath_orgs (
    org_id text not null primary key,
    workspace_id text not null references towpath_workspaces,
    organization_id text not null,
    name text not null,
    created_at integer not null,
    unique (workspace_id, organization_id)
);

create table towpath_connections (
    connection_id text not null primary key,
    workspace_id text not null references towpath_workspaces,
    org_id text not null references towpath_orgs,
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
    access_token blob not null,
    refresh_token blob,
    generation integer not null,
    issued_at integer not null,
    refresh_until integer,
    created_at integer not null,
    updated_at integer not null
);

create table towpath_integrations (
    integration_id text not null primary key,
    workspace_id text not null references towpath_workspaces,
    connection_id text not null references towpath_connections,
    slug text not null unique,
    name text not null,
    mode text not null,
    created_at integer not null
);

create table towpath_sync_rules (
    sync_rule_id text not null primary key,
    integration_id text not null references towpath_integrations,
    sobject text not null,
    sobject_name text not null,
    filter text,
    fields text not null,
    cadence_ms integer not null,
    created_at integer not null,
    updated_at integer not null,
    unique (integration_id, sobject)
);

create table towpath_sobject_describes (
    connection_id text not null references towpath_connections,
    sobject text not null,
    body text not null,
    described_at integer not null,
    primary key (connection_id, sobject)
);

create table towpath_record_tables (
    integration_id text not null references towpath_integrations,
    sobject text not null,
    layout_version integer not null,
    layout text not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (integration_id, sobject)
);

create table towpath_sync_runs (
    sync_run_id text not null primary key,
    integration_id text not null references towpath_integrations,
    started_at integer not null,
    finished_at integer,
    outcome text,
    problem_code text,
    problem_text text
);

create index towpath_sync_runs_by_integration on towpath_sync_runs (integration_id, sync_run_id);

create table towpath_sync_run_rules (
    sync_run_id text not null references towpath_sync_runs,
    sync_rule_id text not null references towpath_sync_rules,
    phase text not null,
    rows_total integer,
    rows_read integer not null default 0,
    inserted integer not null default 0,
    updated integer not null default 0,
    unchanged integer not null default 0,
    gone integer not null default 0,
    rejected integer not null default 0,
    calls integer not null default 0,
    bytes integer not null default 0,
    started_at integer,
    finished_at integer,
    outcome text,
    problem_code text,
    problem_text text,
    primary key (sync_run_id, sync_rule_id)
);

create table towpath_checkpoints (
    sync_rule_id text not null primary key references towpath_sync_rules,
    position text not null,
    complete_until integer,
    updated_at integer not null
);

create table towpath_row_errors (
    sync_rule_id text not null references towpath_sync_rules,
    record_id text not null,
    field text not null,
    code text not null,
    message text not null,
    sync_run_id text not null references towpath_sync_runs,
    failed_at integer not null,
    primary key (sync_rule_id, record_id, field, code)
);

create table towpath_csv_files (
    sync_rule_id text not null primary key references towpath_sync_rules,
    file_name text not null,
    byte_length integer not null,
    updated_at integer not null
);

create table towpath_work (
    work_id text not null primary key,
    kind text not null,
    subject text not null,
    next_due_at integer not null,
    attempt integer not null default 0,
    lease_owner text,
    lease_until integer,
    epoch integer not null default 0,
    created_at integer not null,
    unique (kind, subject)
);

create index towpath_work_by_due on towpath_work (next_due_at, work_id);
