//! `towpath rules`.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value as Json, json, value::RawValue};

use crate::{
    cli::client::{RuleArgs, RulesCommand},
    client::{Client, Failure},
    exit::{self, Exit},
    integrations,
    output::{Format, Listing, grid, print_one, print_text},
};

/// A rule as the API tells it, as far as it is shown.
#[derive(Debug, Deserialize)]
struct RuleBody {
    sobject: String,
    soql: Option<String>,
    fields: Option<Vec<String>>,
    cadence_seconds: u64,
    rows: u64,
    complete_until: Option<String>,
    problem: Option<ProblemText>,
    notice: Option<ProblemText>,
}

#[derive(Debug, Deserialize)]
struct ProblemText {
    code: String,
    text: String,
}

/// Which version of a rule is seen.
#[derive(Debug, Deserialize)]
struct SeenRule {
    sobject: String,
    version: String,
    rows: u64,
}

/// What a rule would do, as the API tells it.
#[derive(Debug, Deserialize)]
struct PreviewBody {
    soql: String,
    count: Option<u64>,
    calls_first_load: u64,
    calls_per_day: u64,
    daily_limit: Option<u64>,
    sample: Option<SampleBody>,
    sample_problem: Option<ProblemText>,
    change: Option<ChangeBody>,
    change_problem: Option<ProblemText>,
    problem: Option<ProblemText>,
}

/// Some of the records that a rule would read.
#[derive(Debug, Deserialize)]
struct SampleBody {
    columns: Vec<ColumnBody>,
    rows: Vec<Vec<Option<String>>>,
}

#[derive(Debug, Deserialize)]
struct ColumnBody {
    name: String,
}

/// What another filter would change of what is copied now.
#[derive(Debug, Deserialize)]
struct ChangeBody {
    added: u64,
    dropped: u64,
}

/// Runs one of the commands.
pub(crate) async fn run(command: RulesCommand) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    match command {
        RulesCommand::List { integration, output } => {
            let found = integrations::find(&client, &integration.integration).await?;
            list(&client, &found.id, output.format()).await
        }
        RulesCommand::Set(args) => {
            let found = integrations::find(&client, &args.integration.integration).await?;
            let path = ["integrations", &found.id, "sync-rules", &args.sobject];
            let known: Vec<SeenRule> = client.list(&path[..3]).await?;
            let seen = known.iter().find(|rule| rule.sobject.eq_ignore_ascii_case(&args.sobject));
            let seen = seen.map(|rule| rule.version.as_str());
            let raw: Box<RawValue> = client.put_seen(&path, &body_of(&args), seen).await?;
            show(&raw, args.output.format())?;
            Ok(Exit::Ok)
        }
        RulesCommand::Cost(args) => {
            let found = integrations::find(&client, &args.integration.integration).await?;
            let mut body = body_of(&args);
            body["sobject"] = args.sobject.as_str().into();
            let path = ["integrations", &found.id, "sync-rules", "preview"];
            cost(&client.post::<Box<RawValue>>(&path, &body).await?, args.output.format())
        }
        RulesCommand::Delete { integration, sobject, yes } => {
            let found = integrations::find(&client, &integration.integration).await?;
            delete(&client, &found.id, &sobject, yes).await
        }
    }
}

fn body_of(args: &RuleArgs) -> Json {
    json!({
        "filter": args.condition.as_ref().map(|soql| json!({ "kind": "soql", "soql": soql })),
        "fields": args.fields.as_ref().map(|fields| fields.split(',').map(str::trim).collect::<Vec<_>>()),
        "cadence_seconds": args.every.map(|every| every.as_secs()),
    })
}

/// Reads an interval such as `90s`, `5m`, `2h` or `1d`.
pub(crate) fn parse_interval(text: &str) -> Result<Duration, String> {
    let expected = || format!("{text:?} is not an interval such as 90s, 5m, 2h or 1d");
    let unit = text.chars().last().ok_or_else(expected)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 24 * 3_600,
        _ => return Err(expected()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| expected())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(expected)
}

async fn list(client: &Client, integration: &str, format: Format) -> Result<Exit, Failure> {
    let mut listing = Listing::new(["SOBJECT", "FILTER", "EVERY", "ROWS", "COMPLETE UNTIL", "PROBLEM"]);
    for raw in client.list::<Box<RawValue>>(&["integrations", integration, "sync-rules"]).await? {
        let rule = parse(&raw)?;
        let row = [
            rule.sobject,
            rule.soql.unwrap_or_default(),
            interval_words(rule.cadence_seconds),
            rule.rows.to_string(),
            rule.complete_until.unwrap_or_default(),
            rule.problem.or(rule.notice).map(|problem| problem.code).unwrap_or_default(),
        ];
        listing.push(raw, row);
    }
    listing.print(format)?;
    Ok(Exit::Ok)
}

