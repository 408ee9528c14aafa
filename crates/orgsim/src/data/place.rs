//! Addresses, whose parts belong together.

use rust_decimal::Decimal;

use super::dice::Dice;
use super::words::{PLACES, Place};
use super::{Facet, Record};
use crate::value::Value;

/// A part of an address. Its first argument tells apart the addresses of one record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlaceFill {
    part: Part,
    facet: u64,
    percent: u8,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Street,
    City,
    State,
    PostalCode,
    Country,
    Latitude,
    Longitude,
    GeocodeAccuracy,
}

impl PlaceFill {
    pub(super) fn parse(word: &str, which: &str, percent: &str) -> Option<Self> {
        let part = match word {
            "street" => Part::Street,
            "city" => Part::City,
            "state" => Part::State,
            "postal_code" => Part::PostalCode,
            "country" => Part::Country,
            "latitude" => Part::Latitude,
            "longitude" => Part::Longitude,
            "geocode_accuracy" => Part::GeocodeAccuracy,
            _ => return None,
        };
        let facet = Facet::Place as u64 + which.bytes().map(u64::from).sum::<u64>();
        Some(Self { part, facet, percent: percent.parse().ok()? })
    }

    pub(super) fn value(self, record: Record<'_>) -> Value<'static> {
        let mut dice = record.dice(self.facet);
        if !dice.percent(self.percent) {
            return Value::Null;
        }
        let place = dice.pick(&PLACES);
        let is_located = dice.percent(30);
        match self.part {
            Part::Street => Value::owned_text(street(place, &mut dice)),
            Part::City => Value::text(place.city),
            Part::State => Value::text(place.state),
            Part::PostalCode => Value::owned_text(fill_digits(place.postal_code, &mut dice)),
            Part::Country => Value::text(place.country),
            Part::Latitude if is_located => coordinate(place.latitude, &mut dice),
            Part::Longitude if is_located => coordinate(place.longitude, &mut dice),
            Part::GeocodeAccuracy if is_located => {
                Value::text(dice.word(&["Address", "Street", "Zip", "City"]))
            }
            _ => Value::Null,
        }
    }
}

/// People type a second line now and then, by the browser's or by the program's line break.
fn street(place: &Place, dice: &mut Dice) -> String {
    let number = 1 + dice.below(240);
    let (before, after) = place.street.split_once('#').unwrap_or((place.street, ""));
    let second_line = match dice.below(10) {
        0 => "\r\nBuilding B, \"Old Mill\"",
        1 => "\nc/o Reception",
        _ => "",
    };
    format!("{before}{number}{after}{second_line}")
}

fn fill_digits(pattern: &str, dice: &mut Dice) -> String {
    let mut digit = || char::from(b'0' + dice.below(10) as u8);
    pattern.chars().map(|c| if c == '#' { digit() } else { c }).collect()
}

fn coordinate(millionths: i64, dice: &mut Dice) -> Value<'static> {
    Value::Number(Decimal::new(millionths + dice.between(-20_000, 20_000), 6))
}
