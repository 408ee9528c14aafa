//! What customers ask for.

use super::table::Area;

/// The tables of the area.
pub(super) const AREA: Area =
    Area { picklists: include_str!("service/picklists.txt"), sobjects: &[include_str!("service/case.txt")] };
