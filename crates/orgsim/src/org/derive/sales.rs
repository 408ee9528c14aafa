//! Fields of the sales sObjects that follow from parents and children.

use chrono::Months;
use rust_decimal::Decimal;

use super::Source;
use crate::data::SalesDerivation;
use crate::id::RecordId;
use crate::org::Row;
use crate::value::Value;

/// Computes a field of line items, campaigns and their members, contracts, orders, quotes, solutions.
pub(super) fn derive<'a>(derivation: SalesDerivation, record: Source<'a, '_>) -> Value<'a> {
    match derivation {
        SalesDerivation::OfProduct(field) => record.parent_value("Product2Id", field),
        SalesDerivation::ListPrice => record.parent_value("PricebookEntryId", "UnitPrice"),
        SalesDerivation::LineName => line_name(record),
        SalesDerivation::LineSubtotal => line_subtotal(record).map_or(Value::Null, Value::Number),
        SalesDerivation::LineTotal => line_total(record).map_or(Value::Null, Value::Number),
        SalesDerivation::OrderTotal => {
            let items = record.children("OrderItem", "OrderId");
            Value::Number(items.into_iter().filter_map(line_total).sum())
        }
        SalesDerivation::DealHasLines => {
            Value::Bool(!record.children("OpportunityLineItem", "OpportunityId").is_empty())
        }
        SalesDerivation::DealDaysSince(field) => days_since(record, field),
        SalesDerivation::ContractEnd => contract_end(record),
        SalesDerivation::ContractStatusCode => {
            let status = record.value("Status");
            Value::owned_text(record.view.statuses().contract_code(status.as_str()).to_owned())
        }
        SalesDerivation::OrderStatusCode => {
            let is_activated = record.value("Status").as_str() == Some("Activated");
            Value::text(if is_activated { "Activated" } else { "Draft" })
        }
        SalesDerivation::QuoteAccount => record.parent_value("OpportunityId", "AccountId"),
        SalesDerivation::SolutionIsReviewed => {
            Value::Bool(record.value("Status").as_str() == Some("Reviewed"))
        }
        _ => of_campaign(derivation, record),
    }
}

fn of_campaign<'a>(derivation: SalesDerivation, record: Source<'a, '_>) -> Value<'a> {
    let people = |lookup: &'static str| {
        let members = record.children("CampaignMember", "CampaignId").into_iter();
        members.filter(move |member| !member.value(lookup).is_null())
    };
    let deals = |only_won: bool| {
        let deals = record.children("Opportunity", "CampaignId").into_iter();
        deals.filter(move |deal| !only_won || deal.value("IsWon") == Value::Bool(true))
    };
    let count = |number: usize| Value::Int(number as i64);
    // The fields have no decimals.
    let sum = |only_won| {
        let sum: Decimal = deals(only_won).filter_map(|deal| deal.number("Amount")).sum();
        Value::Number(sum.round())
    };
    match derivation {
        SalesDerivation::CampaignLeads => count(people("LeadId").count()),
        SalesDerivation::CampaignContacts => count(people("ContactId").count()),
        SalesDerivation::CampaignConvertedLeads => {
            let is_converted =
                |member: &Source<'a, '_>| member.parent_value("LeadId", "IsConverted") == Value::Bool(true);
            count(people("LeadId").filter(is_converted).count())
        }
        SalesDerivation::CampaignResponses => {
            let members = record.children("CampaignMember", "CampaignId").into_iter();
            count(members.filter(|member| has_responded(*member)).count())
        }
        SalesDerivation::CampaignDeals => count(deals(false).count()),
        SalesDerivation::CampaignWonDeals => count(deals(true).count()),
        SalesDerivation::CampaignAmount => sum(false),
        SalesDerivation::CampaignWonAmount => sum(true),
        _ => of_member(derivation, record),
    }
}

