alter table towpath.gone_evidence alter column sync_run_id drop not null;
