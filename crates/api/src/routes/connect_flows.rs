//! Connecting an org: one walk through Salesforce's consent page.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use engine::{DirectGrant, NewConnect, NewDirectConnect, StartedConnect};
use model::{ConnectFlowId, ConnectPurpose, Environment, GroupId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store::Reader;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::connect_flow_view::{ConnectFlowBody, SignInKind, flow_body};
use crate::cookies::bind_flow;
use crate::error::ApiError;
use crate::integration_view::{look_up, unknown_integration};
use crate::permission::{Admin, Operator};
use crate::person;
use crate::request::{JsonBody, UrlPath};
use crate::routes::integrations::IntegrationBody;

/// The way to Salesforce and back ends with its state, after ten minutes.
const BOUND_FOR: Duration = Duration::from_secs(10 * 60);

/// The routes of connect flows.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(find_connect_options))
        .routes(routes!(create_connect_flow))
        .routes(routes!(find_connect_flow, delete_connect_flow))
        .routes(routes!(confirm_connect_flow))
        .routes(routes!(find_user_change))
}

/// What can be connected, and how.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectOptionsBody {
    /// The callback URL that the app in Salesforce has to list.
    pub callback_url: String,
    /// What will be asked for, and why.
    pub scopes: Vec<ScopeBody>,
    /// Where somebody can sign in.
    pub environments: Vec<ConnectEnvironmentBody>,
    /// The addresses from which this server calls Salesforce; empty where nobody has told it.
    pub egress_addresses: Vec<String>,
    /// Where the app's package is installed; null where there is none.
    #[schema(required)]
    pub install_links: Option<InstallLinks>,
}

/// Where an app's package is installed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstallLinks {
    /// In production and Developer Edition orgs.
    pub production: String,
    /// In sandboxes.
    pub sandbox: String,
}

/// A scope that is asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScopeBody {
    /// Salesforce's name of it.
    pub name: String,
    /// What it is for.
    pub why: String,
}

/// A place to sign in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectEnvironmentBody {
    /// Which.
    pub kind: EnvironmentKind,
    /// Its host; null where the person names it.
    #[schema(required)]
    pub host: Option<String>,
    /// Whether the app's client id is known already, so that it need not be given.
    pub app_known: bool,
}

/// A kind of place to sign in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EnvironmentKind {
    /// `login.salesforce.com`.
    Production,
    /// `test.salesforce.com`.
    Sandbox,
    /// An org's own domain.
    Custom,
    /// The simulated org of this server.
    Simulated,
}

/// A walk to begin: for a new integration, which needs a name, or for one that exists, which is connected again. What an
/// app signs in with by itself may be left out of a reconnect: the integration has it already.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewConnectFlow {
    /// The name of the new integration.
    #[serde(default)]
    pub name: Option<String>,
    /// The integration to connect again.
    #[serde(default)]
    pub integration_id: Option<String>,
    /// The group that the new integration belongs to from the start; your own group where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub group_id: Option<GroupId>,
    /// Where to sign in.
    pub environment: EnvironmentKind,
    /// The org's own domain, for `custom`.
    #[serde(default)]
    pub host: Option<String>,
    /// The app's consumer key, where it is not known yet.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The app's consumer secret, where it is not known yet.
    #[serde(default)]
    #[schema(format = Password)]
    pub client_secret: Option<String>,
    /// How Towpath signs in. All but `consent` need no browser, and are done when this answers.
    #[serde(default)]
    pub sign_in: SignInKind,
    /// The name of the Salesforce user to sign in, for `jwt_bearer`.
    #[serde(default)]
    pub username: Option<String>,
    /// The private key that belongs to the app's certificate, in PEM, for `jwt_bearer`. It is kept sealed and never shown.
    #[serde(default)]
    #[schema(format = Password)]
    pub private_key: Option<String>,
    /// That somebody signs in whose five approvals are not used up, where `limit.approvals` stopped this before.
    #[serde(default)]
    pub another_user: bool,
}

/// A walk that began.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StartedConnectFlow {
    /// The walk.
    pub flow: ConnectFlowBody,
    /// Salesforce's consent page, to open in this browser; null where no page is needed.
    #[schema(required)]
    pub authorize_url: Option<String>,
}

/// What changes where another user takes a connection over.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserChangeBody {
    /// The user name until now.
    pub before: String,
    /// The user name from then on.
    pub after: String,
    /// What rules read, or filter by, and the new user cannot read. What was copied of it stays as it was.
    pub hidden: Vec<HiddenPartBody>,
}

