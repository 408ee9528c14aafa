//! `towpath login`, `logout` and `whoami`.

use std::io::{self, IsTerminal, Read};

use console::Term;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    cli::client::{LoginArgs, WhoamiArgs},
    client::{Client, Failure, login_file, server_url},
    exit::{self, Exit},
    output::print_one,
};

/// Every key begins so.
const KEY_START: &str = "twp_";
/// No key is longer.
const MAX_KEY_LENGTH: u64 = 1_024;

/// The session as the API tells it, as far as it is shown.
#[derive(Deserialize)]
struct SessionBody {
    member: Option<MemberBody>,
    workspace: Option<WorkspaceBody>,
}

#[derive(Deserialize)]
struct MemberBody {
    email: String,
    name: String,
    role: String,
}

#[derive(Deserialize)]
struct WorkspaceBody {
    name: String,
}

/// Checks a key and writes it down.
pub(crate) async fn log_in(args: LoginArgs) -> Result<Exit, Failure> {
    let url = server_url(&args.url).map_err(Failure::Unclear)?;
    let token = read_token(args.no_input)?;
    let client = Client::new(url, token.clone())?;
    let (_, session) = find_session(&client).await?;
    let member = session.member.ok_or_else(not_accepted)?;
    let path = login_file::write(client.base(), &token)
        .map_err(|error| Failure::Unclear(format!("The login cannot be written down: {error}.")))?;
    let text = format!("Signed in as {} ({}); the key is in {}.", member.email, member.role, path.display());
    Ok(exit::say(&text, Exit::Ok))
}

/// Forgets what was written down.
pub(crate) fn log_out() -> Result<Exit, Failure> {
    let forgotten = login_file::forget()
        .map_err(|error| Failure::Unclear(format!("The login cannot be removed: {error}.")))?;
    let text = if forgotten {
        "Signed out here. The key still opens the server: revoke it there if nobody uses it any more."
    } else {
        "Nobody was signed in here."
    };
    Ok(exit::say(text, Exit::Ok))
}

/// Says whose key is used, and where.
pub(crate) async fn who_am_i(args: WhoamiArgs) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    let (raw, session) = find_session(&client).await?;
    let member = session.member.ok_or_else(not_accepted)?;
    let facts = [
        ("server", client.base().to_string()),
        ("workspace", session.workspace.map(|workspace| workspace.name).unwrap_or_default()),
        ("name", member.name),
        ("email", member.email),
        ("role", member.role),
    ];
    print_one(args.output.format(), &raw, &facts)?;
    Ok(Exit::Ok)
}

async fn find_session(client: &Client) -> Result<(Box<RawValue>, SessionBody), Failure> {
    let raw: Box<RawValue> = client.get(&["session"]).await?;
    let session = serde_json::from_str(raw.get()).map_err(Failure::NotAnAnswer)?;
    Ok((raw, session))
}

fn not_accepted() -> Failure {
    Failure::NotSignedIn(
        "The server does not accept this key: it may have been revoked, or be of another server.".to_owned(),
    )
}

/// The key from the environment, else from whoever sits at the terminal, else from standard input.
fn read_token(no_input: bool) -> Result<SecretString, Failure> {
    let token = match login_file::token_of_environment() {
        Some(token) => token,
        None if io::stdin().is_terminal() => ask_token(no_input)?,
        None => token_of_stdin()?,
    };
    let token = SecretString::from(token.expose_secret().trim());
    if token.expose_secret().starts_with(KEY_START) {
        return Ok(token);
    }
    Err(Failure::Unclear(
        "That is no API key: one begins with twp_ and is made in Towpath under Settings, API keys."
            .to_owned(),
    ))
}

fn ask_token(no_input: bool) -> Result<SecretString, Failure> {
    let none = || Failure::Unclear("No key: give it in TOWPATH_TOKEN or on standard input.".to_owned());
    let terminal = Term::stderr();
    if no_input || !terminal.is_term() {
        return Err(none());
    }
    let asked = terminal.write_str("API key (made in Towpath under Settings, API keys; it is not shown): ");
    asked.and_then(|()| terminal.read_secure_line()).map(SecretString::from).map_err(|_| none())
}

fn token_of_stdin() -> Result<SecretString, Failure> {
    let mut text = String::new();
    io::stdin()
        .take(MAX_KEY_LENGTH)
        .read_to_string(&mut text)
        .map_err(|error| Failure::Unclear(format!("The key cannot be read from standard input: {error}.")))?;
    Ok(SecretString::from(text))
}
