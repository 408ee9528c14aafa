//! The way back from Salesforce's consent page.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use engine::{Callback, CallbackRefused};
use secrecy::SecretString;
use serde::Deserialize;

use crate::app_state::AppState;
use crate::cookies::{list_flow_tokens, unbind_flow};
use crate::error::ApiError;
use crate::permission::find_signed_in;
use crate::request::UrlQuery;

/// What Salesforce adds to the address. It may add more, which is of no interest.
#[derive(Deserialize)]
struct CallbackQuery {
    state: Option<String>,
    code: Option<SecretString>,
    error: Option<String>,
    error_description: Option<String>,
    iss: Option<String>,
}

/// Takes what Salesforce sent the browser back with, and sends it on at once, so that the code leaves the address bar.
///
/// Not a word of the request stands in the answer, and no address of it: the page that follows asks for the flow.
pub(crate) async fn finish(State(app): State<AppState>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let callback = match UrlQuery::<CallbackQuery>::from_request_parts(&mut parts, &app).await {
        Ok(UrlQuery(query)) => query.into(),
        // A query that cannot be read is one without a state.
        Err(_) => Callback::default(),
    };
    let browser_tokens = list_flow_tokens(&parts.headers, app.config());
    let signed_in = find_signed_in(&parts, &app).await.ok().flatten();
    let engine = app.engine().clone();
    // A browser that goes away must not stop the exchange half-way: a grant would be left that nobody knows of.
    let finishing = tokio::spawn(async move {
        let session = signed_in
            .as_ref()
            .and_then(|signed_in| signed_in.session().map(|session| (session.id, signed_in.reader())));
        engine.finish_connect(callback, browser_tokens.iter(), session).await
    });
    match finishing.await {
        Ok(Ok(flow)) => {
            let location = format!("/connect/done?flow={}", flow.id);
            let headers = [(header::LOCATION, location)];
            (StatusCode::SEE_OTHER, headers, [unbind_flow(flow.id, app.config())]).into_response()
        }
        Ok(Err(refused)) => show_refusal(&refused),
        Err(error) => ApiError::failed(&error).into_response(),
    }
}

/// A page that says why, and leads on to the application. It keeps the status, which a redirect would hide.
fn show_refusal(refused: &CallbackRefused) -> Response {
    let Ok(status) = StatusCode::from_u16(refused.status) else {
        return ApiError::internal().into_response();
    };
    // Codes and texts of ours, never words of the request.
    let (code, text) = (refused.problem.code, escape(&refused.problem.text));
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Towpath</title>\n\
         <meta http-equiv=\"refresh\" content=\"0; url=/connect/done?problem={code}\">\n\
         <p>{text}</p>\n<p><a href=\"/connect/done?problem={code}\">Go on</a></p>\n"
    );
    (status, Html(page)).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl From<CallbackQuery> for Callback {
    fn from(query: CallbackQuery) -> Self {
        Self {
            state: query.state,
            code: query.code,
            error: query.error,
            error_description: query.error_description,
            iss: query.iss,
        }
    }
}
