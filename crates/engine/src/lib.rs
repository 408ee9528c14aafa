//! Connects orgs and keeps copies of them.
