//! Runs one seed: people, time, trouble and work in an order that the seed draws, and the checks after each slice.

#![expect(clippy::print_stdout, reason = "somebody may want to follow a seed step by step")]

use std::time::Duration;

use engine::{Patience, run_claimed};
use model::Position;
use salesforce::Timestamp;
use store::sync_rules::find_due;
use store::work::claim_work_of;

use crate::budget::made;
use crate::checker::Findings;
use crate::dice::Dice;
use crate::history::RuleHistory;
use crate::people::change_something;
use crate::stored::StoredSide;
use crate::tally::Tally;
use crate::test_database::Database;
use crate::transactions::Transactions;
use crate::trouble::{ALL, KILL_POINTS, Trouble};
use crate::truth::presences;
use crate::world::World;

/// A seed changes at least so many records.
pub(crate) const CHANGES: u64 = 500;

/// Kinds of trouble that a seed meets in any case.
const FEATURED: u64 = 6;

const MINUTE_MS: i64 = 60_000;
const LEASE_MS: u64 = 10_000;

/// A piece of work that takes more slices than this goes round in a circle.
const MOST_SLICES: u64 = 6_000;

/// No slice takes as long by itself. One that does waits for the end of what somebody claimed who has died, which comes only
/// as time passes: the clocks stand while a slice runs.
const STANDSTILL: Duration = Duration::from_secs(5);

/// As patient as a server, but for waits of hours.
const PATIENCE: Patience = Patience { most_attempts: 40, longest_wait: Duration::from_secs(2 * 3_600) };

/// What a seed ends with.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) tally: Tally,
    /// Every request that the orgs were sent, in order.
    pub(crate) requests: Vec<String>,
    /// A number that stands for the whole copy.
    pub(crate) hash: u64,
}

/// A simulation under way.
pub(crate) struct Simulation {
    pub(crate) world: World,
    pub(crate) dice: Dice,
    pub(crate) people: Dice,
    /// By org and rule.
    pub(crate) histories: Vec<Vec<RuleHistory>>,
    pub(crate) stored: Vec<StoredSide>,
    pub(crate) findings: Findings,
    pub(crate) tally: Tally,
    pub(crate) moment: u64,
    /// Faults in place: the org, their number, what they are.
    pub(crate) armed: Vec<(usize, u64, Trouble)>,
    /// Answers of token endpoints that may have been lost, by org.
    pub(crate) lost_answers: Vec<u64>,
    pub(crate) transactions: Transactions,
    /// The rule whose slice began when a read of its changes was due.
    pub(crate) due: Option<(usize, usize)>,
    /// Calls that the org of the slice had counted before it.
    pub(crate) made_before: u64,
    /// Calls that the slice booked.
    pub(crate) booked: i64,
    pub(crate) kill_point: Option<String>,
    /// The point at which a process of this seed dies in any case, while none has.
    pub(crate) doom: Option<&'static str>,
    /// Whether processes that are started live, but for that.
    pub(crate) is_resting: bool,
    is_traced: bool,
}

/// Runs a seed to its end.
///
/// # Panics
/// A promise was broken: the message names it.
pub(crate) async fn run_seed(kind: Database, seed: u64) -> Ended {
    let mut simulation = Simulation::start(kind, seed).await;
    simulation.live().await;
    simulation.come_to_rest().await;
    simulation.check_quiet();
    simulation.assert_no_findings();
    simulation.end()
}

impl Simulation {
    pub(crate) async fn start(kind: Database, seed: u64) -> Self {
        let world = World::start(kind, seed).await;
        let mut stored = Vec::new();
        for side in &world.sides {
            stored.push(StoredSide::read(&world, side, None).await);
        }
        let histories =
            world.sides.iter().map(|side| vec![RuleHistory::default(); side.rules.len()]).collect();
        let lost_answers = vec![0; world.sides.len()];
        let mut simulation = Self {
            world,
            dice: Dice::of(seed, 1),
            people: Dice::of(seed, 2),
            histories,
            stored,
            findings: Findings::default(),
            tally: Tally { seeds: 1, ..Tally::default() },
            moment: 0,
            armed: Vec::new(),
            lost_answers,
            transactions: Transactions::default(),
            due: None,
            made_before: 0,
            booked: 0,
            kill_point: None,
            doom: None,
            is_resting: false,
            is_traced: std::env::var_os("TOWPATH_SEED_TRACE").is_some(),
        };
        (0..simulation.world.sides.len()).for_each(|place| simulation.look_at_org(place));
        simulation
    }

