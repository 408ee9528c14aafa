//! The grants.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::token::Wire;
use super::{App, Pkce, SigningKey, TokenResponse, revoke};
use crate::host::LoginHost;
use crate::http::{Http, Request};
use crate::{Result, Timestamp};

/// Exchanges the code of the callback for tokens. A code is good once and for 15 minutes.
///
/// `login_host` and `redirect_uri` are those of the authorize request, never those of the callback. A grant whose answer
/// does not pass the checks is given back at that host.
pub async fn exchange_code(
    http: &Http,
    app: &App,
    login_host: &LoginHost,
    code: &SecretString,
    redirect_uri: &str,
    pkce: &Pkce,
) -> Result<TokenResponse> {
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", code.expose_secret()),
        ("redirect_uri", redirect_uri),
        ("code_verifier", pkce.verifier().expose_secret()),
    ];
    let wire = ask_token(http, app, login_host, &pairs).await?;
    let granted = wire.granted().clone();
    let checked = TokenResponse::check(wire, app, http.host_rule());
    if checked.is_err() {
        // The grant is there whatever is wrong with the answer. The check's error is what matters.
        let _ = revoke(http, login_host, &granted).await;
    }
    checked
}

/// Gets a new access token, at the host that issued the refresh token.
///
/// Where the answer holds a new refresh token, the one given here is dead: store the new one before using the
/// access token, and never call this twice at a time for one grant.
pub async fn refresh(
    http: &Http,
    app: &App,
    login_host: &LoginHost,
    refresh_token: &SecretString,
) -> Result<TokenResponse> {
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
    request_token(http, app, login_host, &pairs).await
}

/// Gets an access token for the app's run-as user. Only a My Domain host accepts this.
pub async fn client_credentials(http: &Http, app: &App, my_domain: &LoginHost) -> Result<TokenResponse> {
    request_token(http, app, my_domain, &[("grant_type", "client_credentials")]).await
}

/// Gets an access token for a user whom an admin has pre-authorized for the app, or who has approved it: the app shows a
/// statement signed with its key in place of a person who consents.
///
/// The host is the audience too, as production, sandboxes and My Domains each want to be named.
pub async fn jwt_bearer(
    http: &Http,
    client_id: &str,
    login_host: &LoginHost,
    username: &str,
    key: &SigningKey,
    now: Timestamp,
) -> Result<TokenResponse> {
    let assertion = key.assert(client_id, username, login_host, now);
    let pairs = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", assertion.expose_secret()),
    ];
    let wire = post_token(http, login_host, &pairs).await?.issued_now(now);
    let app = App { client_id: client_id.to_owned(), client_secret: None };
    TokenResponse::check(wire, &app, http.host_rule())
}

async fn request_token(
    http: &Http,
    app: &App,
    login_host: &LoginHost,
    pairs: &[(&str, &str)],
) -> Result<TokenResponse> {
    let wire = ask_token(http, app, login_host, pairs).await?;
    TokenResponse::check(wire, app, http.host_rule())
}

async fn ask_token(http: &Http, app: &App, login_host: &LoginHost, pairs: &[(&str, &str)]) -> Result<Wire> {
    let mut pairs = pairs.to_vec();
    pairs.push(("client_id", &app.client_id));
    pairs.extend(app.client_secret.as_ref().map(|secret| ("client_secret", secret.expose_secret())));
    post_token(http, login_host, &pairs).await
}

async fn post_token(http: &Http, login_host: &LoginHost, pairs: &[(&str, &str)]) -> Result<Wire> {
    let request = Request::form("/services/oauth2/token", pairs);
    let answer = http.send(login_host.origin(), &request, None, &Arc::default()).await?;
    answer.accepted_by_oauth().await?.json().await
}
