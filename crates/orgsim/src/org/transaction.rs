//! Changes that become visible together, or not at all.

use std::cell::RefCell;
use std::sync::{Arc, MutexGuard, PoisonError, TryLockError};

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
        let start = self.published_overlay();
        OPEN.with_borrow_mut(|open| *open = Some(Open { org: self.address(), overlay: start.clone() }));
        let result = run();
        if result.is_ok()
            && let Some(after) = self.open_overlay()
        {
            self.publish(&start, after);
        }
        result
    }

    /// Returns the org's changes as this thread sees them.
    pub(super) fn current_overlay(&self) -> Overlay {
        self.open_overlay().unwrap_or_else(|| self.published_overlay())
    }

    /// Writes to the transaction that this thread runs, else to the org at once. What writes must not read the org.
    pub(super) fn change<T>(&self, write: impl FnOnce(&mut Overlay) -> T) -> T {
        self.change_inside(write).unwrap_or_else(|write| self.change_under(self.lock_writer(), write))
    }

    /// Writes at once like [`Org::change`], unless somebody else is writing.
    pub(super) fn try_change<T>(&self, write: impl FnOnce(&mut Overlay) -> T) -> Option<T> {
        let writer = match self.inner.writer.try_lock() {
            Ok(writer) => writer,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(self.change_under(writer, write))
    }

    /// Writes what the org itself keeps, such as its logs, without waiting for the transactions of others: they come out with
    /// what was written meanwhile. Nobody is told.
    ///
    /// Records may be added to the tables of which [`Table::share_numbers`](crate::overlay::Table::share_numbers) was asked.
    pub(super) fn change_own<T>(&self, write: impl FnOnce(&mut Overlay) -> T) -> T {
        self.change_inside(write).unwrap_or_else(|write| {
            let mut overlay = self.inner.overlay.write().unwrap_or_else(PoisonError::into_inner);
            let before = self.inner.watch.is_on().then(|| overlay.clone());
            let result = write(&mut overlay);
            self.note_fresh(&mut overlay);
            if let Some(before) = before {
                self.inner.watch.note(&before, &overlay);
            }
            result
        })
    }

    /// Writes to the transaction that this thread runs. Returns what would write if there is none.
    fn change_inside<T, W: FnOnce(&mut Overlay) -> T>(&self, write: W) -> Result<T, W> {
        OPEN.with_borrow_mut(|open| match open.as_mut().filter(|open| open.org == self.address()) {
            Some(open) => {
                let result = write(&mut open.overlay);
                self.note_fresh(&mut open.overlay);
                Ok(result)
            }
            None => Err(write),
        })
    }

    fn change_under<T>(&self, _writer: MutexGuard<'_, ()>, write: impl FnOnce(&mut Overlay) -> T) -> T {
        let mut overlay = self.inner.overlay.write().unwrap_or_else(PoisonError::into_inner);
        let (is_watched, is_told) = (self.inner.watch.is_on(), self.tells());
        let before = (is_watched || is_told).then(|| overlay.clone());
        let result = write(&mut overlay);
        let touched = self.note_fresh(&mut overlay);
        if let Some(before) = before.as_ref().filter(|_| is_watched) {
            self.inner.watch.note(before, &overlay);
        }
        let told = before.filter(|_| is_told).map(|before| (before, overlay.clone()));
        drop(overlay);
        self.after_change(&touched, told);
        result
    }

    /// Lets others see what a transaction changed.
    fn publish(&self, start: &Overlay, after: Overlay) {
        let mut published = self.inner.overlay.write().unwrap_or_else(PoisonError::into_inner);
        let before = published.clone();
        let after = after.rebased(start, &before);
        if self.inner.watch.is_on() {
            self.inner.watch.note(&before, &after);
        }
        *published = after.clone();
        drop(published);
        let touched: Vec<usize> = after.differing_tables(&before).collect();
        self.after_change(&touched, self.tells().then_some((before, after)));
    }

    /// Does what is left to do once others see a change, and before the next one.
    fn after_change(&self, touched: &[usize], told: Option<(Overlay, Overlay)>) {
        if !touched.is_empty() {
            // As long as this is held the org itself writes nothing either.
            let published = self.inner.overlay.read().unwrap_or_else(PoisonError::into_inner);
            let view = self.inner.view(published.clone());
            touched.iter().for_each(|place| view.drop_past(&self.schema().sobjects()[*place]));
        }
        if let (Some((before, after)), Some(streams)) = (told, self.inner.streams.get()) {
            streams.capture(&self.inner.view(before), &self.inner.view(after));
        }
    }

    /// Remembers what records can be found by that were just written. Returns the places of their sObjects.
    fn note_fresh(&self, overlay: &mut Overlay) -> Vec<usize> {
        let fresh = overlay.take_fresh();
        if !fresh.is_empty() {
            let view = self.inner.view(overlay.clone());
            let sobjects = self.inner.base.schema().sobjects();
            fresh.iter().for_each(|(place, numbers)| view.note_written(&sobjects[*place], numbers));
        }
        fresh.into_iter().map(|(place, _)| place).collect()
    }

    /// Returns whether this thread runs a transaction of the org.
    pub(crate) fn is_in_transaction(&self) -> bool {
        OPEN.with_borrow(|open| open.as_ref().is_some_and(|open| open.org == self.address()))
    }

    /// Returns whether anybody wants to know what a change is.
    fn tells(&self) -> bool {
        self.inner.streams.get().is_some_and(|streams| streams.captures())
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
