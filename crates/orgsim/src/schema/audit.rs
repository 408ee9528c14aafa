//! Who did what: sign-ins, tokens, changes to the set-up, event logs.

use super::table::Area;

/// The tables of the area.
pub(super) const AREA: Area = Area { picklists: include_str!("audit/picklists.txt"), sobjects: &[] };
