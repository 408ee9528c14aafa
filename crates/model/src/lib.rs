//! The nouns of Towpath and their invariants.
