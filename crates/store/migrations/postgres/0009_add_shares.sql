create table towpath.shares (
    integration_id text collate "C" not null references towpath.integrations,
    group_id text collate "C" not null references towpath.groups,
    shared_at bigint not null,
    primary key (integration_id, group_id)
);

create index shares_by_group on towpath.shares (group_id);

create index integrations_by_group on towpath.integrations (group_id);
