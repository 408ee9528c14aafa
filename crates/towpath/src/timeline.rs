//! `towpath timeline`.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    cli::client::TimelineArgs,
    client::{Client, Failure},
    exit::Exit,
    integrations::{self, IntegrationBody},
    output::Listing,
};

#[derive(Deserialize)]
struct TimelinePage {
    items: Vec<Box<RawValue>>,
}

/// One thing that happened, as the API tells it, as far as it is shown.
#[derive(Deserialize)]
struct EntryBody {
    kind: String,
    integration_id: Option<String>,
    sobject: Option<String>,
    field: Option<String>,
    user_name: Option<String>,
    before: Option<String>,
    after: Option<String>,
    happened_at: String,
}

/// Prints what happened, the latest first.
pub(crate) async fn run(args: TimelineArgs) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    let all: Vec<IntegrationBody> = client.list(&["integrations"]).await?;
    let slugs: HashMap<_, _> = all.iter().map(|one| (one.id.clone(), one.slug.clone())).collect();
    let mut query = vec![("limit", args.limit.to_string())];
    if let Some(text) = &args.integration {
        query.push(("integration_id", integrations::choose(all, text)?.id));
    }
    let page: TimelinePage = client.get_with(&["timeline"], &query).await?;
    let mut listing = Listing::new(["WHEN", "INTEGRATION", "WHAT", "OF", "BEFORE", "NOW", "BY"]);
    for raw in page.items {
        let one: EntryBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
        let of: Vec<_> = one.sobject.into_iter().chain(one.field).collect();
        // What was deleted has no slug any more.
        let integration = one.integration_id.map(|id| slugs.get(&id).cloned().unwrap_or(id));
        let row = [
            one.happened_at,
            integration.unwrap_or_default(),
            one.kind,
            of.join("."),
            one.before.unwrap_or_default(),
            one.after.unwrap_or_default(),
            one.user_name.unwrap_or_default(),
        ];
        listing.push(raw, row);
    }
    listing.print(args.output.format())?;
    Ok(Exit::Ok)
}
