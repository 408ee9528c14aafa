//! The workers of a server: they take every kind of work and come to an end only with the process.

use std::time::Duration;

use store::work::release_leases;
use tokio::task::JoinSet;

use crate::{
    backoff::pause_after,
    engine::Engine,
    problem::full_text,
    worker::{LONGEST_NAP, Patience, claim_next, run_claimed},
};

/// Slices under way at a time. They wait for Salesforce most of their time; the store bounds those of one integration.
const MOST_SLICES: usize = 8;

/// Works until `shutdown` completes. Slices under way are dropped then, as by a crash, and their leases given back: another
/// process goes on at once from their last commits.
///
/// Trouble of the store is waited out. Whatever an org may answer again later is tried again for hours.
pub async fn serve_work(engine: Engine, shutdown: impl Future<Output = ()> + Send) {
    if engine.config().is_quarantined {
        return shutdown.await;
    }
    tokio::pin!(shutdown);
    let mut slices = JoinSet::new();
    let mut failures = 0;
    if let Err(error) = engine.want_probes().await {
        tracing::warn!(error = full_text(&error), "idle grants are not looked at before the next start");
    }
    loop {
        let nap = match claim(&engine, slices.len()).await {
            Ok(Some(lease)) => {
                failures = 0;
                let engine = engine.clone();
                slices.spawn(async move {
                    if let Err(error) = run_claimed(&engine, &lease, Patience::of_server()).await {
                        tracing::warn!(work.id = %lease.work_id, error = full_text(&error), "a slice could not be ended");
                    }
                });
                Duration::ZERO
            }
            Ok(None) => {
                failures = 0;
                LONGEST_NAP
            }
            Err(error) => {
                tracing::warn!(error = full_text(&error), "the store failed and is tried again");
                failures += 1;
                pause_after(failures, engine.random())
            }
        };
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(ended) = slices.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(error = full_text(&error), "a slice broke off");
                }
            }
            () = engine.woken() => {}
            () = tokio::time::sleep(nap) => {}
        }
    }
    slices.shutdown().await;
    // Whoever else works on this store goes on at once, not only when the leases end.
    let given_back = release_leases(engine.store(), engine.owner(), engine.clock().now()).await;
    if let Err(error) = given_back {
        tracing::warn!(error = full_text(&error), "leases could not be given back and end by themselves");
    }
}

async fn claim(engine: &Engine, under_way: usize) -> crate::Result<Option<store::work::Lease>> {
    if under_way >= MOST_SLICES {
        return Ok(None);
    }
    claim_next(engine).await
}
