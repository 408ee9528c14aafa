//! Several queries in one call (REST API Developer Guide, Composite). The call counts once towards the org's limit.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::http::{Method, Request, with_query};
use crate::{ApiError, Client, Result};

/// Queries that one composite call takes at most (REST API Developer Guide, Composite).
pub const MOST_QUERIES: usize = 5;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Composite {
    all_or_none: bool,
    composite_request: Vec<Part>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    method: &'static str,
    url: String,
    reference_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompositeAnswer {
    composite_response: Vec<PartAnswer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PartAnswer {
    body: Box<RawValue>,
    http_status_code: u16,
}

impl Client {
    /// Runs up to [`MOST_QUERIES`] queries in one call, deleted records included, and returns the first page of each as
    /// JSON text, in their order. Each may fail by itself.
    pub async fn query_together(&self, queries: &[String]) -> Result<Vec<Result<Box<RawValue>, ApiError>>> {
        let parts = queries.iter().enumerate().map(|(at, soql)| Part {
            method: "GET",
            url: with_query(&self.data_path("queryAll"), &[("q", soql)]),
            reference_id: format!("q{at}"),
        });
        let body = Composite { all_or_none: false, composite_request: parts.collect() };
        let request = Request::json(Method::POST, self.data_path("composite"), &body);
        let answer: CompositeAnswer = self.call(&request).await?.json().await?;
        Ok(answer.composite_response.into_iter().map(PartAnswer::accepted).collect())
    }
}

impl PartAnswer {
    fn accepted(self) -> Result<Box<RawValue>, ApiError> {
        let status = self.http_status_code;
        if status < 300 {
            return Ok(self.body);
        }
        Err(ApiError::parse(status, self.body.get().as_bytes()).unwrap_or_else(|| ApiError {
            status,
            code: String::new(),
            message: String::new(),
            fields: Vec::new(),
        }))
    }
}
