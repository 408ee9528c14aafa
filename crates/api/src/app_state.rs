//! What every handler has at hand.

use std::sync::Arc;

use engine::Engine;
use model::{Clock, Random};
use salesforce::Timestamp;
use store::Store;
use tokio::sync::{Semaphore, watch};

use crate::config::ApiConfig;
use crate::integration_view::RowCounts;
use crate::page_token::PageKey;
use crate::password::Passwords;
use crate::rate_limit::SignInLimiter;

/// Browsers that may listen to events at once; each looks at the store twice a second.
const MOST_LISTENERS: usize = 128;

/// What every handler has at hand. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    engine: Engine,
    config: ApiConfig,
    random: Random,
    passwords: Passwords,
    sign_in_limiter: SignInLimiter,
    page_key: PageKey,
    row_counts: RowCounts,
    listeners: Arc<Semaphore>,
    closing: watch::Sender<bool>,
}

impl AppState {
    /// Puts together what the routes need. The clock is the engine's.
    ///
    /// # Errors
    /// The store has no key.
    pub fn new(engine: Engine, config: ApiConfig, random: Random) -> store::Result<Self> {
        let page_bytes = engine.store().derive_key("page")?;
        let page_key = PageKey::new(&page_bytes);
        Ok(Self(Arc::new(Inner {
            passwords: Passwords::new(random.clone()),
            sign_in_limiter: SignInLimiter::new(config.sign_in_limits),
            page_key,
            row_counts: RowCounts::default(),
            listeners: Arc::new(Semaphore::new(MOST_LISTENERS)),
            closing: watch::Sender::new(false),
            engine,
            config,
            random,
        })))
    }

    /// The engine, through which everything that concerns an org is done.
    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn store(&self) -> &Store {
        self.0.engine.store()
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.0.engine.clock()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock().now()
    }

    pub(crate) fn config(&self) -> &ApiConfig {
        &self.0.config
    }

    pub(crate) fn random(&self) -> &Random {
        &self.0.random
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub(crate) fn sign_in_limiter(&self) -> &SignInLimiter {
        &self.0.sign_in_limiter
    }

    pub(crate) fn page_key(&self) -> &PageKey {
        &self.0.page_key
    }

    pub(crate) fn row_counts(&self) -> &RowCounts {
        &self.0.row_counts
    }

    pub(crate) fn listeners(&self) -> &Arc<Semaphore> {
        &self.0.listeners
    }

    /// Tells streams that the server stops.
    pub(crate) fn close(&self) {
        self.0.closing.send_replace(true);
    }

    /// Tells when the server stops.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }
}
