//! `towpath groups`.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value as Json, json, value::RawValue};

use crate::{
    cli::groups::{GroupsCommand, Switch},
    client::{Client, Failure},
    exit::{self, Exit},
    members,
    output::{Format, Listing, print_one},
};

/// A group as the API tells it, as far as it is shown.
#[derive(Clone, Debug, Deserialize)]
struct GroupBody {
    id: String,
    name: String,
    salesforce_on_at: Option<String>,
    members: Vec<String>,
    connected: Vec<String>,
    integrations: Vec<String>,
    received: Vec<String>,
    version: String,
}

/// Runs one of the commands.
pub(crate) async fn run(command: GroupsCommand) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    match command {
        GroupsCommand::List { output } => list(&client, output.format()).await,
        GroupsCommand::Create { name, output } => {
            let raw: Box<RawValue> = client.post(&["groups"], &json!({ "name": name })).await?;
            show(&client, &raw, output.format()).await
        }
        GroupsCommand::Add { group, members, output } => {
            let mut group = choose(&all(&client).await?, &group.group)?;
            for text in &members {
                add(&mut group.members, members::find(&client, text).await?.id);
            }
            let body = json!({ "members": group.members });
            put(&client, &group, "members", &body, output.format()).await
        }
        GroupsCommand::Remove { group, members, output } => {
            let mut group = choose(&all(&client).await?, &group.group)?;
            for text in &members {
                let member = members::find(&client, text).await?.id;
                group.members.retain(|id| *id != member);
            }
            let body = json!({ "members": group.members });
            put(&client, &group, "members", &body, output.format()).await
        }
        GroupsCommand::Rename { group, name, output } => {
            change(&client, &group.group, &json!({ "name": name }), output.format()).await
        }
        GroupsCommand::Delete { group, yes } => delete(&client, &group.group, yes).await,
        GroupsCommand::Connect { group, others, output } => {
            let known = all(&client).await?;
            let mut group = choose(&known, &group.group)?;
            for text in &others.others {
                add(&mut group.connected, choose(&known, text)?.id);
            }
            let body = json!({ "groups": group.connected });
            put(&client, &group, "connected-groups", &body, output.format()).await
        }
        GroupsCommand::Disconnect { group, others, output } => {
            let known = all(&client).await?;
            let mut group = choose(&known, &group.group)?;
            for text in &others.others {
                let other = choose(&known, text)?.id;
                group.connected.retain(|id| *id != other);
            }
            let body = json!({ "groups": group.connected });
            put(&client, &group, "connected-groups", &body, output.format()).await
        }
        GroupsCommand::Salesforce { group, switch, output } => {
            let body = json!({ "salesforce_on": switch == Switch::On });
            change(&client, &group.group, &body, output.format()).await
        }
    }
}

/// Changes a part of a group as it was seen.
async fn change(client: &Client, text: &str, body: &Json, format: Format) -> Result<Exit, Failure> {
    let group = choose(&all(client).await?, text)?;
    let raw: Box<RawValue> = client.patch_seen(&["groups", &group.id], body, &group.version).await?;
    show(client, &raw, format).await
}

async fn delete(client: &Client, text: &str, is_yes: bool) -> Result<Exit, Failure> {
    let group = choose(&all(client).await?, text)?;
    if !is_yes {
        let text = format!("{} was not deleted: give --yes if it is meant.", group.name);
        return Err(Failure::Unclear(text));
    }
    client.delete_seen(&["groups", &group.id], &group.version).await?;
    Ok(exit::say(&format!("There is no group {} any more.", group.name), Exit::Ok))
}

/// Puts a part of a group in its place, as it was seen.
async fn put(
    client: &Client,
    group: &GroupBody,
    part: &str,
    body: &Json,
    format: Format,
) -> Result<Exit, Failure> {
    let raw: Box<RawValue> =
        client.put_seen(&["groups", &group.id, part], body, Some(&group.version)).await?;
    show(client, &raw, format).await
}

async fn all(client: &Client) -> Result<Vec<GroupBody>, Failure> {
    client.list(&["groups"]).await
}

/// The id of the group that a person means.
pub(crate) async fn find(client: &Client, text: &str) -> Result<String, Failure> {
    Ok(choose(&all(client).await?, text)?.id)
}

/// The group that a person means by a name or an id. No two of a workspace have one name.
fn choose(all: &[GroupBody], text: &str) -> Result<GroupBody, Failure> {
    let found = all.iter().find(|one| one.id == text || one.name.to_lowercase() == text.to_lowercase());
    found.cloned().ok_or_else(|| {
        Failure::NotFound(format!("There is no group {text:?}. `towpath groups list` shows those there are."))
    })
}

fn add(ids: &mut Vec<String>, id: String) {
    if !ids.contains(&id) {
        ids.push(id);
    }
}

async fn list(client: &Client, format: Format) -> Result<Exit, Failure> {
    let all: Vec<Box<RawValue>> = client.list(&["groups"]).await?;
    let names = names_of(&all)?;
    let mut listing =
        Listing::new(["NAME", "SALESFORCE", "MEMBERS", "CONNECTED WITH", "INTEGRATIONS", "RECEIVED"]);
    for raw in all {
        let one = parse(&raw)?;
        let row = [
            one.name.clone(),
            salesforce_words(&one).to_owned(),
            one.members.len().to_string(),
            connected_words(&one, &names),
            one.integrations.len().to_string(),
            one.received.len().to_string(),
        ];
        listing.push(raw, row);
    }
    listing.print(format)?;
    Ok(Exit::Ok)
}

async fn show(client: &Client, raw: &RawValue, format: Format) -> Result<Exit, Failure> {
    let one = parse(raw)?;
    let names = names_of(&client.list::<Box<RawValue>>(&["groups"]).await?)?;
    let facts = [
        ("id", one.id.clone()),
        ("name", one.name.clone()),
        ("salesforce", salesforce_words(&one).to_owned()),
        ("members", one.members.len().to_string()),
        ("connected with", connected_words(&one, &names)),
    ];
    print_one(format, raw, &facts)?;
    Ok(Exit::Ok)
}

fn parse(raw: &RawValue) -> Result<GroupBody, Failure> {
    serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)
}

fn names_of(all: &[Box<RawValue>]) -> Result<HashMap<String, String>, Failure> {
    all.iter().map(|raw| parse(raw).map(|one| (one.id, one.name))).collect()
}

fn salesforce_words(group: &GroupBody) -> &'static str {
    if group.salesforce_on_at.is_some() { "on" } else { "off" }
}

fn connected_words(group: &GroupBody, names: &HashMap<String, String>) -> String {
    let mut connected: Vec<&str> =
        group.connected.iter().filter_map(|id| names.get(id)).map(String::as_str).collect();
    connected.sort_unstable();
    connected.join(", ")
}
