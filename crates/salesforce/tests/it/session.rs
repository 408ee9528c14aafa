//! Sessions that end while calls are under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt;
use futures_util::future::join_all;
use salesforce::{ApiVersion, Client, Error, RefreshError, Refresher, Retry, Session};

use crate::canned::{Canned, Reply, json, session_expired};

const LIMITS: &str = r#"{"DailyApiRequests":{"Max":15000,"Remaining":14998}}"#;

/// A client whose refresher counts and gives the next token.
fn renewing_client(org: &Canned) -> (Client, Arc<AtomicU64>) {
    let renewals = Arc::new(AtomicU64::new(0));
    let (counted, next) = (renewals.clone(), org.token(2));
    let refresher: Refresher = Arc::new(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        let next = next.clone();
        async move { Ok(next) }.boxed()
    });
    let session = Session::renewable(org.token(1), refresher);
    (Client::new(org.http(), session, ApiVersion::PINNED), renewals)
}

#[tokio::test]
async fn an_expired_session_is_renewed_once_for_all_calls() {
    let org = Canned::start(|request| {
        Reply::Bytes(if request.contains("token-1") { session_expired() } else { json("200 OK", LIMITS) })
    })
    .await;
    let (client, renewals) = renewing_client(&org);

    let answers = join_all((0..32).map(|_| client.limits())).await;

    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(renewals.load(Ordering::SeqCst), 1);
    assert_eq!(client.calls(), 64);
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_asks_for_a_person() {
    let org = Canned::always(session_expired()).await;
    let (client, renewals) = renewing_client(&org);

    let error = client.limits().await.unwrap_err();

    assert!(matches!(error, Error::SessionInvalid { .. }), "{error:?}");
    assert_eq!(error.retry(), Retry::Reauth);
    assert_eq!(renewals.load(Ordering::SeqCst), 1);
    assert_eq!(org.requests().len(), 2);
}

#[tokio::test]
async fn a_session_that_may_not_use_the_api_is_not_renewed() {
    let text = "This session is not valid for use with the REST API";
    let body = format!(r#"[{{"message":"{text}","errorCode":"INVALID_SESSION_ID"}}]"#);
    let org = Canned::always(json("401 Unauthorized", body)).await;
    let (client, renewals) = renewing_client(&org);

    let error = client.limits().await.unwrap_err();

    assert!(matches!(error.retry(), Retry::WhenFixed(_)), "{error:?}");
    assert_eq!(renewals.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_renewal_that_fails_decides_what_helps() {
    let org = Canned::always(session_expired()).await;
    let refresher: Refresher = Arc::new(|_| {
        async { Err(RefreshError { retry: Retry::Reauth, source: "the grant was revoked".into() }) }.boxed()
    });
    let client = Client::new(org.http(), Session::renewable(org.token(1), refresher), ApiVersion::PINNED);

    let error = client.limits().await.unwrap_err();

    assert!(matches!(error, Error::Refresh(_)), "{error:?}");
    assert_eq!(error.retry(), Retry::Reauth);
    assert_eq!(org.requests().len(), 1);
}
