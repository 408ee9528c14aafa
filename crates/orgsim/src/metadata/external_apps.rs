//! External client apps: the files they are made of, and the client app that comes of them (Metadata API Developer Guide,
//! ExternalClientApplication and what follows it).

use std::sync::Arc;

use url::{Host, Url};

use super::deployment::Change;
use super::kinds::Kind;
use super::scopes;
use crate::app::App;
use crate::certificate::Certificate;
use crate::client_apps::{ClientApp, Deployed, Permitted};
use crate::random;
use crate::sessions::{RefreshValidity, TokenPolicy};
use crate::users;
use crate::xml::Element;

/// What the names of the policies end with that an app gets when it is deployed.
const DEFAULT_POLICY: &str = "_defaultPolicy";

/// How long refresh tokens are good where no policy says.
const USUAL_VALIDITY: &str = "specific_lifetime:365:DAYS";

/// An app by its files, all of which have been checked.
#[derive(Clone, Debug)]
pub(super) struct ExternalApp {
    pub(super) name: String,
    header: Element,
    global: Option<Part>,
    settings: Option<Part>,
    policies: Option<Part>,
    oauth_policies: Option<Part>,
    client_id: String,
    client_secret: String,
}

/// A component of an app.
#[derive(Clone, Debug)]
struct Part {
    full_name: String,
    root: Element,
}

/// A component that is to become a part of an app.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'a> {
    pub(super) kind: &'static Kind,
    pub(super) full_name: &'a str,
    pub(super) root: &'a Element,
}

/// Deploys a component among the apps there are. Returns what that did, or what is wrong in the org's words.
pub(super) fn apply(app: &App, apps: &mut Vec<ExternalApp>, given: Given<'_>) -> Result<Change, String> {
    if given.kind.name == "ExternalClientApplication" {
        return Ok(apply_header(apps, given));
    }
    let name = given.root.child_text("externalClientApplication");
    let taken: Vec<String> =
        apps.iter().filter(|other| other.name != name).map(|other| other.client_id.clone()).collect();
    let of = apps.iter_mut().find(|known| known.name == name).ok_or_else(|| {
        format!("In field: externalClientApplication - no ExternalClientApplication named {name} found")
    })?;
    match given.kind.name {
        "ExtlClntAppGlobalOauthSettings" => of.apply_global(app, given, &taken),
        "ExtlClntAppOauthSettings" => {
            scopes::parse(given.root.child_text("commaSeparatedOauthScopes"))?;
            if !given.root.child_text("oauthLink").is_empty() {
                let problem = "oauthLink names the global OAuth settings of another org; leave it out";
                return Err(problem.to_owned());
            }
            put(&mut of.settings, given, None)
        }
        "ExtlClntAppConfigurablePolicies" => {
            let usual = format!("{}{DEFAULT_POLICY}", of.name);
            put(&mut of.policies, given, Some(usual))
        }
        _ => of.apply_oauth_policies(app, given),
    }
}

fn apply_header(apps: &mut Vec<ExternalApp>, given: Given<'_>) -> Change {
    if let Some(known) = apps.iter_mut().find(|known| known.name == given.full_name) {
        if known.header == *given.root {
            return Change::None;
        }
        known.header = given.root.clone();
        return Change::Changed;
    }
    apps.push(ExternalApp {
        name: given.full_name.to_owned(),
        header: given.root.clone(),
        global: None,
        settings: None,
        policies: None,
        oauth_policies: None,
        client_id: new_key(),
        client_secret: new_secret(),
    });
    Change::Created
}

/// Puts a component into its place, which one of another name may hold already: a policy that came with the app does from
/// the start.
fn put(place: &mut Option<Part>, given: Given<'_>, usual: Option<String>) -> Result<Change, String> {
    let holder = place.as_ref().map(|part| part.full_name.clone()).or(usual);
    if let Some(holder) = holder.filter(|holder| holder != given.full_name) {
        return Err(format!(
            "duplicate value found: ExternalClientApplicationId duplicates value on {holder}"
        ));
    }
    let change = match place {
        Some(part) if part.root == *given.root => Change::None,
        Some(_) => Change::Changed,
        None => Change::Created,
    };
    *place = Some(Part { full_name: given.full_name.to_owned(), root: given.root.clone() });
    Ok(change)
}

