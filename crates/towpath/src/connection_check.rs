//! `towpath integrations check`: everything that a sync needs of an org, asked of it.

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::{
    client::{Client, Failure},
    exit::{self, Exit},
    integrations,
    output::{Format, Listing, print_text},
};

#[derive(Deserialize)]
struct CheckBody {
    instance_url: String,
    state: String,
    lines: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct LineBody {
    part: String,
    state: String,
    text: String,
    problem: Option<ProblemBody>,
}

#[derive(Deserialize)]
struct ProblemBody {
    code: String,
    text: String,
    remedy: Option<RemedyBody>,
}

#[derive(Deserialize)]
struct RemedyBody {
    place: String,
    path: String,
    step: String,
}

/// Checks the connection of an integration and prints a line for each question, with what mends it. It ends well where
/// nothing is broken, else as the first problem says.
pub(crate) async fn run(client: &Client, integration: &str, format: Format) -> Result<Exit, Failure> {
    let found = integrations::find(client, integration).await?;
    let path = ["integrations", &found.id, "connection-check"];
    let raw: Box<RawValue> = client.post(&path, &json!({})).await?;
    let check: CheckBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
    let mut listing = Listing::new(["PART", "STATE", "FOUND", "PROBLEM"]);
    let (mut exit, mut remedies) = (Exit::Ok, String::new());
    for raw in check.lines {
        let line: LineBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
        let code = line.problem.as_ref().map(|problem| problem.code.clone()).unwrap_or_default();
        if line.state == "broken" && exit == Exit::Ok {
            exit = exit::for_code(&code);
        }
        remedies
            .push_str(&line.problem.map(|problem| mend(&problem, &check.instance_url)).unwrap_or_default());
        listing.push(raw, [line.part, line.state, line.text, code]);
    }
    match format {
        Format::Json => print_text(&format!("{}\n", raw.get()))?,
        Format::Table => {
            listing.print(format)?;
            print_text(&remedies)?;
        }
        Format::Csv => listing.print(format)?,
    }
    if check.state == "broken" && exit == Exit::Ok {
        exit = Exit::Failed;
    }
    Ok(exit)
}

/// What is wrong and what mends it, where it is mended.
fn mend(problem: &ProblemBody, instance_url: &str) -> String {
    let remedy = problem.remedy.as_ref().map(|remedy| {
        let page = format!("{}{}", instance_url.trim_end_matches('/'), remedy.path);
        format!("  {}: {}\n  {page}\n", remedy.place, remedy.step)
    });
    format!("{} [{}]\n{}", problem.text, problem.code, remedy.unwrap_or_default())
}
