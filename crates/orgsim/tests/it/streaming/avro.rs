//! A reader of Avro that knows nothing but a schema's JSON, and the bitmaps of change events.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

/// Reads a datum; `Null` branches and all.
pub(crate) fn decode(schema: &str, mut bytes: &[u8]) -> Value {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let value = read(&schema, &mut HashMap::new(), &mut bytes);
    assert!(bytes.is_empty(), "{} bytes are left", bytes.len());
    value
}

fn read(kind: &Value, named: &mut HashMap<String, Value>, bytes: &mut &[u8]) -> Value {
    if let Some(branches) = kind.as_array() {
        let at = read_long(bytes) as usize;
        // Types are named where they are written out, which may be in a branch that is not taken.
        branches.iter().for_each(|branch| learn(branch, named));
        return read(&branches[at], named, bytes);
    }
    learn(kind, named);
    let name = kind.as_str().or(kind["type"].as_str()).unwrap();
    match name {
        "null" => Value::Null,
        "boolean" => json!(take(bytes, 1)[0] == 1),
        "int" | "long" => json!(read_long(bytes)),
        "double" => json!(f64::from_le_bytes(take(bytes, 8).try_into().unwrap())),
        "string" => {
            let length = read_long(bytes) as usize;
            json!(String::from_utf8(take(bytes, length).to_vec()).unwrap())
        }
        "enum" => kind["symbols"][read_long(bytes) as usize].clone(),
        "array" => {
            let mut items = Vec::new();
            loop {
                match read_long(bytes) {
                    0 => return json!(items),
                    count => items.extend((0..count).map(|_| read(&kind["items"], named, bytes))),
                }
            }
        }
        "record" => {
            let mut record = Map::new();
            for field in kind["fields"].as_array().unwrap() {
                let value = read(&field["type"], named, bytes);
                record.insert(field["name"].as_str().unwrap().to_owned(), value);
            }
            Value::Object(record)
        }
        name => {
            let known = named[name].clone();
            read(&known, named, bytes)
        }
    }
}

fn learn(kind: &Value, named: &mut HashMap<String, Value>) {
    if let (Some("record" | "enum"), Some(name)) = (kind["type"].as_str(), kind["name"].as_str()) {
        named.insert(name.to_owned(), kind.clone());
    }
}

fn read_long(bytes: &mut &[u8]) -> i64 {
    let (mut value, mut shift) = (0_u64, 0);
    loop {
        let byte = take(bytes, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return (value >> 1) as i64 ^ -((value & 1) as i64);
        }
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(count);
    *bytes = rest;
    taken
}

/// Names the fields of a bitmap, those of compounds as `Parent.Part`.
pub(crate) fn field_names(schema: &str, bitmaps: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let mut names = Vec::new();
    let mut parts: HashMap<String, Value> = HashMap::new();
    let fields = schema["fields"].as_array().unwrap();
    fields
        .iter()
        .flat_map(|field| field["type"].as_array())
        .flatten()
        .for_each(|kind| learn(kind, &mut parts));
    for bitmap in bitmaps.as_array().unwrap() {
        let bitmap = bitmap.as_str().unwrap();
        let (parent, bits) = bitmap.split_once('-').map_or((None, bitmap), |(at, bits)| (Some(at), bits));
        let bits = u128::from_str_radix(bits.strip_prefix("0x").unwrap(), 16).unwrap();
        let (prefix, fields) = match parent {
            None => (String::new(), fields.clone()),
            Some(at) => {
                let parent = &fields[at.parse::<usize>().unwrap()];
                let branches = parent["type"].as_array().unwrap();
                let record = branches.iter().find_map(|branch| match branch {
                    Value::Object(_) => Some(branch),
                    other => parts.get(other.as_str().unwrap()),
                });
                let fields = record.unwrap()["fields"].as_array().unwrap().clone();
                (format!("{}.", parent["name"].as_str().unwrap()), fields)
            }
        };
        let set = fields.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
        names.extend(set.map(|(_, field)| format!("{prefix}{}", field["name"].as_str().unwrap())));
    }
    names
}
