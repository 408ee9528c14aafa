create table towpath.sweeps (
    sweep_id text collate "C" primary key,
    sync_rule_id text collate "C" not null references towpath.sync_rules,
    sync_run_id text collate "C" not null,
    cause text not null,
    mode text not null,
    started_at bigint not null,
    complete_until bigint not null,
    sees_all bigint,
    position text,
    finished_at bigint,
    outcome text,
    counts text,
    problem_code text,
    problem_text text
);

create index sweeps_by_rule on towpath.sweeps (sync_rule_id, sweep_id);

create table towpath.sweep_days (
    sweep_id text collate "C" not null references towpath.sweeps,
    day text collate "C" not null,
    rows_in_org bigint not null,
    rows_in_copy bigint not null,
    primary key (sweep_id, day)
);

create table towpath.sweep_findings (
    sync_rule_id text collate "C" not null references towpath.sync_rules,
    record_id text collate "C" not null,
    kind text collate "C" not null,
    system_modstamp bigint,
    why text,
    evidence text,
    merged_into text,
    evidence_at bigint,
    primary key (sync_rule_id, record_id)
);

create table towpath.sweep_schedules (
    sync_rule_id text collate "C" primary key references towpath.sync_rules,
    due_at bigint not null,
    mode text
);

create table towpath.read_ids (
    sync_rule_id text collate "C" not null references towpath.sync_rules,
    purpose text collate "C" not null,
    record_id text collate "C" not null,
    system_modstamp bigint,
    primary key (sync_rule_id, purpose, record_id)
);

create table towpath.gone_evidence (
    integration_id text collate "C" not null references towpath.integrations,
    sobject text collate "C" not null,
    record_id text collate "C" not null,
    why text not null,
    evidence text not null,
    sync_run_id text collate "C" not null,
    found_at bigint not null,
    primary key (integration_id, sobject, record_id)
);
