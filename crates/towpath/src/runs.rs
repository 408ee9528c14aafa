//! `towpath runs`.

mod watch;

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::{
    cli::client::RunsCommand,
    client::{Client, Failure},
    exit::{self, Exit},
    integrations,
    output::{Format, Listing, print_one},
};

/// A run as the API tells it, as far as it is shown.
#[derive(Debug, Deserialize)]
struct RunBody {
    id: String,
    started_at: String,
    finished_at: Option<String>,
    outcome: Option<String>,
    problem: Option<ProblemText>,
    counts: CountsBody,
    rows_per_second: Option<f64>,
    #[serde(default)]
    rules: Vec<RuleBody>,
}

#[derive(Debug, Deserialize)]
struct ProblemText {
    code: String,
    text: String,
}

#[derive(Debug, Default, Deserialize)]
struct CountsBody {
    rows_read: u64,
    inserted: u64,
    updated: u64,
    unchanged: u64,
    gone: u64,
    rejected: u64,
    calls: u64,
}

#[derive(Debug, Deserialize)]
struct RuleBody {
    sobject: String,
    phase: String,
    rows_total: Option<u64>,
    counts: CountsBody,
    outcome: Option<String>,
    problem: Option<ProblemText>,
}

#[derive(Deserialize)]
struct RunPage {
    items: Vec<Box<RawValue>>,
}

/// Runs one of the commands.
pub(crate) async fn run(command: RunsCommand) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    match command {
        RunsCommand::List { integration, limit, output } => {
            list(&client, integration.as_deref(), limit, output.format()).await
        }
        RunsCommand::Start { integration, wait, output } => {
            let found = integrations::find(&client, &integration.integration).await?;
            let raw: Box<RawValue> = client.post(&["integrations", &found.id, "runs"], &json!({})).await?;
            started(&client, &raw, wait, output.format()).await
        }
        RunsCommand::Reload { integration, sobject, wait, output } => {
            let found = integrations::find(&client, &integration.integration).await?;
            let path = ["integrations", &found.id, "sync-rules", &sobject, "reload"];
            let raw: Box<RawValue> = client.post(&path, &json!({})).await?;
            started(&client, &raw, wait, output.format()).await
        }
        RunsCommand::Cancel { run, output } => {
            let raw: Box<RawValue> = client.post(&["runs", &run, "cancel"], &json!({})).await?;
            show(&raw, output.format())?;
            Ok(Exit::Ok)
        }
        RunsCommand::Show { run, output } => {
            show(&client.get::<Box<RawValue>>(&["runs", &run]).await?, output.format())?;
            Ok(Exit::Ok)
        }
        RunsCommand::Watch { run, output } => watch(&client, &run, output.format()).await,
    }
}

async fn list(
    client: &Client,
    integration: Option<&str>,
    limit: u32,
    format: Format,
) -> Result<Exit, Failure> {
    let found = match integration {
        Some(text) => Some(integrations::find(client, text).await?),
        None => None,
    };
    let path = match &found {
        Some(found) => vec!["integrations", &found.id, "runs"],
        None => vec!["runs"],
    };
    let page: RunPage = client.get_with(&path, &[("limit", limit.to_string())]).await?;
    let mut listing = Listing::new(["ID", "STARTED", "FINISHED", "OUTCOME", "READ", "REJECTED", "CALLS"]);
    for raw in page.items {
        let run = parse(&raw)?;
        let row = [
            run.id.clone(),
            run.started_at.clone(),
            run.finished_at.clone().unwrap_or_default(),
            outcome_words(run.outcome.as_deref()),
            run.counts.rows_read.to_string(),
            run.counts.rejected.to_string(),
            run.counts.calls.to_string(),
        ];
        listing.push(raw, row);
    }
    listing.print(format)?;
    Ok(Exit::Ok)
}

/// Shows a run that has begun, or follows it to its end.
async fn started(client: &Client, raw: &RawValue, wait: bool, format: Format) -> Result<Exit, Failure> {
    if wait {
        return watch(client, &parse(raw)?.id, format).await;
    }
    show(raw, format)?;
    Ok(Exit::Ok)
}

/// Follows a run to its end.
pub(crate) async fn follow(client: &Client, run: &str) -> Result<(), Failure> {
    watch::follow(client, run).await.map(drop)
}

/// Follows a run and ends as it ended.
async fn watch(client: &Client, run: &str, format: Format) -> Result<Exit, Failure> {
    let raw = watch::follow(client, run).await?;
    show(&raw, format)?;
    let run = parse(&raw)?;
    Ok(match run.outcome.as_deref() {
        Some("succeeded") => Exit::Ok,
        Some("partly_done") => Exit::PartlyDone,
        Some("stopped") => run.problem.map_or(Exit::Interrupted, |problem| exit::for_code(&problem.code)),
        _ => Exit::Failed,
    })
}

fn show(raw: &RawValue, format: Format) -> Result<(), Failure> {
    let run = parse(raw)?;
    let mut facts = vec![
        ("id", run.id),
        ("started", run.started_at),
        ("finished", run.finished_at.unwrap_or_default()),
        ("outcome", outcome_words(run.outcome.as_deref())),
        ("rows", counts_words(&run.counts)),
        ("calls", run.counts.calls.to_string()),
    ];
    facts.extend(run.problem.map(|problem| ("problem", problem_words(&problem))));
    facts.extend(run.rules.iter().map(|rule| ("sObject", rule_words(rule))));
    print_one(format, raw, &facts)
}

fn parse(raw: &RawValue) -> Result<RunBody, Failure> {
    serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)
}

fn outcome_words(outcome: Option<&str>) -> String {
    outcome.map_or_else(|| "under way".to_owned(), |outcome| outcome.replace('_', " "))
}

fn problem_words(problem: &ProblemText) -> String {
    format!("{} [{}]", problem.text, problem.code)
}

fn counts_words(counts: &CountsBody) -> String {
    format!(
        "{} read, {} new, {} changed, {} the same, {} rejected; {} gone",
        counts.rows_read, counts.inserted, counts.updated, counts.unchanged, counts.rejected, counts.gone
    )
}

fn rule_words(rule: &RuleBody) -> String {
    let state = rule.outcome.as_deref().unwrap_or(&rule.phase).replace('_', " ");
    let problem =
        rule.problem.as_ref().map(|problem| format!(": {}", problem_words(problem))).unwrap_or_default();
    format!("{}, {state}: {}{problem}", rule.sobject, counts_words(&rule.counts))
}
