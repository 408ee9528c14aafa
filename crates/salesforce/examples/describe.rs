//! Prints the fields of an sObject: `describe Account`.
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

    // An org can be one release behind.
    let client = client.with_version(client.negotiate_version(ApiVersion::PINNED).await?);
    let sobject = env::args().nth(1).unwrap_or_else(|| "Account".into()).parse()?;
    for field in client.describe(&sobject).await?.fields {
        println!("{:40} {:?} {:?}", field.name, field.field_type, field.reference_to);
    }
    Ok(())
}
