//! The platform events this org's administrator defined. They are published and delivered, and kept nowhere.

use super::table::Area;

/// The tables of the area.
pub(super) const AREA: Area = Area { picklists: "", sobjects: &[include_str!("events/project_notice.txt")] };
