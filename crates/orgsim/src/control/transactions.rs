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
    /// When those began that are being committed: what they write cannot be seen yet.
    ending: Vec<i64>,
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
        let known = self.lock();
        known.open.iter().map(|open| open.started_at).chain(known.ending.iter().copied()).min()
    }

    /// Ends the transactions whose time is over.
    pub(crate) async fn settle(&self, app: &Arc<App>) {
        let now_ms = app.now_ms();
        let due = self.take(|open| open.ends_at.is_some_and(|at| at <= now_ms));
        if due.is_empty() {
            return;
        }
        let app = Arc::clone(app);
        let committed = tokio::task::spawn_blocking(move || {
            for transaction in due {
                let done = commit(&app, &transaction);
                let failed = done.err().map(|error| Failed { id: transaction.id, message: error.message });
                app.transactions.lock().failed.extend(failed);
            }
        });
        // What panicked there has been reported, and is no reason to fail the call that happened to come by.
        let _ = committed.await;
    }

    /// Takes open transactions out to commit them. The lock must not be held while that waits for other writers.
    fn take(&self, is_due: impl Fn(&Open) -> bool) -> Vec<Open> {
        let mut known = self.lock();
        if !known.open.iter().any(&is_due) {
            return Vec::new();
        }
        let open = std::mem::take(&mut known.open);
        let (due, open) = open.into_iter().partition::<Vec<_>, _>(is_due);
        known.open = open;
        known.ending.extend(due.iter().map(|open| open.started_at));
        due
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn commit(app: &App, transaction: &Open) -> Result<Vec<ChangedBody>, ApiError> {
    let at = transaction.started_at;
    let _ended = Ended { transactions: &app.transactions, started_at: at };
    app.org
        .transact(|| transaction.changes.iter().map(|change| records::apply(app, change, Some(at))).collect())
}

/// Stops holding answers back for a transaction when it goes, be it by a panic.
struct Ended<'a> {
    transactions: &'a Transactions,
    started_at: i64,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        let mut known = self.transactions.lock();
        if let Some(place) = known.ending.iter().position(|at| *at == self.started_at) {
            known.ending.swap_remove(place);
        }
    }
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
    let taken = app.transactions.take(|open| open.id == id).pop();
    let Some(transaction) = taken else { return ApiError::not_found().into_response() };
    match body.op {
        Ending::Rollback => {
            drop(Ended { transactions: &app.transactions, started_at: transaction.started_at });
            done()
        }
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
