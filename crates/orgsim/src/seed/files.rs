//! Libraries and files.

use super::Planter;

pub(super) fn plant(_planter: &Planter<'_>) {}
