//! The states of tasks.

use super::Planter;

pub(super) fn plant(_planter: &Planter<'_>) {}
