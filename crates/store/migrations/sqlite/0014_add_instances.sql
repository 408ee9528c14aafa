create table towpath_instances (
    instance integer primary key check (instance = 1),
    address text,
    place text not null,
    adopted_at integer not null
);
