//! What happens in the orgs and to their integrations between two pieces of work.

use crate::administrators::administer;
use crate::budget::made;
use crate::driver::Simulation;
use crate::people::change_something;

const MINUTE_MS: i64 = 60_000;

impl Simulation {
    pub(crate) async fn people_work(&mut self) {
        for place in 0..self.world.sides.len() {
            let count = self.people.between(25, 60);
            for _ in 0..count {
                change_something(&self.world.sides[place], &self.people, &mut self.tally.changes);
                if self.people.happens(20) {
                    self.world.pass(self.people.between(1, 4_000) as i64);
                }
            }
            if self.people.happens(20) {
                let side = &mut self.world.sides[place];
                let late = self.transactions.open(place, side, &self.people).await;
                self.tally.changes.late += late;
                self.trace(|| format!("a transaction in {place}"));
            }
            if self.people.happens(10) {
                let side = &mut self.world.sides[place];
                let delay_ms = if self.people.happens(50) { 0 } else { self.people.below(480_000) };
                side.org.control("visibility", &format!(r#"{{"delay_ms":{delay_ms}}}"#)).await;
                side.has_unseen = true;
                self.trace(|| format!("visible after {delay_ms} ms in {place}"));
            }
            if self.people.happens(25) {
                self.administer(place).await;
            }
            if self.people.happens(3) {
                self.limit(place).await;
            }
            if self.people.happens(40) {
                self.operate(place).await;
            }
            self.world.sides[place].is_changed = true;
        }
    }

    /// Lets administrators of an org do something.
    async fn administer(&mut self, place: usize) {
        self.moment += 1;
        let side = &mut self.world.sides[place];
        let Some(deed) = administer(side, &self.people, self.moment).await else { return };
        self.trace(|| format!("{deed} in {place}"));
        self.tally.count_deed(deed, 1);
        self.look_at_org(place);
        self.look_at_store(place).await;
    }

    /// Lets a person limit what may be spent on an org, or other apps use most of its limit.
    async fn limit(&mut self, place: usize) {
        if self.people.happens(50) {
            let allotment = self.people.between(20, 150);
            self.trace(|| format!("at most {allotment} calls for {place}"));
            self.world.set_allotment(place, Some(allotment)).await;
            self.tally.count_deed("allotment set", 1);
        } else {
            let used = 800 - self.people.below(60);
            let side = &mut self.world.sides[place];
            side.org.control("limits", &format!(r#"{{"used":{used},"max":1000}}"#)).await;
            let (made, now_ms) = (made(side), side.org.now_ms());
            side.budget.note_others(1_000, used, made, now_ms);
            self.trace(|| format!("others use {used} calls of {place}"));
            self.tally.count_deed("limit used by others", 1);
        }
        self.look_at_store(place).await;
    }

    /// Lets hours or seconds pass. Transactions end on the way, when their time is over: at the next call they would end later, and
    /// be open for longer than a copy waits.
    pub(crate) async fn let_time_pass(&mut self) {
        let ms = match self.dice.below(20) {
            0 => self.dice.between(3 * 60, 10 * 60) as i64 * MINUTE_MS,
            1 | 2 => self.dice.between(1, 30_000) as i64,
            _ => self.dice.between(2, 25) as i64 * MINUTE_MS + self.dice.below(60_000) as i64,
        };
        let mut left = ms;
        while let Some(wait) = self.next_end_in().filter(|wait| *wait < left) {
            self.world.pass(wait);
            left -= wait;
            for (place, side) in self.world.sides.iter_mut().enumerate() {
                self.transactions.settle(place, side).await;
            }
        }
        self.world.pass(left);
    }

    fn next_end_in(&self) -> Option<i64> {
        let sides = self.world.sides.iter().enumerate();
        let ends = sides.filter_map(|(place, side)| {
            Some((self.transactions.next_end(place)? - side.org.now_ms()).max(0))
        });
        ends.min()
    }
}
