//! `towpath mappings`.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{json, value::RawValue};

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

/// What mappings lack, as the API tells it.
#[derive(Deserialize)]
struct PreviewBody {
    gaps: Vec<Box<RawValue>>,
}

/// Fields of an sObject that are mapped and not copied.
#[derive(Deserialize)]
struct GapBody {
    sobject: String,
    fields: Vec<String>,
    has_rule: bool,
    rows: u64,
    calls: u64,
}

/// Which version of a rule is seen.
#[derive(Deserialize)]
struct SeenRule {
    sobject: String,
    version: String,
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
        MappingsCommand::Backfill { integration, yes, output } => {
            let found = integrations::find(&client, &integration.integration).await?;
            backfill(&client, &found.id, yes, output.format()).await
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

/// Prints which mapped fields are not copied, and takes them into their rules where that is meant.
async fn backfill(
    client: &Client,
    integration: &str,
    is_meant: bool,
    format: Format,
) -> Result<Exit, Failure> {
    let path = ["integrations", integration, "field-mappings"];
    let mut items = Vec::new();
    for raw in client.list::<Box<RawValue>>(&path).await? {
        items.push(parse_mapping(&raw)?.to_body()?);
    }
    let path = ["integrations", integration, "field-mappings", "preview"];
    let preview: PreviewBody = client.post(&path, &json!({ "items": items })).await?;
    let mut listing = Listing::new(["SOBJECT", "FIELDS", "RECORDS", "CALLS", "RULE"]);
    let mut gaps = Vec::new();
    for raw in preview.gaps {
        let gap: GapBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
        let (fields, has_rule) = (gap.fields.join(" "), if gap.has_rule { "yes" } else { "no" });
        let row =
            [gap.sobject.clone(), fields, gap.rows.to_string(), gap.calls.to_string(), has_rule.to_owned()];
        listing.push(raw, row);
        gaps.push(gap);
    }
    listing.print(format)?;
    if gaps.is_empty() {
        return Ok(exit::say("All mapped fields are copied.", Exit::Ok));
    }
    if !is_meant {
        return Err(Failure::Unclear("Nothing was filled: give --yes if it is meant.".to_owned()));
    }
    let rules: Vec<SeenRule> = client.list(&["integrations", integration, "sync-rules"]).await?;
    for gap in gaps.iter().filter(|gap| gap.has_rule) {
        let rule = rules.iter().find(|rule| rule.sobject.eq_ignore_ascii_case(&gap.sobject));
        let Some(rule) = rule else { continue };
        let path = ["integrations", integration, "sync-rules", &rule.sobject, "accepted-fields"];
        client.post_seen(&path, &json!({ "fields": gap.fields }), &rule.version).await?;
        exit::tell(&format!(
            "{} of {} are filled in the run that begins now.",
            gap.fields.join(", "),
            gap.sobject
        ));
    }
    let ruleless: Vec<_> = gaps.iter().filter(|gap| !gap.has_rule).map(|gap| gap.sobject.as_str()).collect();
    if ruleless.is_empty() {
        return Ok(Exit::Ok);
    }
    let text = format!("No rule copies {}: make one with `towpath rules set`.", ruleless.join(", "));
    Ok(exit::say(&text, Exit::PartlyDone))
}

fn parse_mapping(raw: &RawValue) -> Result<MappingSettings, Failure> {
    let body: MappingBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
    Ok(body.into())
}
