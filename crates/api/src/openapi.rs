//! The OpenAPI document, which comes from the handlers.

use axum::Router;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::app_state::AppState;
use crate::error::ProblemDetails;
use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Towpath",
        description = "Connects Salesforce orgs and keeps copies of their records.",
        license(name = "Apache-2.0")
    ),
    components(schemas(ProblemDetails)),
    security(("session" = []), ("api_key" = []))
)]
struct Document;

/// The routes below `/api/v1`, and the document that describes them.
pub(crate) fn routes_and_document() -> (Router<AppState>, utoipa::openapi::OpenApi) {
    let (router, mut document) =
        OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", routes::router()).split_for_parts();
    for item in document.paths.paths.values_mut() {
        operations(item).for_each(complete);
    }
    if let Some(components) = &mut document.components {
        components.add_security_scheme("session", session_scheme());
        components.add_security_scheme("api_key", api_key_scheme());
    }
    (router, document)
}

/// Returns the document as JSON, one thing a line, as it is kept in `openapi.json`.
pub fn openapi() -> String {
    let (_, document) = routes_and_document();
    let mut text = document.to_pretty_json().expect("the document has a JSON form");
    text.push('\n');
    text
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch]
        .into_iter()
        .filter_map(Option::as_mut)
}

/// Adds what all operations share: whatever fails is answered with a problem document.
fn complete(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            response.description = description_of(status).to_owned();
        }
    }
    let schema = Ref::from_schema_name("ProblemDetails");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = ResponseBuilder::new()
        .description("What went wrong")
        .content("application/problem+json", content)
        .build();
    operation.responses.responses.insert("default".to_owned(), response.into());
}

fn description_of(status: &str) -> &'static str {
    match status {
        "201" => "It was made",
        "202" => "It was accepted",
        "204" => "It is gone",
        _ => "What was asked for",
    }
}

fn session_scheme() -> SecurityScheme {
    let value = ApiKeyValue::with_description("__Host-towpath_session", "Changes need X-CSRF-Token too.");
    SecurityScheme::ApiKey(ApiKey::Cookie(value))
}

fn api_key_scheme() -> SecurityScheme {
    SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build())
}
