//! `towpath integrations access` and `share`.

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::{
    cli::client::ShareArgs,
    client::{Client, Failure},
    exit::Exit,
    groups, integrations,
    output::{Format, print_one},
};

/// Whose an integration is and who has access, as the API tells it.
#[derive(Deserialize)]
struct SharesBody {
    group: Option<GroupRef>,
    groups: Vec<GroupRef>,
    version: String,
}

#[derive(Deserialize)]
struct GroupRef {
    id: String,
    name: String,
}

/// Says who has access to an integration.
pub(crate) async fn show_access(client: &Client, integration: &str, format: Format) -> Result<Exit, Failure> {
    let found = integrations::find(client, integration).await?;
    let raw: Box<RawValue> = client.get(&["integrations", &found.id, "shares"]).await?;
    show(&raw, format)
}

/// Changes whose an integration is, or which other groups have access. What is not named stays.
pub(crate) async fn share(client: &Client, args: &ShareArgs) -> Result<Exit, Failure> {
    let found = integrations::find(client, &args.integration.integration).await?;
    let path = ["integrations", found.id.as_str(), "shares"];
    let before: SharesBody = client.get(&path).await?;
    let owner = match &args.owner {
        Some(text) => Some(groups::find(client, text).await?),
        None if args.whole_workspace => None,
        None => before.group.map(|group| group.id),
    };
    let mut receivers: Vec<_> = before.groups.into_iter().map(|group| group.id).collect();
    for text in &args.with {
        let id = groups::find(client, text).await?;
        if !receivers.contains(&id) {
            receivers.push(id);
        }
    }
    for text in &args.without {
        let id = groups::find(client, text).await?;
        receivers.retain(|receiver| *receiver != id);
    }
    let body = json!({ "group_id": owner, "groups": receivers });
    let raw: Box<RawValue> = client.put_seen(&path, &body, Some(&before.version)).await?;
    show(&raw, args.output.format())
}

fn show(raw: &RawValue, format: Format) -> Result<Exit, Failure> {
    let shares: SharesBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
    let owner = shares.group.map_or_else(|| "the whole workspace".to_owned(), |group| group.name);
    let others: Vec<_> = shares.groups.into_iter().map(|group| group.name).collect();
    print_one(format, raw, &[("owner", owner), ("also", others.join(", "))])?;
    Ok(Exit::Ok)
}
