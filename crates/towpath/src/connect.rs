//! `towpath connect`.

mod guide;

use std::{fs, io, io::IsTerminal, io::Read, path::Path};

use console::Term;
use serde::Deserialize;
use serde_json::{Value as Json, json, value::RawValue};

use crate::{
    cli::connect::{ConnectCommand, StartArgs},
    client::{Client, Failure},
    exit::{self, Exit},
    groups,
    integrations::{self, IntegrationBody},
    output::{Format, Listing, print_text},
};

/// A key or a secret is not longer than this.
const LONGEST_SECRET: u64 = 64 * 1_024;

#[derive(Deserialize)]
struct Started {
    flow: Flow,
}

#[derive(Deserialize)]
struct Flow {
    id: String,
    status: String,
    problem: Option<Problem>,
    org: Option<Org>,
    user: Option<User>,
    integration_id: Option<String>,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    text: String,
    remedy: Option<Remedy>,
}

#[derive(Deserialize)]
struct Remedy {
    place: String,
    step: String,
}

#[derive(Deserialize)]
struct Org {
    name: String,
    organization_id: String,
    is_sandbox: bool,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Deserialize)]
struct Connection {
    id: String,
    org: ConnectionOrg,
    username: String,
    sign_in: String,
    status: String,
    approvals_used: u64,
    approvals_most: u64,
    integrations: Vec<OnConnection>,
}

/// An integration that uses a connection.
#[derive(Deserialize)]
struct OnConnection {
    id: String,
}

#[derive(Deserialize)]
struct ConnectionOrg {
    name: String,
}

/// Runs one of the commands.
pub(crate) async fn run(command: ConnectCommand) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    match command {
        ConnectCommand::Start(args) => start(&client, &args).await,
        ConnectCommand::Add { integration, name, group, output } => {
            let found = integrations::find(&client, &integration.integration).await?;
            add(&client, &found, (&name, group.as_deref()), output.format()).await
        }
        ConnectCommand::Guide(args) => guide::show(&client, &args).await,
        ConnectCommand::Link { reconnect } => link(&client, reconnect.as_deref()).await,
        ConnectCommand::Status { output } => status(&client, output.format()).await,
    }
}

/// Lets the app sign in, asks whether it is the right org, and makes the integration.
async fn start(client: &Client, args: &StartArgs) -> Result<Exit, Failure> {
    let request = request_of(client, args).await?;
    let started: Started = client.post(&["connect-flows"], &request).await?;
    let flow = started.flow;
    match (flow.status.as_str(), &flow.org) {
        ("authorized", Some(org)) => confirm(client, args, &flow, org).await,
        ("finished", _) => show(client, flow.integration_id.as_deref(), args.output.format()).await,
        _ => Err(failure_of(flow)),
    }
}

async fn confirm(client: &Client, args: &StartArgs, flow: &Flow, org: &Org) -> Result<Exit, Failure> {
    let kind = if org.is_sandbox { ", a sandbox" } else { "" };
    let user = flow.user.as_ref().map(|user| user.username.as_str()).unwrap_or_default();
    exit::say(&format!("{} ({}{kind}) as {user}.", org.name, org.organization_id), Exit::Ok);
    if !args.yes && !is_meant(args)? {
        client.delete::<Json>(&["connect-flows", &flow.id], &[]).await?;
        return Err(Failure::Unclear(
            "Nothing was connected, and the access was given back. Give --yes if it is the right org."
                .to_owned(),
        ));
    }
    let raw: Box<RawValue> = client.post(&["connect-flows", &flow.id, "confirm"], &json!({})).await?;
    integrations::show(&raw, args.output.format())
}

async fn show(client: &Client, id: Option<&str>, format: Format) -> Result<Exit, Failure> {
    let id = id.unwrap_or_default();
    integrations::show(&client.get::<Box<RawValue>>(&["integrations", id]).await?, format)
}

