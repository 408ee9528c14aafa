//! Members of campaigns (Object Reference, CampaignMember).

use super::{Draft, SaveError, missing};

pub(super) fn complete(draft: &Draft<'_, '_>) -> Result<(), SaveError> {
    if !draft.is_new() {
        return Ok(());
    }
    let (lead, contact) = (draft.id("LeadId"), draft.id("ContactId"));
    // A contact that was a lead counts as the contact.
    let (lookup, person) = match (lead, contact) {
        (_, Some(contact)) => ("ContactId", contact),
        (Some(lead), None) => ("LeadId", lead),
        (None, None) => return Err(missing(&["LeadId", "ContactId"])),
    };
    let members = draft.view.list_children("CampaignMember", lookup, &person);
    let campaign = draft.value("CampaignId");
    if members.iter().any(|row| draft.view.named(draft.sobject, row, "CampaignId") == campaign) {
        let message = if lookup == "LeadId" {
            "Already a campaign member."
        } else {
            "Contact is already a campaign member."
        };
        return Err(SaveError::of_record("DUPLICATE_VALUE", message));
    }
    Ok(())
}
