alter table towpath_connect_flows add column group_id text;

create table towpath_share_drafts (
    integration_id text not null primary key references towpath_integrations,
    group_id text,
    receivers text not null,
    seen text not null,
    user_id text not null,
    updated_at integer not null
);

alter table towpath_row_errors add column first_failed_at integer;
