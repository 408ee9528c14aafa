//! The states of cases.

use super::Planter;

pub(super) fn plant(_planter: &Planter<'_>) {}
