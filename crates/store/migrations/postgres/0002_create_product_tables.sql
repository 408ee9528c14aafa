create table towpath.members (
    user_id text collate "C" primary key,
    workspace_id text collate "C" not null references towpath.workspaces,
    email text collate "C" not null unique,
    name text not null,
    role text not null,
    password_hash text,
    signed_in_at bigint,
    created_at bigint not null,
    updated_at bigint not null
);

create index members_by_workspace on towpath.members (workspace_id, user_id);

create table towpath.one_time_links (
    token_hash bytea primary key,
    kind text collate "C" not null,
    user_id text collate "C" references towpath.members,
    expires_at bigint not null,
    created_at bigint not null
);

create table towpath.sessions (
    session_id text collate "C" primary key,
    token_hash bytea not null unique,
    csrf_token text not null,
    user_id text collate "C" not null references towpath.members,
    created_at bigint not null,
    used_at bigint not null,
    expires_at bigint not null
);

create index sessions_by_user on towpath.sessions (user_id, session_id);

create table towpath.api_keys (
    api_key_id text collate "C" primary key,
    workspace_id text collate "C" not null references towpath.workspaces,
    user_id text collate "C" not null references towpath.members,
    name text not null,
    role text not null,
    token_hash bytea not null unique,
    token_start text not null,
    created_at bigint not null,
    expires_at bigint,
    used_at bigint
);

create index api_keys_by_user on towpath.api_keys (user_id, api_key_id);

create table towpath.connect_flows (
    connect_flow_id text collate "C" primary key,
    workspace_id text collate "C" not null references towpath.workspaces,
    user_id text collate "C" not null references towpath.members,
    session_id text collate "C",
    integration_id text collate "C" references towpath.integrations,
    name text not null,
    environment text not null,
    login_host text not null,
    redirect_uri text not null,
    client_id text collate "C" not null,
    state_hash bytea not null unique,
    browser_hash bytea not null,
    code_verifier bytea not null,
    status text collate "C" not null,
    problem_code text,
    problem_text text,
    existing_integration_id text collate "C",
    finding text,
    sealed_grant bytea,
    created_at bigint not null,
    expires_at bigint not null
);

create index connect_flows_by_expiry on towpath.connect_flows (expires_at, connect_flow_id);

create table towpath.field_mappings (
    field_mapping_id text collate "C" primary key,
    integration_id text collate "C" not null references towpath.integrations,
    entity text collate "C" not null,
    property text collate "C" not null,
    sobject text collate "C" not null,
    field text collate "C" not null,
    created_at bigint not null,
    unique (integration_id, entity, property)
);

alter table towpath.orgs add column environment text not null default 'production';

alter table towpath.integrations add column paused_at bigint;

alter table towpath.integrations add column paused_by text;

alter table towpath.integrations add column deleted_at bigint;
