//! What calls cost.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Timestamp;
use crate::limits::ApiUsage;

/// Counts calls and bytes, and keeps the newest usage and date an org reported.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    calls: AtomicU64,
    received_bytes: AtomicU64,
    usage: Mutex<Option<ApiUsage>>,
    usages_told: AtomicU64,
    server_date: Mutex<Option<Timestamp>>,
}

impl Meter {
    pub(crate) fn count_call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_bytes(&self, bytes: usize) {
        self.received_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn note_usage(&self, header: &str) {
        if let Some(usage) = ApiUsage::parse(header) {
            *self.usage.lock().expect("nothing panics while it holds the usage") = Some(usage);
            self.usages_told.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn note_date(&self, date: Timestamp) {
        *self.server_date.lock().expect("nothing panics while it holds the date") = Some(date);
    }

    pub(crate) fn server_date(&self) -> Option<Timestamp> {
        *self.server_date.lock().expect("nothing panics while it holds the date")
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(crate) fn received_bytes(&self) -> u64 {
        self.received_bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn usages_told(&self) -> u64 {
        self.usages_told.load(Ordering::Relaxed)
    }

    pub(crate) fn usage(&self) -> Option<ApiUsage> {
        *self.usage.lock().expect("nothing panics while it holds the usage")
    }
}
