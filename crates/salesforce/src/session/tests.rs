use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::{AccessToken, Refresher, Session};
use crate::host::{HostRule, InstanceUrl};
use crate::{Error, RefreshError, Retry};

fn token(generation: u64) -> AccessToken {
    let instance_url = InstanceUrl::parse("https://acme.my.salesforce.com", &HostRule::default()).unwrap();
    AccessToken { secret: format!("token {generation}").into(), instance_url, generation }
}

/// A session whose refresher waits for a permit, then renews or fails.
fn session(fails: bool) -> (Session, Arc<AtomicU64>, Arc<Semaphore>) {
    let (calls, gate) = (Arc::new(AtomicU64::new(0)), Arc::new(Semaphore::new(0)));
    let (counted, opened) = (calls.clone(), gate.clone());
    let refresher: Refresher = Arc::new(move |generation| {
        let (calls, gate) = (counted.clone(), opened.clone());
        async move {
            calls.fetch_add(1, Ordering::SeqCst);
            gate.acquire().await.unwrap().forget();
            match fails {
                false => Ok(token(generation + 1)),
                true => Err(RefreshError { retry: Retry::Reauth, source: "revoked".into() }),
            }
        }
        .boxed()
    });
    (Session::renewable(token(1), refresher), calls, gate)
}

#[tokio::test]
async fn all_waiters_share_one_renewal() {
    let (session, calls, gate) = session(false);
    let opener = async {
        tokio::task::yield_now().await;
        gate.add_permits(9);
    };

    let (renewed, ()) = tokio::join!(join_all((0..32).map(|_| session.renew(1))), opener);

    assert!(renewed.iter().all(|token| token.as_ref().unwrap().as_ref().unwrap().generation == 2));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(session.token().generation, 2);
}

#[tokio::test]
async fn all_waiters_share_one_failure_and_a_later_call_tries_again() {
    let (session, calls, gate) = session(true);
    let opener = async {
        tokio::task::yield_now().await;
        gate.add_permits(9);
    };

    let (renewed, ()) = tokio::join!(join_all((0..32).map(|_| session.renew(1))), opener);
    let later = session.renew(1).await;

    assert!(renewed.iter().all(|renewed| renewed.as_ref().unwrap_err().retry() == Retry::Reauth));
    assert!(matches!(later, Err(Error::Refresh(_))));
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_cut_off_the_renewal() {
    let (session, calls, gate) = session(false);
    let mut impatient = Box::pin(session.renew(1));
    assert!(impatient.as_mut().now_or_never().is_none());
    while calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }

    drop(impatient);
    gate.add_permits(9);
    let renewed = session.renew(1).await.unwrap().unwrap();

    assert_eq!(renewed.generation, 2);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_fixed_session_is_not_renewed() {
    assert!(Session::fixed(token(1)).renew(1).await.unwrap().is_none());
}
