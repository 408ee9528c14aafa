//! The promises, held against what each slice did.

use crate::budget::made;
use crate::checker::{self, RuleChange};
use crate::driver::Simulation;
use crate::stored::StoredSide;

impl Simulation {
    /// Reads the store anew and holds what a slice of an org did against all promises.
    pub(crate) async fn check_slice(&mut self, place: Option<usize>) {
        for at in 0..self.world.sides.len() {
            let side = &self.world.sides[at];
            let now = StoredSide::read(&self.world, side, Some(&self.stored[at])).await;
            let before = std::mem::replace(&mut self.stored[at], now);
            let now = &self.stored[at];
            if place == Some(at) {
                self.booked = now.booked - before.booked;
            }
            if place != Some(at) {
                checker::check_isolated(&mut self.findings, side.name, before.is_same(now));
                continue;
            }
            for rule in 0..side.rules.len() {
                self.histories[at][rule].note_store(&now.rules[rule]);
                let history = &self.histories[at][rule];
                let rule_id = side.stored_rules[rule].id.to_string();
                let rejected = now.row_errors.iter().filter(|(of, _)| *of == rule_id);
                let rejected: Vec<String> = rejected.map(|(_, id)| id.clone()).collect();
                let hidden = side.hidden.iter().filter(|((sobject, field), since)| {
                    *sobject == side.rules[rule].sobject && !field.is_empty() && **since <= history.read_began
                });
                let hidden: Vec<_> = hidden.map(|((_, field), _)| field.to_ascii_lowercase()).collect();
                let change = RuleChange {
                    name: &format!("{} {}", side.name, side.rules[rule].sobject),
                    before: &before.rules[rule],
                    after: &now.rules[rule],
                    checkpoint_before: &before.checkpoints[rule],
                    checkpoint: &now.checkpoints[rule],
                    history,
                    moment: self.moment,
                    rejected: &rejected,
                    filling: &now.filling[rule],
                    hidden: &hidden,
                };
                checker::check_slice(&mut self.findings, &change);
                let was_due = self.due == Some((at, rule));
                checker::check_changes_first(&mut self.findings, &change, was_due);
                if checker::has_completed(&before.checkpoints[rule], &now.checkpoints[rule]) {
                    self.histories[at][rule].end_period();
                }
            }
            checker::check_ledger(&mut self.findings, &now.ledger, &now.row_errors);
            checker::check_connection(&mut self.findings, &before.connection, &now.connection);
            let reuses = side.org.simulator.counters().refresh_reuses;
            checker::check_reuses(&mut self.findings, reuses, self.lost_answers[at]);
        }
    }

    /// Holds what the slice spent against what may be spent. Answers that are lost tell nothing of what others use.
    pub(crate) fn check_budget(&mut self, place: usize) {
        let is_in_trouble = self.armed.iter().any(|(at, ..)| *at == place);
        let side = &mut self.world.sides[place];
        let (now_ms, made) = (side.org.now_ms(), made(side));
        let mut spent = side.budget.spend(now_ms, self.made_before, made, self.booked);
        spent.left = spent.left.filter(|_| !is_in_trouble);
        checker::check_budget(&mut self.findings, side.name, spent);
    }

    pub(crate) fn check_quiet(&mut self) {
        for (at, side) in self.world.sides.iter().enumerate() {
            for (rule, history) in self.histories[at].iter().enumerate() {
                let name = format!("{} {}", side.name, side.rules[rule].sobject);
                let stored = &self.stored[at].rules[rule];
                checker::check_converged(&mut self.findings, &name, stored, history, side.sees_own_only);
            }
        }
    }

    pub(crate) fn assert_no_findings(&self) {
        if !self.findings.0.is_empty() {
            let texts: Vec<String> = self.findings.0.iter().take(5).map(ToString::to_string).collect();
            panic!("{}\nafter {}", texts.join("\n"), self.tally);
        }
    }
}