/// A member is a lead or a contact (Object Reference, CampaignMember).
fn of_member<'a>(derivation: SalesDerivation, record: Source<'a, '_>) -> Value<'a> {
    let contact = record.value("ContactId");
    let lookup = if contact.is_null() { "LeadId" } else { "ContactId" };
    match derivation {
        SalesDerivation::MemberHasResponded => Value::Bool(has_responded(record)),
        SalesDerivation::MemberType => Value::text(if contact.is_null() { "Lead" } else { "Contact" }),
        SalesDerivation::MemberPerson => record.value(lookup),
        SalesDerivation::OfMember("Company") if !contact.is_null() => {
            match record.parent_value("ContactId", "AccountId") {
                Value::Id(account) => record.value_at(&account, "Name"),
                _ => Value::Null,
            }
        }
        SalesDerivation::OfMember(field) => member_field(record, lookup, field),
        _ => Value::Null,
    }
}

fn member_field<'a>(record: Source<'a, '_>, lookup: &str, field: &str) -> Value<'a> {
    // Of a contact's addresses it is the mailing one; a lead has none of the choices.
    let is_address = ["Street", "City", "State", "PostalCode", "Country"].contains(&field);
    let mailing = format!("Mailing{field}");
    let field = if is_address && lookup == "ContactId" { &mailing } else { field };
    match record.parent_value(lookup, field) {
        Value::Null if field == "DoNotCall" || field.starts_with("HasOptedOut") => Value::Bool(false),
        value => value,
    }
}

/// What counts as an answer is for each campaign to say (Object Reference, CampaignMemberStatus).
fn has_responded(member: Source<'_, '_>) -> bool {
    let status = member.value("Status");
    let Value::Id(campaign) = member.value("CampaignId") else { return false };
    let statuses = member.children_of(&campaign, "CampaignMemberStatus", "CampaignId");
    let own = statuses.into_iter().find(|known| known.value("Label") == status);
    own.is_some_and(|own| own.value("HasResponded") == Value::Bool(true))
}

fn line_name<'a>(record: Source<'a, '_>) -> Value<'a> {
    let (deal, product) =
        (record.parent_value("OpportunityId", "Name"), record.parent_value("Product2Id", "Name"));
    let [deal, product] = [&deal, &product].map(|value| value.as_str().unwrap_or_default());
    Value::owned_text(format!("{deal} {product}").trim().to_owned())
}

fn line_subtotal(line: Source<'_, '_>) -> Option<Decimal> {
    Some((line.number("Quantity")? * line.number("UnitPrice")?).round_dp(2))
}

/// What a discount takes off (Object Reference, OpportunityLineItem).
fn line_total(line: Source<'_, '_>) -> Option<Decimal> {
    let subtotal = line_subtotal(line)?;
    let discount = line.number("Discount").unwrap_or_default();
    Some((subtotal * (Decimal::ONE_HUNDRED - discount) / Decimal::ONE_HUNDRED).round_dp(2))
}

/// Counts the days that have passed in the org's time zone since a day or an instant that lies behind.
fn days_since<'a>(record: Source<'a, '_>, field: &str) -> Value<'a> {
    let zone = record.view.time_zone();
    let day = match record.value(field) {
        Value::Date(day) => day,
        Value::DateTime(ms) => zone.local(ms).date(),
        _ => return Value::Null,
    };
    Value::Int((zone.local(record.view.now_ms()).date() - day).num_days().max(0))
}

/// A contract ends when its term is over (Object Reference, Contract).
fn contract_end<'a>(record: Source<'a, '_>) -> Value<'a> {
    let (Value::Date(start), Value::Int(months)) = (record.value("StartDate"), record.value("ContractTerm"))
    else {
        return Value::Null;
    };
    let end = u32::try_from(months).ok().and_then(|months| start.checked_add_months(Months::new(months)));
    end.map_or(Value::Null, Value::Date)
}

impl<'a, 'org> Source<'a, 'org> {
    /// Lists the live records whose lookup points to this one.
    fn children(self, sobject: &str, lookup: &str) -> Vec<Self> {
        self.children_of(&self.view.id(&self.row), sobject, lookup)
    }

    fn children_of(self, id: &RecordId, sobject: &str, lookup: &str) -> Vec<Self> {
        let Some(sobject) = self.view.schema().find(sobject) else { return Vec::new() };
        let Some(lookup) = sobject.field(lookup) else { return Vec::new() };
        let rows: Vec<Row> = self.view.live_rows_by_key(sobject, lookup, &Value::Id(*id));
        rows.into_iter().map(|row| Self { sobject, row, ..self }).collect()
    }
}
