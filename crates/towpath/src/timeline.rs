//! `towpath timeline`.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    cli::client::TimelineArgs,
    client::{Client, Failure},
    exit::Exit,
    integrations,
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
    let mut query = vec![("limit", args.limit.to_string())];
    if let Some(text) = &args.integration {
        query.push(("integration_id", integrations::find(&client, text).await?.id));
    }
    let page: TimelinePage = client.get_with(&["timeline"], &query).await?;
    let mut listing = Listing::new(["WHEN", "WHAT", "OF", "BEFORE", "NOW", "BY"]);
    for raw in page.items {
        let one: EntryBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
        let of: Vec<_> = one.sobject.into_iter().chain(one.field).collect();
        let row = [
            one.happened_at,
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
