//! `towpath members`.

use serde::Deserialize;
use serde_json::{Value as Json, json, value::RawValue};

use crate::{
    cli::members::MembersCommand,
    client::{Client, Failure},
    exit::{self, Exit},
    output::{Format, Listing, print_one},
};

/// A member as the API tells it, as far as it is shown.
#[derive(Debug, Deserialize)]
pub(crate) struct MemberBody {
    pub(crate) id: String,
    pub(crate) email: String,
    name: String,
    role: String,
    signed_in_at: Option<String>,
    version: String,
}

#[derive(Deserialize)]
struct LinkBody {
    link: String,
    expires_at: String,
}

/// Runs one of the commands.
pub(crate) async fn run(command: MembersCommand) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    match command {
        MembersCommand::List { output } => list(&client, output.format()).await,
        MembersCommand::Invite { email, name, role, output } => {
            let name = name.unwrap_or_else(|| email.clone());
            let body = json!({ "email": email, "name": name, "role": role.as_str() });
            print_link(&client.post::<Box<RawValue>>(&["members"], &body).await?, &email, output.format())
        }
        MembersCommand::Role { member, role, output } => {
            let found = find(&client, &member.member).await?;
            let body = json!({ "role": role.as_str() });
            let path = ["members", &found.id];
            show(&client.patch_seen::<Box<RawValue>>(&path, &body, &found.version).await?, output.format())
        }
        MembersCommand::Link { member, output } => {
            let found = find(&client, &member.member).await?;
            let path = ["members", &found.id, "sign-in-link"];
            let raw: Box<RawValue> = client.post(&path, &json!({})).await?;
            print_link(&raw, &found.email, output.format())
        }
        MembersCommand::SignOut { member } => {
            let found = find(&client, &member.member).await?;
            client.delete::<Json>(&["members", &found.id, "sessions"], &[]).await?;
            Ok(exit::say(&format!("{} is signed out everywhere.", found.email), Exit::Ok))
        }
        MembersCommand::Remove { member, yes } => {
            let found = find(&client, &member.member).await?;
            if !yes {
                let text = format!("{} was not removed: give --yes if it is meant.", found.email);
                return Err(Failure::Unclear(text));
            }
            client.delete_seen(&["members", &found.id], &found.version).await?;
            Ok(exit::say(&format!("{} is no member any more.", found.email), Exit::Ok))
        }
    }
}

/// The member that a person means by an address or an id.
pub(crate) async fn find(client: &Client, text: &str) -> Result<MemberBody, Failure> {
    let all: Vec<MemberBody> = client.list(&["members"]).await?;
    let found = all.into_iter().find(|one| one.id == text || one.email == text.to_lowercase());
    found.ok_or_else(|| {
        Failure::NotFound(format!(
            "There is no member {text:?}. `towpath members list` shows those there are."
        ))
    })
}

async fn list(client: &Client, format: Format) -> Result<Exit, Failure> {
    let mut listing = Listing::new(["EMAIL", "NAME", "ROLE", "SIGNED IN"]);
    for raw in client.list::<Box<RawValue>>(&["members"]).await? {
        let one: MemberBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
        let signed_in = one.signed_in_at.unwrap_or_else(|| "invited".to_owned());
        listing.push(raw, [one.email, one.name, one.role, signed_in]);
    }
    listing.print(format)?;
    Ok(Exit::Ok)
}

fn show(raw: &RawValue, format: Format) -> Result<Exit, Failure> {
    let one: MemberBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
    let facts = [("id", one.id), ("email", one.email), ("name", one.name), ("role", one.role)];
    print_one(format, raw, &facts)?;
    Ok(Exit::Ok)
}

/// Prints a link that is shown once, and whom it is for.
fn print_link(raw: &RawValue, email: &str, format: Format) -> Result<Exit, Failure> {
    let one: LinkBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
    print_one(format, raw, &[("for", email.to_owned()), ("link", one.link), ("until", one.expires_at)])?;
    exit::tell("The link works once and is not shown again. Hand it over: no mail is sent.");
    Ok(Exit::Ok)
}
