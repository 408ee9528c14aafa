//! `towpath integrations`.

use std::io::IsTerminal;

use console::Term;
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::{
    cli::client::{DataChoice, DeleteArgs, IntegrationsCommand},
    client::{Client, Failure},
    connection_check,
    exit::{self, Exit},
    limits,
    output::{Format, Listing, print_one},
    row_errors, sharing,
};

/// An integration as the API tells it, as far as it is shown.
#[derive(Debug, Deserialize)]
pub(crate) struct IntegrationBody {
    pub(crate) id: String,
    pub(crate) slug: String,
    pub(crate) name: String,
    status: String,
    activity: Option<ActivityBody>,
    #[serde(default)]
    problems: Vec<ProblemText>,
    org: Option<OrgBody>,
    username: Option<String>,
    complete_until: Option<String>,
    next_run_at: Option<String>,
    rows: Option<u64>,
    calls_today: Option<u64>,
    last_run: Option<LastRunBody>,
}

#[derive(Debug, Deserialize)]
struct ActivityBody {
    kind: String,
}

#[derive(Debug, Deserialize)]
struct ProblemText {
    code: String,
    text: String,
}

#[derive(Debug, Deserialize)]
struct OrgBody {
    name: String,
    organization_id: String,
    environment: String,
}

#[derive(Debug, Deserialize)]
struct LastRunBody {
    id: String,
    outcome: Option<String>,
    finished_at: Option<String>,
}

#[derive(Deserialize)]
struct DeletionBody {
    rows: u64,
    revokes_grant: bool,
}

#[derive(Deserialize)]
struct DeletedBody {
    rows_removed: u64,
    grant: String,
}

/// Runs one of the commands.
pub(crate) async fn run(command: IntegrationsCommand) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    match command {
        IntegrationsCommand::List { output } => list(&client, output.format()).await,
        IntegrationsCommand::Show { integration, output } => {
            let found = find(&client, &integration.integration).await?;
            show(&client.get::<Box<RawValue>>(&["integrations", &found.id]).await?, output.format())
        }
        IntegrationsCommand::Pause { integration, output } => {
            act(&client, &integration.integration, "pause", output.format()).await
        }
        IntegrationsCommand::Resume { integration, output } => {
            act(&client, &integration.integration, "resume", output.format()).await
        }
        IntegrationsCommand::Check { integration, output } => {
            connection_check::run(&client, &integration.integration, output.format()).await
        }
        IntegrationsCommand::Access { integration, output } => {
            sharing::show_access(&client, &integration.integration, output.format()).await
        }
        IntegrationsCommand::Share(args) => sharing::share(&client, &args).await,
        IntegrationsCommand::Limits(args) => limits::run(&client, &args).await,
        IntegrationsCommand::Retry(args) => row_errors::retry(&client, &args).await,
        IntegrationsCommand::Delete(args) => delete(&client, &args).await,
    }
}

/// The integration that a person means by a slug, an id or a name.
pub(crate) async fn find(client: &Client, text: &str) -> Result<IntegrationBody, Failure> {
    let all: Vec<IntegrationBody> = client.list(&["integrations"]).await?;
    choose(all, text)
}

/// The same of those that are known.
pub(crate) fn choose(all: Vec<IntegrationBody>, text: &str) -> Result<IntegrationBody, Failure> {
    let (exact, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|one| one.id == text || one.slug == text);
    if let Some(found) = exact.into_iter().next() {
        return Ok(found);
    }
    let mut named: Vec<_> =
        others.into_iter().filter(|one| one.name.to_lowercase() == text.to_lowercase()).collect();
    match named.len() {
        1 => Ok(named.remove(0)),
        0 => Err(Failure::NotFound(format!(
            "There is no integration {text:?}. `towpath integrations list` shows those there are."
        ))),
        _ => Err(Failure::Unclear(format!("Several integrations have the name {text:?}: give the slug."))),
    }
}

async fn list(client: &Client, format: Format) -> Result<Exit, Failure> {
    let mut listing = Listing::new(["SLUG", "NAME", "STATUS", "ORG", "ROWS", "COMPLETE UNTIL"]);
    for raw in client.list::<Box<RawValue>>(&["integrations"]).await? {
        let one = parse(&raw)?;
        let row = [
            one.slug.clone(),
            one.name.clone(),
            status_words(&one),
            one.org.as_ref().map(|org| org.name.clone()).unwrap_or_default(),
            one.rows.map(|rows| rows.to_string()).unwrap_or_default(),
            one.complete_until.clone().unwrap_or_default(),
        ];
        listing.push(raw, row);
    }
    listing.print(format)?;
    Ok(Exit::Ok)
}