/// Asks whether it is the right org; without a terminal nobody has said so.
fn is_meant(args: &StartArgs) -> Result<bool, Failure> {
    let terminal = Term::stderr();
    if args.no_input || !io::stdin().is_terminal() || !terminal.is_term() {
        return Ok(false);
    }
    let asked = terminal.write_str("Is this the right org? [y/N] ").and_then(|()| terminal.read_line());
    let answer = asked.map_err(Failure::Print)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

async fn request_of(client: &Client, args: &StartArgs) -> Result<Json, Failure> {
    let integration_id = match &args.reconnect {
        Some(text) => Some(integrations::find(client, text).await?.id),
        None => None,
    };
    let secret = args.client_secret_file.as_deref().map(read_secret).transpose()?;
    let private_key = args.key_file.as_deref().map(read_secret).transpose()?;
    let request = json!({
        "name": args.name,
        "integration_id": integration_id,
        "group_id": group_id(client, args.group.as_deref()).await?,
        "environment": args.environment.as_str(),
        "host": args.host,
        "client_id": args.client_id,
        "client_secret": secret.map(|text| text.trim().to_owned()),
        "sign_in": args.sign_in.as_str(),
        "username": args.username,
        "private_key": private_key,
    });
    Ok(request)
}

/// What a file holds, or standard input where it is called `-`.
fn read_secret(path: &Path) -> Result<String, Failure> {
    let unreadable =
        |error: &io::Error| Failure::Unclear(format!("{} cannot be read: {error}.", path.display()));
    let mut text = String::new();
    let read = match path == Path::new("-") {
        true => io::stdin().take(LONGEST_SECRET).read_to_string(&mut text),
        false => {
            let file = fs::File::open(path).map_err(|error| unreadable(&error))?;
            file.take(LONGEST_SECRET).read_to_string(&mut text)
        }
    };
    read.map_err(|error| unreadable(&error))?;
    Ok(text)
}

fn failure_of(flow: Flow) -> Failure {
    let Some(Problem { code, text, remedy }) = flow.problem else {
        return Failure::Unclear(format!("Nothing was connected: the sign-in is {}.", flow.status));
    };
    let remedy = remedy.map(|remedy| format!("\n{}: {}", remedy.place, remedy.step));
    Failure::NotConnected { sentence: format!("{text} [{code}]{}", remedy.unwrap_or_default()), code }
}

/// Makes another integration on the connection of one.
async fn add(
    client: &Client,
    beside: &IntegrationBody,
    (name, group): (&str, Option<&str>),
    format: Format,
) -> Result<Exit, Failure> {
    let all: Vec<Connection> = client.list(&["connections"]).await?;
    let uses = |one: &Connection| one.integrations.iter().any(|integration| integration.id == beside.id);
    let connection = all.into_iter().find(uses).ok_or_else(|| {
        Failure::NotFound(format!("{} has no connection any more. Connect its org again.", beside.name))
    })?;
    let body = json!({ "name": name, "group_id": group_id(client, group).await? });
    let raw: Box<RawValue> = client.post(&["connections", &connection.id, "integrations"], &body).await?;
    integrations::show(&raw, format)
}

async fn group_id(client: &Client, group: Option<&str>) -> Result<Option<String>, Failure> {
    match group {
        Some(text) => groups::find(client, text).await.map(Some),
        None => Ok(None),
    }
}

/// Prints the page on which a person consents: only a browser comes back from Salesforce.
async fn link(client: &Client, reconnect: Option<&str>) -> Result<Exit, Failure> {
    let path = match reconnect {
        Some(text) => format!("/integrations/{}/settings", integrations::find(client, text).await?.id),
        None => "/integrations/new".to_owned(),
    };
    let page = client
        .base()
        .join(&path)
        .map_err(|_| Failure::Unclear("The server's address is wrong.".to_owned()))?;
    print_text(&format!("{page}\n"))?;
    Ok(Exit::Ok)
}

/// Prints the connections: as whom, how, and whether Salesforce accepts them.
async fn status(client: &Client, format: Format) -> Result<Exit, Failure> {
    let mut listing = Listing::new(["CONNECTION", "ORG", "USER", "SIGNS IN WITH", "STATUS", "APPROVALS"]);
    for raw in client.list::<Box<RawValue>>(&["connections"]).await? {
        let one: Connection = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
        let row = [
            one.id,
            one.org.name,
            one.username,
            one.sign_in.replace('_', " "),
            one.status.replace('_', " "),
            format!("{} of {}", one.approvals_used, one.approvals_most),
        ];
        listing.push(raw, row);
    }
    listing.print(format)?;
    Ok(Exit::Ok)
}
