//! What an app may ask for.

use crate::client_apps::{ClientApp, Deployed};

/// The scopes of the app, with what the consent page says of each.
pub(super) const ALLOWED: [(&str, &str); 19] = [
    ("api", "Manage your data through APIs"),
    ("refresh_token", "Go on when you are not signed in, until you take this approval back"),
    ("offline_access", "Go on when you are not signed in, until you take this approval back"),
    ("id", "See who you are: your name, username and organization"),
    ("openid", "See a unique identifier of yours"),
    ("profile", "See who you are: your name, username and organization"),
    ("email", "See your e-mail address"),
    ("address", "See your address"),
    ("phone", "See your phone number"),
    ("web", "Open the org in a web browser as you"),
    ("chatter_api", "Use Chatter as you"),
    ("visualforce", "Open pages of apps in the org as you"),
    ("lightning", "Open apps in the org as you"),
    ("content", "Open files in the org as you"),
    ("custom_permissions", "See which custom permissions you have"),
    ("wave_api", "Use analytics as you"),
    ("eclair_api", "Use charts as you"),
    ("sfap_api", "Use the platform's newer APIs as you"),
    ("full", "Do everything that you may do"),
];

/// What an app gets that does not say what it wants.
const DEFAULT: [&str; 5] = ["refresh_token", "web", "api", "id", "openid"];

/// Reads a list of scopes. Answers `None` if the app may not have one of them.
pub(super) fn parse(client: &ClientApp, text: Option<&str>) -> Option<Vec<String>> {
    let deployed = client.deployed.as_ref();
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        let usual = deployed.map_or(&DEFAULT[..], |deployed| &deployed.usual_scopes);
        return Some(usual.iter().map(|name| (*name).to_owned()).collect());
    };
    let mut scopes: Vec<String> = Vec::new();
    for name in text.split_whitespace() {
        let (known, _) = ALLOWED.iter().find(|(known, _)| *known == name)?;
        if !deployed.is_none_or(|deployed| may_have(deployed, known)) {
            return None;
        }
        if !scopes.iter().any(|scope| scope == known) {
            scopes.push((*known).to_owned());
        }
    }
    Some(scopes)
}

/// Who may have everything may ask for parts of it, but not to go on when nobody is there.
fn may_have(deployed: &Deployed, name: &str) -> bool {
    let is_lasting = matches!(name, "refresh_token" | "offline_access");
    deployed.scopes.contains(&name) || (deployed.scopes.contains(&"full") && !is_lasting)
}

/// Returns what the consent page says of the scopes, each sentence once.
pub(super) fn describe(scopes: &[String]) -> Vec<&'static str> {
    let mut sentences: Vec<&str> = Vec::new();
    for scope in scopes {
        let known = ALLOWED.iter().find(|(name, _)| name == scope);
        if let Some((_, sentence)) = known.filter(|(_, sentence)| !sentences.contains(sentence)) {
            sentences.push(sentence);
        }
    }
    sentences
}
