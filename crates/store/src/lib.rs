//! All SQL of Towpath, for SQLite and PostgreSQL.
