//! `towpath sobjects`.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    cli::client::SObjectsArgs,
    client::{Client, Failure},
    exit::Exit,
    integrations,
    output::{Format, Listing},
};

/// An sObject of the org as the API tells it, as far as it is shown.
#[derive(Deserialize)]
struct SObjectBody {
    name: String,
    label: String,
    custom: bool,
    why_not: Option<String>,
    selected: bool,
}

/// An sObject with its fields.
#[derive(Deserialize)]
struct DetailsBody {
    fields: Vec<Box<RawValue>>,
}

/// A field as the API tells it, as far as it is shown.
#[derive(Deserialize)]
struct FieldBody {
    name: String,
    label: String,
    #[serde(rename = "type")]
    field_type: String,
    custom: bool,
    skipped: Option<String>,
}

/// Lists the sObjects of an integration's org, or the fields of one.
pub(crate) async fn run(args: SObjectsArgs) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    let found = integrations::find(&client, &args.integration.integration).await?;
    let (format, search) = (args.output.format(), args.search.unwrap_or_default().to_lowercase());
    match &args.sobject {
        Some(sobject) => list_fields(&client, &found.id, sobject, &search, format).await,
        None => list_sobjects(&client, &found.id, &search, format).await,
    }
}

async fn list_sobjects(
    client: &Client,
    integration: &str,
    search: &str,
    format: Format,
) -> Result<Exit, Failure> {
    let mut listing = Listing::new(["SOBJECT", "LABEL", "KIND", "COPIED", "NOT READABLE"]);
    for raw in client.list::<Box<RawValue>>(&["integrations", integration, "sobjects"]).await? {
        let one: SObjectBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
        if !is_meant(search, &one.name, &one.label) {
            continue;
        }
        let (kind, copied) = (kind_word(one.custom), if one.selected { "yes" } else { "no" });
        listing.push(
            raw,
            [one.name, one.label, kind.to_owned(), copied.to_owned(), one.why_not.unwrap_or_default()],
        );
    }
    listing.print(format)?;
    Ok(Exit::Ok)
}

async fn list_fields(
    client: &Client,
    integration: &str,
    sobject: &str,
    search: &str,
    format: Format,
) -> Result<Exit, Failure> {
    let details: DetailsBody = client.get(&["integrations", integration, "sobjects", sobject]).await?;
    let mut listing = Listing::new(["FIELD", "LABEL", "TYPE", "KIND", "NOT COPIED"]);
    for raw in details.fields {
        let one: FieldBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
        if !is_meant(search, &one.name, &one.label) {
            continue;
        }
        let kind = kind_word(one.custom).to_owned();
        listing.push(raw, [one.name, one.label, one.field_type, kind, one.skipped.unwrap_or_default()]);
    }
    listing.print(format)?;
    Ok(Exit::Ok)
}

/// Whether a name or a label has what is searched for, which is in lower case.
fn is_meant(search: &str, name: &str, label: &str) -> bool {
    name.to_lowercase().contains(search) || label.to_lowercase().contains(search)
}

fn kind_word(custom: bool) -> &'static str {
    if custom { "custom" } else { "standard" }
}
