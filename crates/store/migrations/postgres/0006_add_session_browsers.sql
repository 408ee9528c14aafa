alter table towpath.sessions add column browser text;
