create table towpath_drafts (
    integration_id text not null references towpath_integrations,
    kind text not null,
    chosen text not null,
    user_id text not null,
    updated_at integer not null,
    primary key (integration_id, kind)
);

insert into towpath_drafts (integration_id, kind, chosen, user_id, updated_at)
select integration_id, 'mappings', mappings, user_id, updated_at
from towpath_mapping_drafts;

insert into towpath_drafts (integration_id, kind, chosen, user_id, updated_at)
select integration_id, 'shares',
    '{"sharing":{"group_id":' || coalesce('"' || group_id || '"', 'null')
        || ',"receivers":[' || case when receivers = '' then '' else '"' || replace(receivers, ' ', '","') || '"' end
        || ']},"seen":"' || seen || '"}',
    user_id, updated_at
from towpath_share_drafts;

drop table towpath_mapping_drafts;

drop table towpath_share_drafts;
