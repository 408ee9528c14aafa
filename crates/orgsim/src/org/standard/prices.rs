//! Products and their prices (Object Reference, PricebookEntry).

use super::deals::find_standard_book;
use super::{Draft, SaveError};
use crate::value::Value;

pub(super) fn complete_entry(draft: &mut Draft<'_, '_>) -> Result<(), SaveError> {
    let standard = find_standard_book(draft.view);
    let (Some(book), Some(product)) = (draft.id("Pricebook2Id"), draft.id("Product2Id")) else {
        return Ok(());
    };
    let Some(entries) = draft.view.schema().find("PricebookEntry") else { return Ok(()) };
    let known = draft.view.list_children("PricebookEntry", "Product2Id", &product);
    let find = |book| {
        known.iter().find(|row| {
            Some(**row) != draft.row && draft.view.named(entries, row, "Pricebook2Id") == Value::Id(book)
        })
    };
    if find(book).is_some() {
        let message = "This price definition already exists in this price book";
        return Err(SaveError::of_record("DUPLICATE_VALUE", message));
    }
    // A product has a price of its own before it has others.
    let is_standard = standard == Some(book);
    let price = standard.and_then(find).map(|row| draft.view.named(entries, row, "UnitPrice"));
    if !is_standard && price.is_none() {
        let message = "No standard price defined for this product";
        return Err(SaveError::of_record("STANDARD_PRICE_NOT_DEFINED", message));
    }
    if draft.value("UseStandardPrice") == Value::Bool(true)
        && let Some(price) = price
    {
        draft.set("UnitPrice", price);
    }
    Ok(())
}
