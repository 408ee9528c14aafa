//! The address of the consent page.

use super::Pkce;
use crate::host::LoginHost;

/// What to ask on the consent page (Salesforce Help, OAuth 2.0 Web Server Flow).
#[derive(Clone, Debug)]
pub struct AuthorizeRequest<'a> {
    /// Where the user logs in.
    pub login_host: &'a LoginHost,
    /// The app's consumer key.
    pub client_id: &'a str,
    /// A callback URL exactly as the app has it.
    pub redirect_uri: &'a str,
    /// The scopes; a copy needs `api refresh_token id`.
    pub scopes: &'a [&'a str],
    /// Comes back unchanged; ties the callback to the browser and the flow.
    pub state: &'a str,
    /// Whose verifier the exchange will show.
    pub pkce: &'a Pkce,
    /// `login`, `consent` or both with a space; empty leaves it to the org.
    pub prompt: &'a str,
    /// The user name to fill in; may be empty.
    pub login_hint: &'a str,
}

/// The address to send the browser to.
pub fn authorize_url(request: &AuthorizeRequest<'_>) -> String {
    let scope = request.scopes.join(" ");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([
        ("response_type", "code"),
        ("client_id", request.client_id),
        ("redirect_uri", request.redirect_uri),
        ("scope", &scope),
        ("state", request.state),
        ("code_challenge", request.pkce.challenge()),
        ("code_challenge_method", "S256"),
    ]);
    query.extend_pairs(
        [("prompt", request.prompt), ("login_hint", request.login_hint)]
            .iter()
            .filter(|(_, text)| !text.is_empty()),
    );
    format!("{}/services/oauth2/authorize?{}", request.login_host.origin(), query.finish())
}

#[cfg(test)]
mod tests {
    use super::{AuthorizeRequest, authorize_url};
    use crate::host::LoginHost;
    use crate::oauth::Pkce;

    #[test]
    fn every_parameter_is_encoded() {
        let url = authorize_url(&AuthorizeRequest {
            login_host: &LoginHost::production(),
            client_id: "3MVG9.a",
            redirect_uri: "https://towpath.example/oauth/salesforce/callback",
            scopes: &["api", "refresh_token", "id"],
            state: "a+b&c",
            pkce: &Pkce::generate(&[7; 64]),
            prompt: "",
            login_hint: "ada@acme.example",
        });

        insta::assert_snapshot!(url, @"https://login.salesforce.com/services/oauth2/authorize?response_type=code&client_id=3MVG9.a&redirect_uri=https%3A%2F%2Ftowpath.example%2Foauth%2Fsalesforce%2Fcallback&scope=api+refresh_token+id&state=a%2Bb%26c&code_challenge=ZQyqvCUGJmKcOzNuGh9KsmfjcXKW0uMJyNHxmr30O5k&code_challenge_method=S256&login_hint=ada%40acme.example");
    }
}
