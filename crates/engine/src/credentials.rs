//! What somebody gives us to speak to an org with.

use ring::digest::{SHA256, digest};
use salesforce::{
    host::{InstanceUrl, LoginHost},
    oauth::App,
};
use secrecy::{ExposeSecret, SecretString};

/// How the first access token is obtained.
#[derive(Clone, Debug)]
pub enum Grant {
    /// A refresh token of an earlier consent.
    RefreshToken(SecretString),
    /// A token that is used as it is. When it expires the copy stops until there is another.
    AccessToken {
        /// The token.
        token: SecretString,
        /// The host it was issued for.
        instance_url: InstanceUrl,
    },
    /// The app acts as its own execution user.
    ClientCredentials,
    /// The app signs a user in with the key whose certificate it has.
    JwtBearer {
        /// The user's name in Salesforce.
        username: String,
        /// The key, in PEM.
        private_key: SecretString,
    },
}

/// A grant, the app it was given to, and where the org signs people in.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Where tokens are asked for.
    pub login_host: LoginHost,
    /// The app's consumer key. A bare access token needs none.
    pub client_id: Option<String>,
    /// The app's secret, for apps that have one.
    pub client_secret: Option<SecretString>,
    /// The grant.
    pub grant: Grant,
}

impl Credentials {
    pub(crate) fn app(&self) -> App {
        App {
            client_id: self.client_id.clone().unwrap_or_default(),
            client_secret: self.client_secret.clone(),
        }
    }

    /// A hash that tells these credentials from others without holding them.
    ///
    /// Neither the app's secret nor the log-in host is part of it: they do not make another grant.
    pub(crate) fn fingerprint(&self) -> String {
        let token = match &self.grant {
            Grant::RefreshToken(token) | Grant::AccessToken { token, .. } => token.expose_secret(),
            Grant::ClientCredentials => "",
            Grant::JwtBearer { username, .. } => username,
        };
        let client_id = self.client_id.as_deref().unwrap_or_default();
        let text = format!("{client_id}\n{token}");
        digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(token: &str, secret: &str) -> Credentials {
        Credentials {
            login_host: LoginHost::production(),
            client_id: Some("3MVG".to_owned()),
            client_secret: Some(secret.into()),
            grant: Grant::RefreshToken(token.into()),
        }
    }

    #[test]
    fn another_token_is_another_grant_and_another_secret_is_not() {
        let fingerprint = credentials("5Aep1", "a").fingerprint();

        assert_eq!(fingerprint.len(), 64);
        assert_eq!(fingerprint, credentials("5Aep1", "b").fingerprint());
        assert_ne!(fingerprint, credentials("5Aep2", "a").fingerprint());
        let elsewhere = Credentials { login_host: LoginHost::sandbox(), ..credentials("5Aep1", "a") };
        assert_eq!(fingerprint, elsewhere.fingerprint());
    }
}
