//! Queries with small answers. For large ones see [`bulk2`](crate::bulk2) and [`Client::open_page`].

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::host::ServicePath;
use crate::http::with_query;
use crate::{Client, Error, Result};

/// One page of an answer (REST API Developer Guide, Query).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryPage {
    /// Records of all pages together. Those that vanish before they are read are counted too.
    pub total_size: u64,
    /// Whether this is the last page.
    pub done: bool,
    /// The records, each with its `attributes`.
    pub records: Vec<Value>,
    #[serde(default, deserialize_with = "text_or_none")]
    next_records_url: Option<String>,
}

impl QueryPage {
    /// The records as a type of the caller's.
    pub fn into_records<T: DeserializeOwned>(self) -> Result<Vec<T>> {
        let records = self.records.into_iter().map(serde_json::from_value).collect::<Result<_, _>>();
        records.map_err(|source| Error::Unreadable { request: "query".into(), source: source.into() })
    }
}

impl Client {
    /// Runs a query and reads its first page.
    pub async fn query(&self, soql: &str) -> Result<QueryPage> {
        self.get(with_query(&self.data_path("query"), &[("q", soql)])).await
    }

    /// Runs a query that gives deleted and archived records too (REST API Developer Guide, QueryAll).
    pub async fn query_all(&self, soql: &str) -> Result<QueryPage> {
        self.get(with_query(&self.data_path("queryAll"), &[("q", soql)])).await
    }

    /// Reads the page after this one; `None` after the last.
    pub async fn query_more(&self, page: &QueryPage) -> Result<Option<QueryPage>> {
        let Some(url) = page.next_records_url.as_ref().filter(|_| !page.done) else {
            return Ok(None);
        };
        let path = ServicePath::parse(url, &self.session().token().instance_url)?;
        self.get(path.as_str().to_owned()).await.map(Some)
    }

    /// Runs a query that begins with `SELECT COUNT()`.
    pub async fn count(&self, soql: &str) -> Result<u64> {
        Ok(self.query(soql).await?.total_size)
    }
}

fn text_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}
