//! Opportunities: stages, and what follows from them.

use rust_decimal::Decimal;

use super::company::Company;
use super::dice::Dice;
use super::plain::skewed;
use super::time::{day_of, instant_between};
use super::{Facet, Record};
use crate::clock::DAY_MS;
use crate::value::Value;

/// A stage of the sales process (Object Reference, OpportunityStage).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) probability: i64,
    pub(crate) forecast_category_name: &'static str,
    pub(crate) is_closed: bool,
    pub(crate) is_won: bool,
    /// How many opportunities of a hundred are in it.
    share: u64,
}

const fn open(
    name: &'static str,
    probability: i64,
    forecast_category_name: &'static str,
    share: u64,
) -> Stage {
    Stage { name, probability, forecast_category_name, is_closed: false, is_won: false, share }
}

/// The stages a new org comes with.
pub(crate) const STAGES: [Stage; 10] = [
    open("Prospecting", 10, "Pipeline", 9),
    open("Qualification", 10, "Pipeline", 8),
    open("Needs Analysis", 20, "Pipeline", 6),
    open("Value Proposition", 50, "Pipeline", 5),
    open("Id. Decision Makers", 60, "Pipeline", 4),
    open("Perception Analysis", 70, "Pipeline", 4),
    open("Proposal/Price Quote", 75, "Best Case", 5),
    open("Negotiation/Review", 90, "Commit", 4),
    Stage { is_closed: true, is_won: true, ..open("Closed Won", 100, "Closed", 33) },
    Stage { is_closed: true, ..open("Closed Lost", 0, "Omitted", 22) },
];

impl Stage {
    /// Returns the internal name of the category people see (Object Reference, Opportunity).
    pub(crate) fn forecast_category(&self) -> &'static str {
        match self.forecast_category_name {
            "Best Case" => "BestCase",
            "Commit" => "Forecast",
            name => name,
        }
    }

    fn of(record: Record<'_>) -> &'static Self {
        let mut at = record.dice(Facet::Stage as u64).below(100);
        for stage in &STAGES {
            if at < stage.share {
                return stage;
            }
            at -= stage.share;
        }
        &STAGES[0]
    }
}

/// What is filled from the stage an opportunity is in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DealFill {
    Name,
    Stage,
    Amount(u8),
    Probability,
    CloseDate,
    ForecastCategoryName,
    StageChange,
}

impl DealFill {
    pub(super) fn parse(word: &str, percent: u8) -> Option<Self> {
        Some(match word {
            "deal_name" => Self::Name,
            "stage" => Self::Stage,
            "deal_amount" => Self::Amount(percent),
            "probability" => Self::Probability,
            "close_date" => Self::CloseDate,
            "forecast_category_name" => Self::ForecastCategoryName,
            "stage_change_date" => Self::StageChange,
            _ => return None,
        })
    }

    pub(super) fn value(self, record: Record<'_>, salt: u64) -> Value<'static> {
        let mut dice = record.dice(salt);
        let stage = Stage::of(record);
        match self {
            Self::Name => {
                let what = dice.word(&[
                    "New line",
                    "Renewal",
                    "200 units",
                    "\"Phase 2\"",
                    "Erweiterung",
                    "Δοκιμή",
                    "更新",
                ]);
                let company = record.account_of_deal().map_or(Company::any(&mut dice), Company::of);
                Value::owned_text(format!("{} - {what}", company.name()))
            }
            Self::Stage => Value::text(stage.name),
            Self::Amount(percent) => match record.amount_of_lines() {
                Some(sum) => Value::Number(sum),
                None if dice.percent(percent) => amount(&mut dice),
                None => Value::Null,
            },
            Self::Probability => Value::Number(Decimal::new(stage.probability, 0)),
            Self::CloseDate => day_of(close_ms(record, stage)),
            Self::ForecastCategoryName => Value::text(stage.forecast_category_name),
            Self::StageChange if stage.name != STAGES[0].name => {
                Value::DateTime(instant_between(record, &mut dice))
            }
            _ => Value::Null,
        }
    }
}

fn amount(dice: &mut Dice) -> Value<'static> {
    let whole = 100 + skewed(dice, 4_000_000);
    let cents = if dice.percent(30) { dice.between(0, 99) } else { 0 };
    let amount = whole * 100 + cents;
    Value::Number(Decimal::new(if dice.percent(2) { -amount } else { amount }, 2))
}

/// A closed opportunity was closed before it was last changed; an open one is due soon, or was.
fn close_ms(record: Record<'_>, stage: &Stage) -> i64 {
    let mut dice = record.dice(Facet::Close as u64);
    if stage.is_closed {
        instant_between(record, &mut dice)
    } else {
        record.base.now_ms() + dice.between(-30, 240) * DAY_MS
    }
}
