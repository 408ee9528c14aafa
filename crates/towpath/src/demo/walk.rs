//! What a person does first: make the owner, connect the org, choose what to copy.

use std::time::Duration;

use model::Random;
use orgsim::StartLine;
use reqwest::Method;
use serde_json::{Value as Json, json};
use url::Url;

use super::visitor::{Answer, Visitor};

/// What a connected demo copies.
const SOBJECTS: [&str; 4] = ["Account", "Contact", "Opportunity", "Case"];
/// What the integration is called.
const NAME: &str = "Simulated org";
/// How often the first copy is looked at, and how many times at most.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const MOST_LOOKS: u32 = 300;

/// A step that failed.
#[derive(Debug)]
pub(super) enum Error {
    /// Nobody answered.
    Call(reqwest::Error),
    /// Somebody refused, and said why.
    Refused(String),
    /// A page was not the one that should come next.
    Lost(&'static str),
}

impl std::fmt::Display for Error {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Call(error) => error.fmt(formatter),
            Self::Refused(why) => formatter.write_str(why),
            Self::Lost(page) => write!(formatter, "{page} did not come"),
        }
    }
}

/// Who may sign in.
pub(super) struct Owner {
    pub(super) email: &'static str,
    pub(super) password: String,
}

/// Makes the first owner, as the setup page does.
pub(super) async fn set_up(visitor: &mut Visitor, link: &str) -> Result<Owner, Error> {
    let bytes = Random::from_os().map_err(|error| Error::Refused(error.to_string()))?.bytes::<8>();
    let password = format!("{:016x}", u64::from_le_bytes(bytes));
    let owner = Owner { email: "ada@example.com", password };
    let body = json!({
        "token": token_of(link)?,
        "workspace_name": "Demo",
        "name": "Ada",
        "email": owner.email,
        "password": owner.password,
        "time_zone": "UTC",
    });
    visitor.ask(Method::POST, &["setup"], Some(body)).await?;
    Ok(owner)
}

/// Connects the simulated org and copies from it, as the wizard does. Does nothing where something is connected already.
pub(super) async fn connect(visitor: &mut Visitor, sign_in_link: &str, org: &StartLine) -> Result<(), Error> {
    visitor.ask(Method::POST, &["session"], Some(json!({ "link_token": token_of(sign_in_link)? }))).await?;
    let integrations = visitor.ask(Method::GET, &["integrations"], None).await?;
    if integrations["items"].as_array().is_some_and(|items| !items.is_empty()) {
        return Ok(());
    }
    let flow = json!({ "name": NAME, "environment": "simulated" });
    let started = visitor.ask(Method::POST, &["connect-flows"], Some(flow)).await?;
    let flow = text(&started["flow"], "id")?;
    consent(visitor, &text(&started, "authorize_url")?, org).await?;

    let walked = visitor.ask(Method::GET, &["connect-flows", &flow], None).await?;
    if walked["status"] != "authorized" {
        let why = walked["problem"]["text"].as_str().or(walked["problem"]["detail"].as_str());
        return Err(Error::Refused(why.unwrap_or("the org was not connected").to_owned()));
    }
    let integration =
        visitor.ask(Method::POST, &["connect-flows", &flow, "confirm"], Some(json!({}))).await?;
    let integration = text(&integration, "id")?;
    choose(visitor, &integration).await?;
    wait_for_copy(visitor, &integration).await
}

/// Walks from the authorization to the callback: signs in, allows.
async fn consent(visitor: &mut Visitor, authorize_url: &str, org: &StartLine) -> Result<(), Error> {
    let url = Url::parse(authorize_url).map_err(|_| Error::Lost("the address of the consent page"))?;
    let (login_url, login) = follow(visitor, url).await?;
    let start = login.hidden_field("startURL").ok_or(Error::Lost("the login page"))?;
    let fields = [("startURL", start.as_str()), ("username", &org.username), ("password", &org.password)];
    let signed_in = visitor.send_form(&login_url, &fields).await?;
    let consent_url = signed_in.location.ok_or(Error::Lost("the consent page"))?;
    let (consent_url, page) = follow(visitor, consent_url).await?;
    let source = page.hidden_field("source").ok_or(Error::Lost("the consent page"))?;
    let form_token = page.hidden_field("form_token").ok_or(Error::Lost("the consent page"))?;
    let fields = [("source", source.as_str()), ("form_token", &form_token), ("decision", "allow")];
    let allowed = visitor.send_form(&consent_url, &fields).await?;
    let callback = allowed.location.ok_or(Error::Lost("the way back"))?;
    visitor.open(&callback).await.map(|_| ())
}

/// Opens a page and those it redirects to.
async fn follow(visitor: &mut Visitor, mut url: Url) -> Result<(Url, Answer), Error> {
    for _ in 0..5 {
        let answer = visitor.open(&url).await?;
        match answer.location {
            Some(next) => url = next,
            None => return Ok((url, answer)),
        }
    }
    Err(Error::Lost("a page without a redirect"))
}

/// Saves a rule for each sObject, and the mappings that are suggested for them.
async fn choose(visitor: &mut Visitor, integration: &str) -> Result<(), Error> {
    for sobject in SOBJECTS {
        let rule = json!({ "filter": null, "fields": null });
        visitor.ask(Method::PUT, &["integrations", integration, "sync-rules", sobject], Some(rule)).await?;
    }
    let path = ["integrations", integration, "field-mappings", "suggestions"];
    let suggested = visitor.ask(Method::GET, &path, None).await?;
    let mapping = |item: &Json| json!({ "entity": item["entity"], "property": item["property"], "sobject": item["sobject"], "field": item["field"] });
    let items: Vec<Json> = suggested["items"].as_array().into_iter().flatten().map(mapping).collect();
    visitor
        .ask(Method::PUT, &["integrations", integration, "field-mappings"], Some(json!({ "items": items })))
        .await?;
    Ok(())
}

/// The first run begins by itself. Whoever opens the page before it has ended sees it go on.
async fn wait_for_copy(visitor: &mut Visitor, integration: &str) -> Result<(), Error> {
    for _ in 0..MOST_LOOKS {
        let found = visitor.ask(Method::GET, &["integrations", integration], None).await?;
        if !found["last_run"]["outcome"].is_null() {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

fn token_of(link: &str) -> Result<&str, Error> {
    link.split_once('#').map(|(_, token)| token).ok_or(Error::Lost("a link with a token"))
}

fn text(body: &Json, name: &'static str) -> Result<String, Error> {
    body[name].as_str().map(str::to_owned).ok_or(Error::Lost(name))
}
