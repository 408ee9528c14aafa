//! What a grant allows.

use std::collections::BTreeSet;
use std::fmt;

/// The scopes of a grant (Salesforce Help, OAuth Tokens and Scopes).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// Reads names with spaces between them.
    pub fn parse(text: &str) -> Self {
        Self(text.split_ascii_whitespace().map(String::from).collect())
    }

    /// Whether this scope was granted, by this name or another.
    pub fn contains(&self, scope: &str) -> bool {
        let has = |name: &str| self.0.contains(name);
        has(scope)
            || match scope {
                "refresh_token" => has("offline_access"),
                "offline_access" => has("refresh_token"),
                "id" => ["profile", "email", "address", "phone"].into_iter().all(has),
                "profile" | "email" | "address" | "phone" => has("id"),
                _ => false,
            }
    }

    /// Those of the required scopes that were not granted.
    pub fn missing<'a>(&self, required: &[&'a str]) -> Vec<&'a str> {
        required.iter().filter(|scope| !self.contains(scope)).copied().collect()
    }

    /// The names as they were granted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::Scopes;

    #[test]
    fn other_names_of_a_scope_count() {
        let scopes = Scopes::parse("api offline_access profile email address phone");

        assert!(scopes.missing(&["api", "refresh_token", "id"]).is_empty());
        assert_eq!(
            Scopes::parse("api profile").missing(&["api", "refresh_token", "id"]),
            ["refresh_token", "id"]
        );
        assert!(Scopes::parse("id").contains("email"));
    }
}
