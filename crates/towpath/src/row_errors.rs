//! `towpath integrations retry`.

use serde::Deserialize;
use serde_json::{Value as Json, json, value::to_raw_value};

use crate::{
    cli::client::RetryArgs,
    client::{Client, Failure},
    exit::{self, Exit},
    integrations,
    output::Listing,
};

/// What is wrong with some records, as the API tells it.
#[derive(Deserialize)]
struct KindBody {
    sobject: String,
    code: String,
    records: u64,
}

/// What became of another try.
#[derive(Deserialize)]
struct RetriedBody {
    tried: u64,
    mended: u64,
    run_id: Option<String>,
}

/// Reads the records of each kind of error again, and prints how many have it no more.
pub(crate) async fn retry(client: &Client, args: &RetryArgs) -> Result<Exit, Failure> {
    let found = integrations::find(client, &args.integration.integration).await?;
    let kinds: Vec<KindBody> = client.list(&["integrations", &found.id, "row-error-kinds"]).await?;
    let is_wanted = |kind: &&KindBody| {
        args.sobject.as_ref().is_none_or(|sobject| kind.sobject.eq_ignore_ascii_case(sobject))
            && args.code.as_ref().is_none_or(|code| kind.code == *code)
    };
    let mut listing = Listing::new(["SOBJECT", "CODE", "RECORDS", "TRIED", "MENDED", "RUN"]);
    let mut is_whole = true;
    for kind in kinds.iter().filter(is_wanted) {
        let path = ["integrations", &found.id, "row-error-kinds", &kind.sobject, &kind.code, "retry"];
        let retried: RetriedBody = client.post(&path, &json!({})).await?;
        is_whole &= retried.mended == retried.tried;
        let told: Json = json!({ "sobject": kind.sobject, "code": kind.code, "records": kind.records,
            "tried": retried.tried, "mended": retried.mended, "run_id": retried.run_id });
        let row = [
            kind.sobject.clone(),
            kind.code.clone(),
            kind.records.to_string(),
            retried.tried.to_string(),
            retried.mended.to_string(),
            retried.run_id.unwrap_or_default(),
        ];
        listing.push(to_raw_value(&told).map_err(Failure::NotAnAnswer)?, row);
    }
    listing.print(args.output.format())?;
    if listing.rows.is_empty() {
        exit::tell("No such record has an error.");
    }
    Ok(if is_whole { Exit::Ok } else { Exit::PartlyDone })
}
