//! Products, price book entries, the line items of opportunities and orders.

use rust_decimal::Decimal;

use super::Record;
use super::dice::Dice;
use super::plain::skewed;
use super::target::{Target, id};
use super::time::day_of;
use crate::clock::DAY_MS;
use crate::value::Value;

/// How many line items an opportunity or an order has that has any.
const LINES: u32 = 3;

/// The families of products: the value, its code, and its goods.
const FAMILIES: [(&str, &str, [&str; 4]); 4] = [
    ("Instruments", "IN", ["Flow Meter", "Pressure Gauge", "Schieblehre", "Thermomètre"]),
    ("Spare Parts", "SP", ["Gasket Set", "Ventil", "Filter, 40 µm", "予備部品"]),
    ("Services", "SV", ["Calibration", "On-Site Repair", "Wartung (jährlich)", "Inspection \"Plus\""]),
    ("Training", "TR", ["Operator Course", "Schulung", "Formation", "Обучение"]),
];

/// What is filled from a product and its price.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PricedFill {
    ProductName,
    ProductCode,
    ProductFamily,
    ProductIsActive,
    ProductPage(u8),
    EntryBook,
    EntryProduct,
    EntryPrice,
    EntryUsesStandard,
    DealBook,
    LineOpportunity,
    LineOrder,
    LineSort,
    LineEntry,
    LineProduct,
    LineQuantity,
    LineUnitPrice,
    LineDiscount,
    LineDate(u8),
}

impl PricedFill {
    pub(super) fn parse(word: &str, percent: u8) -> Option<Self> {
        Some(match word {
            "product_name" => Self::ProductName,
            "product_code" => Self::ProductCode,
            "product_family" => Self::ProductFamily,
            "product_is_active" => Self::ProductIsActive,
            "product_page" => Self::ProductPage(percent),
            "entry_book" => Self::EntryBook,
            "entry_product" => Self::EntryProduct,
            "entry_price" => Self::EntryPrice,
            "entry_uses_standard" => Self::EntryUsesStandard,
            "deal_book" => Self::DealBook,
            "line_opportunity" => Self::LineOpportunity,
            "item_order" => Self::LineOrder,
            "line_order" => Self::LineSort,
            "line_entry" | "item_entry" => Self::LineEntry,
            "line_product" | "item_product" => Self::LineProduct,
            "line_quantity" | "item_quantity" => Self::LineQuantity,
            "line_unit_price" | "item_price" => Self::LineUnitPrice,
            "line_discount" => Self::LineDiscount,
            "line_date" => Self::LineDate(percent),
            _ => return None,
        })
    }

    pub(super) fn value(self, record: Record<'_>, salt: u64) -> Value<'static> {
        let mut dice = record.dice(salt);
        match self {
            Self::ProductName
            | Self::ProductCode
            | Self::ProductFamily
            | Self::ProductIsActive
            | Self::ProductPage(_) => self.of_product(record, &mut dice),
            Self::EntryBook => Value::Id(record.of(Target::Pricebook, record.entry().book).id()),
            Self::EntryProduct => Value::Id(record.of(Target::Product, record.entry().product).id()),
            Self::EntryPrice => Value::Number(record.entry().price(record)),
            Self::EntryUsesStandard => Value::Bool(record.entry().uses_standard(record)),
            Self::DealBook if record.first_line_of_deal().is_some() => {
                Value::Id(record.of(Target::Pricebook, book_of(record)).id())
            }
            Self::LineOpportunity => id(record.line_parent(Target::Opportunity)),
            Self::LineOrder => id(record.line_parent(Target::Order)),
            Self::LineSort => Value::Int(i64::from(record.number % LINES) + 1),
            Self::LineEntry => Value::Id(record.of(Target::PricebookEntry, record.line().entry).id()),
            Self::LineProduct => Value::Id(record.of(Target::Product, record.line().product).id()),
            Self::LineQuantity => Value::Number(record.line().quantity),
            Self::LineUnitPrice => Value::Number(record.line().unit_price),
            Self::LineDiscount if !record.line().discount.is_zero() => Value::Number(record.line().discount),
            Self::LineDate(percent) if dice.percent(percent) => {
                day_of(record.base.now_ms() + dice.between(-400, 200) * DAY_MS)
            }
            _ => Value::Null,
        }
    }

    fn of_product(self, record: Record<'_>, dice: &mut Dice) -> Value<'static> {
        let product = Product::of(record);
        match self {
            Self::ProductName => Value::owned_text(product.name()),
            Self::ProductCode => Value::owned_text(product.code()),
            Self::ProductFamily => Value::text(product.family.0),
            Self::ProductIsActive => Value::Bool(dice.percent(92)),
            Self::ProductPage(percent) if dice.percent(percent) => {
                Value::owned_text(format!("https://catalogue.lockside.example/{}", product.code()))
            }
            _ => Value::Null,
        }
    }
}

/// A product with what its name and its price are made of.
#[derive(Clone, Copy, Debug)]
struct Product {
    family: &'static (&'static str, &'static str, [&'static str; 4]),
    good: &'static str,
    model: u32,
    price: Decimal,
}

