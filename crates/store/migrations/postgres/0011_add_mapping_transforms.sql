alter table towpath.field_mappings add column transform text not null default '{}';

create table towpath.mapping_drafts (
    integration_id text collate "C" primary key references towpath.integrations,
    mappings text not null,
    user_id text collate "C" not null,
    updated_at bigint not null
);
