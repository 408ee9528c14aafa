//! Which client a transaction comes from, as its change events tell.

use std::cell::RefCell;

use crate::id::RecordId;

thread_local! {
    static CURRENT: RefCell<Option<Origin>> = const { RefCell::new(None) };
}

/// Where the writes of this thread come from.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// `com/salesforce/api/rest/66.0;client=…`; empty for what comes from no API.
    pub(crate) text: String,
    pub(crate) user_id: RecordId,
}

impl Origin {
    /// Describes a client of an API (Change Data Capture Developer Guide, Change Event Header Fields).
    pub(crate) fn of_api(api: &str, version: u16, client: Option<&str>, user_id: RecordId) -> Self {
        let version = crate::http::version_text(version);
        let client = client.unwrap_or_default();
        Self { text: format!("com/salesforce/api/{api}/{version};client={client}"), user_id }
    }

    /// Runs writes of this origin.
    pub(crate) fn run<T>(self, writes: impl FnOnce() -> T) -> T {
        let before = CURRENT.replace(Some(self));
        let _restore = Restore(before);
        writes()
    }

    pub(super) fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }
}

/// Puts back the origin that was there before, be it after a panic.
struct Restore(Option<Origin>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.replace(self.0.take());
    }
}
