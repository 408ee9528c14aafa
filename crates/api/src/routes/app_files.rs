//! The files that make the app in an org.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_files::{AppFile, app_files};
use crate::app_state::AppState;
use crate::connect_flow_view::SignInKind;
use crate::error::ApiError;
use crate::page::Page;
use crate::permission::Admin;
use crate::request::UrlQuery;

/// The routes of the app's files.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_app_files))
}

/// Which app is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AppFilesQuery {
    /// How Towpath will sign in.
    #[serde(default)]
    pub sign_in: SignInKind,
}

/// A file of a Salesforce project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppFileBody {
    /// Where it stands in the project.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// Lists the files that make the app in an org, for `sf project deploy start`.
#[utoipa::path(get, path = "/connect-options/app-files", operation_id = "list_app_files", tag = "connect",
    params(AppFilesQuery), responses((status = 200, body = Page<AppFileBody>)))]
async fn list_app_files(
    State(app): State<AppState>,
    admin: Admin,
    UrlQuery(query): UrlQuery<AppFilesQuery>,
) -> Result<Json<Page<AppFileBody>>, ApiError> {
    let options = app.engine().connect_options(admin.reader());
    let files = app_files(&options.callback_url, &app.config().egress_addresses, query.sign_in).into_iter();
    Ok(Json(Page::whole(files.map(AppFileBody::from).collect())))
}

impl From<AppFile> for AppFileBody {
    fn from(file: AppFile) -> Self {
        Self { path: file.path.to_owned(), text: file.text }
    }
}