/// What a user cannot read of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HiddenPartBody {
    /// The name of the rule's integration.
    pub integration: String,
    /// The sObject's API name.
    pub sobject: String,
    /// The fields' API names; none where it is the whole sObject.
    pub fields: Vec<String>,
}

/// Tells what can be connected, and how.
#[utoipa::path(get, path = "/connect-options", operation_id = "find_connect_options", tag = "connect",
    responses((status = 200, body = ConnectOptionsBody)))]
async fn find_connect_options(
    State(app): State<AppState>,
    admin: Admin,
) -> Result<Json<ConnectOptionsBody>, ApiError> {
    let options = app.engine().connect_options(admin.reader());
    let scopes = options.scopes.into_iter();
    let environments = options.environments.into_iter();
    Ok(Json(ConnectOptionsBody {
        callback_url: options.callback_url,
        egress_addresses: app.config().egress_addresses.clone(),
        install_links: app.config().package_id.as_deref().map(install_links),
        scopes: scopes.map(|(name, why)| ScopeBody { name: name.to_owned(), why: why.to_owned() }).collect(),
        environments: environments
            .map(|option| ConnectEnvironmentBody {
                kind: option.environment.into(),
                host: option.host,
                app_known: option.is_app_known,
            })
            .collect(),
    }))
}

/// Begins a walk through Salesforce's consent page, or lets the app sign in by itself.
///
/// Without a page the walk has come as far as it can when this answers: it is authorized, finished or failed.
#[utoipa::path(post, path = "/connect-flows", operation_id = "create_connect_flow", tag = "connect",
    request_body = NewConnectFlow, responses((status = 201, body = StartedConnectFlow)))]
async fn create_connect_flow(
    State(app): State<AppState>,
    admin: Admin,
    headers: HeaderMap,
    JsonBody(new): JsonBody<NewConnectFlow>,
) -> Result<Response, ApiError> {
    let purpose = purpose_of(&new)?;
    let Some(grant) = direct_grant_of(&new)? else {
        return start_walk(&app, &admin, &headers, purpose, new).await;
    };
    let request = NewDirectConnect {
        purpose,
        environment: new.environment.into(),
        host: new.host,
        app: new.client_id.map(|client_id| (client_id, new.client_secret.map(SecretString::from))),
        grant,
    };
    let flow = app.engine().connect_directly(admin.reader(), request).await?;
    let flow = flow_body(&app, admin.reader(), flow.ok_or_else(unknown_integration)?).await?;
    Ok((StatusCode::CREATED, Json(StartedConnectFlow { flow, authorize_url: None })).into_response())
}

async fn start_walk(
    app: &AppState,
    admin: &Admin,
    headers: &HeaderMap,
    purpose: ConnectPurpose,
    new: NewConnectFlow,
) -> Result<Response, ApiError> {
    let session = admin.session().ok_or_else(needs_browser)?;
    let request = NewConnect {
        purpose,
        environment: new.environment.into(),
        host: new.host,
        app: new.client_id.map(|client_id| (client_id, new.client_secret.map(SecretString::from))),
        session: session.id,
        is_another_user: new.another_user,
    };
    let started = app.engine().start_connect(admin.reader(), request).await?;
    started_response(app, admin.reader(), headers, started.ok_or_else(unknown_integration)?).await
}

/// Sends the browser off with the cookie that binds it to the walk. Each walk has its own, so that two may be under way;
/// of many the oldest end.
pub(super) async fn started_response(
    app: &AppState,
    reader: &Reader,
    headers: &HeaderMap,
    started: StartedConnect,
) -> Result<Response, ApiError> {
    let token = started.browser_token.expose_secret();
    let cookies = bind_flow(headers, started.flow.id, token, BOUND_FOR.as_secs(), app.config());
    let flow = flow_body(app, reader, started.flow).await?;
    let body = StartedConnectFlow { flow, authorize_url: Some(started.authorize_url) };
    Ok((StatusCode::CREATED, AppendHeaders(cookies), Json(body)).into_response())
}

/// A consent page needs a browser to come back to.
pub(super) fn needs_browser() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "connect.browser",
        "Somebody who consents on Salesforce's page is connected in a browser that is signed in here, not with an API key.",
    )
}

fn purpose_of(new: &NewConnectFlow) -> Result<ConnectPurpose, ApiError> {
    match (&new.name, &new.integration_id, new.group_id) {
        (Some(name), None, group_id) => Ok(ConnectPurpose::New { name: person::check_name(name)?, group_id }),
        (None, Some(id), None) => {
            Ok(ConnectPurpose::Reconnect { integration_id: id.parse().map_err(|_| unknown_integration())? })
        }
        _ => Err(ApiError::invalid(
            "Give either a name, with the group it is for, or the integration to connect again.",
        )),
    }
}

