//! What members of the workspace do to an integration: they run it now, have a rule read anew, cancel, pause and resume, open a
//! record, change a filter.

use engine::{Engine, Refreshed};
use model::IntegrationId;
use store::sync_runs::find_open_run;

use crate::budget::{Spent, made};
use crate::checker;
use crate::driver::Simulation;
use crate::trouble::Trouble;

/// What members do, as it is counted.
pub(crate) const DEEDS: [&str; 7] = [
    "run asked for",
    "rule reloaded",
    "run cancelled",
    "integration paused",
    "integration resumed",
    "record opened",
    "filter changed",
];

impl Simulation {
    /// Lets a member do something to the integration of an org. What that changes is looked at before the next slice.
    pub(crate) async fn operate(&mut self, place: usize) {
        self.moment += 1;
        // Members are served by a process of its own, which lives.
        let engine = self.world.serving_engine(place);
        let id = self.world.sides[place].integration.as_ref().unwrap().id;
        let deed = if self.world.sides[place].is_paused {
            self.resume(&engine, place).await
        } else {
            match self.people.below(12) {
                0..2 => self.ask_for_run(&engine, id).await,
                2 => self.reload(&engine, place).await,
                3..5 => self.cancel(&engine, id).await,
                5..7 => self.pause(&engine, place).await,
                7..11 => self.open_record(&engine, place).await,
                _ => self.change_filter(place).await,
            }
        };
        if let Some(deed) = deed {
            self.trace(|| format!("{deed} in {place}"));
            self.tally.count_deed(deed, 1);
        }
        self.look_at_store(place).await;
    }

    async fn ask_for_run(&mut self, engine: &Engine, id: IntegrationId) -> Option<&'static str> {
        let asked = engine.request_run(&self.world.reader, id).await;
        asked.is_ok().then_some("run asked for")
    }

    async fn reload(&mut self, engine: &Engine, place: usize) -> Option<&'static str> {
        let rule = self.people.pick(&self.world.sides[place].stored_rules)?.id;
        let asked = engine.reload_rule(&self.world.reader, rule).await;
        asked.is_ok().then_some("rule reloaded")
    }

    async fn cancel(&mut self, engine: &Engine, id: IntegrationId) -> Option<&'static str> {
        let open = find_open_run(self.world.store(), id).await.unwrap()?;
        engine.cancel_run(&self.world.reader, open.id).await.unwrap().unwrap();
        Some("run cancelled")
    }

    async fn pause(&mut self, engine: &Engine, place: usize) -> Option<&'static str> {
        let side = &mut self.world.sides[place];
        let id = side.integration.as_ref().unwrap().id;
        side.is_paused = true;
        engine.pause(&self.world.reader, id).await.unwrap().unwrap();
        Some("integration paused")
    }

    async fn resume(&mut self, engine: &Engine, place: usize) -> Option<&'static str> {
        let side = &mut self.world.sides[place];
        let id = side.integration.as_ref().unwrap().id;
        side.is_paused = false;
        engine.resume(&self.world.reader, id).await.unwrap().unwrap();
        Some("integration resumed")
    }

    /// Resumes every integration that is paused.
    pub(crate) async fn resume_all(&mut self) {
        for place in 0..self.world.sides.len() {
            if self.world.sides[place].is_paused {
                let engine = self.world.serving_engine(place);
                let resumed = self.resume(&engine, place).await;
                self.tally.count_deed(resumed.unwrap_or_default(), 1);
                self.look_at_store(place).await;
            }
        }
    }

    /// Opens the page of a record, which is read live. Where the org is slow nobody does: how long a person waits for an answer
    /// is measured by no clock of a simulation.
    async fn open_record(&mut self, engine: &Engine, place: usize) -> Option<&'static str> {
        let is_slow = |trouble: &Trouble| trouble.takes_time() || trouble.needs_refresh();
        if self.armed.iter().any(|(at, _, trouble)| *at == place && is_slow(trouble)) {
            return None;
        }
        self.look_at_org(place);
        self.look_at_store(place).await;
        let side = &self.world.sides[place];
        let rule = self.people.pick(&side.rules)?.sobject;
        let id = *self.people.pick(&side.org.ids(rule))?;
        let (integration, made_before) = (side.integration.as_ref().unwrap().id, made(side));
        let (sobject, id) = (rule.parse().unwrap(), id.to_string().parse().unwrap());
        let opened = engine.refresh_record(&self.world.reader, integration, &sobject, id).await;
        let opened = opened.unwrap().unwrap();
        self.check_slice(Some(place)).await;
        let made = made(&self.world.sides[place]) - made_before;
        // A person may spend what is kept back from work in the background, and has it booked like all calls.
        let spent = Spent { made, booked: self.booked, lately: 0, allotment: None, left: None };
        checker::check_budget(&mut self.findings, self.world.sides[place].name, spent);
        self.assert_no_findings();
        matches!(opened, Refreshed::Live(_)).then_some("record opened")
    }

    /// Chooses other records of the org's filtered rule.
    async fn change_filter(&mut self, place: usize) -> Option<&'static str> {
        let is_changed = self.world.swap_filter(place).await;
        self.look_at_org(place);
        is_changed.then_some("filter changed")
    }
}
