use std::borrow::Cow;

use chrono::NaiveDate;
use proptest::prelude::{any, prop_assert_eq, proptest};
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::{FieldValue, ValueError};
use crate::{FieldType, Timestamp};

fn decimal(text: &str) -> FieldValue<'static> {
    FieldValue::Decimal(Decimal::from_str_exact(text).unwrap())
}

fn text(text: &'static str) -> FieldValue<'static> {
    FieldValue::Text(text.into())
}

#[test]
fn csv_values_are_read_by_type() {
    let cases = [
        ("", FieldType::String, FieldValue::Null),
        ("", FieldType::Double, FieldValue::Null),
        ("true", FieldType::Boolean, FieldValue::Bool(true)),
        ("False", FieldType::Boolean, FieldValue::Bool(false)),
        ("42", FieldType::Int, FieldValue::Int(42)),
        ("-42", FieldType::Int, FieldValue::Int(-42)),
        ("5.0", FieldType::Int, FieldValue::Int(5)),
        ("1.0E7", FieldType::Int, FieldValue::Int(10_000_000)),
        ("9223372036854775807", FieldType::Long, FieldValue::Int(i64::MAX)),
        ("1500.0", FieldType::Currency, decimal("1500")),
        ("0.10", FieldType::Percent, decimal("0.1")),
        ("-0.0", FieldType::Double, decimal("0")),
        ("123456789012345678.9", FieldType::Double, decimal("123456789012345678.9")),
        ("1.5E7", FieldType::Double, decimal("15000000")),
        ("1.25e-3", FieldType::Double, decimal("0.00125")),
        ("-12.5E+1", FieldType::Double, decimal("-125")),
        ("5.684341886080802E-14", FieldType::Double, decimal("0.0000000000000568434188608080")),
        ("1E-300", FieldType::Double, FieldValue::Decimal(Decimal::ZERO)),
        ("0E99999", FieldType::Double, FieldValue::Decimal(Decimal::ZERO)),
        ("2026-02-28", FieldType::Date, FieldValue::Date(NaiveDate::from_ymd_opt(2026, 2, 28).unwrap())),
        ("1970-01-01T00:00:01.000Z", FieldType::DateTime, FieldValue::DateTime(Timestamp::from_millis(1000))),
        ("22:04:05.000Z", FieldType::Time, text("22:04:05.000Z")),
        ("a;b", FieldType::Multipicklist, text("a;b")),
        ("1.50", FieldType::AnyType, text("1.50")),
        ("x\r\n\"y\"\u{0}", FieldType::Textarea, text("x\r\n\"y\"\u{0}")),
    ];
    for (csv, field_type, value) in cases {
        assert_eq!(FieldValue::from_csv(csv.as_bytes(), field_type), Ok(value), "{csv} {field_type:?}");
    }
}

#[test]
fn csv_values_that_do_not_fit_are_refused() {
    let cases: [(&[u8], FieldType, ValueError); 12] = [
        (b"yes", FieldType::Boolean, ValueError::Malformed(FieldType::Boolean)),
        (b"1.5", FieldType::Int, ValueError::Malformed(FieldType::Int)),
        (b"-", FieldType::Int, ValueError::Malformed(FieldType::Int)),
        (b"9223372036854775808", FieldType::Long, ValueError::OutOfRange(FieldType::Long)),
        (b".", FieldType::Double, ValueError::Malformed(FieldType::Double)),
        (b"1.", FieldType::Double, ValueError::Malformed(FieldType::Double)),
        (b"--1", FieldType::Double, ValueError::Malformed(FieldType::Double)),
        (b"NaN", FieldType::Double, ValueError::Malformed(FieldType::Double)),
        (b"1E40", FieldType::Double, ValueError::OutOfRange(FieldType::Double)),
        (b"2026-02-30", FieldType::Date, ValueError::Malformed(FieldType::Date)),
        (b"2026-02-28", FieldType::DateTime, ValueError::Malformed(FieldType::DateTime)),
        (b"\xff", FieldType::String, ValueError::Text),
    ];
    for (csv, field_type, error) in cases {
        assert_eq!(FieldValue::from_csv(csv, field_type), Err(error), "{csv:?} {field_type:?}");
    }
}

#[test]
fn json_values_are_read_by_type() {
    let cases = [
        ("null", FieldType::String, Ok(FieldValue::Null)),
        (r#""""#, FieldType::String, Ok(FieldValue::Null)),
        ("true", FieldType::Boolean, Ok(FieldValue::Bool(true))),
        ("7", FieldType::Int, Ok(FieldValue::Int(7))),
        ("1500.0", FieldType::Currency, Ok(decimal("1500"))),
        ("123456789012345678", FieldType::Double, Ok(decimal("123456789012345678"))),
        ("1.0E7", FieldType::Double, Ok(decimal("10000000"))),
        (
            r#""2026-11-21T00:00:00.000+0000""#,
            FieldType::DateTime,
            Ok(FieldValue::DateTime(Timestamp::parse(b"2026-11-21T00:00:00Z").unwrap())),
        ),
        (r#""a\"\u00e9\n""#, FieldType::String, Ok(text("a\"é\n"))),
        (r#""\ud800""#, FieldType::String, Err(ValueError::Text)),
        ("true", FieldType::AnyType, Ok(text("true"))),
        ("1.50", FieldType::AnyType, Ok(text("1.50"))),
        (r#"{"city":"Oslo"}"#, FieldType::Address, Err(ValueError::Structured(FieldType::Address))),
        (r#"{"a":1}"#, FieldType::Json, Ok(text(r#"{"a":1}"#))),
    ];
    for (json, field_type, value) in cases {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        assert_eq!(FieldValue::from_json(raw, field_type), value, "{json} {field_type:?}");
    }
}

#[test]
fn text_is_borrowed() {
    let raw: &RawValue = serde_json::from_str(r#""plain""#).unwrap();

    let values = [
        FieldValue::from_csv("plain".as_bytes(), FieldType::Url).unwrap(),
        FieldValue::from_json(raw, FieldType::Url).unwrap(),
    ];

    assert!(values.iter().all(|value| matches!(value, FieldValue::Text(Cow::Borrowed("plain")))));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
        for field_type in [FieldType::Int, FieldType::Double, FieldType::Date, FieldType::DateTime, FieldType::String] {
            let _ = FieldValue::from_csv(&bytes, field_type);
        }
    }

    #[test]
    fn numeric_looking_text_does_not_panic(number in "[-+]?[0-9]{0,40}[.]?[0-9]{0,40}([eE][-+]?[0-9]{0,4})?") {
        let _ = FieldValue::from_csv(number.as_bytes(), FieldType::Double);
        let _ = FieldValue::from_csv(number.as_bytes(), FieldType::Long);
    }

    #[test]
    fn decimals_keep_every_digit(mantissa in any::<i64>(), scale in 0u32..=28) {
        let number = Decimal::new(mantissa, scale);
        let read = FieldValue::from_csv(number.to_string().as_bytes().to_vec().leak(), FieldType::Double).unwrap();
        prop_assert_eq!(read, FieldValue::Decimal(number.normalize()));
    }

    #[test]
    fn an_exponent_changes_no_digit(mantissa in any::<i32>(), exponent in -12i32..12) {
        let with_exponent = format!("{mantissa}E{exponent}");
        let plain = if exponent >= 0 {
            Decimal::from(mantissa) * Decimal::from(10i64.pow(exponent as u32))
        } else {
            Decimal::new(mantissa.into(), exponent.unsigned_abs())
        };
        let read = FieldValue::from_csv(with_exponent.as_bytes(), FieldType::Double).unwrap().into_owned();
        prop_assert_eq!(read, FieldValue::Decimal(plain.normalize()));
    }

    #[test]
    fn integers_read_back(number in any::<i64>()) {
        let text = number.to_string();
        prop_assert_eq!(FieldValue::from_csv(text.as_bytes(), FieldType::Long), Ok(FieldValue::Int(number)));
    }
}
