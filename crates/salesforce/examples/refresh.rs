//! Calls an org with a refresh token; the access token is renewed whenever the org ends it.
//!
//! `CLIENT_ID`, `CLIENT_SECRET` and `REFRESH_TOKEN` are those of an app; `LOGIN_HOST` is where it was approved.
#![expect(clippy::print_stdout, reason = "an example shows what it got")]

use std::{env, sync::Arc};

use futures_util::FutureExt;
use salesforce::host::LoginHost;
use salesforce::oauth::{self, App};
use salesforce::{AccessToken, ApiVersion, Client, Http, HttpConfig, RefreshError, Session};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let http = Http::new(HttpConfig::default())?;
    let host = LoginHost::parse(&env::var("LOGIN_HOST")?, http.host_rule())?;
    let app =
        App { client_id: env::var("CLIENT_ID")?, client_secret: Some(env::var("CLIENT_SECRET")?.into()) };
    let grant = Arc::new((http.clone(), app, host, env::var("REFRESH_TOKEN")?.into()));
    let renew = move |generation: u64| {
        let grant = grant.clone();
        async move {
            let token = oauth::refresh(&grant.0, &grant.1, &grant.2, &grant.3).await?;
            // Where `token.refresh_token` is there, the old one is dead: store it here, before going on.
            let (secret, instance_url) = (token.access_token, token.instance_url);
            Ok::<_, RefreshError>(AccessToken { secret, instance_url, generation: generation + 1 })
        }
        .boxed()
    };
    let session = Session::renewable(renew(0).await?, Arc::new(renew));
    let client = Client::new(http, session, ApiVersion::PINNED);
    println!("{} accounts", client.count("SELECT COUNT() FROM Account").await?);
    Ok(())
}
