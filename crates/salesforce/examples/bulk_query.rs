//! Reads an sObject of any size by Bulk API 2.0, one record in memory at a time.
//!
//! `SALESFORCE_URL` and `SALESFORCE_TOKEN` are those of `sf org display`.
#![expect(clippy::print_stdout, reason = "an example shows what it got")]

use std::env;

use rust_decimal::Decimal;
use salesforce::host::InstanceUrl;
use salesforce::{AccessToken, ApiVersion, Client, FieldType, FieldValue, Http, HttpConfig, Session};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let http = Http::new(HttpConfig::default())?;
    let instance_url = InstanceUrl::parse(&env::var("SALESFORCE_URL")?, http.host_rule())?;
    let secret = env::var("SALESFORCE_TOKEN")?.into();
    let session = Session::fixed(AccessToken { secret, instance_url, generation: 1 });
    let client = Client::new(http, session, ApiVersion::PINNED);

    let mut sum = Decimal::ZERO;
    let mut records = client.bulk_query("SELECT Id, Amount FROM Opportunity").await?;
    while let Some(record) = records.next_record().await? {
        if let Some(Ok(FieldValue::Decimal(amount))) = record.value("Amount", FieldType::Currency) {
            sum += amount;
        }
    }
    println!("{sum} in {:?} opportunities", records.job().number_records_processed);
    Ok(())
}
