alter table towpath_field_mappings add column transform text not null default '{}';

create table towpath_mapping_drafts (
    integration_id text not null primary key references towpath_integrations,
    mappings text not null,
    user_id text not null,
    updated_at integer not null
);
