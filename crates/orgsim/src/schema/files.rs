//! Notes and files.

use super::table::Area;

/// The tables of the area.
pub(super) const AREA: Area = Area { picklists: include_str!("files/picklists.txt"), sobjects: &[] };
