//! What is sold to whom.

use super::table::Area;

/// The tables of the area.
pub(super) const AREA: Area = Area {
    picklists: include_str!("sales/picklists.txt"),
    sobjects: &[
        include_str!("sales/account.txt"),
        include_str!("sales/account_contact_role.txt"),
        include_str!("sales/account_history.txt"),
        include_str!("sales/campaign.txt"),
        include_str!("sales/campaign_member.txt"),
        include_str!("sales/campaign_member_status.txt"),
        include_str!("sales/contact.txt"),
        include_str!("sales/contact_history.txt"),
        include_str!("sales/contract.txt"),
        include_str!("sales/contract_status.txt"),
        include_str!("sales/dashboard.txt"),
        include_str!("sales/individual.txt"),
        include_str!("sales/lead.txt"),
        include_str!("sales/lead_history.txt"),
        include_str!("sales/lead_status.txt"),
        include_str!("sales/milestone.txt"),
        include_str!("sales/opportunity.txt"),
        include_str!("sales/opportunity_contact_role.txt"),
        include_str!("sales/opportunity_field_history.txt"),
        include_str!("sales/opportunity_history.txt"),
        include_str!("sales/opportunity_line_item.txt"),
        include_str!("sales/opportunity_stage.txt"),
        include_str!("sales/order.txt"),
        include_str!("sales/order_item.txt"),
        include_str!("sales/pricebook.txt"),
        include_str!("sales/pricebook_entry.txt"),
        include_str!("sales/product.txt"),
        include_str!("sales/project.txt"),
        include_str!("sales/quote.txt"),
        include_str!("sales/report.txt"),
    ],
};
