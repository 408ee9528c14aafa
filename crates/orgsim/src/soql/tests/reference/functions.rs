//! Functions of one record.

use chrono::{Datelike, NaiveDateTime, Timelike};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::order::number;
use super::{Record, Reference, Scope, innermost};
use crate::schema::{Field, FieldKind};
use crate::soql::ast::{Argument, Call, LiteralKind};
use crate::time_zone::TimeZone;
use crate::value::Value;

impl Reference {
    /// Returns the value of a function for a record.
    pub(super) fn call(&self, call: &Call, scope: &Scope, record: &Record) -> Value<'static> {
        let words = scope.resolve(innermost(call));
        let name = call.name.text.to_uppercase();
        if name == "DISTANCE" {
            return self.distance(call, record, &words);
        }
        let value = match &call.arguments[0] {
            Argument::Call(inner) if !inner.name.text.eq_ignore_ascii_case("convertTimezone") => {
                self.call(inner, scope, record)
            }
            _ => self.path_value(record, &words),
        };
        let field = self.field_at(scope, &words);
        match name.as_str() {
            "TOLABEL" => label(field, value),
            "FORMAT" if matches!(call.arguments[0], Argument::Path(_)) => self.format(field, &value),
            "FORMAT" => value,
            _ => self.date_part(call, &name, &value),
        }
    }

    pub(super) fn date_part(&self, call: &Call, name: &str, value: &Value<'_>) -> Value<'static> {
        let zone = match &call.arguments[0] {
            Argument::Call(_) => self.zone,
            _ => TimeZone::UTC,
        };
        let moment: NaiveDateTime = match value {
            Value::Null => return Value::Null,
            Value::Date(date) => date.and_hms_opt(0, 0, 0).unwrap(),
            Value::DateTime(ms) => zone.local(*ms),
            value => panic!("{value:?} is no date"),
        };
        let day = moment.date();
        let fiscal_months =
            i64::from(day.year()) * 12 + i64::from(day.month()) - i64::from(self.fiscal_start);
        // The year a fiscal year ends in, which is the year it starts in if that is with January.
        let fiscal_year = fiscal_months.div_euclid(12) + i64::from(self.fiscal_start > 1);
        Value::Int(match name {
            "DAY_ONLY" => return Value::Date(day),
            "CALENDAR_MONTH" => i64::from(day.month()),
            "CALENDAR_QUARTER" => i64::from(day.month()).div_ceil_3(),
            "CALENDAR_YEAR" => i64::from(day.year()),
            "DAY_IN_MONTH" => i64::from(day.day()),
            "DAY_IN_WEEK" => i64::from(day.num_days_from_ce().rem_euclid(7)) + 1,
            "DAY_IN_YEAR" => i64::from(day.ordinal()),
            "FISCAL_MONTH" => fiscal_months.rem_euclid(12) + 1,
            "FISCAL_QUARTER" => (fiscal_months.rem_euclid(12) + 1).div_ceil_3(),
            "FISCAL_YEAR" => fiscal_year,
            "HOUR_IN_DAY" => i64::from(moment.hour()),
            "WEEK_IN_MONTH" => (i64::from(day.day()) + 6) / 7,
            "WEEK_IN_YEAR" => (i64::from(day.ordinal()) + 6) / 7,
            name => panic!("there is no {name}"),
        })
    }

    fn distance(&self, call: &Call, record: &Record, words: &[String]) -> Value<'static> {
        let (last, parents) = words.split_last().unwrap();
        let prefix = last.strip_suffix("Address").unwrap();
        let degrees = |part: &str| {
            let path = [parents, &[format!("{prefix}{part}")]].concat();
            let value = self.path_value(record, &path);
            (!value.is_null()).then(|| to_f64(&value).to_radians())
        };
        let (Some(latitude), Some(longitude)) = (degrees("Latitude"), degrees("Longitude")) else {
            return Value::Null;
        };
        let Argument::Call(from) = &call.arguments[1] else { panic!("a distance is from a place") };
        let [from_latitude, from_longitude] = [0, 1].map(|at| match &from.arguments[at] {
            Argument::Literal(literal) => match &literal.kind {
                LiteralKind::Number(number) => to_f64(&Value::Number(*number)).to_radians(),
                kind => panic!("{kind:?} is no angle"),
            },
            argument => panic!("{argument:?} is no angle"),
        });
        let is_miles = matches!(&call.arguments[2], Argument::Literal(literal)
            if literal.kind == LiteralKind::Text("mi".to_owned()));
        let radius = if is_miles { 3_958.761_33 } else { 6_371.008_8 };
        // The angle between two vectors.
        let vector = |latitude: f64, longitude: f64| {
            [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()]
        };
        let [one, other] = [vector(latitude, longitude), vector(from_latitude, from_longitude)];
        let cross = [
            one[1] * other[2] - one[2] * other[1],
            one[2] * other[0] - one[0] * other[2],
            one[0] * other[1] - one[1] * other[0],
        ];
        let dot: f64 = one.iter().zip(&other).map(|(one, other)| one * other).sum();
        let length = cross.iter().map(|part| part * part).sum::<f64>().sqrt();
        let distance = length.atan2(dot) * radius;
        Value::Number(distance.to_string().parse().unwrap())
    }

    /// Writes a value as people in the United States read it.
    fn format(&self, field: Option<&Field>, value: &Value<'_>) -> Value<'static> {
        let (kind, scale) = field.map_or((FieldKind::String, 0), |field| (field.kind, field.scale));
        self.format_as(kind, scale.into(), value)
    }

    pub(super) fn format_as(&self, kind: FieldKind, scale: usize, value: &Value<'_>) -> Value<'static> {
        let text = match value {
            Value::Int(_) | Value::Number(_) => format_number(number(value), kind, scale),
            Value::Date(date) => format!("{}/{}/{}", date.month(), date.day(), date.year()),
            Value::DateTime(ms) => {
                let moment = self.zone.local(*ms);
                let (is_afternoon, hour) = moment.hour12();
                let half = if is_afternoon { "PM" } else { "AM" };
                let [month, day] = [moment.month(), moment.day()];
                format!("{month}/{day}/{}, {hour}:{:02} {half}", moment.year(), moment.minute())
            }
            Value::Time(ms) => {
                let (hour, minute) = (ms / 3_600_000, ms / 60_000 % 60);
                let half = if hour >= 12 { "PM" } else { "AM" };
                format!("{}:{minute:02} {half}", (hour + 11) % 12 + 1)
            }
            value => return value.clone().into_owned(),
        };
        Value::owned_text(text)
    }
}

trait Thirds {
    fn div_ceil_3(self) -> i64;
}

impl Thirds for i64 {
    fn div_ceil_3(self) -> i64 {
        (self + 2) / 3
    }
}

fn format_number(number: Decimal, kind: FieldKind, scale: usize) -> String {
    let rounded = number.round_dp(scale as u32);
    let digits = format!("{:.scale$}", rounded.abs());
    let (whole, decimals) = digits.split_once('.').unwrap_or((&digits, ""));
    let mut groups: Vec<String> = Vec::new();
    let mut rest = whole.to_owned();
    while rest.len() > 3 {
        groups.insert(0, rest.split_off(rest.len() - 3));
    }
    groups.insert(0, rest);
    let sign = if rounded < Decimal::ZERO { "-" } else { "" };
    let currency = if kind == FieldKind::Currency { "$" } else { "" };
    let point = if decimals.is_empty() { "" } else { "." };
    let percent = if kind == FieldKind::Percent { "%" } else { "" };
    format!("{sign}{currency}{}{point}{decimals}{percent}", groups.join(","))
}

pub(super) fn label(field: Option<&Field>, value: Value<'static>) -> Value<'static> {
    let (Some(field), Value::Text(text)) = (field, &value) else { return value };
    let labels: Vec<&str> = match field.kind {
        FieldKind::Multipicklist => text.split(';').collect(),
        _ => vec![text],
    };
    let label = |value: &str| {
        let entry = field.picklist.iter().find(|entry| entry.value == value);
        entry.map_or(value.to_owned(), |entry| entry.label.clone())
    };
    Value::owned_text(labels.into_iter().map(label).collect::<Vec<_>>().join(";"))
}

fn to_f64(value: &Value<'_>) -> f64 {
    number(value).to_string().parse().unwrap()
}

pub(super) fn to_json(value: &Value<'_>) -> Json {
    let instant = |ms: i64| chrono::DateTime::from_timestamp_millis(ms).unwrap();
    match value {
        Value::Null | Value::Blob(_) => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(_) | Value::Number(_) => json!(to_f64(value)),
        Value::Text(text) => json!(text),
        Value::Id(id) => json!(id.as_str()),
        Value::Date(date) => json!(date.to_string()),
        Value::DateTime(ms) => json!(instant(*ms).format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()),
        Value::Time(ms) => json!(instant((*ms).into()).format("%H:%M:%S%.3fZ").to_string()),
    }
}
