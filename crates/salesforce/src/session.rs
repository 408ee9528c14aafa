//! The access token of a client and its renewal.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use crate::host::InstanceUrl;
use crate::{Error, RefreshError, Result, Retry};

/// An access token, with the host it is good for.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token.
    pub secret: SecretString,
    /// Where calls go; may change when the token is renewed.
    pub instance_url: InstanceUrl,
    /// Counts renewals of the grant, so that the holder of an old token can tell it from the new one.
    pub generation: u64,
}

/// Renews an access token, given the generation of the one that was refused.
///
/// It must make a new refresh token durable before it returns: the new access token is used only then.
pub type Refresher = Arc<dyn Fn(u64) -> BoxFuture<'static, Result<AccessToken, RefreshError>> + Send + Sync>;

/// The current access token, shared by all calls of a client.
///
/// When calls find it expired, one of them renews it and the others wait for the result.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    current: Mutex<Arc<AccessToken>>,
    refresher: Option<Refresher>,
    /// Held during a renewal; keeps the failure of the last one.
    renewing: tokio::sync::Mutex<Option<Arc<RefreshError>>>,
    /// Renewals that have ended.
    renewals: AtomicU64,
    /// The generation of a token beside whose host no other was found when a redirect made us ask.
    same_host: AtomicU64,
}

impl Session {
    /// A session that ends with its token.
    pub fn fixed(token: AccessToken) -> Self {
        Self::new(token, None)
    }

    /// A session whose token is renewed by this closure.
    pub fn renewable(token: AccessToken, refresher: Refresher) -> Self {
        Self::new(token, Some(refresher))
    }

    fn new(token: AccessToken, refresher: Option<Refresher>) -> Self {
        Self(Arc::new(Inner {
            current: Mutex::new(Arc::new(token)),
            refresher,
            renewing: tokio::sync::Mutex::default(),
            renewals: AtomicU64::new(0),
            same_host: AtomicU64::new(u64::MAX),
        }))
    }

    /// The current token.
    pub fn token(&self) -> Arc<AccessToken> {
        self.0.current.lock().expect("nothing panics while it holds the token").clone()
    }

    /// A token newer than `generation`; `None` where the session cannot be renewed.
    pub(crate) async fn renew(&self, generation: u64) -> Result<Option<Arc<AccessToken>>> {
        let Some(refresher) = self.0.refresher.clone() else {
            return Ok(None);
        };
        let seen = self.0.renewals.load(Ordering::Acquire);
        let session = self.clone();
        // A task of its own: a caller that gives up must not cut off a renewal half-way, since the org may have
        // handed out a new refresh token already. The caller awaits it; it ends by the timeouts of its calls.
        let task = tokio::spawn(async move { session.renew_once(&refresher, generation, seen).await });
        let renewed = task.await.unwrap_or_else(|error| match error.try_into_panic() {
            // Whoever called for it ends as it did: to go on would present a refresh token that may be used up.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(Arc::new(RefreshError { retry: Retry::Later(None), source: error.into() })),
        });
        renewed.map(Some).map_err(Error::Refresh)
    }

    /// The same for a token whose host redirects. A host that redirects although the org still has it, as a proxy makes it
    /// do, costs one renewal and not one a call.
    pub(crate) async fn renew_for_host(&self, token: &AccessToken) -> Result<Option<Arc<AccessToken>>> {
        if self.0.same_host.load(Ordering::Acquire) == token.generation {
            return Ok(None);
        }
        let renewed = self.renew(token.generation).await;
        let asked = match &renewed {
            Ok(Some(renewed)) if renewed.instance_url == token.instance_url => Some(renewed.generation),
            Err(error) if !matches!(error.retry(), Retry::Now | Retry::Later(_)) => Some(token.generation),
            _ => None,
        };
        if let Some(generation) = asked {
            self.0.same_host.store(generation, Ordering::Release);
        }
        renewed
    }

    async fn renew_once(
        &self,
        refresher: &Refresher,
        generation: u64,
        seen: u64,
    ) -> Result<Arc<AccessToken>, Arc<RefreshError>> {
        let mut last_failure = self.0.renewing.lock().await;
        let current = self.token();
        if current.generation != generation {
            return Ok(current);
        }
        // A renewal that ended while this call waited was for this call too.
        if self.0.renewals.load(Ordering::Acquire) > seen
            && let Some(failure) = &*last_failure
        {
            return Err(failure.clone());
        }
        let renewed = refresher(generation).await;
        self.0.renewals.fetch_add(1, Ordering::Release);
        match renewed {
            Ok(token) => {
                let token = Arc::new(token);
                *self.0.current.lock().expect("nothing panics while it holds the token") = token.clone();
                *last_failure = None;
                Ok(token)
            }
            Err(failure) => {
                let failure = Arc::new(failure);
                *last_failure = Some(failure.clone());
                Err(failure)
            }
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("token", &self.token()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
