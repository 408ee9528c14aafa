//! How far a place is from another (SOQL and SOSL Reference, Location-Based SOQL Queries).

use rust_decimal::Decimal;

use super::path::FieldPath;
use crate::org::{OrgView, Row};
use crate::value::Value;

/// The distance between a record's place and a fixed one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Distance {
    /// The address or location, for its name.
    pub(super) place: FieldPath,
    pub(super) latitude: FieldPath,
    pub(super) longitude: FieldPath,
    /// Latitude and longitude in degrees.
    pub(super) from: (Decimal, Decimal),
    pub(super) unit: LengthUnit,
}

/// What a distance is measured in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LengthUnit {
    Miles,
    Kilometres,
}

impl LengthUnit {
    pub(super) fn find(name: &str) -> Option<Self> {
        match name {
            "mi" => Some(Self::Miles),
            "km" => Some(Self::Kilometres),
            _ => None,
        }
    }

    fn earth_radius(self) -> f64 {
        match self {
            Self::Miles => 3_958.761_33,
            Self::Kilometres => 6_371.008_8,
        }
    }
}

impl Distance {
    /// Returns the distance, or null for a record without coordinates.
    pub(super) fn value(&self, view: &OrgView<'_>, row: &Row) -> Value<'static> {
        let degrees = |path: &FieldPath| to_number(&path.value(view, row));
        match (degrees(&self.latitude), degrees(&self.longitude)) {
            (Some(latitude), Some(longitude)) => {
                let from = (to_f64(self.from.0), to_f64(self.from.1));
                from_f64(great_circle(from, (latitude, longitude)) * self.unit.earth_radius())
            }
            _ => Value::Null,
        }
    }
}

/// Returns the angle between two places in radians, by the haversine formula.
fn great_circle(one: (f64, f64), other: (f64, f64)) -> f64 {
    let [latitude, other_latitude] = [one.0, other.0].map(f64::to_radians);
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let chord = half(one.0, other.0) + latitude.cos() * other_latitude.cos() * half(one.1, other.1);
    2.0 * chord.sqrt().min(1.0).asin()
}

fn to_number(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Number(number) => Some(to_f64(*number)),
        Value::Int(number) => Some(*number as f64),
        _ => None,
    }
}

/// Returns the double nearest to a decimal.
pub(super) fn to_f64(number: Decimal) -> f64 {
    number.to_string().parse().unwrap_or_default()
}

/// Returns a double by its shortest digits.
pub(super) fn from_f64(number: f64) -> Value<'static> {
    number.to_string().parse().map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::great_circle;

    #[test]
    fn distances_are_those_of_a_globe() {
        let berlin_to_paris = great_circle((52.52, 13.405), (48.8566, 2.3522)) * 6_371.008_8;

        assert!((877.0..878.0).contains(&berlin_to_paris), "{berlin_to_paris}");
        assert_eq!(great_circle((10.0, 20.0), (10.0, 20.0)), 0.0);
    }
}
