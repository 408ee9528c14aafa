//! What customers ask for.

use super::table::Area;

/// The tables of the area.
pub(super) const AREA: Area = Area {
    picklists: include_str!("service/picklists.txt"),
    sobjects: &[
        include_str!("service/asset.txt"),
        include_str!("service/async_apex_job.txt"),
        include_str!("service/business_hours.txt"),
        include_str!("service/case.txt"),
        include_str!("service/case_comment.txt"),
        include_str!("service/case_history.txt"),
        include_str!("service/case_status.txt"),
        include_str!("service/solution.txt"),
    ],
};
