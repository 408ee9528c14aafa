//! A Salesforce client: OAuth, describe, query, Bulk API 2.0, limits, replication.