    /// Days of people, trouble and work.
    async fn live(&mut self) {
        let doom = KILL_POINTS[self.world.seed as usize % KILL_POINTS.len()];
        self.doom = Some(doom);
        self.restart_to_die_at(doom.to_owned());
        if doom.starts_with("token.") {
            // Sessions last longer than most seeds.
            self.world.sides.iter().for_each(|side| side.org.simulator.expire_sessions());
        }
        let all = ALL.len() as u64;
        let mut featured: Vec<Trouble> =
            (0..FEATURED).map(|number| ALL[((self.world.seed * FEATURED + number) % all) as usize]).collect();
        // Those that only a full read meets come first, while there is one.
        featured.sort_by_key(|trouble| !trouble.needs_bulk());
        while self.tally.changes.total() < CHANGES {
            for trouble in featured.drain(..featured.len().min(2)) {
                self.trace(|| format!("trouble {trouble:?}"));
                self.make_trouble(trouble).await;
            }
            if self.dice.happens(40) {
                let trouble = *self.dice.pick(&ALL).unwrap();
                self.trace(|| format!("trouble {trouble:?}"));
                self.make_trouble(trouble).await;
            }
            self.people_work().await;
            self.let_time_pass().await;
            let slices = self.dice.between(8, 60);
            self.work(slices).await;
            self.repair_grants().await;
        }
    }

    /// Reads what is stored of an org anew, where something else than a slice changed what is looked at.
    pub(crate) async fn look_at_store(&mut self, place: usize) {
        let side = &self.world.sides[place];
        self.stored[place] = StoredSide::read(&self.world, side, None).await;
    }

    /// Runs slices, at most so many, while people go on; waits for a while where the work does.
    pub(crate) async fn work(&mut self, most: u64) {
        for _ in 0..most {
            if !self.work_once().await {
                return;
            }
            if self.people.happens(6) {
                let place = self.people.below(self.world.sides.len() as u64) as usize;
                change_something(&self.world.sides[place], &self.people, &mut self.tally.changes);
                self.world.sides[place].is_changed = true;
            }
            if self.people.happens(5) {
                let place = self.people.below(self.world.sides.len() as u64) as usize;
                self.operate(place).await;
            }
        }
    }

    /// The same while nobody changes anything.
    pub(crate) async fn work_without_people(&mut self, most: u64) {
        for _ in 0..most {
            if !self.work_once().await {
                return;
            }
        }
        panic!("the work does not come to an end");
    }

    /// Runs a slice, or waits for a moment where the work does. Says whether there was anything to do.
    async fn work_once(&mut self) -> bool {
        let due = self.due_work().await;
        if let Some((kind, subject)) = self.dice.pick(&due).cloned() {
            self.run_slice(&kind, &subject).await;
            return true;
        }
        let wait = self.next_due_in().await.filter(|wait| *wait < 5 * MINUTE_MS);
        wait.inspect(|wait| self.world.pass((*wait).max(1))).is_some()
    }

