create table towpath.instances (
    instance bigint primary key check (instance = 1),
    address text,
    place text not null,
    adopted_at bigint not null
);
