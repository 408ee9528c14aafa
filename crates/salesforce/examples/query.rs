//! Runs a query and prints its records, page by page.
//!
//! `SALESFORCE_URL` and `SALESFORCE_TOKEN` are those of `sf org display`.
#![expect(clippy::print_stdout, reason = "an example shows what it got")]

use std::env;

use salesforce::host::InstanceUrl;
use salesforce::{AccessToken, ApiVersion, Client, Http, HttpConfig, Session};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let http = Http::new(HttpConfig::default())?;
    let instance_url = InstanceUrl::parse(&env::var("SALESFORCE_URL")?, http.host_rule())?;
    let secret = env::var("SALESFORCE_TOKEN")?.into();
    let session = Session::fixed(AccessToken { secret, instance_url, generation: 1 });
    let client = Client::new(http, session, ApiVersion::PINNED);

    let mut page = Some(client.query("SELECT Id, Name FROM Account ORDER BY Name LIMIT 3000").await?);
    while let Some(read) = page {
        for record in &read.records {
            println!("{}  {}", record["Id"], record["Name"]);
        }
        page = client.query_more(&read).await?;
    }
    println!("{:?}", client.usage());
    Ok(())
}
