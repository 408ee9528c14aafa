//! What people do and plan.

use super::table::Area;

/// The tables of the area.
pub(super) const AREA: Area = Area {
    picklists: include_str!("activities/picklists.txt"),
    sobjects: &[
        include_str!("activities/event.txt"),
        include_str!("activities/task.txt"),
        include_str!("activities/task_priority.txt"),
        include_str!("activities/task_status.txt"),
    ],
};
