create table towpath.groups (
    group_id text collate "C" primary key,
    workspace_id text collate "C" not null references towpath.workspaces,
    name text not null,
    name_key text collate "C" not null,
    salesforce_on_at bigint,
    created_at bigint not null,
    unique (workspace_id, name_key)
);

create table towpath.group_members (
    group_id text collate "C" not null references towpath.groups,
    user_id text collate "C" not null references towpath.members,
    primary key (group_id, user_id)
);

create index group_members_by_user on towpath.group_members (user_id);

create table towpath.group_connections (
    group_id text collate "C" not null references towpath.groups,
    other_id text collate "C" not null references towpath.groups,
    primary key (group_id, other_id)
);

alter table towpath.integrations add column group_id text collate "C" references towpath.groups;