/// Prints an integration.
pub(crate) fn show(raw: &RawValue, format: Format) -> Result<Exit, Failure> {
    let one = parse(raw)?;
    let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    let status = status_words(&one);
    let org = one.org.map(|org| format!("{} ({}, {})", org.name, org.organization_id, org.environment));
    let last_run = one.last_run.map(|run| {
        let outcome = run.outcome.as_deref().unwrap_or("under way").replace('_', " ");
        format!("{} {outcome} {}", run.id, run.finished_at.unwrap_or_default())
    });
    let mut facts = vec![
        ("id", one.id),
        ("slug", one.slug),
        ("name", one.name),
        ("status", status),
        ("org", org.unwrap_or_default()),
        ("user", one.username.unwrap_or_default()),
        ("rows", number(one.rows)),
        ("calls today", number(one.calls_today)),
        ("complete until", one.complete_until.unwrap_or_default()),
        ("next run", one.next_run_at.unwrap_or_default()),
        ("last run", last_run.unwrap_or_default()),
    ];
    facts.extend(
        one.problems.into_iter().map(|problem| ("problem", format!("{} [{}]", problem.text, problem.code))),
    );
    print_one(format, raw, &facts)?;
    Ok(Exit::Ok)
}

async fn act(client: &Client, integration: &str, act: &str, format: Format) -> Result<Exit, Failure> {
    let found = find(client, integration).await?;
    let raw: Box<RawValue> = client.post(&["integrations", &found.id, act], &json!({})).await?;
    show(&raw, format)
}

async fn delete(client: &Client, args: &DeleteArgs) -> Result<Exit, Failure> {
    let found = find(client, &args.integration.integration).await?;
    let deletion: DeletionBody = client.get(&["integrations", &found.id, "deletion"]).await?;
    if !args.yes {
        confirm(&found, &deletion, args)?;
    }
    let (data, path) = (data_word(args.data), ["integrations", found.id.as_str()]);
    let raw: Box<RawValue> = client.delete(&path, &[("data", data.to_owned())]).await?;
    let deleted: DeletedBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
    let facts = [
        ("deleted", found.name),
        ("rows removed", deleted.rows_removed.to_string()),
        ("access to Salesforce", deleted.grant.replace('_', " ")),
    ];
    print_one(args.output.format(), &raw, &facts)?;
    Ok(Exit::Ok)
}

/// Asks for the slug, so that nobody deletes what they did not mean.
fn confirm(found: &IntegrationBody, deletion: &DeletionBody, args: &DeleteArgs) -> Result<(), Failure> {
    let terminal = Term::stderr();
    if args.no_input || !std::io::stdin().is_terminal() || !terminal.is_term() {
        return Err(Failure::Unclear("Nothing was deleted: give --yes if it is meant.".to_owned()));
    }
    let data = match args.data {
        DataChoice::Keep => {
            format!("{} records stay here and are not brought up to date any more", deletion.rows)
        }
        DataChoice::Remove => format!("{} records are removed here", deletion.rows),
    };
    let grant = if deletion.revokes_grant { "; access to Salesforce is given back" } else { "" };
    exit::say(
        &format!("Deleting \"{}\": {data}{grant}. Nothing changes in Salesforce.", found.name),
        Exit::Ok,
    );
    let asked = terminal.write_str(&format!("Type {} to go on: ", found.slug));
    match asked.and_then(|()| terminal.read_line()) {
        Ok(answer) if answer.trim() == found.slug => Ok(()),
        _ => Err(Failure::Unclear("Nothing was deleted.".to_owned())),
    }
}

fn data_word(data: DataChoice) -> &'static str {
    match data {
        DataChoice::Keep => "keep",
        DataChoice::Remove => "remove",
    }
}

fn parse(raw: &RawValue) -> Result<IntegrationBody, Failure> {
    serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)
}

/// The status, and beside an active one what is going on.
fn status_words(integration: &IntegrationBody) -> String {
    let words = |text: &str| text.replace('_', " ");
    match &integration.activity {
        Some(activity) if integration.status == "active" => {
            format!("{}, {}", words(&integration.status), words(&activity.kind))
        }
        _ => words(&integration.status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integration(id: &str, slug: &str, name: &str) -> IntegrationBody {
        let body = json!({ "id": id, "slug": slug, "name": name, "status": "active", "activity": null,
            "org": null, "username": null, "complete_until": null, "next_run_at": null, "rows": 1, "calls_today": 1, "last_run": null });
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn an_integration_is_meant_by_its_slug_id_or_name() {
        let all = || {
            vec![
                integration("int_1", "acme", "Acme main"),
                integration("int_2", "initech", "acme"),
                integration("int_3", "hooli", "Twice"),
                integration("int_4", "hooli_2", "twice"),
            ]
        };
        let chosen = |text: &str| choose(all(), text).map(|one| one.id);

        assert_eq!(chosen("acme").unwrap(), "int_1");
        assert_eq!(chosen("int_2").unwrap(), "int_2");
        assert_eq!(chosen("ACME MAIN").unwrap(), "int_1");
        assert!(matches!(chosen("twice"), Err(Failure::Unclear(_))));
        assert!(matches!(chosen("nobody"), Err(Failure::NotFound(_))));
    }
}
