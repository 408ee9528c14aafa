alter table towpath_sessions add column browser text;
