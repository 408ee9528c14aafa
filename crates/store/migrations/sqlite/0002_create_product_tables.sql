create table towpath_members (
    user_id text not null primary key,
    workspace_id text not null references towpath_workspaces,
    email text not null unique,
    name text not null,
    role text not null,
    password_hash text,
    signed_in_at integer,
    created_at integer not null,
    updated_at integer not null
);

create index towpath_members_by_workspace on towpath_members (workspace_id, user_id);

create table towpath_one_time_links (
    token_hash blob not null primary key,
    kind text not null,
    user_id text references towpath_members,
    expires_at integer not null,
    created_at integer not null
);

create table towpath_sessions (
    session_id text not null primary key,
    token_hash blob not null unique,
    csrf_token text not null,
    user_id text not null references towpath_members,
    created_at integer not null,
    used_at integer not null,
    expires_at integer not null
);

create index towpath_sessions_by_user on towpath_sessions (user_id, session_id);

create table towpath_api_keys (
    api_key_id text not null primary key,
    workspace_id text not null references towpath_workspaces,
    user_id text not null references towpath_members,
    name text not null,
    role text not null,
    token_hash blob not null unique,
    token_start text not null,
    created_at integer not null,
    expires_at integer,
    used_at integer
);

create index towpath_api_keys_by_user on towpath_api_keys (user_id, api_key_id);

create table towpath_connect_flows (
    connect_flow_id text not null primary key,
    workspace_id text not null references towpath_workspaces,
    user_id text not null references towpath_members,
    session_id text,
    integration_id text references towpath_integrations,
    name text not null,
    environment text not null,
    login_host text not null,
    redirect_uri text not null,
    client_id text not null,
    state_hash blob not null unique,
    browser_hash blob not null,
    code_verifier blob not null,
    status text not null,
    problem_code text,
    problem_text text,
    existing_integration_id text,
    finding text,
    sealed_grant blob,
    created_at integer not null,
    expires_at integer not null
);

create index towpath_connect_flows_by_expiry on towpath_connect_flows (expires_at, connect_flow_id);

create table towpath_field_mappings (
    field_mapping_id text not null primary key,
    integration_id text not null references towpath_integrations,
    entity text not null,
    property text not null,
    sobject text not null,
    field text not null,
    created_at integer not null,
    unique (integration_id, entity, property)
);

alter table towpath_orgs add column environment text not null default 'production';

alter table towpath_integrations add column paused_at integer;

alter table towpath_integrations add column paused_by text;

alter table towpath_integrations add column deleted_at integer;
