create table towpath_sweeps (
    sweep_id text not null primary key,
    sync_rule_id text not null references towpath_sync_rules,
    sync_run_id text not null,
    cause text not null,
    mode text not null,
    started_at integer not null,
    complete_until integer not null,
    sees_all integer,
    position text,
    finished_at integer,
    outcome text,
    counts text,
    problem_code text,
    problem_text text
);

create index towpath_sweeps_by_rule on towpath_sweeps (sync_rule_id, sweep_id);

create table towpath_sweep_days (
    sweep_id text not null references towpath_sweeps,
    day text not null,
    rows_in_org integer not null,
    rows_in_copy integer not null,
    primary key (sweep_id, day)
);

create table towpath_sweep_findings (
    sync_rule_id text not null references towpath_sync_rules,
    record_id text not null,
    kind text not null,
    system_modstamp integer,
    why text,
    evidence text,
    merged_into text,
    evidence_at integer,
    primary key (sync_rule_id, record_id)
);

create table towpath_sweep_schedules (
    sync_rule_id text not null primary key references towpath_sync_rules,
    due_at integer not null,
    mode text
);

create table towpath_read_ids (
    sync_rule_id text not null references towpath_sync_rules,
    purpose text not null,
    record_id text not null,
    system_modstamp integer,
    primary key (sync_rule_id, purpose, record_id)
);

create table towpath_gone_evidence (
    integration_id text not null references towpath_integrations,
    sobject text not null,
    record_id text not null,
    why text not null,
    evidence text not null,
    sync_run_id text not null,
    found_at integer not null,
    primary key (integration_id, sobject, record_id)
);
