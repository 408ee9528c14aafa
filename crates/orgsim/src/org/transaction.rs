//! Changes that become visible together, or not at all.

use std::cell::RefCell;
use std::sync::{Arc, MutexGuard, PoisonError};

use crate::org::Org;
use crate::overlay::Overlay;

thread_local! {
    /// The changes of the transaction that this thread runs. It reads its own writes; others see them at its end.
    static OPEN: RefCell<Option<Open>> = const { RefCell::new(None) };
}

#[derive(Debug)]
struct Open {
    /// Which org they are of: the address of what its clones share.
    org: usize,
    overlay: Overlay,
}

impl Org {
    /// Runs changes that all count if the result is good and none if it is not.
    ///
    /// Inside another transaction of the same thread it is a part of that one, which can fail on its own.
    pub(crate) fn transact<T, E>(&self, run: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        if let Some(before) = self.open_overlay() {
            let result = run();
            if result.is_err() {
                self.replace_open(before);
            }
            return result;
        }
        let _writer = self.lock_writer();
        let _end = End;
        let before = self.before_change();
        OPEN.with_borrow_mut(|open| {
            *open = Some(Open { org: self.address(), overlay: self.published_overlay() })
        });
        let result = run();
        if result.is_ok()
            && let Some(overlay) = self.open_overlay()
        {
            if self.inner.watch.is_on() {
                self.inner.watch.note(&self.published_overlay(), &overlay);
            }
            *self.inner.overlay.write().unwrap_or_else(PoisonError::into_inner) = overlay;
            self.tell_change(before);
        }
        result
    }

    /// Returns the org's changes as this thread sees them.
    pub(super) fn current_overlay(&self) -> Overlay {
        self.open_overlay().unwrap_or_else(|| self.published_overlay())
    }

    /// Writes to the transaction that this thread runs, else to the org at once. What writes must not read the org.
    pub(super) fn change<T>(&self, write: impl FnOnce(&mut Overlay) -> T) -> T {
        let mut write = Some(write);
        let inside = OPEN.with_borrow_mut(|open| {
            let open = open.as_mut().filter(|open| open.org == self.address())?;
            write.take().map(|write| write(&mut open.overlay))
        });
        match (inside, write) {
            (Some(result), _) => result,
            (None, Some(write)) => {
                let _writer = self.lock_writer();
                let told = self.before_change();
                let mut overlay = self.inner.overlay.write().unwrap_or_else(PoisonError::into_inner);
                let before = self.inner.watch.is_on().then(|| overlay.clone());
                let result = write(&mut overlay);
                if let Some(before) = before {
                    self.inner.watch.note(&before, &overlay);
                }
                drop(overlay);
                self.tell_change(told);
                result
            }
            (None, None) => unreachable!("what was taken was run"),
        }
    }

    /// Returns whether this thread runs a transaction of the org.
    pub(super) fn is_in_transaction(&self) -> bool {
        OPEN.with_borrow(|open| open.as_ref().is_some_and(|open| open.org == self.address()))
    }

    /// Returns the org as it is before a change, if anybody wants to know what the change is.
    fn before_change(&self) -> Option<Overlay> {
        let streams = self.inner.streams.get()?;
        streams.captures().then(|| self.published_overlay())
    }

    /// Tells of a change once others see it, and before the next one.
    fn tell_change(&self, before: Option<Overlay>) {
        if let (Some(before), Some(streams)) = (before, self.inner.streams.get()) {
            streams.capture(&self.inner.view(before), &self.inner.view(self.published_overlay()));
        }
    }

    fn open_overlay(&self) -> Option<Overlay> {
        OPEN.with_borrow(|open| {
            open.as_ref().filter(|open| open.org == self.address()).map(|open| open.overlay.clone())
        })
    }

    fn replace_open(&self, overlay: Overlay) {
        OPEN.with_borrow_mut(|open| *open = Some(Open { org: self.address(), overlay }));
    }

    fn published_overlay(&self) -> Overlay {
        self.inner.overlay.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn lock_writer(&self) -> MutexGuard<'_, ()> {
        self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn address(&self) -> usize {
        Arc::as_ptr(&self.inner) as usize
    }
}

/// Ends the transaction of this thread when it goes, be it by a panic.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        OPEN.with_borrow_mut(|open| *open = None);
    }
}
