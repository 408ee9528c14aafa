//! What an app may ask for.

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
pub(super) fn parse(text: Option<&str>) -> Option<Vec<String>> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Some(DEFAULT.map(str::to_owned).to_vec());
    };
    let mut scopes: Vec<String> = Vec::new();
    for name in text.split_whitespace() {
        let (known, _) = ALLOWED.iter().find(|(known, _)| *known == name)?;
        if !scopes.iter().any(|scope| scope == known) {
            scopes.push((*known).to_owned());
        }
    }
    Some(scopes)
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
