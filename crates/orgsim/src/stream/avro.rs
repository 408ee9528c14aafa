//! Avro as far as events need it: schemas as JSON, values in the binary encoding without a container (Apache Avro
//! specification, Schema Declaration and Binary Encoding).

use std::sync::Arc;

use serde_json::{Value as Json, json};

/// The namespace of all events (Pub/Sub API, Event Deserialization).
const NAMESPACE: &str = "com.sforce.eventbus";

/// The type of a value.
#[derive(Clone, Debug)]
pub(crate) enum Type {
    Null,
    Boolean,
    Int,
    Long,
    Double,
    String,
    Enum { name: &'static str, symbols: &'static [&'static str] },
    Array(Box<Type>),
    Record(Arc<Record>),
    Union(Vec<Type>),
}

/// A record type with its fields in the order of the encoding.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) fields: Vec<Field>,
}

/// A field of a record type.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: Type,
    /// What the field is in Salesforce's own terms (`Data:Text`), for clients that want to know.
    pub(crate) doc: Option<String>,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Datum {
    Null,
    Boolean(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    String(String),
    /// The place of the symbol.
    Enum(usize),
    Array(Vec<Datum>),
    Record(Vec<Datum>),
}

impl Type {
    /// Returns the union of null and this type, which most fields of events have.
    pub(crate) fn or_null(self) -> Self {
        Self::Union(vec![Self::Null, self])
    }

    /// Returns the record type in a union or on its own.
    pub(crate) fn as_record(&self) -> Option<&Record> {
        match self {
            Self::Record(record) => Some(record),
            Self::Union(branches) => branches.iter().find_map(Self::as_record),
            _ => None,
        }
    }

    fn accepts(&self, value: &Datum) -> bool {
        match (self, value) {
            (Self::Null, Datum::Null)
            | (Self::Boolean, Datum::Boolean(_))
            | (Self::Int, Datum::Int(_))
            | (Self::Long, Datum::Long(_))
            | (Self::Double, Datum::Double(_))
            | (Self::String, Datum::String(_))
            | (Self::Enum { .. }, Datum::Enum(_))
            | (Self::Array(_), Datum::Array(_)) => true,
            (Self::Record(record), Datum::Record(values)) => record.fields.len() == values.len(),
            (Self::Union(branches), value) => branches.iter().any(|branch| branch.accepts(value)),
            _ => false,
        }
    }

    fn to_json(&self, known: &mut Vec<String>) -> Json {
        match self {
            Self::Null => json!("null"),
            Self::Boolean => json!("boolean"),
            Self::Int => json!("int"),
            Self::Long => json!("long"),
            Self::Double => json!("double"),
            Self::String => json!("string"),
            Self::Enum { name, symbols } => json!({ "type": "enum", "name": name, "symbols": symbols }),
            Self::Array(items) => json!({ "type": "array", "items": items.to_json(known) }),
            Self::Union(branches) => branches.iter().map(|branch| branch.to_json(known)).collect(),
            // A type is written out where it comes first, and named from then on.
            Self::Record(record) if known.contains(&record.name) => json!(record.name),
            Self::Record(record) => record.to_json(known),
        }
    }

    /// Appends a value, which must be of this type.
    pub(crate) fn encode(&self, value: &Datum, out: &mut Vec<u8>) {
        match (self, value) {
            (Self::Union(branches), value) => {
                let at = branches.iter().position(|branch| branch.accepts(value)).unwrap_or_default();
                write_long(at as i64, out);
                if let Some(branch) = branches.get(at) {
                    branch.encode(value, out);
                }
            }
            (_, Datum::Boolean(value)) => out.push(u8::from(*value)),
            (_, Datum::Int(value)) => write_long(i64::from(*value), out),
            (_, Datum::Long(value)) => write_long(*value, out),
            (_, Datum::Double(value)) => out.extend_from_slice(&value.to_le_bytes()),
            (_, Datum::String(text)) => {
                write_long(text.len() as i64, out);
                out.extend_from_slice(text.as_bytes());
            }
            (_, Datum::Enum(at)) => write_long(*at as i64, out),
            (Self::Array(items), Datum::Array(values)) => {
                if !values.is_empty() {
                    write_long(values.len() as i64, out);
                    values.iter().for_each(|value| items.encode(value, out));
                }
                write_long(0, out);
            }
            (Self::Record(record), Datum::Record(values)) => {
                record.fields.iter().zip(values).for_each(|(field, value)| field.kind.encode(value, out));
            }
            _ => {}
        }
    }

    /// Reads a value from the front of the bytes. Answers `None` if they are no value of this type.
    pub(crate) fn decode(&self, bytes: &mut &[u8]) -> Option<Datum> {
        Some(match self {
            Self::Null => Datum::Null,
            Self::Boolean => match take(bytes, 1)? {
                [0] => Datum::Boolean(false),
                [1] => Datum::Boolean(true),
                _ => return None,
            },
            Self::Int => Datum::Int(i32::try_from(read_long(bytes)?).ok()?),
            Self::Long => Datum::Long(read_long(bytes)?),
            Self::Double => Datum::Double(f64::from_le_bytes(take(bytes, 8)?.try_into().ok()?)),
            Self::String => {
                let length = usize::try_from(read_long(bytes)?).ok()?;
                Datum::String(str::from_utf8(take(bytes, length)?).ok()?.to_owned())
            }
            Self::Enum { symbols, .. } => {
                let at = usize::try_from(read_long(bytes)?).ok()?;
                symbols.get(at).map(|_| Datum::Enum(at))?
            }
            Self::Array(items) => Datum::Array(decode_array(items, bytes)?),
            Self::Record(record) => record.decode(bytes)?,
            Self::Union(branches) => {
                let at = usize::try_from(read_long(bytes)?).ok()?;
                branches.get(at)?.decode(bytes)?
            }
        })
    }
}

impl Record {
    /// Returns the schema as JSON, which starts with the name as Salesforce's does.
    pub(crate) fn to_schema(&self) -> String {
        let mut schema = self.to_json(&mut Vec::new());
        if let Some(members) = schema.as_object_mut() {
            members.insert("namespace".to_owned(), json!(NAMESPACE));
        }
        schema.to_string()
    }

    fn to_json(&self, known: &mut Vec<String>) -> Json {
        known.push(self.name.clone());
        let fields: Vec<Json> = self.fields.iter().map(|field| field.to_json(known)).collect();
        json!({ "type": "record", "name": self.name, "fields": fields })
    }

    fn decode(&self, bytes: &mut &[u8]) -> Option<Datum> {
        self.fields
            .iter()
            .map(|field| field.kind.decode(bytes))
            .collect::<Option<Vec<_>>>()
            .map(Datum::Record)
    }
}

impl Field {
    fn to_json(&self, known: &mut Vec<String>) -> Json {
        let mut json = json!({ "name": self.name, "type": self.kind.to_json(known) });
        let Some(members) = json.as_object_mut() else { return json };
        if let Some(doc) = &self.doc {
            members.insert("doc".to_owned(), json!(doc));
        }
        if self.kind.accepts(&Datum::Null) {
            members.insert("default".to_owned(), Json::Null);
        }
        json
    }
}

fn decode_array(items: &Type, bytes: &mut &[u8]) -> Option<Vec<Datum>> {
    let mut values = Vec::new();
    loop {
        let mut count = read_long(bytes)?;
        if count == 0 {
            return Some(values);
        }
        if count < 0 {
            // A negative count is followed by the size of the block.
            count = count.checked_neg()?;
            read_long(bytes)?;
        }
        for _ in 0..count {
            values.push(items.decode(bytes)?);
        }
    }
}

/// Writes a number so that small ones, be they negative, take few bytes.
fn write_long(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn read_long(bytes: &mut &[u8]) -> Option<i64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    None
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::{Datum, Field, Record, Type};

    fn record() -> Record {
        let field = |name: &str, kind| Field { name: name.to_owned(), kind, doc: None };
        Record {
            name: "Thing__e".to_owned(),
            fields: vec![
                field("At", Type::Long),
                field("Text", Type::String.or_null()),
                field("Names", Type::Array(Box::new(Type::String))),
                field("Share", Type::Double.or_null()),
            ],
        }
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let kind = Type::Record(record().into());
        for at in [0, -1, 63, 64, -65, 1_795_298_645_000, i64::MIN, i64::MAX] {
            let names = ["ä", ""].map(|name| Datum::String(name.to_owned())).to_vec();
            let value =
                Datum::Record(vec![Datum::Long(at), Datum::Null, Datum::Array(names), Datum::Double(0.25)]);
            let mut bytes = Vec::new();
            kind.encode(&value, &mut bytes);
            let mut rest = bytes.as_slice();
            assert_eq!(kind.decode(&mut rest), Some(value));
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn bytes_are_those_of_the_specification() {
        let mut bytes = Vec::new();
        Type::String.or_null().encode(&Datum::String("a".to_owned()), &mut bytes);
        assert_eq!(bytes, [2, 2, b'a']);
        bytes.clear();
        Type::Long.encode(&Datum::Long(-65), &mut bytes);
        assert_eq!(bytes, [0x81, 0x01]);
    }

    #[test]
    fn bytes_that_are_no_value_are_refused() {
        let kind = Type::Record(record().into());
        for bytes in [&[][..], &[0, 4], &[0, 2, 200, 1, b'a'], &[255; 20]] {
            assert_eq!(kind.decode(&mut &*bytes), None, "{bytes:?}");
        }
    }
}
