//! The whole program, and the rules its sources keep.

mod architecture;
