//! The same seed, the same history.

use crate::driver::run_seed;
use crate::test_database::Database;

async fn the_same_seed_makes_the_same_calls_and_the_same_copy(kind: Database) {
    for seed in [1, 7] {
        let first = run_seed(kind, seed).await;

        let second = run_seed(kind, seed).await;

        let differs = first.requests.iter().zip(&second.requests).position(|(first, second)| first != second);
        if let Some(at) = differs {
            panic!("seed {seed}, call {at}:\n{}\n{}", first.requests[at], second.requests[at]);
        }
        assert_eq!((first.requests.len(), first.hash), (second.requests.len(), second.hash), "seed {seed}");
    }
}

crate::on_both!(the_same_seed_makes_the_same_calls_and_the_same_copy);
