//! What is sold to whom.

use super::table::Area;

/// The tables of the area.
pub(super) const AREA: Area = Area {
    picklists: include_str!("sales/picklists.txt"),
    sobjects: &[
        include_str!("sales/account.txt"),
        include_str!("sales/contact.txt"),
        include_str!("sales/milestone.txt"),
        include_str!("sales/opportunity.txt"),
        include_str!("sales/project.txt"),
    ],
};
