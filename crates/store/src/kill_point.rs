//! Named places at which a test may kill the process.
//!
//! A kill here is a real one (the process ends at once, nothing is flushed, no destructor runs), so that what a test
//! sees after the restart is what a power cut would have left. Release builds ignore the setting.

use std::sync::atomic::{AtomicU32, Ordering};

/// The place, and how often it must be reached, for this process to end.
///
/// Written `page.before_commit` or `page.before_commit:3` (the third time).
#[derive(Debug)]
pub struct KillPoint {
    name: String,
    remaining: AtomicU32,
    ends: Ends,
}

/// What comes to its end.
#[derive(Clone, Copy, Debug)]
enum Ends {
    Process,
    Task,
}

/// What a task panics with that a [`KillPoint::of_task`] ends.
#[derive(Clone, Copy, Debug)]
pub struct Killed;

impl KillPoint {
    /// Reads `name` or `name:n`. A missing or unreadable number counts as 1.
    pub fn parse(text: &str) -> Self {
        let (name, nth) = text.split_once(':').unwrap_or((text, "1"));
        let remaining = AtomicU32::new(nth.parse().unwrap_or(1).max(1));
        Self { name: name.to_owned(), remaining, ends: Ends::Process }
    }

    /// The same for a simulation of many processes in one: the task that gets there panics with [`Killed`].
    pub fn of_task(text: &str) -> Self {
        Self { ends: Ends::Task, ..Self::parse(text) }
    }
}

/// Ends the process, or the task, here where `kill_at` names this place for the n-th time.
pub fn reach(kill_at: Option<&KillPoint>, name: &str) {
    if !cfg!(debug_assertions) {
        return;
    }
    let Some(point) = kill_at.filter(|point| point.name == name) else { return };
    if point.remaining.fetch_sub(1, Ordering::Relaxed) == 1 {
        match point.ends {
            Ends::Process => std::process::abort(),
            // Nobody needs to be told: the payload is what the simulation waits for.
            Ends::Task => std::panic::resume_unwind(Box::new(Killed)),
        }
    }
}