impl ExternalApp {
    fn apply_global(&mut self, app: &App, given: Given<'_>, taken: &[String]) -> Result<Change, String> {
        let text = |name: &str| given.root.child_text(name);
        callbacks(text("callbackUrl")).try_for_each(check_callback)?;
        if given.root.child("certificate").is_some() && Certificate::parse(text("certificate")).is_none() {
            return Err("certificate: the text is no certificate of an RSA key in PEM".to_owned());
        }
        let key = Some(text("consumerKey")).filter(|key| !key.is_empty());
        let own = [&app.client.client_id, &app.command_line.client_id];
        if key.is_some_and(|key| taken.iter().chain(own).any(|taken| taken == key)) {
            return Err("The consumer key is already taken.".to_owned());
        }
        let change = put(&mut self.global, given, None)?;
        let rotates = |name: &str| text(name) == "true" && change != Change::Created;
        match key {
            Some(key) => key.clone_into(&mut self.client_id),
            None if rotates("shouldRotateConsumerKey") => self.client_id = new_key(),
            None => {}
        }
        match text("consumerSecret") {
            "" if rotates("shouldRotateConsumerSecret") => self.client_secret = new_secret(),
            "" => {}
            secret => secret.clone_into(&mut self.client_secret),
        }
        Ok(change)
    }

    fn apply_oauth_policies(&mut self, app: &App, given: Given<'_>) -> Result<Change, String> {
        let Some(settings) = &self.settings else {
            return Err("The external client app has no OAuth settings that policies could be of".to_owned());
        };
        for (field, sobject) in
            [("commaSeparatedPermissionSet", "PermissionSet"), ("commaSeparatedProfile", "Profile")]
        {
            for name in list(given.root.child_text(field)) {
                if !is_known(app, sobject, name) {
                    return Err(format!("In field: {field} - no {sobject} named {name} found"));
                }
            }
        }
        let username = given.root.child_text("clientCredentialsFlowUser");
        if !username.is_empty() && users::find_login(app, username).is_none() {
            return Err(format!("In field: clientCredentialsFlowUser - no User named {username} found"));
        }
        refresh_validity(given.root)?;
        let usual = format!("{}{DEFAULT_POLICY}", settings.full_name);
        put(&mut self.oauth_policies, given, Some(usual))
    }

    /// Tells which component lacks another, and what is wrong with it.
    pub(super) fn find_gap(&self) -> Option<(&str, &'static str)> {
        match (&self.global, &self.settings) {
            (Some(global), None) => Some((
                &global.full_name,
                "The external client app configured in your global OAuth Settings doesn't have a valid OAuth settings configuration.",
            )),
            (None, Some(settings)) => Some((
                &settings.full_name,
                "The external client app has no global OAuth settings, which a link to those of another org does not replace here",
            )),
            (None, None) | (Some(_), Some(_)) => None,
        }
    }

    /// Makes the client app, if the files say enough of it.
    pub(super) fn to_client(&self) -> Option<Arc<ClientApp>> {
        let (global, settings) = (&self.global.as_ref()?.root, &self.settings.as_ref()?.root);
        let policies = self.policies.as_ref().map(|part| &part.root);
        let oauth = self.oauth_policies.as_ref().map(|part| &part.root);
        let is_on = |name: &str| global.child_text(name) == "true";
        let is_allowed = |name: &str| policies.is_none_or(|policies| policies.child_text(name) != "false");
        let is_in_policy = |name: &str| oauth.is_some_and(|oauth| oauth.child_text(name) == "true");
        let scopes = scopes::parse(settings.child_text("commaSeparatedOauthScopes")).ok()?;
        let runs_as = oauth.map(|oauth| oauth.child_text("clientCredentialsFlowUser")).unwrap_or_default();
        let flow = "isClientCredentialsFlowEnabled";
        let has_user = is_on(flow) && is_in_policy(flow) && !runs_as.is_empty();
        let label = self.header.child_text("label");
        Some(Arc::new(ClientApp {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            name: if label.is_empty() { self.name.clone() } else { label.to_owned() },
            has_secret: true,
            callback_urls: callbacks(global.child_text("callbackUrl")).map(str::to_owned).collect(),
            requires_pkce: is_on("isPkceRequired"),
            deployed: Some(Deployed {
                developer_name: self.name.clone(),
                is_enabled: is_allowed("isEnabled") && is_allowed("isOauthPluginEnabled"),
                scopes: scopes.allowed,
                usual_scopes: scopes.usual,
                is_secret_optional: is_on("isConsumerSecretOptional"),
                needs_secret_to_refresh: is_on("isSecretRequiredForRefreshToken"),
                has_device_flow: is_on("isDeviceFlowEnabled"),
                runs_as: has_user.then(|| runs_as.to_owned()),
                certificate: Certificate::parse(global.child_text("certificate")),
                permitted: oauth.and_then(permitted),
                tokens: token_policy(global, oauth),
            }),
        }))
    }
}

