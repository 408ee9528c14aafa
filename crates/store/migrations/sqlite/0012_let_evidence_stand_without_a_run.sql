create table towpath_gone_evidence_next (
    integration_id text not null references towpath_integrations,
    sobject text not null,
    record_id text not null,
    why text not null,
    evidence text not null,
    sync_run_id text,
    found_at integer not null,
    primary key (integration_id, sobject, record_id)
);

insert into towpath_gone_evidence_next
    (integration_id, sobject, record_id, why, evidence, sync_run_id, found_at)
select integration_id, sobject, record_id, why, evidence, sync_run_id, found_at
from towpath_gone_evidence;

drop table towpath_gone_evidence;

alter table towpath_gone_evidence_next rename to towpath_gone_evidence;
