//! The checker itself: each promise is broken on purpose in a store, and that is found.