impl Product {
    fn of(record: Record<'_>) -> Self {
        let mut dice = record.dice(super::Facet::Product as u64);
        let family = dice.pick(&FAMILIES);
        let good = dice.word(&family.2);
        let price = Decimal::new((5 + skewed(&mut dice, 20_000)) * 100 + 100 * dice.between(0, 1) / 2, 2);
        Self { family, good, model: 100 + record.number, price }
    }

    fn name(self) -> String {
        format!("{} {}", self.good, self.model)
    }

    fn code(self) -> String {
        format!("{}{:04}", self.family.1, self.model)
    }
}

/// An entry is the price of a product in a book.
#[derive(Clone, Copy, Debug)]
struct Entry {
    book: u32,
    product: u32,
}

impl Entry {
    fn uses_standard(self, record: Record<'_>) -> bool {
        self.book > 0 && record.dice(super::Facet::Product as u64).percent(15)
    }

    /// Other books are cheaper than the standard one.
    fn price(self, record: Record<'_>) -> Decimal {
        let standard = Product::of(record.of(Target::Product, self.product)).price;
        if self.uses_standard(record) {
            return standard;
        }
        (standard * Decimal::new(100 - 8 * i64::from(self.book), 2)).round_dp(2)
    }
}

/// A line item as it was at the start.
#[derive(Clone, Copy, Debug)]
struct Line {
    entry: u32,
    product: u32,
    quantity: Decimal,
    unit_price: Decimal,
    discount: Decimal,
}

impl Line {
    fn total(self) -> Decimal {
        let gross = self.quantity * self.unit_price;
        (gross * (Decimal::ONE_HUNDRED - self.discount) / Decimal::ONE_HUNDRED).round_dp(2)
    }
}

impl<'a> Record<'a> {
    fn entry(self) -> Entry {
        let products = self.count_of(Target::Product).max(1);
        Entry { book: self.number / products, product: self.number % products }
    }

    fn line_parent(self, target: Target) -> Option<Record<'a>> {
        let count = self.count_of(target);
        (count > 0).then(|| self.of(target, (self.number / LINES) % count))
    }

    /// The lines of one parent are of one price book.
    fn line(self) -> Line {
        let parent = Record { number: self.number / LINES, ..self };
        let products = self.count_of(Target::Product).max(1);
        let mut dice = self.dice(super::Facet::Line as u64);
        let product = (self.number / LINES + self.number % LINES * 7 + dice.below(3) as u32) % products;
        let entry = Entry { book: book_of(parent), product };
        let number = entry.book * products + product;
        let list = entry.price(self.of(Target::PricebookEntry, number));
        let unit_price = if dice.percent(25) { (list * Decimal::new(95, 2)).round_dp(2) } else { list };
        let discount = if self.has_discounts() && dice.percent(20) { dice.between(1, 6) * 5 } else { 0 };
        let quantity = Decimal::from(dice.between(1, 40));
        Line { entry: number, product, quantity, unit_price, discount: Decimal::from(discount) }
    }

    fn has_discounts(self) -> bool {
        self.base.schema.sobjects()[usize::from(self.sobject)].field("Discount").is_some()
    }

    /// Returns the first line item that an opportunity starts with.
    pub(super) fn first_line_of_deal(self) -> Option<Record<'a>> {
        let sobject = self.base.links().line_item;
        let number = self.number.checked_mul(LINES)?;
        (number < self.base.count(sobject)).then_some(Record { sobject, number, revision: 0, ..self })
    }

    /// Returns the sum of the line items that an opportunity starts with.
    pub(super) fn amount_of_lines(self) -> Option<Decimal> {
        let first = self.first_line_of_deal()?;
        let end = self.base.count(first.sobject);
        let deals = u64::from(self.count_of(Target::Opportunity).max(1)) * u64::from(LINES);
        let rounds = (u64::from(first.number)..u64::from(end)).step_by(deals as usize);
        let lines = rounds.flat_map(|start| start..(start + u64::from(LINES)).min(u64::from(end)));
        Some(lines.map(|number| Record { number: number as u32, ..first }.line().total()).sum())
    }
}

/// Returns the number of the price book that an opportunity's or an order's lines are from.
fn book_of(parent: Record<'_>) -> u32 {
    parent.number % super::target::PRICE_BOOKS
}
