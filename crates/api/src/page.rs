//! Pages of lists.

use serde::{Deserialize, Serialize};
use store::Reader;
use utoipa::{IntoParams, ToSchema};

/// Items a page has where the request does not say.
const USUAL_LIMIT: u32 = 50;
/// The most a page may have.
const MOST: u32 = 500;

/// A page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to send as `after` for the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A list that is not paged.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// How many items at most; 50 unless told, 500 at most.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl PageQuery {
    /// The number of items to answer with.
    pub(crate) fn limit(&self) -> u32 {
        limit_of(self.limit)
    }
}

/// The number of items to answer with, for what was asked.
pub(crate) fn limit_of(asked: Option<u32>) -> u32 {
    asked.unwrap_or(USUAL_LIMIT).clamp(1, MOST)
}

/// Cuts what was read, one more than fits, to a page, and names where the next one begins.
pub(crate) fn cut<T>(
    mut items: Vec<T>,
    limit: u32,
    position: impl FnOnce(&T) -> String,
) -> (Vec<T>, Option<String>) {
    let limit = limit as usize;
    if items.len() <= limit {
        return (items, None);
    }
    items.truncate(limit);
    let next = items.last().map(position);
    (items, next)
}

/// Names a list of a workspace, for the positions in it.
pub(crate) fn list_of(name: &str, reader: &Reader) -> String {
    format!("{name} of {}", reader.workspace_id())
}
