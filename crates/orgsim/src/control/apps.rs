//! The client apps that were deployed, by the control API: what an administrator reads in Setup.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::app::App;

#[derive(Debug, Serialize)]
pub(super) struct AppBody {
    developer_name: String,
    name: String,
    client_id: String,
    client_secret: String,
    callback_urls: Vec<String>,
    scopes: Vec<&'static str>,
}

pub(super) async fn list(State(app): State<Arc<App>>) -> Json<Vec<AppBody>> {
    let clients = app.deployed.list();
    let bodies = clients.iter().filter_map(|client| {
        let deployed = client.deployed.as_ref()?;
        Some(AppBody {
            developer_name: deployed.developer_name.clone(),
            name: client.name.clone(),
            client_id: client.client_id.clone(),
            client_secret: client.client_secret.clone(),
            callback_urls: client.callback_urls.clone(),
            scopes: deployed.usual_scopes.clone(),
        })
    });
    Json(bodies.collect())
}
