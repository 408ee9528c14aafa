//! Writes the first page of a finished bulk job to standard output as it comes: `spool_page 750… | gunzip`.
//!
//! `SALESFORCE_URL` and `SALESFORCE_TOKEN` are those of `sf org display`.

use std::env;
use std::io::Write;

use salesforce::host::InstanceUrl;
use salesforce::{AccessToken, ApiVersion, Client, Http, HttpConfig, PageRequest, Session};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let http = Http::new(HttpConfig::default())?;
    let instance_url = InstanceUrl::parse(&env::var("SALESFORCE_URL")?, http.host_rule())?;
    let secret = env::var("SALESFORCE_TOKEN")?.into();
    let session = Session::fixed(AccessToken { secret, instance_url, generation: 1 });
    let client = Client::new(http, session, ApiVersion::PINNED);

    let job = env::args().nth(1).ok_or("which job?")?.parse()?;
    let mut page =
        client.open_page(&PageRequest::BulkResult { job, locator: None, max_records: 10_000 }).await?;
    // A page that is cut ends in an error, not here.
    while let Some(bytes) = page.chunk().await? {
        std::io::stdout().write_all(&bytes)?;
    }
    Ok(())
}
