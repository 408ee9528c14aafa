//! Where chance comes from.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// The source of randomness, passed to everything that needs it: ids, nonces, jitter.
///
/// Seeded from the operating system it is fit for keys; seeded from a number it repeats itself, for tests.
/// Cheap to clone; clones draw from one stream.
#[derive(Clone)]
pub struct Random(Arc<Mutex<ChaCha20Rng>>);

impl Random {
    /// Seeds from the operating system.
    pub fn from_os() -> Result<Self, SeedError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(SeedError)?;
        Ok(Self::seeded_with(seed))
    }

    /// Seeds from a number: the same number, the same stream. For tests.
    pub fn from_number(number: u64) -> Self {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        Self::seeded_with(seed)
    }

    fn seeded_with(seed: [u8; 32]) -> Self {
        Self(Arc::new(Mutex::new(ChaCha20Rng::from_seed(seed))))
    }

    /// Fills `bytes`.
    pub fn fill(&self, bytes: &mut [u8]) {
        // A panic elsewhere cannot leave the stream half advanced in a way that matters.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }

    /// Returns `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// Returns a number below `bound`, or 0 where `bound` is 0. Meant for jitter; the bias is below 2^-32 for small bounds.
    pub fn below(&self, bound: u64) -> u64 {
        let wide = u128::from(u64::from_le_bytes(self.bytes())) * u128::from(bound);
        (wide >> 64) as u64
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Random")
    }
}

/// The operating system gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("cannot read randomness from the operating system")]
pub struct SeedError(#[source] getrandom::Error);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_gives_the_same_stream() {
        let first: [u8; 16] = Random::from_number(7).bytes();

        assert_eq!(first, Random::from_number(7).bytes::<16>());
        assert_ne!(first, Random::from_number(8).bytes::<16>());
    }

    #[test]
    fn below_stays_below() {
        let random = Random::from_number(1);

        assert!((0..1_000).all(|_| random.below(10) < 10));
        assert_eq!(random.below(0), 0);
    }
}
