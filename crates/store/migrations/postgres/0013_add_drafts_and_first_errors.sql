alter table towpath.connect_flows add column group_id text collate "C";

create table towpath.share_drafts (
    integration_id text collate "C" primary key references towpath.integrations,
    group_id text collate "C",
    receivers text not null,
    seen text not null,
    user_id text collate "C" not null,
    updated_at bigint not null
);

alter table towpath.row_errors add column first_failed_at bigint;
