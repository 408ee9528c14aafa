//! What is known of connections, gathered for those who look at them. Their tokens are not.

use model::{Connection, Integration, Org};
use salesforce::Timestamp;

use crate::connections::{find_tokens, list_connections_of};
use crate::{Error, Reader, Result, Store, integrations, orgs};

/// What is known of a connection.
#[derive(Clone, Debug)]
pub struct ConnectionFacts {
    /// The connection.
    pub connection: Connection,
    /// The org.
    pub org: Org,
    /// When its tokens were issued.
    pub issued_at: Timestamp,
    /// The integrations that use it.
    pub integrations: Vec<Integration>,
}

/// Returns what is known of the connections of the reader's workspace, the oldest first.
pub async fn list_connection_facts(store: &Store, reader: &Reader) -> Result<Vec<ConnectionFacts>> {
    let gone = |what: &'static str| Error::Stored { what, source: "it is missing".into() };
    let mut facts = Vec::new();
    for connection in list_connections_of(store, reader).await? {
        let tokens = find_tokens(store, connection.id).await?.ok_or_else(|| gone("tokens"))?;
        facts.push(ConnectionFacts {
            org: orgs::find_org(store, connection.org_id).await?.ok_or_else(|| gone("org"))?,
            issued_at: tokens.issued_at,
            integrations: integrations::list_integrations_on(store, connection.id).await?,
            connection,
        });
    }
    Ok(facts)
}
