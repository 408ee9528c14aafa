//! `towpath sessions`.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    cli::client::SessionsCommand,
    client::{Client, Failure},
    exit::Exit,
    output::Listing,
};

/// A browser in which somebody is signed in, as the API tells it.
#[derive(Deserialize)]
struct SessionBody {
    id: String,
    browser: Option<String>,
    created_at: String,
    used_at: String,
    expires_at: String,
}

/// Runs one of the commands.
pub(crate) async fn run(command: SessionsCommand) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    let SessionsCommand::List { output } = command;
    let mut listing = Listing::new(["ID", "BROWSER", "SIGNED IN", "USED", "UNTIL"]);
    for raw in client.list::<Box<RawValue>>(&["sessions"]).await? {
        let one: SessionBody = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
        let browser = one.browser.unwrap_or_else(|| "unknown".to_owned());
        listing.push(raw, [one.id, browser, one.created_at, one.used_at, one.expires_at]);
    }
    listing.print(output.format())?;
    Ok(Exit::Ok)
}
