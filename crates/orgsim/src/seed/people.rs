//! Who works with the org, and what they may do.

use super::Planter;

pub(super) fn plant(_planter: &Planter<'_>) {}
