//! Date literals.

use std::fmt;

/// Spans that stand alone (SOQL and SOSL Reference, Date Formats and Date Literals).
const PLAIN: [&str; 23] = [
    "YESTERDAY",
    "TODAY",
    "TOMORROW",
    "LAST_WEEK",
    "THIS_WEEK",
    "NEXT_WEEK",
    "LAST_MONTH",
    "THIS_MONTH",
    "NEXT_MONTH",
    "LAST_90_DAYS",
    "NEXT_90_DAYS",
    "LAST_QUARTER",
    "THIS_QUARTER",
    "NEXT_QUARTER",
    "LAST_YEAR",
    "THIS_YEAR",
    "NEXT_YEAR",
    "LAST_FISCAL_QUARTER",
    "THIS_FISCAL_QUARTER",
    "NEXT_FISCAL_QUARTER",
    "LAST_FISCAL_YEAR",
    "THIS_FISCAL_YEAR",
    "NEXT_FISCAL_YEAR",
];

/// Spans that take a number after a colon.
const COUNTED: [&str; 21] = [
    "LAST_N_DAYS",
    "NEXT_N_DAYS",
    "N_DAYS_AGO",
    "LAST_N_WEEKS",
    "NEXT_N_WEEKS",
    "N_WEEKS_AGO",
    "LAST_N_MONTHS",
    "NEXT_N_MONTHS",
    "N_MONTHS_AGO",
    "LAST_N_QUARTERS",
    "NEXT_N_QUARTERS",
    "N_QUARTERS_AGO",
    "LAST_N_YEARS",
    "NEXT_N_YEARS",
    "N_YEARS_AGO",
    "LAST_N_FISCAL_QUARTERS",
    "NEXT_N_FISCAL_QUARTERS",
    "N_FISCAL_QUARTERS_AGO",
    "LAST_N_FISCAL_YEARS",
    "NEXT_N_FISCAL_YEARS",
    "N_FISCAL_YEARS_AGO",
];

/// A span of days relative to today, which the org evaluates in the time zone of its user.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RelativeDate {
    name: &'static str,
    count: Option<u32>,
}

impl RelativeDate {
    /// Parses `TODAY`, `LAST_N_DAYS:30` and their like; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some((name, count)) => Self::counted(name, count.parse().ok()?),
            None => Self::plain(text),
        }
    }

    /// Returns `TODAY` and its like by name.
    pub(super) fn plain(name: &str) -> Option<Self> {
        Self::find(&PLAIN, name, None)
    }

    /// Returns `LAST_N_DAYS` and its like by name, with a number.
    pub(super) fn counted(name: &str, count: u32) -> Option<Self> {
        Self::find(&COUNTED, name, Some(count))
    }

    /// Whether a name is one that takes a number.
    pub(super) fn takes_count(name: &str) -> bool {
        COUNTED.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    fn find(names: &[&'static str], name: &str, count: Option<u32>) -> Option<Self> {
        let name = names.iter().find(|known| known.eq_ignore_ascii_case(name))?;
        Some(Self { name, count })
    }
}

impl fmt::Display for RelativeDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            Some(count) => write!(formatter, "{}:{count}", self.name),
            None => formatter.write_str(self.name),
        }
    }
}

#[cfg(test)]
pub(super) fn samples() -> Vec<RelativeDate> {
    let counted = COUNTED.iter().map(|name| RelativeDate { name, count: Some(30) });
    PLAIN.iter().map(|name| RelativeDate { name, count: None }).chain(counted).collect()
}
