//! Line items of opportunities (Object Reference, OpportunityLineItem).

use rust_decimal::Decimal;

use super::deals::find_standard_book;
use super::{Draft, SaveError, integrity, missing};
use crate::id::RecordId;
use crate::value::Value;

pub(super) fn complete(draft: &mut Draft<'_, '_>) -> Result<(), SaveError> {
    if draft.gives("UnitPrice") && draft.gives("TotalPrice") {
        return Err(integrity("", "only one of unit price or total price may be specified"));
    }
    if draft.is_new() {
        if !draft.gives("UnitPrice") && !draft.gives("TotalPrice") {
            return Err(integrity("", "must specify either unit price or total price"));
        }
        choose_entry(draft)?;
    }
    price(draft);
    Ok(())
}

/// Finds the price book entry of a new line item, which is one of the opportunity's price book.
fn choose_entry(draft: &mut Draft<'_, '_>) -> Result<(), SaveError> {
    let book = match draft.parent_value("OpportunityId", "Pricebook2Id") {
        Value::Id(book) => Some(book),
        _ => None,
    };
    let entry = match (draft.id("PricebookEntryId"), draft.id("Product2Id")) {
        (Some(entry), _) => entry,
        (None, Some(product)) => {
            let book = book.or_else(|| find_standard_book(draft.view));
            let entry = book.and_then(|book| find_entry(draft, &product, &book));
            entry.ok_or_else(|| {
                integrity("Product2Id", "the product is not in the price book of the opportunity")
            })?
        }
        (None, None) => return Err(missing(&["PricebookEntryId"])),
    };
    draft.set("PricebookEntryId", Value::Id(entry));
    let why = if draft.parent_value("PricebookEntryId", "IsActive") != Value::Bool(true) {
        "pricebook entry is inactive"
    } else if book
        .is_some_and(|book| draft.parent_value("PricebookEntryId", "Pricebook2Id") != Value::Id(book))
    {
        "pricebook entry is in a different pricebook than the one assigned to the opportunity"
    } else {
        let product = draft.parent_value("PricebookEntryId", "Product2Id");
        draft.set("Product2Id", product);
        return Ok(());
    };
    Err(integrity("PricebookEntryId", why))
}

fn find_entry(draft: &Draft<'_, '_>, product: &RecordId, book: &RecordId) -> Option<RecordId> {
    let entries = draft.view.schema().find("PricebookEntry")?;
    let rows = draft.view.list_children("PricebookEntry", "Product2Id", product);
    let own = rows.iter().find(|row| draft.view.named(entries, row, "Pricebook2Id") == Value::Id(*book));
    own.map(|row| draft.view.id(row))
}

/// Computes the prices that follow from those given: of unit and total price, each from the other.
fn price(draft: &mut Draft<'_, '_>) {
    let number = |draft: &Draft<'_, '_>, name| match draft.value(name) {
        Value::Number(number) => Some(number),
        _ => None,
    };
    let Some(quantity) = number(draft, "Quantity") else { return };
    let rate = Decimal::ONE - number(draft, "Discount").unwrap_or_default() / Decimal::ONE_HUNDRED;
    if draft.gives("TotalPrice")
        && let Some(total) = number(draft, "TotalPrice")
    {
        let unit = total.checked_div(quantity).and_then(|price| price.checked_div(rate)).unwrap_or(total);
        draft.set("UnitPrice", Value::Number(unit.round_dp(2)));
    }
    let Some(unit) = number(draft, "UnitPrice") else { return };
    let Some(subtotal) = unit.checked_mul(quantity) else { return };
    if !draft.gives("TotalPrice") {
        draft.set("TotalPrice", Value::Number((subtotal * rate).round_dp(2)));
    }
}
