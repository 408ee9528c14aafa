//! Values that stand alone: choices, numbers, codes.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::Record;
use super::dice::Dice;
use crate::schema::{Field, PicklistEntry};
use crate::value::Value;

/// One value in that many is one the picklist no longer offers.
const ONE_INACTIVE_IN: u64 = 40;

/// What is filled without regard to other fields.
#[derive(Clone, Debug)]
pub(crate) enum PlainFill {
    Const(String),
    Yes(u8),
    Pick(u8),
    /// A choice, which the first record does not have: the administrator is at home where the org is.
    PickAfter(String),
    /// A value that goes with that of the controlling field.
    PickValid(u8),
    PickSeveral(u8),
    Digits {
        count: u32,
        percent: u8,
    },
    /// A positive amount of whole units, most of them small.
    Money {
        most: i64,
        percent: u8,
    },
    /// An amount with cents, one in five negative.
    SignedMoney {
        most: i64,
        percent: u8,
    },
    Count {
        most: i64,
        percent: u8,
    },
    SignedCount {
        most: i64,
        percent: u8,
    },
    /// Eighteen digits.
    BigNumber(u8),
    /// From 0 to the most, with the field's decimals.
    Fraction {
        most: i64,
        percent: u8,
    },
    Quantity(u8),
    Weight(u8),
    Phone(u8),
    AccountNumber(u8),
    /// A number that no other record has.
    ExternalId(String),
    CaseNumber,
    AutoNumber,
    /// A number with leading zeros.
    Serial {
        digits: u8,
        start: u64,
    },
    Whole(i64),
    PushCount,
    Photo(&'static str),
}

impl PlainFill {
    pub(super) fn parse(word: &str, arguments: &[&str]) -> Option<Self> {
        let number =
            |at: usize| arguments.get(at).and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
        let (most, first, second) = (number(0), number(0) as u8, number(1) as u8);
        Some(match word {
            "const" => Self::Const(arguments.join(" ")),
            "yes" => Self::Yes(first),
            "pick" => Self::Pick(first),
            "pick_after" => Self::PickAfter(arguments.join(" ")),
            "pick_valid" => Self::PickValid(first),
            "pick_several" => Self::PickSeveral(first),
            "digits" => Self::Digits { count: u32::from(first), percent: second },
            "money" => Self::Money { most, percent: second },
            "signed_money" => Self::SignedMoney { most, percent: second },
            "count" => Self::Count { most, percent: second },
            "signed_count" => Self::SignedCount { most, percent: second },
            "big_number" => Self::BigNumber(first),
            "fraction" => Self::Fraction { most, percent: second },
            "quantity" => Self::Quantity(first),
            "weight" => Self::Weight(first),
            "phone" => Self::Phone(first),
            "account_number" => Self::AccountNumber(first),
            "external_id" => Self::ExternalId(arguments.concat()),
            "case_number" => Self::CaseNumber,
            "auto_number" => Self::AutoNumber,
            "serial" => Self::Serial { digits: first, start: u64::from(second) },
            "zero" => Self::Whole(0),
            "month" => Self::Whole(most),
            "push_count" => Self::PushCount,
            "photo_url" => Self::Photo(""),
            "user_photo" => Self::Photo(match arguments {
                ["F"] => "F",
                ["M"] => "M",
                _ => "T",
            }),
            _ => return None,
        })
    }

