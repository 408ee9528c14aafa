//! Chance that a seed decides.

use model::Random;

/// A source of choices. The same seed and purpose, the same choices.
#[derive(Clone, Debug)]
pub(crate) struct Dice(Random);

impl Dice {
    /// Dice of a seed for one purpose, so that what one part draws does not move another.
    pub(crate) fn of(seed: u64, purpose: u64) -> Self {
        Self(Random::from_number(seed.wrapping_mul(1_000_003).wrapping_add(purpose)))
    }

    /// A number below `bound`.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    /// A number from `least` to `most`.
    pub(crate) fn between(&self, least: u64, most: u64) -> u64 {
        least + self.0.below(most - least + 1)
    }

    /// Whether something happens that does so `percent` times in a hundred.
    pub(crate) fn happens(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of some things; `None` of nothing.
    pub(crate) fn pick<'t, T>(&self, things: &'t [T]) -> Option<&'t T> {
        things.get(self.below(things.len() as u64) as usize)
    }
}
