//! Who works with the org, and what they may do.

use super::table::Area;

/// The tables of the area.
pub(super) const AREA: Area = Area {
    picklists: include_str!("people/picklists.txt"),
    sobjects: &[
        include_str!("people/group.txt"),
        include_str!("people/organization.txt"),
        include_str!("people/user.txt"),
    ],
};
