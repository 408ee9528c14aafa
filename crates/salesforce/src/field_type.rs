//! Types of fields.

use serde::{Deserialize, Serialize};

/// The type of a field as describe reports it (Object Reference, Field Types).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FieldType {
    /// The record's own id.
    Id,
    /// A lookup or master-detail: the id of another record.
    Reference,
    /// Text of one line.
    String,
    /// Text of several lines, plain or rich.
    Textarea,
    /// Free text meant as a phone number.
    Phone,
    /// Free text meant as a link.
    Url,
    /// An e-mail address.
    Email,
    /// One of several values, or any text where it is not restricted.
    Picklist,
    /// Several values joined by `;`.
    Multipicklist,
    /// One of several values or free text.
    Combobox,
    /// Text that may arrive masked.
    EncryptedString,
    /// A reference to a data category group.
    DataCategoryGroupReference,
    /// True or false, never null.
    Boolean,
    /// An integer of 32 bits.
    Int,
    /// An integer of 64 bits.
    Long,
    /// A number with decimals.
    Double,
    /// An amount of money.
    Currency,
    /// A percentage; 75 means 75 %.
    Percent,
    /// A civil date.
    Date,
    /// An instant.
    DateTime,
    /// A time of day.
    Time,
    /// Binary content, which queries give only as a link.
    Base64,
    /// A compound of address components.
    Address,
    /// A compound of latitude and longitude.
    Location,
    /// A value whose type differs from record to record.
    #[serde(rename = "anyType")]
    AnyType,
    /// A structured value of setup objects.
    ComplexValue,
    /// A JSON value of setup objects.
    Json,
    /// A type this crate does not know; treated as text.
    #[default]
    #[serde(other)]
    Other,
}

impl FieldType {
    /// Whether values are numbers with decimals, which are never read through binary floating point.
    pub fn is_decimal(self) -> bool {
        matches!(self, Self::Double | Self::Currency | Self::Percent)
    }

    /// Whether the field only joins other fields, which hold the values. Bulk API 2.0 refuses such fields.
    pub fn is_compound(self) -> bool {
        matches!(self, Self::Address | Self::Location)
    }
}

#[cfg(test)]
mod tests {
    use super::FieldType;

    #[test]
    fn names_are_those_of_describe_and_unknown_ones_do_not_fail() {
        let cases = [
            ("id", FieldType::Id),
            ("datetime", FieldType::DateTime),
            ("anyType", FieldType::AnyType),
            ("encryptedstring", FieldType::EncryptedString),
            ("datacategorygroupreference", FieldType::DataCategoryGroupReference),
            ("complexvalue", FieldType::ComplexValue),
            ("hologram", FieldType::Other),
        ];
        for (name, field_type) in cases {
            assert_eq!(serde_json::from_value::<FieldType>(name.into()).unwrap(), field_type);
        }
    }
}