fn show(raw: &RawValue, format: Format) -> Result<(), Failure> {
    let rule = parse(raw)?;
    let mut facts = vec![
        ("sObject", rule.sobject),
        ("filter", rule.soql.unwrap_or_else(|| "all records".to_owned())),
        ("fields", rule.fields.map_or_else(|| "all".to_owned(), |fields| fields.join(", "))),
        ("every", interval_words(rule.cadence_seconds)),
        ("rows", rule.rows.to_string()),
        ("complete until", rule.complete_until.unwrap_or_default()),
    ];
    facts.extend(rule.problem.map(|problem| ("problem", words(&problem))));
    facts.extend(rule.notice.map(|notice| ("notice", words(&notice))));
    print_one(format, raw, &facts)
}

fn cost(raw: &RawValue, format: Format) -> Result<Exit, Failure> {
    let preview: PreviewBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
    let share = preview.daily_limit.map(|limit| {
        let percent = 100.0 * preview.calls_per_day as f64 / limit.max(1) as f64;
        format!(", {percent:.1} % of the org's limit of {limit}")
    });
    let mut facts = vec![
        ("query", preview.soql),
        ("records", preview.count.map_or_else(|| "not counted".to_owned(), |count| count.to_string())),
        ("first load", format!("about {} calls", preview.calls_first_load)),
        ("afterwards", format!("about {} calls a day{}", preview.calls_per_day, share.unwrap_or_default())),
    ];
    facts.extend(preview.change.map(|change| {
        let ChangeBody { added, dropped } = change;
        ("would change", format!("{added} records would come, {dropped} would be marked as filtered"))
    }));
    facts.extend(preview.change_problem.map(|problem| ("would change", words(&problem))));
    facts.extend(preview.sample_problem.map(|problem| ("sample", words(&problem))));
    let exit = preview.problem.as_ref().map_or(Exit::Ok, |problem| exit::for_code(&problem.code));
    facts.extend(preview.problem.map(|problem| ("problem", words(&problem))));
    print_one(format, raw, &facts)?;
    if let (Format::Table, Some(sample)) = (format, preview.sample.filter(|sample| !sample.rows.is_empty())) {
        print_text(&format!("\n{}\n", sample_grid(sample)))?;
    }
    Ok(exit)
}

/// Some records below the names of their fields.
fn sample_grid(sample: SampleBody) -> String {
    let header: Vec<_> = sample.columns.into_iter().map(|column| column.name).collect();
    let rows: Vec<Vec<_>> =
        sample.rows.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect();
    grid(&header, &rows)
}

/// Deletes a rule as it is now.
async fn delete(client: &Client, integration: &str, sobject: &str, is_meant: bool) -> Result<Exit, Failure> {
    let known: Vec<SeenRule> = client.list(&["integrations", integration, "sync-rules"]).await?;
    let found = known.iter().find(|rule| rule.sobject.eq_ignore_ascii_case(sobject));
    let rule = found.ok_or_else(|| {
        Failure::NotFound(format!(
            "There is no rule for {sobject:?}. `towpath rules list` shows those there are."
        ))
    })?;
    let effect = format!("its {} records stay and are not brought up to date any more", rule.rows);
    if !is_meant {
        let text = format!("The rule {} was not deleted: give --yes if it is meant; {effect}.", rule.sobject);
        return Err(Failure::Unclear(text));
    }
    client.delete_seen(&["integrations", integration, "sync-rules", &rule.sobject], &rule.version).await?;
    Ok(exit::say(&format!("The rule {} is deleted: {effect}.", rule.sobject), Exit::Ok))
}

fn parse(raw: &RawValue) -> Result<RuleBody, Failure> {
    serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)
}

fn words(problem: &ProblemText) -> String {
    format!("{} [{}]", problem.text, problem.code)
}

pub(crate) fn interval_words(seconds: u64) -> String {
    const UNITS: [(u64, char); 3] = [(24 * 3_600, 'd'), (3_600, 'h'), (60, 'm')];
    let whole = UNITS.iter().find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit));
    whole.map_or_else(|| format!("{seconds}s"), |(unit, letter)| format!("{}{letter}", seconds / unit))
}

#[cfg(test)]
mod tests {
    use super::{interval_words, parse_interval};

    #[test]
    fn an_interval_reads_back_as_it_is_written() {
        for text in ["90s", "5m", "2h", "1d"] {
            assert_eq!(interval_words(parse_interval(text).unwrap().as_secs()), text);
        }
        for text in ["", "m", "5", "5x", "-5m", "99999999999999999999s"] {
            assert!(parse_interval(text).is_err(), "{text}");
        }
    }
}