    async fn due_work(&self) -> Vec<(String, String)> {
        let now = self.world.clock.now().as_millis();
        let sql = format!(
            "select kind, subject from {} where next_due_at <= {now} and (lease_until is null or lease_until <= {now})
             order by work_id",
            self.world.database.control("work")
        );
        let rows = self.world.database.rows(&sql).await.into_iter();
        rows.map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap())).collect()
    }

    pub(crate) async fn next_due_in(&self) -> Option<i64> {
        let due_at = store::work::find_next_due(self.world.store()).await.unwrap()?;
        Some(due_at.as_millis() - self.world.clock.now().as_millis())
    }

    /// Runs one slice and checks what it did.
    async fn run_slice(&mut self, kind: &str, subject: &str) {
        self.tally.slices += 1;
        assert!(self.tally.slices < MOST_SLICES, "the work goes round in a circle");
        let place = self.place_of(subject);
        if let Some(place) = place {
            self.settle(place).await;
        }
        let rule = place.and_then(|place| self.rule_of(place, subject));
        if let Some((place, rule)) = place.zip(rule)
            && matches!(
                self.stored[place].checkpoints[rule].position,
                Position::Idle | Position::GivenUp { .. }
            )
        {
            self.histories[place][rule].read_began = self.moment;
            self.histories[place][rule].read_second = self.world.sides[place].org.now_ms() / 1_000;
        }
        self.due = match place.zip(rule) {
            Some((place, rule)) if self.is_due(place, rule).await => Some((place, rule)),
            _ => None,
        };
        self.made_before = place.map_or(0, |place| made(&self.world.sides[place]));
        let (store, now) = (self.world.store(), self.world.clock.now());
        let owner = format!("process {}", self.world.incarnation());
        let Some(lease) = claim_work_of(store, kind, subject, &owner, LEASE_MS, now).await.unwrap() else {
            return;
        };
        let engine = self.world.engine().clone();
        let mut slice = tokio::spawn(async move { run_claimed(&engine, &lease, PATIENCE).await });
        let ended = loop {
            match tokio::time::timeout(STANDSTILL, &mut slice).await {
                Ok(ended) => break ended,
                Err(_) => self.world.pass(31_000),
            }
        };
        match ended {
            Ok(outcome) => outcome.unwrap(),
            Err(error) => self.bury(place, error),
        }
        self.moment += 1;
        if let Some(place) = place {
            self.settle(place).await;
        }
        let before = self.trace_of(place, rule);
        self.check_slice(place).await;
        if let Some(place) = place {
            self.check_budget(place);
        }
        self.trace(|| format!("{kind} {before}\n   -> {}", self.trace_of(place, rule)));
        if let Some(place) = place.filter(|_| !self.findings.0.is_empty()) {
            self.trace_calls(place);
        }
        self.assert_no_findings();
    }

    /// Whether a read of a rule's changes is due.
    async fn is_due(&self, place: usize, rule: usize) -> bool {
        let id = self.world.sides[place].stored_rules[rule].id;
        let due_at = find_due(self.world.store(), id).await.unwrap();
        due_at.is_some_and(|due_at| due_at <= self.world.clock.now())
    }

    /// Tells which calls an org was sent lately.
    fn trace_calls(&self, place: usize) {
        for entry in
            self.world.sides[place].org.simulator.log(30).iter().filter(|entry| entry.kind != "control")
        {
            self.trace(|| {
                format!(
                    "   {} {} {:?} {:?} {} bytes",
                    entry.method, entry.path, entry.status, entry.faults, entry.bytes
                )
            });
        }
    }

    fn trace_of(&self, place: Option<usize>, rule: Option<usize>) -> String {
        let Some(place) = place else { return String::new() };
        let side = &self.world.sides[place];
        let connection = &self.stored[place].connection;
        let Some(rule) = rule else { return format!("{} {connection:?}", side.name) };
        format!(
            "{} {} {:?} {:?} {:?}",
            side.name,
            side.rules[rule].sobject,
            self.stored[place].checkpoints[rule],
            self.stored[place]
                .ledger
                .iter()
                .rfind(|line| line.rule_id == side.stored_rules[rule].id.to_string()),
            connection.code
        )
    }

    /// Tells what happens where somebody wants to follow a seed.
    pub(crate) fn trace(&self, text: impl FnOnce() -> String) {
        if self.is_traced {
            let now_ms = self.world.sides[0].org.now_ms();
            println!("{} {}: {}", self.moment, Timestamp::from_millis(now_ms), text());
        }
    }

    fn place_of(&self, subject: &str) -> Option<usize> {
        self.world.sides.iter().position(|side| {
            side.stored_rules.iter().any(|rule| rule.id.to_string() == subject)
                || side.integration.as_ref().is_some_and(|integration| integration.id.to_string() == subject)
        })
    }

    fn rule_of(&self, place: usize, subject: &str) -> Option<usize> {
        self.world.sides[place].stored_rules.iter().position(|rule| rule.id.to_string() == subject)
    }

    /// Looks at an org again where it may have changed.
    async fn settle(&mut self, place: usize) {
        let side = &mut self.world.sides[place];
        self.transactions.settle(place, side).await;
        let side = &self.world.sides[place];
        let has_moved =
            self.armed.iter().any(|(at, _, trouble)| *at == place && *trouble == Trouble::TimePassesInside);
        if side.is_changed || side.has_unseen || has_moved {
            self.look_at_org(place);
        }
    }

    /// Notes what an org is now.
    pub(crate) fn look_at_org(&mut self, place: usize) {
        self.moment += 1;
        let side = &self.world.sides[place];
        for (at, rule) in side.rules.iter().enumerate() {
            let known = self.histories[place][at].known_ids().collect::<Vec<_>>().into_iter();
            let presences = presences(side, rule, known);
            self.histories[place][at].note_org(self.moment, presences);
        }
        self.world.sides[place].is_changed = false;
    }
}