fn permitted(oauth: &Element) -> Option<Permitted> {
    let names = |field: &str| list(oauth.child_text(field)).map(str::to_owned).collect();
    let is_closed = oauth.child_text("permittedUsersPolicyType") == "AdminApprovedPreAuthorized";
    is_closed.then(|| Permitted {
        permission_sets: names("commaSeparatedPermissionSet"),
        profiles: names("commaSeparatedProfile"),
    })
}

fn token_policy(global: &Element, oauth: Option<&Element>) -> TokenPolicy {
    let usual = TokenPolicy::default();
    let minutes = oauth.and_then(|oauth| oauth.child_text("sessionTimeoutInMinutes").parse::<i64>().ok());
    TokenPolicy {
        rotates: global.child_text("isRefreshTokenRotationEnabled") == "true",
        session_timeout_ms: minutes.map_or(usual.session_timeout_ms, |minutes| minutes * 60_000),
        validity: oauth.and_then(|oauth| refresh_validity(oauth).ok()).unwrap_or(usual_validity()),
        ..usual
    }
}

fn usual_validity() -> RefreshValidity {
    RefreshValidity::parse(USUAL_VALIDITY).expect("the usual policy is one")
}

/// Reads how long refresh tokens are good.
fn refresh_validity(oauth: &Element) -> Result<RefreshValidity, String> {
    let kind = match oauth.child_text("refreshTokenPolicyType") {
        "Infinite" => return Ok(RefreshValidity::Infinite),
        "Zero" => return Ok(RefreshValidity::Zero),
        "SpecificInactivity" => "specific_inactivity",
        "SpecificLifetime" => "specific_lifetime",
        _ => return Ok(usual_validity()),
    };
    let (period, unit) =
        (oauth.child_text("refreshTokenValidityPeriod"), oauth.child_text("refreshTokenValidityUnit"));
    RefreshValidity::parse(&format!("{kind}:{period}:{}", unit.to_uppercase())).ok_or_else(|| {
        "Required field is missing: refreshTokenValidityPeriod and refreshTokenValidityUnit".to_owned()
    })
}

/// Lists callback addresses, one a line.
fn callbacks(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// An address is HTTPS, of this machine, or of a scheme that an app on people's machines owns (Help, Configure the External
/// Client App Global OAuth Settings).
fn check_callback(text: &str) -> Result<(), String> {
    let is_good = Url::parse(text).is_ok_and(|url| match url.scheme() {
        "http" => match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        },
        _ => true,
    });
    is_good.then_some(()).ok_or_else(|| format!("callbackUrl: {text} is no address that may be called back"))
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty())
}

/// Returns whether there is a live record of that name, or with that id.
fn is_known(app: &App, sobject: &str, name: &str) -> bool {
    let view = app.org.read();
    let Some(sobject) = view.schema().find(sobject) else { return false };
    let is_it = |row: &crate::org::Row| {
        !view.is_deleted(row)
            && (view.text_in(sobject, row, "Name").as_deref() == Some(name)
                || crate::id::RecordId::parse(name) == Some(view.id(row)))
    };
    view.rows(sobject).any(|row| is_it(&row))
}

fn new_key() -> String {
    format!("3MVG9{}", random::letters(80))
}

fn new_secret() -> String {
    random::letters(64)
}
