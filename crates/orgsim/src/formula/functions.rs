//! The functions of formulas.

use std::ops::RangeInclusive;

/// A function (Salesforce Help, Formula Functions).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Function {
    Abs,
    AddMonths,
    And,
    Begins,
    BlankValue,
    Br,
    Case,
    CaseSafeId,
    Ceiling,
    Contains,
    Date,
    DateTimeValue,
    DateValue,
    Day,
    Find,
    Floor,
    If,
    Includes,
    IsBlank,
    IsChanged,
    IsNew,
    IsNumber,
    IsPickVal,
    Left,
    Len,
    Lower,
    Lpad,
    Max,
    Mid,
    Min,
    Mod,
    Month,
    Not,
    Now,
    Or,
    PriorValue,
    Right,
    Round,
    Rpad,
    Substitute,
    Text,
    Today,
    Trim,
    Trunc,
    Upper,
    Value,
    Weekday,
    Year,
}

/// The most arguments that a function with any number of them takes.
const MANY: usize = 255;

/// Every function's names with the least and most arguments.
const FUNCTIONS: [(Function, &str, usize, usize); 50] = [
    (Function::Abs, "ABS", 1, 1),
    (Function::AddMonths, "ADDMONTHS", 2, 2),
    (Function::And, "AND", 1, MANY),
    (Function::Begins, "BEGINS", 2, 2),
    (Function::BlankValue, "BLANKVALUE", 2, 2),
    (Function::BlankValue, "NULLVALUE", 2, 2),
    (Function::Br, "BR", 0, 0),
    (Function::Case, "CASE", 4, MANY),
    (Function::CaseSafeId, "CASESAFEID", 1, 1),
    (Function::Ceiling, "CEILING", 1, 1),
    (Function::Contains, "CONTAINS", 2, 2),
    (Function::Date, "DATE", 3, 3),
    (Function::DateTimeValue, "DATETIMEVALUE", 1, 1),
    (Function::DateValue, "DATEVALUE", 1, 1),
    (Function::Day, "DAY", 1, 1),
    (Function::Find, "FIND", 2, 3),
    (Function::Floor, "FLOOR", 1, 1),
    (Function::If, "IF", 3, 3),
    (Function::Includes, "INCLUDES", 2, 2),
    (Function::IsBlank, "ISBLANK", 1, 1),
    (Function::IsBlank, "ISNULL", 1, 1),
    (Function::IsChanged, "ISCHANGED", 1, 1),
    (Function::IsNew, "ISNEW", 0, 0),
    (Function::IsNumber, "ISNUMBER", 1, 1),
    (Function::IsPickVal, "ISPICKVAL", 2, 2),
    (Function::Left, "LEFT", 2, 2),
    (Function::Len, "LEN", 1, 1),
    (Function::Lower, "LOWER", 1, 2),
    (Function::Lpad, "LPAD", 2, 3),
    (Function::Max, "MAX", 1, MANY),
    (Function::Mid, "MID", 3, 3),
    (Function::Min, "MIN", 1, MANY),
    (Function::Mod, "MOD", 2, 2),
    (Function::Month, "MONTH", 1, 1),
    (Function::Not, "NOT", 1, 1),
    (Function::Now, "NOW", 0, 0),
    (Function::Or, "OR", 1, MANY),
    (Function::PriorValue, "PRIORVALUE", 1, 1),
    (Function::Right, "RIGHT", 2, 2),
    (Function::Round, "ROUND", 2, 2),
    (Function::Rpad, "RPAD", 2, 3),
    (Function::Substitute, "SUBSTITUTE", 3, 3),
    (Function::Text, "TEXT", 1, 1),
    (Function::Today, "TODAY", 0, 0),
    (Function::Trim, "TRIM", 1, 1),
    (Function::Trunc, "TRUNC", 1, 2),
    (Function::Upper, "UPPER", 1, 2),
    (Function::Value, "VALUE", 1, 1),
    (Function::Weekday, "WEEKDAY", 1, 1),
    (Function::Year, "YEAR", 1, 1),
];

impl Function {
    /// Finds a function by its name in any case.
    pub(super) fn find(name: &str) -> Option<Self> {
        let known = FUNCTIONS.iter().find(|(_, known, ..)| known.eq_ignore_ascii_case(name));
        known.map(|(function, ..)| *function)
    }

    /// Returns how many arguments it takes.
    pub(super) fn argument_counts(self) -> RangeInclusive<usize> {
        let known = FUNCTIONS.iter().find(|(function, ..)| *function == self);
        known.map_or(0..=0, |(_, _, least, most)| *least..=*most)
    }
}
