//! Long transactions by the control API: what is written in one shows at its end, with time stamps of its start.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::records::{self, ChangeBody, ChangedBody};
use super::{answer, done};
use crate::app::App;
use crate::errors::ApiError;

/// The transactions that are open, and those that failed when their time was over.
#[derive(Debug, Default)]
pub(crate) struct Transactions {
    state: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    last_id: u64,
    open: Vec<Open>,
    failed: Vec<Failed>,
}

#[derive(Debug)]
struct Open {
    id: u64,
    started_at: i64,
    ends_at: Option<i64>,
    changes: Vec<ChangeBody>,
}

#[derive(Clone, Debug, Serialize)]
struct Failed {
    id: u64,
    message: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenBody {
    /// What it writes, as the body of `records` has it.
    #[serde(default)]
    changes: Vec<ChangeBody>,
    /// When it ends by itself, from now on.
    ends_in_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ending {
    Commit,
    Rollback,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndBody {
    op: Ending,
}

impl Transactions {
    /// Returns when the oldest open transaction began, which is as far as answers are complete.
    pub(crate) fn oldest(&self) -> Option<i64> {
        self.lock().open.iter().map(|open| open.started_at).min()
    }

    /// Ends the transactions whose time is over.
    pub(crate) fn settle(&self, app: &App) {
        let now_ms = app.now_ms();
        let mut known = self.lock();
        let is_due = |open: &Open| open.ends_at.is_some_and(|at| at <= now_ms);
        if !known.open.iter().any(is_due) {
            return;
        }
        let (due, open) = std::mem::take(&mut known.open).into_iter().partition::<Vec<_>, _>(is_due);
        known.open = open;
        for transaction in due {
            if let Err(error) = commit(app, &transaction) {
                known.failed.push(Failed { id: transaction.id, message: error.message });
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn commit(app: &App, transaction: &Open) -> Result<Vec<ChangedBody>, ApiError> {
    app.org.transact(|| {
        let at = transaction.started_at;
        transaction.changes.iter().map(|change| records::apply(app, change, Some(at))).collect()
    })
}

pub(super) async fn list(State(app): State<Arc<App>>) -> Response {
    let known = app.transactions.lock();
    let open: Vec<_> = known
        .open
        .iter()
        .map(|open| {
            json!({ "id": open.id, "started_at_ms": open.started_at, "ends_at_ms": open.ends_at, "changes": open.changes.len() })
        })
        .collect();
    Json(json!({ "open": open, "failed": known.failed })).into_response()
}

/// Opens a transaction.
pub(super) async fn open(State(app): State<Arc<App>>, Json(body): Json<OpenBody>) -> Response {
    let started_at = app.now_ms();
    let mut known = app.transactions.lock();
    known.last_id += 1;
    let id = known.last_id;
    let ends_at = body.ends_in_ms.map(|ms| started_at + ms);
    known.open.push(Open { id, started_at, ends_at, changes: body.changes });
    (StatusCode::CREATED, Json(json!({ "id": id, "started_at_ms": started_at }))).into_response()
}

/// Ends a transaction, with what it wrote or without.
pub(super) async fn end(
    State(app): State<Arc<App>>,
    Path(id): Path<u64>,
    Json(body): Json<EndBody>,
) -> Response {
    let transaction = {
        let mut known = app.transactions.lock();
        let place = known.open.iter().position(|open| open.id == id);
        place.map(|place| known.open.remove(place))
    };
    let Some(transaction) = transaction else { return ApiError::not_found().into_response() };
    match body.op {
        Ending::Rollback => done(),
        Ending::Commit => super::off_thread(move || commit(&app, &transaction)).await,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VisibilityBody {
    delay_ms: i64,
}

/// Tells how much later than their stamps writes are seen, and how many are not yet.
pub(super) async fn visibility(State(app): State<Arc<App>>) -> Response {
    let (delay_ms, unseen) = app.org.unseen();
    answer(Ok(json!({ "delay_ms": delay_ms, "unseen": unseen })))
}

pub(super) async fn set_visibility(
    State(app): State<Arc<App>>,
    Json(body): Json<VisibilityBody>,
) -> Response {
    app.org.delay_visibility(body.delay_ms, &app.clock);
    visibility(State(app)).await
}
