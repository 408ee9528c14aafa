//! Opportunities and the roles of contacts in them (Object Reference, Opportunity and OpportunityContactRole).

use chrono::Datelike;

use super::{Change, Draft, SaveError, Stamp, integrity};
use crate::id::RecordId;
use crate::org::write::Author;
use crate::org::{Org, Row};
use crate::schema::SObject;
use crate::value::Value;

/// What a line in the opportunity's history tells.
const TOLD: [&str; 5] = ["StageName", "Amount", "CloseDate", "Probability", "ForecastCategory"];

pub(super) fn complete(draft: &mut Draft<'_, '_>) -> Result<(), SaveError> {
    let Some(row) = draft.row else { return Ok(()) };
    let id = draft.view.id(&row);
    if draft.view.list_children("OpportunityLineItem", "OpportunityId", &id).is_empty() {
        count_push(draft, row);
        return Ok(());
    }
    let book = draft.view.named(draft.sobject, &row, "Pricebook2Id");
    if draft.given("Pricebook2Id").is_some_and(|given| *given != book) {
        let why = "the price book cannot be changed while the opportunity has products";
        return Err(integrity("Pricebook2Id", why));
    }
    // An update of these is not refused, but it changes nothing (Object Reference, Opportunity, Amount).
    draft.ignore("Amount");
    draft.ignore("TotalOpportunityQuantity");
    count_push(draft, row);
    Ok(())
}

/// Counts how often the close date was moved to a later month (Object Reference, Opportunity, PushCount).
fn count_push(draft: &mut Draft<'_, '_>, row: Row) {
    let Some(Value::Date(to)) = draft.given("CloseDate").cloned() else { return };
    let Value::Date(from) = draft.view.named(draft.sobject, &row, "CloseDate") else { return };
    if (to.year(), to.month()) > (from.year(), from.month()) {
        let count = match draft.view.named(draft.sobject, &row, "PushCount") {
            Value::Int(count) => count,
            _ => 0,
        };
        draft.set("PushCount", Value::Int(count + 1));
    }
}

impl Org {
    pub(super) fn follow_deal(&self, change: Change<'_, '_>) {
        let Change { sobject, row, before, by, .. } = change;
        let view = self.read();
        let id = view.id(&row);
        // A contact named on creation becomes the primary contact role.
        if before.is_none()
            && let Value::Id(contact) = view.named(sobject, &row, "ContactId")
            && let Some(roles) = self.schema().find("OpportunityContactRole")
        {
            let role = [("OpportunityId", id), ("ContactId", contact)];
            let mut values: Vec<_> = role.map(|(name, id)| (name, Value::Id(id))).into();
            values.push(("IsPrimary", Value::Bool(true)));
            self.add(roles, values, by);
        }
        let is_told = |name: &&str| {
            before.is_none_or(|before| before.named(sobject, &row, name) != view.named(sobject, &row, name))
        };
        let Some(history) = self.schema().find("OpportunityHistory") else { return };
        if !TOLD.iter().any(is_told) {
            return;
        }
        let mut line: Vec<_> = TOLD
            .iter()
            .chain(&["ExpectedRevenue"])
            .map(|name| (*name, view.named(sobject, &row, name)))
            .collect();
        line.push(("OpportunityId", Value::Id(id)));
        let line = Value::Id(self.add(history, line, by));
        let changed = |name: &str| before.is_some() && is_told(&name);
        let mut last = Vec::new();
        if changed("Amount") {
            last.push(("LastAmountChangedHistoryId", line.clone()));
        }
        if changed("CloseDate") {
            last.push(("LastCloseDateChangedHistoryId", line));
        }
        self.set_fields(sobject, row, &last, Stamp::Nothing, by);
    }

    /// Keeps one role of an opportunity the primary one: the last that was made so.
    pub(super) fn follow_contact_role(&self, change: Change<'_, '_>) {
        let Change { sobject, row, by, .. } = change;
        let view = self.read();
        if view.named(sobject, &row, "IsPrimary") == Value::Bool(true)
            && let Value::Id(deal) = view.named(sobject, &row, "OpportunityId")
        {
            let others = view.list_children(&sobject.name, "OpportunityId", &deal);
            let others = others.into_iter().filter(|other| {
                *other != row && view.named(sobject, other, "IsPrimary") == Value::Bool(true)
            });
            for other in others.collect::<Vec<_>>() {
                self.set_fields(sobject, other, &[("IsPrimary", Value::Bool(false))], Stamp::Modified, by);
            }
        }
        self.refresh_primary_contact(sobject, row);
    }

    /// Lets an opportunity name the contact of its primary role.
    pub(super) fn refresh_primary_contact(&self, roles: &SObject, role: Row) {
        let view = self.read();
        let Value::Id(deal) = view.named(roles, &role, "OpportunityId") else { return };
        let Some((deals, row)) = view.find_any(&deal) else { return };
        let live = view.list_children(&roles.name, "OpportunityId", &deal);
        let primary = live.iter().find(|role| view.named(roles, role, "IsPrimary") == Value::Bool(true));
        let contact = primary.map_or(Value::Null, |role| view.named(roles, role, "ContactId"));
        if !view.is_deleted(&row) && view.named(deals, &row, "ContactId") != contact {
            let by = self.main_author(view.now_ms());
            self.set_fields(deals, row, &[("ContactId", contact)], Stamp::Nothing, by);
        }
    }

    /// Sums the line items of an opportunity up in it.
    pub(super) fn refresh_deal(&self, items: &SObject, item: Row, by: Author) {
        let view = self.read();
        let Value::Id(deal) = view.named(items, &item, "OpportunityId") else { return };
        let Some((deals, row)) = view.find_any(&deal).filter(|(_, row)| !view.is_deleted(row)) else {
            return;
        };
        let live = view.list_children(&items.name, "OpportunityId", &deal);
        let mut values = Vec::new();
        let sum = |name: &str| {
            let numbers = live.iter().filter_map(|row| match view.named(items, row, name) {
                Value::Number(number) => Some(number),
                _ => None,
            });
            Value::Number(numbers.sum())
        };
        if let Some(first) = live.first() {
            values.push(("Amount", sum("TotalPrice")));
            values.push(("TotalOpportunityQuantity", sum("Quantity")));
            if view.named(deals, &row, "Pricebook2Id").is_null() {
                values.push(("Pricebook2Id", book_of(self, &view.named(items, first, "PricebookEntryId"))));
            }
        }
        let is_same = |(name, value): &(&str, Value<'static>)| view.named(deals, &row, name) == *value;
        if !live.is_empty() && values.iter().all(is_same) {
            return;
        }
        self.set_fields(deals, row, &values, Stamp::Modified, by);
        let change = Change { sobject: deals, row, before: Some(&view), values: &Vec::new(), by };
        self.follow(change);
    }
}

fn book_of(org: &Org, entry: &Value<'_>) -> Value<'static> {
    let Value::Id(id) = entry else { return Value::Null };
    let view = org.read();
    let found = view.find_any(id);
    found.map_or(Value::Null, |(entries, row)| view.named(entries, &row, "Pricebook2Id"))
}

/// Returns the id of the standard price book.
pub(super) fn find_standard_book(view: &crate::org::OrgView<'_>) -> Option<RecordId> {
    let books = view.schema().find("Pricebook2")?;
    let mut rows = view.rows(books).filter(|row| !view.is_deleted(row));
    let standard = rows.find(|row| view.named(books, row, "IsStandard") == Value::Bool(true))?;
    Some(view.id(&standard))
}
