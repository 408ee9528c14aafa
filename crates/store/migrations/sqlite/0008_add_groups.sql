create table towpath_groups (
    group_id text not null primary key,
    workspace_id text not null references towpath_workspaces,
    name text not null,
    name_key text not null,
    salesforce_on_at integer,
    created_at integer not null,
    unique (workspace_id, name_key)
);

create table towpath_group_members (
    group_id text not null references towpath_groups,
    user_id text not null references towpath_members,
    primary key (group_id, user_id)
);

create index towpath_group_members_by_user on towpath_group_members (user_id);

create table towpath_group_connections (
    group_id text not null references towpath_groups,
    other_id text not null references towpath_groups,
    primary key (group_id, other_id)
);

alter table towpath_integrations add column group_id text references towpath_groups;
