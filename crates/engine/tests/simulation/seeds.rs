//! The seeds of every test run.

#![expect(clippy::print_stdout, reason = "a run says how often each trouble came")]

use futures_util::{StreamExt, stream};

use crate::driver::run_seed;
use crate::tally::Tally;
use crate::test_database::Database;

/// Seeds run at a time: they wait for timers now and then.
const AT_ONCE: usize = 3;

/// Runs seeds and says what happened. A seed that breaks a promise fails with how to run it again.
pub(crate) async fn run_seeds(kind: Database, seeds: impl Iterator<Item = u64>) -> Tally {
    let runs =
        stream::iter(seeds).map(|seed| async move { (seed, tokio::spawn(run_seed(kind, seed)).await) });
    let mut runs = runs.buffer_unordered(AT_ONCE);
    let mut tally = Tally::default();
    while let Some((seed, ended)) = runs.next().await {
        match ended {
            Ok(ended) => tally.add(&ended.tally),
            Err(error) => panic!("seed {seed} on {kind:?}: {}\nagain: {}", message(error), again(kind, seed)),
        }
    }
    tally
}

fn again(kind: Database, seed: u64) -> String {
    let database = if kind == Database::Sqlite { "sqlite" } else { "postgres" };
    format!("TOWPATH_SEEDS={seed}..{} ./dev test seeds_that_are_asked_for::on_{database}", seed + 1)
}

fn message(error: tokio::task::JoinError) -> String {
    let panic = error.into_panic();
    let text = panic.downcast_ref::<String>().cloned();
    text.or(panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Runs a batch of seeds. In those on SQLite, which are many, each kind of trouble, of change and of deed comes at least once,
/// and a process dies at each point.
async fn assert_batch(kind: Database, first: u64, count: u64) {
    let tally = run_seeds(kind, first..first + count).await;

    println!("{kind:?}, from {first}: {tally}");
    assert!(tally.fewest_changes >= Some(crate::driver::CHANGES), "{tally}");
    if kind == Database::Sqlite {
        assert_eq!(tally.missing(), Vec::<String>::new(), "{tally}");
    }
}

/// The seeds of `TOWPATH_SEEDS`, such as `1000..1020`, else one of its own.
async fn seeds_that_are_asked_for(kind: Database) {
    let asked = std::env::var("TOWPATH_SEEDS").unwrap_or_else(|_| "1000..1001".to_owned());
    let (first, end) = asked.split_once("..").unwrap();

    let tally = run_seeds(kind, first.parse().unwrap()..end.parse().unwrap()).await;

    println!("{kind:?}, {asked}: {tally}");
}

crate::on_both!(seeds_that_are_asked_for);

/// Batches of seeds, a test each, so that they run beside one another.
macro_rules! batches {
    ($($name:ident: $kind:ident $first:literal $count:literal),+ $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            assert_batch(Database::$kind, $first, $count).await;
        }
    )+};
}

batches!(
    seeds_from_0: Sqlite 0 100,
    seeds_from_100: Sqlite 100 100,
    seeds_on_postgres_from_500: Postgres 500 10,
    seeds_on_postgres_from_510: Postgres 510 10,
);
