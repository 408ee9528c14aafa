//! Scopes as the files of apps name them, and as clients do (Metadata API Developer Guide, ConnectedApp, scopes).

/// Each name of a file with the scopes that it stands for. The first of them is had without asking.
const SCOPES: [(&str, &[&str]); 19] = [
    ("Basic", &["id", "profile", "email", "address", "phone"]),
    ("Api", &["api"]),
    ("Web", &["web"]),
    ("Full", &["full"]),
    ("Chatter", &["chatter_api"]),
    ("CustomApplications", &["visualforce"]),
    ("CustomPermissions", &["custom_permissions"]),
    ("OpenID", &["openid"]),
    ("Profile", &["profile"]),
    ("Email", &["email"]),
    ("Address", &["address"]),
    ("Phone", &["phone"]),
    ("RefreshToken", &["refresh_token", "offline_access"]),
    ("OfflineAccess", &["offline_access", "refresh_token"]),
    ("Wave", &["wave_api"]),
    ("Eclair", &["eclair_api"]),
    ("Lightning", &["lightning"]),
    ("Content", &["content"]),
    ("SFApiPlatform", &["sfap_api"]),
];

/// What an app may ask for.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Scopes {
    pub(super) allowed: Vec<&'static str>,
    /// What it gets that asks for nothing.
    pub(super) usual: Vec<&'static str>,
}

/// Reads the scopes of an app, which commas separate.
pub(super) fn parse(text: &str) -> Result<Scopes, String> {
    let mut scopes = Scopes { allowed: Vec::new(), usual: Vec::new() };
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let (_, known) = SCOPES.iter().find(|(known, _)| *known == name).ok_or_else(|| {
            let known: Vec<&str> = SCOPES.iter().map(|(known, _)| *known).collect();
            format!(
                "commaSeparatedOauthScopes: {name} is none of the scopes of this simulated org: {}",
                known.join(", ")
            )
        })?;
        scopes.allowed.extend(*known);
        scopes.usual.extend(known.first());
    }
    Ok(scopes)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn names_of_files_become_those_that_clients_send() {
        let scopes = parse("Api, RefreshToken,Basic").unwrap();

        assert_eq!(scopes.usual, ["api", "refresh_token", "id"]);
        assert!(["offline_access", "email"].iter().all(|name| scopes.allowed.contains(name)));
        assert!(parse("api").unwrap_err().contains("api is none of the scopes"));
        assert_eq!(parse("").unwrap().allowed, [""; 0]);
    }
}
