//! When things happened: audit fields, days, times of day.

use chrono::{DateTime, Days, NaiveDate};

use super::dice::Dice;
use super::{Facet, Record};
use crate::clock::DAY_MS;
use crate::value::Value;

/// How far back the first record goes.
pub(super) const SPAN_MS: i64 = 6 * 365 * DAY_MS;

/// How far back tasks and events go: those of the first half are archived.
const ACTIVITY_SPAN_MS: i64 = 760 * DAY_MS;

/// Records that are next to each other and that an import may have stamped at once.
const STAMPED_TOGETHER: u64 = 500;

/// What is filled with a time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TimeFill {
    Created,
    Modified,
    SystemModstamp,
    /// A day from the first to the last number of days after the start.
    Day {
        first: i64,
        last: i64,
        percent: u8,
    },
    Birthdate(u8),
    Activity(u8),
    Between(u8),
    TimeOfDay(u8),
    Year(u8),
    BounceDate,
    BounceReason,
}

impl TimeFill {
    pub(super) fn parse(word: &str, arguments: &[&str]) -> Option<Self> {
        let number =
            |at: usize| arguments.get(at).and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
        let percent = number(0) as u8;
        Some(match word {
            "created_at" => Self::Created,
            "modified_at" => Self::Modified,
            "system_modstamp" => Self::SystemModstamp,
            "day" => Self::Day { first: number(0), last: number(1), percent: number(2) as u8 },
            "birthdate" => Self::Birthdate(percent),
            "activity_date" => Self::Activity(percent),
            "between_created_and_modified" => Self::Between(percent),
            "time_of_day" => Self::TimeOfDay(percent),
            "year" => Self::Year(percent),
            "bounce_date" => Self::BounceDate,
            "bounce_reason" => Self::BounceReason,
            _ => return None,
        })
    }

    pub(super) fn value(self, record: Record<'_>, salt: u64) -> Value<'static> {
        let mut dice = record.dice(salt);
        match self {
            Self::Created => Value::DateTime(record.created_at()),
            Self::Modified => Value::DateTime(record.modified_at()),
            Self::SystemModstamp => Value::DateTime(record.system_modstamp()),
            Self::Day { first, last, percent } if dice.percent(percent) => {
                day_of(record.base.now_ms() + dice.between(first, last) * DAY_MS)
            }
            Self::Birthdate(percent) if dice.percent(percent) => birthdate(&mut dice),
            Self::Activity(percent) if dice.percent(percent) => day_of(instant_between(record, &mut dice)),
            Self::Between(percent) if dice.percent(percent) => {
                Value::DateTime(instant_between(record, &mut dice))
            }
            Self::TimeOfDay(percent) if dice.percent(percent) => {
                Value::Time(dice.below(24 * 12) as u32 * 5 * 60_000)
            }
            Self::Year(percent) if dice.percent(percent) => {
                Value::owned_text(dice.between(1871, 2024).to_string())
            }
            Self::BounceDate if has_bounced(record) => Value::DateTime(instant_between(record, &mut dice)),
            Self::BounceReason if has_bounced(record) => Value::text("550 5.1.1 <user unknown>"),
            _ => Value::Null,
        }
    }
}

impl Record<'_> {
    /// Returns when the record was made. Records are made in the order of their numbers.
    pub(super) fn created_at(self) -> i64 {
        let count = u64::from(self.base.count(self.sobject)).max(u64::from(self.number) + 1);
        let at = (u64::from(self.number) as f64 + self.dice(Facet::Created as u64).fraction()) / count as f64;
        // Users and queues are there before what they own.
        let (span, back) = if self.base.is_set_up_first(self.sobject) {
            (SPAN_MS / 20, SPAN_MS)
        } else if self.base.links().activities.contains(&self.sobject) {
            (ACTIVITY_SPAN_MS, ACTIVITY_SPAN_MS)
        } else {
            (SPAN_MS * 19 / 20, SPAN_MS * 19 / 20)
        };
        to_second(self.base.last_ms() - back + (at * span as f64) as i64)
    }

    /// Returns when somebody last changed the record; for a third of all that is when it was made.
    pub(super) fn modified_at(self) -> i64 {
        let created = self.created_at();
        let mut dice = self.dice(Facet::Modified as u64);
        if dice.percent(33) {
            return created;
        }
        let fraction = dice.fraction();
        to_second(created + (fraction * fraction * (self.base.last_ms() - created) as f64) as i64)
    }

    /// Returns when anything last changed the record, which may have been the org itself for many records at once.
    pub(super) fn system_modstamp(self) -> i64 {
        let modified = self.modified_at();
        let block = Record { number: (u64::from(self.number) / STAMPED_TOGETHER) as u32, ..self };
        let mut dice = block.dice(Facet::Stamped as u64);
        let touched = dice.percent(20) && self.dice(Facet::Stamped as u64 + 1).percent(70);
        let stamp = to_second(self.base.last_ms() - dice.between(0, 200) * DAY_MS);
        if touched { stamp.max(modified) } else { modified }
    }
}

pub(super) fn to_second(ms: i64) -> i64 {
    ms.div_euclid(1_000) * 1_000
}

pub(super) fn day_of(ms: i64) -> Value<'static> {
    DateTime::from_timestamp_millis(ms).map_or(Value::Null, |time| Value::Date(time.date_naive()))
}

pub(super) fn instant_between(record: Record<'_>, dice: &mut Dice) -> i64 {
    let (created, modified) = (record.created_at(), record.modified_at());
    to_second(created + dice.between(0, modified - created))
}

/// Returns a day from 1930 to 2004, most of them before 1970 or not long after.
fn birthdate(dice: &mut Dice) -> Value<'static> {
    let first = NaiveDate::from_ymd_opt(1930, 1, 1).unwrap_or_default();
    first.checked_add_days(Days::new(dice.below(74 * 365))).map_or(Value::Null, Value::Date)
}

fn has_bounced(record: Record<'_>) -> bool {
    record.dice(Facet::Bounced as u64).percent(3)
}
