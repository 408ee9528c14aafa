//! Two processes on one PostgreSQL, of which one is frozen past its lease and wakes up again.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use engine::{Engine, EngineConfig, Network, PageSize, Patience, run_worker};
use model::{Clock, Random};
use orgsim::{FaultKind, FaultSpec, SimulatorConfig};
use salesforce::host::{DevHost, HostRule};
use store::{Keyring, Store, StoreOptions, StoreUrl};

use crate::fencing::state;
use crate::rules::all;
use crate::test_database::Database;
use crate::test_engine::{Setup, TestEngine, until};
use crate::test_org::{NOW_MS, TestOrg, config};

/// Tells a process of this test where it works: the store, the key, its pages, and the org.
const PLACE: &str = "TOWPATH_TEST_WORKER";

/// Keeps the epochs of the rule's work, which is gone with its last lease.
const NOTE_EPOCHS: &str = "create table public.epochs (epoch bigint not null);
    create function public.note_epoch() returns trigger language plpgsql as $$ begin
        insert into public.epochs values (new.epoch);
        return new;
    end $$;
    create trigger note_epoch after update on towpath.work for each row
        when (new.kind = 'sync') execute function public.note_epoch()";

/// What a worker's process runs. Nobody else gets anything to do from it.
#[tokio::test]
async fn a_worker_works_where_it_is_told_to() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let [url, key, spool, org] = place.split('\n').collect::<Vec<_>>()[..] else { panic!("{place}") };
    let random = Random::from_os().unwrap();
    let keyring = Keyring::load(std::path::Path::new(key)).unwrap();
    let options = StoreOptions { keyring: Some(keyring), ..StoreOptions::new(random.clone()) };
    let store = Store::open(&StoreUrl::parse(url).unwrap(), options).await.unwrap();
    let config =
        EngineConfig { page_size: PageSize::new(100), bulk_from_rows: 0, ..EngineConfig::new(spool.into()) };
    let dev_host: DevHost = org.parse().unwrap();
    let network = Network {
        host_rule: HostRule { dev_allow_hosts: vec![dev_host], ..HostRule::default() },
        idle_timeout: Duration::from_secs(300),
        ..Network::default()
    };
    let engine = Engine::new(store, Clock::System, random, config, network, None).unwrap();

    run_worker(&engine, Patience::of_server()).await.unwrap();
}

fn start_worker(app: &TestEngine, org: &TestOrg, name: &str) -> Child {
    let folder = app.folder.path();
    let (key, spool) = (folder.join("key"), folder.join(name));
    let place =
        [app.database.url(), key.to_str().unwrap(), spool.to_str().unwrap(), org.simulator.base_url()]
            .join("\n");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "frozen::a_worker_works_where_it_is_told_to"]).env(PLACE, place);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn send(signal: &str, child: &Child) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_frozen_past_its_lease_commits_nothing_when_it_wakes() {
    // Other processes have the time of this machine.
    let now = Clock::System.now();
    let org =
        TestOrg::start(SimulatorConfig { now_ms: Some(now.as_millis()), ..config(&[("Account", 500)]) });
    let app = Setup::bulk(Database::Postgres, 100).connect(&org).await;
    app.clock.advance(now.as_millis() - NOW_MS);
    let (run, rules) = app.start(&[all("Account")]).await;

    app.database.change(NOTE_EPOCHS).await;

    // The third page comes while the process that asked for it is frozen: it takes as long as the lease.
    let late =
        FaultSpec { nth: 3, delay_ms: Some(10_000), ..FaultSpec::new(FaultKind::Delay, "bulk_results") };
    org.befall(late);
    let mut frozen = start_worker(&app, &org, "frozen");
    until(async || (org.faults_played() == 1).then_some(())).await;
    send("-STOP", &frozen);
    let epoch_of_frozen = highest_epoch(&app).await;
    let mut other = start_worker(&app, &org, "other");
    let status = until(async || other.try_wait().unwrap()).await;

    assert!(status.success());
    assert!(highest_epoch(&app).await > epoch_of_frozen);
    app.assert_copy_equals(&org, &all("Account")).await;
    let before = state(&app).await;
    send("-CONT", &frozen);
    until(async || frozen.try_wait().unwrap()).await;
    assert_eq!(state(&app).await, before);
    let run = app.end(run, &rules).await;
    assert_eq!((run.counts().rows_read, run.codes()), (500, vec![String::new()]));
}

/// The highest epoch of the leases on the rule's work so far.
async fn highest_epoch(app: &TestEngine) -> u64 {
    let rows = app.database.rows("select max(epoch) from public.epochs").await;
    rows[0][0].as_ref().unwrap().parse().unwrap()
}