    pub(super) fn value<'a>(&'a self, record: Record<'_>, field: &'a Field) -> Value<'a> {
        let mut dice = record.dice(field.salt);
        match self {
            Self::Const(text) => Value::text(text),
            Self::Yes(percent) => Value::Bool(dice.percent(*percent)),
            Self::PickAfter(first) if record.number == 0 => Value::text(first),
            Self::PickAfter(_) => pick(&field.picklist, &mut dice),
            Self::Pick(percent) if dice.percent(*percent) => pick(&field.picklist, &mut dice),
            Self::PickValid(percent) if dice.percent(*percent) => pick_valid(record, field, &mut dice),
            Self::PickSeveral(percent) if dice.percent(*percent) => pick_several(&field.picklist, &mut dice),
            Self::Digits { .. } | Self::Phone(_) | Self::AccountNumber(_) => self.code(&mut dice),
            Self::ExternalId(prefix) => Value::owned_text(external_id(prefix, record)),
            Self::CaseNumber => Value::owned_text(format!("{:08}", u64::from(record.number) + 1_001)),
            Self::AutoNumber => Value::owned_text(format!("PR-{:06}", u64::from(record.number) + 1)),
            Self::Serial { digits, start } => {
                let number = u64::from(record.number) + start;
                Value::owned_text(format!("{number:0width$}", width = usize::from(*digits)))
            }
            Self::Whole(number) => Value::Int(*number),
            Self::PushCount => Value::Int(dice.below(6).saturating_sub(2) as i64),
            Self::Photo(kind) => Value::owned_text(match *kind {
                "" => format!("/services/images/photo/{}", record.id()),
                kind => format!("/profilephoto/005/{kind}"),
            }),
            _ => self.number(&mut dice, field),
        }
    }

    fn code(&self, dice: &mut Dice) -> Value<'static> {
        match self {
            Self::Digits { count, percent } if dice.percent(*percent) => {
                Value::owned_text(digits(dice, *count as usize))
            }
            Self::Phone(percent) if dice.percent(*percent) => Value::owned_text(phone(dice)),
            Self::AccountNumber(percent) if dice.percent(*percent) => Value::owned_text(
                ["CD", "CC-", "№ ", "0"][dice.below(4) as usize].to_owned() + &digits(dice, 6),
            ),
            _ => Value::Null,
        }
    }

    fn number(&self, dice: &mut Dice, field: &Field) -> Value<'static> {
        let scale = u32::from(field.scale);
        let unit = 10_i64.pow(scale);
        let number = match *self {
            Self::Money { most, percent } if dice.percent(percent) => skewed(dice, most) * unit,
            Self::SignedMoney { most, percent } if dice.percent(percent) => {
                let cents = skewed(dice, most) * unit + dice.between(0, unit - 1);
                if dice.percent(20) { -cents } else { cents }
            }
            Self::Count { most, percent } if dice.percent(percent) => return Value::Int(skewed(dice, most)),
            Self::SignedCount { most, percent } if dice.percent(percent) => dice.between(-most / 20, most),
            Self::BigNumber(percent) if dice.percent(percent) => {
                let number = dice.between(100_000_000_000_000_000, 999_999_999_999_999_999);
                if dice.percent(10) { -number } else { number }
            }
            Self::Fraction { most, percent } if dice.percent(percent) => dice.between(0, most * unit),
            Self::Quantity(percent) if dice.percent(percent) => {
                dice.between(1, 500) * unit / if dice.percent(20) { 4 } else { 1 }
            }
            Self::Weight(percent) if dice.percent(percent) => dice.between(-1_000, 9_000_000_000),
            _ => return Value::Null,
        };
        Value::Number(Decimal::new(number, scale))
    }
}

/// Returns a number up to the most; small ones are far more frequent.
pub(super) fn skewed(dice: &mut Dice, most: i64) -> i64 {
    let fraction = dice.fraction();
    (fraction * fraction * fraction * fraction * most as f64) as i64
}

/// Chooses a value; rarely one that is no longer offered, as old records have it.
pub(super) fn pick<'a>(list: &'a [PicklistEntry], dice: &mut Dice) -> Value<'a> {
    let is_old = dice.below(ONE_INACTIVE_IN) == 0;
    let Some(entry) = list.get(dice.below(list.len().max(1) as u64) as usize) else { return Value::Null };
    let entry = if entry.active || is_old { Some(entry) } else { list.iter().find(|entry| entry.active) };
    entry.map_or(Value::Null, |entry| Value::text(&entry.value))
}

fn pick_valid<'a>(record: Record<'_>, field: &'a Field, dice: &mut Dice) -> Value<'a> {
    let controlling = record.starting_value(field.controller.as_deref().unwrap_or_default());
    let is_valid = |entry: &&PicklistEntry| {
        entry.valid_with.iter().any(|with| Some(with.as_str()) == controlling.as_str())
    };
    let valid: Vec<_> = field.picklist.iter().filter(|entry| entry.active).filter(is_valid).collect();
    if valid.is_empty() { Value::Null } else { Value::text(&dice.pick(&valid).value) }
}

/// Chooses one to three values and joins them in the order of the picklist.
fn pick_several<'a>(list: &'a [PicklistEntry], dice: &mut Dice) -> Value<'a> {
    let bits = dice.next();
    let mut chosen =
        list.iter().enumerate().filter(|(at, entry)| entry.active && bits >> (at * 2) & 3 == 0).take(3);
    let Some((_, first)) = chosen.next() else { return pick(list, dice) };
    let mut text = Cow::Borrowed(first.value.as_str());
    for (_, entry) in chosen {
        let joined = text.to_mut();
        joined.push(';');
        joined.push_str(&entry.value);
    }
    Value::Text(text)
}

fn digits(dice: &mut Dice, count: usize) -> String {
    let mut number = dice.next();
    let mut text = String::with_capacity(count);
    for _ in 0..count {
        text.push(char::from(b'0' + (number % 10) as u8));
        number /= 10;
    }
    text
}

/// Writes a phone number of one of the ways people type them. The numbers are from ranges kept for fiction.
fn phone(dice: &mut Dice) -> String {
    let tail = digits(dice, 2);
    match dice.below(5) {
        0 => format!("(415) 555-01{tail}"),
        1 => format!("+1 212 555 01{tail}"),
        2 => format!("020 7946 09{tail}"),
        3 => format!("+44 1632 9600{tail}"),
        _ => format!("+33 1 99 00 {tail} {}", digits(dice, 2)),
    }
}

/// Writes a code that only one record of the sObject has: the multiplication goes round all 32-bit numbers once.
fn external_id(prefix: &str, record: Record<'_>) -> String {
    let scattered = record.number.wrapping_mul(0x9E37_79B1).rotate_left(11);
    format!("{prefix}-{scattered:08X}")
}
