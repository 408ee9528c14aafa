//! `towpath integrations limits`.

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::{
    cli::client::LimitsArgs,
    client::{Client, Failure},
    exit::Exit,
    integrations,
    output::{Format, print_one},
};

/// How calls stand, as the API tells it.
#[derive(Debug, Deserialize)]
struct LimitsBody {
    daily_limit: u64,
    is_limit_known: bool,
    used: u64,
    ours: u64,
    spent: u64,
    others: u64,
    allotment: Option<u64>,
    stop_percent: u64,
    stop_at: u64,
    reserve: u64,
    stopped_for: Option<String>,
    stopped_until: Option<String>,
}

/// Sets what is named of what may be spent, and prints how the calls stand.
pub(crate) async fn run(client: &Client, args: &LimitsArgs) -> Result<Exit, Failure> {
    let found = integrations::find(client, &args.integration.integration).await?;
    let path = ["integrations", found.id.as_str(), "limits"];
    let (mut raw, version): (Box<RawValue>, String) = client.get_seen(&path).await?;
    if args.allotment.is_some() || args.no_allotment || args.stop_percent.is_some() {
        let known = parse(&raw)?;
        let allotment = args.allotment.or(known.allotment.filter(|_| !args.no_allotment));
        let stop_percent = args.stop_percent.unwrap_or(known.stop_percent);
        let body = json!({ "allotment": allotment, "stop_percent": stop_percent });
        raw = client.put_seen(&path, &body, Some(&version)).await?;
    }
    show(&raw, args.output.format())
}

fn show(raw: &RawValue, format: Format) -> Result<Exit, Failure> {
    let limits = parse(raw)?;
    let known = if limits.is_limit_known { "" } else { ", as long as the org has not told" };
    let mut facts = vec![
        ("limit of the org", format!("{} calls in 24 hours{known}", limits.daily_limit)),
        ("used", limits.used.to_string()),
        ("by this integration", limits.spent.to_string()),
        ("by this server", limits.ours.to_string()),
        ("by others", limits.others.to_string()),
        (
            "allotment",
            limits
                .allotment
                .map_or_else(|| "as many as the org leaves".to_owned(), |calls| calls.to_string()),
        ),
        ("stops at", format!("{} calls, {} %", limits.stop_at, limits.stop_percent)),
        ("left to others", limits.reserve.to_string()),
    ];
    facts.extend(limits.stopped_for.map(|reason| {
        let until = limits.stopped_until.map(|until| format!(", until about {until}")).unwrap_or_default();
        ("stopped by", format!("{reason}{until}"))
    }));
    print_one(format, raw, &facts)?;
    Ok(Exit::Ok)
}

fn parse(raw: &RawValue) -> Result<LimitsBody, Failure> {
    serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)
}
