alter table towpath_connections add column private_key blob;

alter table towpath_connections add column owner_id text references towpath_members;

create unique index towpath_connections_of_members on towpath_connections (owner_id, org_id);

alter table towpath_connect_flows add column grant_kind text not null default 'authorization_code';

alter table towpath_connect_flows add column username text;

alter table towpath_connect_flows add column org_id text references towpath_orgs;
