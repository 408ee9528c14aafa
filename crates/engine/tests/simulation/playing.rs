//! Making trouble and mending it, and the way to rest.

use std::hash::{DefaultHasher, Hash, Hasher};

use model::{Checkpoint, Position};

use crate::administrators::{change_sight, restore_fields, show_fields, show_sobjects};
use crate::driver::{Ended, Simulation};
use crate::trouble::{KILL_POINTS, Trouble};

const MINUTE_MS: i64 = 60_000;

/// After everything is mended so many periods pass until the orgs and the copy must agree.
const PERIODS: u64 = 3;
const PERIOD_MS: i64 = 15 * MINUTE_MS;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
const MOST_SLICES: u64 = 400;
/// A copy that was refused calls asks again at least once an hour.
const MOST_WAITED: u64 = 40;
const OVERLAP_MS: i64 = 10 * MINUTE_MS;

impl Simulation {
    /// Lets something go wrong in one of the orgs.
    pub(crate) async fn make_trouble(&mut self, trouble: Trouble) {
        let place = self.dice.below(self.world.sides.len() as u64) as usize;
        if trouble.needs_bulk() {
            self.read_anew(place).await;
        }
        match trouble {
            Trouble::BulkAborted | Trouble::BulkRemoved => self.disturb_jobs(place, trouble).await,
            Trouble::GrantRevoked => {
                self.world.sides[place].org.simulator.revoke_approvals();
                self.tally.count(trouble, 1);
            }
            Trouble::Crash => {
                self.tally.count(trouble, 1);
                self.restart();
            }
            Trouble::CrashInside => {
                let point = self.dice.pick(&KILL_POINTS[..13]).unwrap();
                self.restart_to_die_at((*point).to_owned());
            }
            Trouble::ClockJumps => {
                let minutes = self.dice.between(1, 120) as i64 - 60;
                self.world.clock.advance(minutes * MINUTE_MS);
                self.tally.count(trouble, 1);
            }
            _ => {
                let side = &self.world.sides[place];
                if let Some(id) = trouble.put(side, &self.dice) {
                    self.armed.push((place, id, trouble));
                }
                if trouble == Trouble::TokenAnswerLost {
                    self.lost_answers[place] += 1;
                }
            }
        }
    }

    /// Aborts or removes the query jobs of an org, as soon as there are some.
    async fn disturb_jobs(&mut self, place: usize, trouble: Trouble) {
        for _ in 0..12 {
            self.work(1).await;
            let simulator = &self.world.sides[place].org.simulator;
            let jobs = match trouble {
                Trouble::BulkAborted => simulator.abort_query_jobs(),
                _ => simulator.remove_query_jobs(),
            };
            if jobs > 0 {
                self.tally.count(trouble, 1);
                return;
            }
        }
    }

    /// Lets somebody choose another field of an org's first rule, so that its sObject is read anew.
    async fn read_anew(&mut self, place: usize) {
        self.world.swap_fields(place).await;
        self.look_at_org(place);
        self.look_at_store(place).await;
        // The schedule comes round.
        self.world.pass(PERIOD_MS);
    }

    /// Counts what the faults in place have done, and takes those away that are done.
    pub(crate) fn harvest(&mut self, is_over: bool) {
        let mut left = Vec::new();
        for (place, id, trouble) in std::mem::take(&mut self.armed) {
            let faults = self.world.sides[place].org.simulator.faults();
            let Some(fault) = faults.list().into_iter().find(|fault| fault.id == id) else { continue };
            if is_over || fault.played >= fault.spec.times {
                self.tally.count(trouble, fault.played);
                faults.remove(id);
            } else {
                left.push((place, id, trouble));
            }
        }
        self.armed = left;
    }

    /// Connects orgs again that do not accept the grant any more; some people take their time.
    pub(crate) async fn repair_grants(&mut self) {
        self.harvest(false);
        for place in 0..self.world.sides.len() {
            if self.stored[place].connection.status != "connected" && self.dice.happens(60) {
                self.reconnect(place).await;
            }
        }
    }

    async fn reconnect(&mut self, place: usize) {
        // The token endpoint may still be in trouble, and then people try again later.
        let in_trouble = self.armed.iter().any(|(at, _, trouble)| *at == place && trouble.needs_refresh());
        if in_trouble {
            self.harvest(true);
            self.world.sides[place].org.end_faults();
        }
        let is_done = self.world.reconnect(place).await;
        self.trace(|| format!("somebody connects {place} again: {is_done}"));
        self.look_at_store(place).await;
    }

