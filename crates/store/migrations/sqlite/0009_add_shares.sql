create table towpath_shares (
    integration_id text not null references towpath_integrations,
    group_id text not null references towpath_groups,
    shared_at integer not null,
    primary key (integration_id, group_id)
);

create index towpath_shares_by_group on towpath_shares (group_id);

create index towpath_integrations_by_group on towpath_integrations (group_id);
