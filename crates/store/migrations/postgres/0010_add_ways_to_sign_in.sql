alter table towpath.connections add column private_key bytea;

alter table towpath.connections add column owner_id text collate "C" references towpath.members;

create unique index connections_of_members on towpath.connections (owner_id, org_id);

alter table towpath.connect_flows add column grant_kind text collate "C" not null default 'authorization_code';

alter table towpath.connect_flows add column username text;

alter table towpath.connect_flows add column org_id text collate "C" references towpath.orgs;
