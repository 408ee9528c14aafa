//! Following a run, on stderr: a line that moves on a terminal, else a line now and then.

use std::{io::IsTerminal, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::value::RawValue;

use super::{RunBody, parse};
use crate::{
    client::{Client, Failure},
    exit,
};

/// How often the server is asked. A run that is asked for costs it one query.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// In a log a line this often is enough: every so many looks.
const LOOKS_A_LINE: u32 = 20;
/// A server that restarts is waited for so many looks.
const MOST_MISSES: u32 = 60;

/// Asks until the run has ended. Answers with it as the API told it last.
pub(super) async fn follow(client: &Client, run: &str) -> Result<Box<RawValue>, Failure> {
    let shown = Shown::new();
    let (mut looks, mut misses) = (0, 0);
    loop {
        match client.get::<Box<RawValue>>(&["runs", run]).await {
            Ok(raw) => {
                let body = parse(&raw)?;
                if body.outcome.is_some() {
                    shown.end();
                    return Ok(raw);
                }
                shown.show(&body, looks);
                looks += 1;
                misses = 0;
            }
            Err(Failure::Unreachable(_)) if misses < MOST_MISSES => misses += 1,
            Err(failure) => return Err(failure),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

enum Shown {
    Bar(ProgressBar),
    Lines,
}

impl Shown {
    fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Lines;
        }
        Self::Bar(ProgressBar::no_length())
    }

    fn show(&self, run: &RunBody, looks: u32) {
        let speed = run.rows_per_second.map(|speed| format!(", {speed:.0} rows/s")).unwrap_or_default();
        let phases = phases(run);
        match self {
            Self::Bar(bar) => {
                let style = match rows_total(run) {
                    Some(total) => {
                        bar.set_length(total.max(run.counts.rows_read));
                        "{bar:30} {human_pos}/{human_len} rows{msg}"
                    }
                    None => "{human_pos} rows{msg}",
                };
                bar.set_style(ProgressStyle::with_template(style).expect("the template is right"));
                bar.set_message(format!("{speed}, {} calls, {phases}", run.counts.calls));
                bar.set_position(run.counts.rows_read);
            }
            Self::Lines if looks.is_multiple_of(LOOKS_A_LINE) => {
                let text =
                    format!("{} rows{speed}, {} calls, {phases}", run.counts.rows_read, run.counts.calls);
                exit::tell(&text);
            }
            Self::Lines => {}
        }
    }

    fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// How many rows there are to read, where every rule knows it.
fn rows_total(run: &RunBody) -> Option<u64> {
    run.rules.iter().map(|rule| rule.rows_total).sum()
}

/// What is going on, for each sObject that is not done.
fn phases(run: &RunBody) -> String {
    let under_way: Vec<_> = run
        .rules
        .iter()
        .filter(|rule| rule.outcome.is_none())
        .map(|rule| format!("{} {}", rule.sobject, rule.phase.replace('_', " ")))
        .collect();
    under_way.join(", ")
}