    /// Ends all trouble and lets the work go on until everything should be copied.
    pub(crate) async fn come_to_rest(&mut self) {
        self.harvest(true);
        self.resume_all().await;
        for place in 0..self.world.sides.len() {
            let side = &mut self.world.sides[place];
            side.org.end_faults();
            let shown = show_sobjects(side).await;
            // What stays hidden keeps its values; what comes back is filled.
            let comes_back = self.world.seed.is_multiple_of(2);
            let fields = if comes_back { show_fields(side).await } else { 0 };
            let restored = if comes_back { restore_fields(side).await } else { 0 };
            let given = if comes_back { change_sight(side, false).await } else { None };
            self.tally.count_deed("sobject shown", u64::from(shown.is_some()));
            self.tally.count_deed("view all given", u64::from(given.is_some()));
            self.tally.count_deed("field shown", fields);
            self.tally.count_deed("field restored", restored);
            side.org.control("limits", r#"{"used":0,"max":100000}"#).await;
            side.budget.forget_others();
            side.org.control("visibility", r#"{"delay_ms":0}"#).await;
            let last_end = self.transactions.last_end(place).unwrap_or_default();
            let wait = (last_end - self.world.sides[place].org.now_ms()).max(0);
            self.world.pass(wait + MINUTE_MS);
        }
        for place in 0..self.world.sides.len() {
            self.world.set_allotment(place, None).await;
            self.look_at_store(place).await;
        }
        self.is_resting = true;
        match self.doom.take() {
            Some(point) => self.restart_to_die_at(point.to_owned()),
            None => self.stop_dying(),
        }
        let mended_at: Vec<i64> = self.world.sides.iter().map(|side| side.org.now_ms()).collect();
        let (mut period, mut waited) = (0, 0);
        while period < PERIODS {
            for place in 0..self.world.sides.len() {
                if self.lacks_rights(place) {
                    let shown = show_fields(&mut self.world.sides[place]).await;
                    self.tally.count_deed("field shown", shown);
                    self.look_at_store(place).await;
                    period = 0;
                }
                self.look_at_org(place);
                if self.stored[place].connection.status != "connected" {
                    self.reconnect(place).await;
                    // Trouble has ended only now.
                    period = 0;
                }
            }
            self.world.pass(if period == 1 { DAY_MS } else { PERIOD_MS });
            self.work_without_people(MOST_SLICES).await;
            // Whoever was refused calls asks again only after a while, and the night comes after a read.
            if period > 0 || self.has_read_since(&mended_at) {
                period += 1;
            } else {
                waited += 1;
                assert!(waited < MOST_WAITED, "not everything is read although nothing is in the way");
            }
        }
    }

    /// Whether each rule has read all that was there at an instant of its org.
    fn has_read_since(&self, instants: &[i64]) -> bool {
        let is_read = |checkpoint: &Checkpoint, ms: i64| {
            checkpoint.position == Position::Idle
                && checkpoint.complete_until.is_some_and(|until| until.as_millis() + OVERLAP_MS >= ms)
        };
        let mut sides = self.stored.iter().zip(instants);
        sides.all(|(stored, ms)| stored.checkpoints.iter().all(|checkpoint| is_read(checkpoint, *ms)))
    }

    /// Whether a rule waits for an administrator: a field that it wants was hidden before anything was read.
    fn lacks_rights(&self, place: usize) -> bool {
        let stored = &self.stored[place];
        self.world.sides[place].stored_rules.iter().any(|rule| {
            let id = rule.id.to_string();
            let last = stored.ledger.iter().rfind(|line| line.rule_id == id);
            last.is_some_and(|line| line.problem_code.as_deref() == Some("field.unknown"))
        })
    }

    /// The end of a simulation in which no promise was broken.
    pub(crate) fn end(mut self) -> Ended {
        let mut hasher = DefaultHasher::new();
        for side in &self.stored {
            for rule in &side.rules {
                for row in &rule.rows {
                    (&row.id, &row.gone, &row.stamp, &row.cells).hash(&mut hasher);
                }
            }
        }
        self.tally.fewest_changes = Some(self.tally.changes.total());
        let mut requests = Vec::new();
        for side in &self.world.sides {
            let log = side.org.simulator.log(usize::MAX);
            self.tally.calls += log.len() as u64;
            requests.extend(log.iter().filter(|entry| entry.path.starts_with("/services/")).map(|entry| {
                format!(
                    "{} {} {} {:?} {:?}",
                    entry.at_ms, entry.method, entry.path, entry.status, entry.faults
                )
            }));
        }
        Ended { tally: self.tally, requests, hash: hasher.finish() }
    }
}
