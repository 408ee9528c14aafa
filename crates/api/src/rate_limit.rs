//! How often somebody may try to sign in.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::StatusCode;
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{NotUntil, Quota, RateLimiter};
use store::TokenHash;

use crate::config::SignInLimits;
use crate::error::ApiError;

/// Names kept at once; those that have not been seen for a minute are forgotten then.
const MOST_NAMES: usize = 10_000;

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, MonotonicClock, NoOpMiddleware<std::time::Instant>>;
type Single = RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware<std::time::Instant>>;

/// Counts attempts to sign in.
#[derive(Debug)]
pub(crate) struct SignInLimiter {
    accounts: Keyed<[u8; 32]>,
    addresses: Keyed<IpAddr>,
    together: Single,
}

impl SignInLimiter {
    pub(crate) fn new(limits: SignInLimits) -> Self {
        Self {
            accounts: keyed(limits.per_account),
            addresses: keyed(limits.per_address),
            together: RateLimiter::new(
                Quota::per_minute(limits.together),
                InMemoryState::default(),
                MonotonicClock,
            ),
        }
    }

    /// Counts an attempt from an address.
    ///
    /// # Errors
    /// There were too many.
    pub(crate) fn count_address(&self, address: IpAddr) -> Result<(), ApiError> {
        forget_old(&self.addresses);
        self.addresses.check_key(&address).map_err(|until| too_many(&until))?;
        self.together.check().map_err(|until| too_many(&until))
    }

    /// Counts an attempt with an account, whether there is such an account or not.
    ///
    /// # Errors
    /// There were too many.
    pub(crate) fn count_account(&self, email: &str) -> Result<(), ApiError> {
        forget_old(&self.accounts);
        self.accounts.check_key(&TokenHash::of(email).into_bytes()).map_err(|until| too_many(&until))
    }
}

fn keyed<K: Clone + Eq + Hash>(limit: NonZeroU32) -> Keyed<K> {
    RateLimiter::new(Quota::per_minute(limit), HashMapStateStore::default(), MonotonicClock)
}

fn forget_old<K: Clone + Eq + Hash>(limiter: &Keyed<K>) {
    if limiter.len() > MOST_NAMES {
        limiter.retain_recent();
    }
}

fn too_many(until: &NotUntil<std::time::Instant>) -> ApiError {
    let wait = until.wait_time_from(MonotonicClock.now());
    let seconds = wait.max(Duration::from_secs(1)).as_secs() + 1;
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "sign_in.too_many",
        "There were too many attempts to sign in. Try again in a minute.",
    )
    .retry_after(seconds)
}