/// How the app signs in by itself; `None` where a person consents.
fn direct_grant_of(new: &NewConnectFlow) -> Result<Option<DirectGrant>, ApiError> {
    let given = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    match new.sign_in {
        SignInKind::Consent => Ok(None),
        SignInKind::ClientCredentials => Ok(Some(DirectGrant::ClientCredentials)),
        SignInKind::JwtBearer => Ok(Some(DirectGrant::JwtBearer {
            username: given(&new.username),
            private_key: given(&new.private_key).map(SecretString::from),
        })),
        SignInKind::AccessToken => Err(ApiError::invalid("An access token cannot be given here.")),
    }
}

/// Tells how far a walk has come.
#[utoipa::path(get, path = "/connect-flows/{id}", operation_id = "find_connect_flow", tag = "connect",
    params(("id" = String, Path, description = "The walk")),
    responses((status = 200, body = ConnectFlowBody)))]
async fn find_connect_flow(
    State(app): State<AppState>,
    operator: Operator,
    UrlPath(id): UrlPath<ConnectFlowId>,
) -> Result<Json<ConnectFlowBody>, ApiError> {
    let flow = app.engine().find_connect_flow(operator.reader(), id).await?.ok_or_else(unknown_flow)?;
    flow_body(&app, operator.reader(), flow).await.map(Json)
}

/// Tells what changes with the user that a reconnect waits with: who it was, who it is, and what of the copy that user
/// cannot read. There is nothing to tell where the same user signed in.
#[utoipa::path(get, path = "/connect-flows/{id}/user-change", operation_id = "find_user_change", tag = "connect",
    params(("id" = String, Path, description = "The walk")),
    responses((status = 200, body = UserChangeBody)))]
async fn find_user_change(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<ConnectFlowId>,
) -> Result<Json<UserChangeBody>, ApiError> {
    let change = app.engine().find_user_change(admin.reader(), id).await?.ok_or_else(unknown_flow)?;
    let hidden = change.hidden.into_iter().map(|part| HiddenPartBody {
        integration: part.integration,
        sobject: part.sobject.to_string(),
        fields: part.fields,
    });
    Ok(Json(UserChangeBody { before: change.before, after: change.after, hidden: hidden.collect() }))
}

/// Confirms that it is the right org: the integration is made. Of a reconnect as another user: that user takes over.
#[utoipa::path(post, path = "/connect-flows/{id}/confirm", operation_id = "confirm_connect_flow", tag = "connect",
    params(("id" = String, Path, description = "The walk")),
    responses((status = 201, body = IntegrationBody)))]
async fn confirm_connect_flow(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<ConnectFlowId>,
) -> Result<(StatusCode, Json<IntegrationBody>), ApiError> {
    let integration = app.engine().confirm_connect(admin.reader(), id).await?.ok_or_else(unknown_flow)?;
    let body = look_up(&app, admin.reader(), integration.id).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Calls a walk off, and gives back what Salesforce granted.
#[utoipa::path(delete, path = "/connect-flows/{id}", operation_id = "delete_connect_flow", tag = "connect",
    params(("id" = String, Path, description = "The walk")),
    responses((status = 204)))]
async fn delete_connect_flow(
    State(app): State<AppState>,
    operator: Operator,
    UrlPath(id): UrlPath<ConnectFlowId>,
) -> Result<StatusCode, ApiError> {
    app.engine().cancel_connect(operator.reader(), id).await?.ok_or_else(unknown_flow)?;
    Ok(StatusCode::NO_CONTENT)
}

fn unknown_flow() -> ApiError {
    ApiError::not_found("connect flow")
}

/// Salesforce's own pages for installing a version of a package.
fn install_links(package_id: &str) -> InstallLinks {
    let link = |host| format!("https://{host}.salesforce.com/packaging/installPackage.apexp?p0={package_id}");
    InstallLinks { production: link("login"), sandbox: link("test") }
}

impl From<Environment> for EnvironmentKind {
    fn from(environment: Environment) -> Self {
        match environment {
            Environment::Production => Self::Production,
            Environment::Sandbox => Self::Sandbox,
            Environment::Custom => Self::Custom,
            Environment::Simulated => Self::Simulated,
        }
    }
}

impl From<EnvironmentKind> for Environment {
    fn from(kind: EnvironmentKind) -> Self {
        match kind {
            EnvironmentKind::Production => Self::Production,
            EnvironmentKind::Sandbox => Self::Sandbox,
            EnvironmentKind::Custom => Self::Custom,
            EnvironmentKind::Simulated => Self::Simulated,
        }
    }
}
