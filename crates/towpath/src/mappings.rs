//! `towpath mappings`.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    cli::client::MappingsCommand,
    client::{Client, Failure},
    exit::{self, Exit},
    integrations,
    output::{Format, Listing},
    settings_file::mapping::{MappingBody, MappingSettings},
};

/// A suggestion as the API tells it.
#[derive(Deserialize)]
struct SuggestionBody {
    entity: String,
    property: String,
    sobject: String,
    field: String,
    score: u8,
    why: String,
}

/// Runs one of the commands.
pub(crate) async fn run(command: MappingsCommand) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    match command {
        MappingsCommand::List { integration, output } => {
            let found = integrations::find(&client, &integration.integration).await?;
            list(&client, &found.id, output.format()).await
        }
        MappingsCommand::Suggest { integration, all, output } => {
            let found = integrations::find(&client, &integration.integration).await?;
            suggest(&client, &found.id, all, output.format()).await
        }
    }
}

async fn list(client: &Client, integration: &str, format: Format) -> Result<Exit, Failure> {
    let mut listing = Listing::new(["PROPERTY", "FROM"]);
    for raw in client.list::<Box<RawValue>>(&["integrations", integration, "field-mappings"]).await? {
        let mapping = parse_mapping(&raw)?;
        listing.push(raw, [mapping.property.clone(), mapping.words()]);
    }
    listing.print(format)?;
    Ok(Exit::Ok)
}

/// Prints the fields that may fit, the best first of each property. Nothing is saved.
async fn suggest(client: &Client, integration: &str, all: bool, format: Format) -> Result<Exit, Failure> {
    let path = ["integrations", integration, "field-mappings"];
    let mut mapped = HashSet::new();
    for raw in client.list::<Box<RawValue>>(&path).await? {
        mapped.insert(parse_mapping(&raw)?.property);
    }
    let mut listing = Listing::new(["PROPERTY", "FROM", "SCORE", "WHY", "MAPPED"]);
    let path = ["integrations", integration, "field-mappings", "suggestions"];
    for raw in client.list::<Box<RawValue>>(&path).await? {
        let one: SuggestionBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
        let property = format!("{}.{}", one.entity, one.property);
        let is_mapped = mapped.contains(&property);
        if is_mapped && !all {
            continue;
        }
        let from = format!("{}.{}", one.sobject, one.field);
        let is_mapped = if is_mapped { "yes" } else { "no" };
        listing.push(raw, [property, from, one.score.to_string(), one.why, is_mapped.to_owned()]);
    }
    listing.print(format)?;
    if listing.rows.is_empty() {
        exit::tell("Nothing more is suggested.");
    }
    Ok(Exit::Ok)
}

fn parse_mapping(raw: &RawValue) -> Result<MappingSettings, Failure> {
    let body: MappingBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
    Ok(body.into())
}
