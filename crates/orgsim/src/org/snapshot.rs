//! The state of an org, to be kept and looked at later.

use std::sync::OnceLock;

use super::viewed::Viewer;
use super::{Org, OrgView};
use crate::overlay::Overlay;
use crate::schema::Schema;

/// What a view shows, without what it borrows from the org. It holds as much memory as has changed since.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    overlay: Overlay,
    schema: &'static Schema,
    now_ms: i64,
    viewer: Option<Viewer>,
}

impl OrgView<'_> {
    /// Returns what this view shows, to be kept.
    pub(crate) fn to_snapshot(&self) -> Snapshot {
        Snapshot {
            overlay: self.overlay.clone(),
            schema: self.schema,
            now_ms: self.now_ms,
            viewer: self.viewer.clone(),
        }
    }
}

impl Org {
    /// Returns the org as it was when the snapshot of it was taken.
    pub(crate) fn view_at(&self, snapshot: &Snapshot) -> OrgView<'_> {
        let Snapshot { overlay, schema, now_ms, viewer } = snapshot.clone();
        let (base, indexes) = (&self.inner.base, &self.inner.indexes);
        OrgView { base, indexes, overlay, schema, now_ms, statuses: OnceLock::new(), viewer }
    }
}
