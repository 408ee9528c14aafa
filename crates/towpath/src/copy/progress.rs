//! The progress of a copy on a terminal, read from the store as any other process could.

use std::{io::IsTerminal, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use model::{RuleProgress, RunPhase, SyncRuleId, SyncRunId};
use store::{Store, sync_runs::list_progress};

/// How often the bars move.
const TICK: Duration = Duration::from_millis(200);

/// One bar a rule. Draws nothing where stderr is not a terminal.
pub(crate) struct Bars {
    bars: Vec<(SyncRuleId, String, ProgressBar)>,
}

impl Bars {
    pub(crate) fn new(rules: impl Iterator<Item = (SyncRuleId, String)>) -> Self {
        let all = MultiProgress::new();
        let is_seen = std::io::stderr().is_terminal();
        let bars = rules
            .filter(|_| is_seen)
            .map(|(id, name)| (id, name, all.add(ProgressBar::no_length())))
            .collect();
        Self { bars }
    }

    /// Draws until it is dropped.
    pub(crate) async fn follow(&self, store: &Store, run: SyncRunId) {
        if self.bars.is_empty() {
            return std::future::pending().await;
        }
        loop {
            // A bar that stands still for a moment is no reason to stop a copy.
            if let Ok(progress) = list_progress(store, run).await {
                self.draw(&progress);
            }
            tokio::time::sleep(TICK).await;
        }
    }

    /// Draws once.
    pub(crate) fn draw(&self, progress: &[RuleProgress]) {
        for (id, name, bar) in &self.bars {
            if let Some(rule) = progress.iter().find(|rule| rule.sync_rule_id == *id) {
                draw_one(name, bar, rule);
            }
        }
    }
}

fn draw_one(name: &str, bar: &ProgressBar, rule: &RuleProgress) {
    let rows = rule.counts.rows_read;
    let style = match rule.rows_total {
        Some(total) => {
            bar.set_length(total.max(rows));
            "{prefix:20!} {bar:30} {human_pos}/{human_len} rows, {per_sec}, {msg}, {eta} left"
        }
        None => "{prefix:20!} {human_pos} rows, {per_sec}, {msg}",
    };
    bar.set_style(ProgressStyle::with_template(style).expect("the template is right"));
    bar.set_prefix(name.to_owned());
    bar.set_message(format!("{} calls, {}", rule.counts.calls, phase_word(rule.phase)));
    bar.set_position(rows);
    if rule.end.is_some() && !bar.is_finished() {
        bar.abandon();
    }
}

fn phase_word(phase: RunPhase) -> &'static str {
    match phase {
        RunPhase::Waiting => "waiting",
        RunPhase::Planning => "planning",
        RunPhase::Preparing => "Salesforce prepares the result",
        RunPhase::Reading => "reading",
        RunPhase::Sweeping => "looking for deleted records",
        RunPhase::Finished => "done",
    }
}
