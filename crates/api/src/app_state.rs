//! What every handler has at hand.

use engine::Engine;

/// What every handler has at hand. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState {
    pub(crate) engine: Engine,
}
