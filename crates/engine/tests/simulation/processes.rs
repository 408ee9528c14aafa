//! The processes that copy: they die, and others take their place.

use engine::{KillPoint, Killed};

use crate::driver::Simulation;
use crate::trouble::{KILL_POINTS, Trouble};

impl Simulation {
    /// Lets another process take the place of one that died.
    pub(crate) fn bury(&mut self, place: Option<usize>, error: tokio::task::JoinError) {
        let panic = error.into_panic();
        if !panic.is::<Killed>() {
            std::panic::resume_unwind(panic);
        }
        let point = self.kill_point.take().unwrap();
        if let Some(place) = place.filter(|_| point.starts_with("token.")) {
            self.lost_answers[place] += 1;
        }
        self.doom = self.doom.filter(|doom| point.split(':').next() != Some(doom));
        self.tally.count(Trouble::CrashInside, 1);
        *self.tally.crashes.entry(point).or_default() += 1;
        self.restart();
    }

    /// Starts another process, which may have to die somewhere too.
    pub(crate) fn restart(&mut self) {
        self.kill_point = (!self.is_resting && self.dice.happens(50)).then(|| {
            let point = self.dice.pick(&KILL_POINTS).unwrap();
            format!("{point}:{}", self.dice.between(1, 3))
        });
        self.start_process();
    }

    /// Lets the process that is started next die at a point.
    pub(crate) fn restart_to_die_at(&mut self, point: String) {
        self.kill_point = Some(point);
        self.start_process();
    }

    /// Starts a process that lives.
    pub(crate) fn stop_dying(&mut self) {
        self.kill_point = None;
        self.start_process();
    }

    fn start_process(&mut self) {
        // A lease and a claim of a process that died last this long at most.
        self.world.pass(31_000);
        self.world.start_process(self.kill_point.as_deref().map(KillPoint::of_task));
    }
}
