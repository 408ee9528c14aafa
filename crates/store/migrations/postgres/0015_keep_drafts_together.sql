create table towpath.drafts (
    integration_id text collate "C" not null references towpath.integrations,
    kind text collate "C" not null,
    chosen text not null,
    user_id text collate "C" not null,
    updated_at bigint not null,
    primary key (integration_id, kind)
);

insert into towpath.drafts (integration_id, kind, chosen, user_id, updated_at)
select integration_id, 'mappings', mappings, user_id, updated_at
from towpath.mapping_drafts;

insert into towpath.drafts (integration_id, kind, chosen, user_id, updated_at)
select integration_id, 'shares',
    '{"sharing":{"group_id":' || coalesce('"' || group_id || '"', 'null')
        || ',"receivers":[' || case when receivers = '' then '' else '"' || replace(receivers, ' ', '","') || '"' end
        || ']},"seen":"' || seen || '"}',
    user_id, updated_at
from towpath.share_drafts;

drop table towpath.mapping_drafts;

drop table towpath.share_drafts;
