//! `towpath verify`: a copy compared with its org.

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::{
    cli::client::VerifyArgs,
    client::{Client, Failure},
    exit::{self, Exit},
    integrations,
    output::{Format, Listing, print_text},
    runs,
};

#[derive(Deserialize)]
struct RunBody {
    id: String,
}

#[derive(Deserialize)]
struct DriftPage {
    items: Vec<Box<RawValue>>,
}

/// What the API tells of one rule, as far as it is shown.
#[derive(Deserialize)]
struct DriftBody {
    sobject: String,
    last_sweep: Option<SweepBody>,
    days: Vec<DayBody>,
}

#[derive(Deserialize)]
struct SweepBody {
    finished_at: Option<String>,
    outcome: Option<String>,
    counts: Option<CountsBody>,
    problem: Option<ProblemText>,
}

#[derive(Default, Deserialize)]
struct CountsBody {
    rows_in_org: u64,
    rows_in_copy: u64,
    org_checksum: String,
    missing: u64,
    stale: u64,
    revived: u64,
    lost: u64,
    rejected: u64,
    healed: u64,
    pending: u64,
}

#[derive(Deserialize)]
struct ProblemText {
    code: String,
    text: String,
}

#[derive(Deserialize)]
struct DayBody {
    day: String,
    rows_in_org: u64,
    rows_in_copy: u64,
}

/// Compares, waits for the result, and prints it. It ends well where copy and org are the same then.
pub(crate) async fn run(args: VerifyArgs) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    let found = integrations::find(&client, &args.integration.integration).await?;
    let mode = match (args.heal, args.accept_loss) {
        (_, true) => "accept",
        (true, false) => "heal",
        (false, false) => "report",
    };
    let wanted = json!({ "sobject": args.sobject, "mode": mode });
    let started: RunBody = client.post(&["integrations", &found.id, "sweeps"], &wanted).await?;
    runs::follow(&client, &started.id).await?;
    let page: DriftPage = client.get(&["integrations", &found.id, "drift"]).await?;
    print(page, args.sobject.as_deref(), args.output.format())
}

fn print(page: DriftPage, sobject: Option<&str>, format: Format) -> Result<Exit, Failure> {
    let mut listing = Listing::new([
        "SOBJECT", "RESULT", "IN ORG", "IN COPY", "MISSING", "OLD", "LOST", "REJECTED", "HEALED", "PENDING",
        "AT", "CHECKSUM",
    ]);
    let (mut exit, mut notes) = (Exit::Ok, String::new());
    for raw in page.items {
        let body: DriftBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
        if sobject.is_some_and(|sobject| !sobject.eq_ignore_ascii_case(&body.sobject)) {
            continue;
        }
        let outcome = body.last_sweep.as_ref().and_then(|sweep| sweep.outcome.clone());
        if !matches!(outcome.as_deref(), Some("equal" | "healed")) {
            exit = Exit::PartlyDone;
        }
        notes.push_str(&notes_on(&body));
        let (at, counts) = match body.last_sweep {
            Some(sweep) => (sweep.finished_at, sweep.counts.unwrap_or_default()),
            None => (None, CountsBody::default()),
        };
        let numbers = [
            counts.rows_in_org,
            counts.rows_in_copy,
            counts.missing + counts.revived,
            counts.stale,
            counts.lost,
            counts.rejected,
            counts.healed,
            counts.pending,
        ]
        .map(|number| number.to_string());
        let [in_org, in_copy, missing, old, lost, rejected, healed, pending] = numbers;
        let result = outcome.unwrap_or_else(|| "not compared".to_owned()).replace('_', " ");
        let row = [
            body.sobject,
            result,
            in_org,
            in_copy,
            missing,
            old,
            lost,
            rejected,
            healed,
            pending,
            at.unwrap_or_default(),
            counts.org_checksum,
        ];
        listing.push(raw, row);
    }
    listing.print(format)?;
    if format == Format::Table {
        print_text(&notes)?;
    }
    if listing.rows.is_empty() {
        return Ok(exit::say("No rule of this integration copies that sObject.", Exit::NotFound));
    }
    Ok(exit)
}

/// What is to be said of a rule beside its numbers: the problem, and the days on which both sides differed.
fn notes_on(body: &DriftBody) -> String {
    let problem = body.last_sweep.as_ref().and_then(|sweep| sweep.problem.as_ref());
    let problem = problem.map(|problem| format!("{} [{}]\n", problem.text, problem.code)).unwrap_or_default();
    let days: String = body
        .days
        .iter()
        .map(|day| {
            let (org, copy) = (day.rows_in_org, day.rows_in_copy);
            format!("{} last changed on {}: {org} in the org, {copy} in the copy\n", body.sobject, day.day)
        })
        .collect();
    problem + &days
}
