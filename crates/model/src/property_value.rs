//! Values of properties.

use std::fmt;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use salesforce::Timestamp;

use crate::PropertyType;

/// A value of a property, of the property's type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PropertyValue {
    /// Text, a telephone number, a link.
    Text(String),
    /// A number or an amount.
    Number(Decimal),
    /// True or false.
    Boolean(bool),
    /// A civil date.
    Date(NaiveDate),
    /// An instant.
    DateTime(Timestamp),
}

/// A text is no value of a type.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it is not {}", self.wanted())]
pub struct Unfit(PropertyType);

impl Unfit {
    /// What it would have to be, with its article.
    pub fn wanted(self) -> &'static str {
        match self.0 {
            PropertyType::Text => "a text",
            PropertyType::Email => "an e-mail address",
            PropertyType::Phone => "a telephone number",
            PropertyType::Url => "a link",
            PropertyType::Number => "a number",
            PropertyType::Currency => "an amount",
            PropertyType::Boolean => "true or false",
            PropertyType::Date => "a date",
            PropertyType::DateTime => "a date and time",
        }
    }
}

impl PropertyValue {
    /// Reads a text, as Salesforce writes values of its own types, as a value of a type.
    ///
    /// An instant that is to be a date is the day in UTC; a date that is to be an instant is its first moment there. A
    /// date that stays one is never moved between time zones.
    ///
    /// # Errors
    /// The text is no such value.
    pub fn parse(property_type: PropertyType, text: &str) -> Result<Self, Unfit> {
        let value = match property_type {
            PropertyType::Text | PropertyType::Phone | PropertyType::Url => Some(Self::Text(text.to_owned())),
            PropertyType::Email => is_email(text).then(|| Self::Text(text.to_owned())),
            PropertyType::Number | PropertyType::Currency => parse_number(text).map(Self::Number),
            PropertyType::Boolean => parse_boolean(text).map(Self::Boolean),
            PropertyType::Date => parse_date(text)
                .or_else(|| parse_date(text.parse::<Timestamp>().ok()?.to_string().get(..10)?))
                .map(Self::Date),
            PropertyType::DateTime => text
                .parse()
                .ok()
                .or_else(|| format!("{}T00:00:00Z", parse_date(text)?).parse().ok())
                .map(Self::DateTime),
        };
        value.ok_or(Unfit(property_type))
    }
}

impl fmt::Display for PropertyValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(value) => formatter.write_str(value),
            Self::Number(value) => value.fmt(formatter),
            Self::Boolean(value) => value.fmt(formatter),
            Self::Date(value) => value.fmt(formatter),
            Self::DateTime(value) => value.fmt(formatter),
        }
    }
}

/// Whether a text has the shape of one address. What a mail server would say is not ours to ask.
fn is_email(text: &str) -> bool {
    let mut parts = text.split('@');
    let has_both = |part: Option<&str>| part.is_some_and(|part| !part.is_empty());
    has_both(parts.next())
        && has_both(parts.next())
        && parts.next().is_none()
        && !text.contains(char::is_whitespace)
}

fn parse_number(text: &str) -> Option<Decimal> {
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

fn parse_boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_values_of_the_type_or_say_what_they_are_not() {
        use PropertyType as P;
        let cases = [
            (P::Text, "", Some("")),
            (P::Url, "www.acme.example/x?y", Some("www.acme.example/x?y")),
            (P::Phone, "ext. 12", Some("ext. 12")),
            (P::Email, "ada@acme.example", Some("ada@acme.example")),
            (P::Email, "ada", None),
            (P::Email, "ada@", None),
            (P::Email, "@acme.example", None),
            (P::Email, "a@b@c", None),
            (P::Email, "ada lind@acme.example", None),
            (P::Number, "12.50", Some("12.50")),
            (P::Number, "-3", Some("-3")),
            (P::Currency, "1.5e3", Some("1500")),
            (P::Number, "1,000", None),
            (P::Number, "", None),
            (P::Number, "99999999999999999999999999999999", None),
            (P::Boolean, "TRUE", Some("true")),
            (P::Boolean, "false", Some("false")),
            (P::Boolean, "1", None),
            (P::Boolean, "yes", None),
            (P::Date, "2026-11-22", Some("2026-11-22")),
            (P::Date, "2026-11-22T23:30:00.000+0000", Some("2026-11-22")),
            (P::Date, "2026-11-22T23:30:00.000-0200", Some("2026-11-23")),
            (P::Date, "2026-02-30", None),
            (P::Date, "22.11.2026", None),
            (P::DateTime, "2026-11-22T10:00:00Z", Some("2026-11-22T10:00:00.000Z")),
            (P::DateTime, "2026-11-22", Some("2026-11-22T00:00:00.000Z")),
            (P::DateTime, "soon", None),
        ];
        for (property_type, text, expected) in cases {
            let value = PropertyValue::parse(property_type, text).ok().map(|value| value.to_string());

            assert_eq!(value.as_deref(), expected, "{property_type} {text:?}");
        }
        let unfit = PropertyValue::parse(P::Number, "ten").unwrap_err();
        assert_eq!(unfit.to_string(), "it is not a number");
    }
}
