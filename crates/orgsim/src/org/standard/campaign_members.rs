//! Members of campaigns (Object Reference, CampaignMember).

use super::{Draft, SaveError, missing};
use crate::schema::FieldKind;
use crate::value::Value;

pub(super) fn complete(draft: &mut Draft<'_, '_>) -> Result<(), SaveError> {
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
    let company = match lookup {
        "LeadId" => draft.parent_value("LeadId", "Company"),
        _ => contact_company(draft),
    };
    draft.set("CompanyOrAccount", company);
    draft.set("Type", Value::text(if lookup == "LeadId" { "Lead" } else { "Contact" }));
    draft.set("LeadOrContactId", Value::Id(person));
    let owner = draft.parent_value(lookup, "OwnerId");
    draft.set("LeadOrContactOwnerId", owner);
    copy_person(draft, lookup);
    Ok(())
}

fn contact_company(draft: &Draft<'_, '_>) -> Value<'static> {
    let Value::Id(account) = draft.parent_value("ContactId", "AccountId") else { return Value::Null };
    let account = draft.view.find_any(&account);
    account.map_or(Value::Null, |(accounts, row)| draft.view.named(accounts, &row, "Name"))
}

/// Tells of the person what a member has a field of the same name for; a contact's address is the one for mail.
fn copy_person(draft: &mut Draft<'_, '_>, lookup: &str) {
    const PLACE: [&str; 5] = ["Street", "City", "State", "PostalCode", "Country"];
    const OWN: [&str; 6] = ["Id", "IsDeleted", "Status", "HasResponded", "Type", "CampaignId"];
    let sobject = draft.sobject;
    let told = sobject.fields.iter().filter(|field| {
        !field.createable && field.kind != FieldKind::Reference && field.kind != FieldKind::DateTime
    });
    for field in told.filter(|field| !OWN.contains(&field.name.as_str())) {
        let is_mailed = lookup == "ContactId" && PLACE.contains(&field.name.as_str());
        let name = if is_mailed { format!("Mailing{}", field.name) } else { field.name.clone() };
        let value = draft.parent_value(lookup, &name);
        if !value.is_null() {
            draft.set(&field.name, value);
        }
    }
}
