//! The token endpoint.

use std::cell::Cell;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::answer::{Format, Granted, token_members};
use super::params::Params;
use super::{OauthError, all_params, client_of, device, grants, members_response, no_store, off_thread};
use crate::app::App;
use crate::audit::{self, Login};
use crate::client_apps::ClientApp;
use crate::errors::json_response;
use crate::faults::FaultKind;
use crate::http::{AtLoginHost, BaseUrl, Played};
use crate::id::RecordId;

/// Answers `/services/oauth2/token`. The error texts are those of Help, OAuth 2.0 Refresh Token Flow and its siblings.
pub(super) async fn token(
    State(app): State<Arc<App>>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    Extension(AtLoginHost(is_at_login_host)): Extension<AtLoginHost>,
    Extension(Played(faults)): Extension<Played>,
    (method, query, headers): (Method, RawQuery, HeaderMap),
    form: Bytes,
) -> Response {
    app.log.count(|counters| counters.token_calls += 1);
    if method != Method::POST {
        return OauthError::new("invalid_request", "must use HTTP POST").into_response();
    }
    off_thread(move || {
        let params = all_params(&headers, &form, &query);
        let request = Request {
            app: &app,
            headers: &headers,
            params: &params,
            base_url: &base_url,
            is_at_login_host,
            refused: Cell::new(None),
        };
        let moved = faults.iter().find(|fault| fault.kind == FaultKind::InstanceUrl);
        let renamed = app.renamed_base_url();
        let own = renamed.as_ref().unwrap_or(&base_url);
        answer(&request, moved.and_then(|fault| fault.location.as_deref()).unwrap_or(own))
    })
    .await
}

fn answer(request: &Request<'_>, instance_url: &str) -> Response {
    let Request { app, params, base_url, .. } = *request;
    if params.get("response_type") == Some("device_code") {
        return match request
            .client_of_device()
            .and_then(|client| device::start(app, &client, params, base_url))
        {
            Ok(body) => no_store(json_response(StatusCode::OK, &body)),
            Err(error) => error.into_response(),
        };
    }
    let format = Format::of(request.headers, params);
    let issued = issue(request);
    note(request, &issued);
    match issued {
        Ok(granted) => {
            members_response(StatusCode::OK, &token_members(app, &granted, base_url, instance_url), format)
        }
        Err(error) => members_response(error.status(), &error.members(), format),
    }
}

/// What a grant is decided on.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) app: &'a App,
    pub(super) headers: &'a HeaderMap,
    pub(super) params: &'a Params,
    pub(super) base_url: &'a str,
    pub(super) is_at_login_host: bool,
    /// Who was not let in, and why.
    pub(super) refused: Cell<Option<(RecordId, &'static str)>>,
}

impl Request<'_> {
    /// Finds the app of a device, which shows no secret.
    fn client_of_device(&self) -> Result<Arc<ClientApp>, OauthError> {
        self.refuse_login_host()?;
        Ok(client_of(self.app, self.headers, self.params, self.base_url)?.app)
    }

    /// Refuses a host that signs in users of all orgs where the org wants its own used.
    fn refuse_login_host(&self) -> Result<(), OauthError> {
        if self.is_at_login_host && self.app.sign_in.policy().my_domain_only {
            return Err(OauthError::new("invalid_grant", "request not supported on this domain"));
        }
        Ok(())
    }
}

/// Writes down in the login history who came in, or did not.
fn note(request: &Request<'_>, issued: &Result<Granted, OauthError>) {
    let (user_id, status, application) = match (issued, request.refused.get()) {
        (Ok(granted), _) => (granted.issued.subject.user_id, audit::SUCCESS, granted.client.name.as_str()),
        (Err(_), Some((user_id, status))) => (user_id, status, "N/A"),
        (Err(_), None) => return,
    };
    let login_sub_type = match request.params.get("grant_type").unwrap_or_default() {
        "authorization_code" => "OAuth Web Server",
        "refresh_token" => "OAuth Refresh Token",
        "client_credentials" => "OAuth Client Credentials Flow",
        "password" => "OAuth Username-Password",
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => "OAuth JWT Bearer",
        _ => "OAuth Device",
    };
    audit::note_login(
        request.app,
        &Login {
            user_id,
            login_type: "Remote Access 2.0",
            login_sub_type: Some(login_sub_type),
            status,
            application,
            api: None,
            base_url: request.base_url,
        },
    );
}

fn issue(request: &Request<'_>) -> Result<Granted, OauthError> {
    let unsupported = OauthError::new("unsupported_grant_type", "grant type not supported");
    let grant = request.params.get("grant_type").ok_or(unsupported)?;
    request.refuse_login_host()?;
    match grant {
        "authorization_code" => grants::redeem_code(request),
        "refresh_token" => grants::refresh(request),
        "client_credentials" => grants::client_credentials(request),
        "password" => grants::password(request),
        "device" | "urn:ietf:params:oauth:grant-type:device_code" => grants::device(request),
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => grants::jwt_bearer(request),
        _ => Err(unsupported),
    }
}
