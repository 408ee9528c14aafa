//! The apps that clients sign in to the org with: those it has from the start, and those that were deployed into it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::certificate::Certificate;
use crate::sessions::TokenPolicy;

/// An app: consumer key, secret and what its administrator allowed.
#[derive(Clone, Debug)]
pub(crate) struct ClientApp {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) name: String,
    /// Whether tokens are issued for its secret only. An app on people's own machines can keep none.
    pub(crate) has_secret: bool,
    /// Callback URLs. Apps from the start may use those on the loopback interface, too.
    pub(crate) callback_urls: Vec<String>,
    pub(crate) requires_pkce: bool,
    /// What it says of itself, if it was deployed. The others go by the switches of sign-in.
    pub(crate) deployed: Option<Deployed>,
}

/// What an external client app that was deployed says of itself (Metadata API Developer Guide, ExternalClientApplication and
/// what follows it).
#[derive(Clone, Debug)]
pub(crate) struct Deployed {
    pub(crate) developer_name: String,
    /// Whether its administrator lets it be used.
    pub(crate) is_enabled: bool,
    /// The scopes that it may ask for.
    pub(crate) scopes: Vec<&'static str>,
    /// The scopes that it gets where it asks for none.
    pub(crate) usual_scopes: Vec<&'static str>,
    /// Whether a code is redeemed without the secret.
    pub(crate) is_secret_optional: bool,
    pub(crate) needs_secret_to_refresh: bool,
    pub(crate) has_device_flow: bool,
    /// The username that the client credentials flow signs in, where the flow is enabled.
    pub(crate) runs_as: Option<String>,
    /// What its JWTs are verified with.
    pub(crate) certificate: Option<Certificate>,
    /// Who may use it; everybody who approves it where there is no such list.
    pub(crate) permitted: Option<Permitted>,
    pub(crate) tokens: TokenPolicy,
}

/// Who may use an app, by the names of what they have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Permitted {
    pub(crate) permission_sets: Vec<String>,
    pub(crate) profiles: Vec<String>,
}

impl ClientApp {
    /// Makes the app of the sf command line. It has no secret: it runs on people's own machines.
    pub(crate) fn command_line() -> Self {
        Self {
            client_id: "PlatformCLI".to_owned(),
            client_secret: String::new(),
            name: "Salesforce CLI".to_owned(),
            has_secret: false,
            callback_urls: Vec::new(),
            requires_pkce: false,
            deployed: None,
        }
    }
}

/// The apps that were deployed.
#[derive(Debug, Default)]
pub(crate) struct DeployedApps(Mutex<Vec<Arc<ClientApp>>>);

impl DeployedApps {
    pub(crate) fn find(&self, client_id: &str) -> Option<Arc<ClientApp>> {
        self.lock().iter().find(|client| client.client_id == client_id).cloned()
    }

    pub(crate) fn list(&self) -> Vec<Arc<ClientApp>> {
        self.lock().clone()
    }

    /// Takes the apps that there are from now on.
    pub(crate) fn replace(&self, apps: Vec<Arc<ClientApp>>) {
        *self.lock() = apps;
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<ClientApp>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
