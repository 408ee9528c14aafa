//! `towpath why`: what became of a record.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    cli::client::WhyArgs,
    client::{Client, Failure},
    exit::{self, Exit},
    output::{Format, Listing, print_text},
};

/// An explanation as the API gives it, as far as it is shown.
#[derive(Deserialize)]
struct ExplanationBody {
    integration_name: String,
    sobject: Option<String>,
    state: String,
    text: String,
    evidence: Option<String>,
    merged_into: Option<String>,
    waiting_for_run: Option<String>,
}

#[derive(Deserialize)]
struct ExplanationPage {
    items: Vec<Box<RawValue>>,
}

/// Runs the command. It ends well where the record is in a copy, or was.
pub(crate) async fn run(args: WhyArgs) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    let page: ExplanationPage = client.get(&["explanations", &args.record_id]).await?;
    let mut listing = Listing::new(["INTEGRATION", "SOBJECT", "STATE", "EVIDENCE", "MERGED INTO", "TEXT"]);
    let (mut is_known, mut text) = (false, String::new());
    for raw in page.items {
        let body: ExplanationBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
        is_known |= matches!(body.state.as_str(), "synced" | "gone" | "rejected");
        text.push_str(&sentences(&body));
        let row = [
            body.integration_name,
            body.sobject.unwrap_or_default(),
            body.state,
            body.evidence.unwrap_or_default(),
            body.merged_into.unwrap_or_default(),
            body.text,
        ];
        listing.push(raw, row);
    }
    match args.output.format() {
        // Sentences read badly in columns.
        Format::Table => print_text(&text)?,
        format => listing.print(format)?,
    }
    if listing.rows.is_empty() {
        return Ok(exit::say("There is no integration yet.", Exit::NotFound));
    }
    Ok(if is_known { Exit::Ok } else { Exit::NotFound })
}

fn sentences(body: &ExplanationBody) -> String {
    let sobject = body.sobject.as_ref().map(|sobject| format!(", {sobject}")).unwrap_or_default();
    let state = body.state.replace('_', " ");
    let run = body.waiting_for_run.as_ref().map(|run| format!("\n  See towpath runs show {run}"));
    format!(
        "{}{sobject}: {state}\n  {}{}\n",
        crate::output::one_line(&body.integration_name),
        crate::output::one_line(&body.text),
        run.unwrap_or_default()
    )
}
