//! Records as the partner API has them: elements named after their fields (SOAP API Developer Guide, sObject).

use serde_json::{Map, Value as Json, json};

use crate::json::{Data, Node};
use crate::xml::{Element, escape};

/// Reads a record that is to be written. `Id` is what REST calls `id`.
pub(super) fn read(element: &Element) -> Json {
    let mut record = Map::new();
    record.insert("attributes".to_owned(), json!({ "type": element.child_text("type") }));
    for child in &element.children {
        match child.name.as_str() {
            "type" => {}
            "fieldsToNull" => {
                record.insert(child.text.trim().to_owned(), Json::Null);
            }
            "Id" if child.text.trim().is_empty() => {}
            "Id" => {
                record.insert("id".to_owned(), json!(child.text.trim()));
            }
            // A parent is named by an external id.
            name if !child.children.is_empty() => {
                record.insert(name.to_owned(), read_parent(child));
            }
            name => {
                record.insert(name.to_owned(), json!(child.text));
            }
        }
    }
    Json::Object(record)
}

fn read_parent(element: &Element) -> Json {
    let fields = element.children.iter().filter(|child| child.name != "type");
    Json::Object(fields.map(|child| (child.name.clone(), json!(child.text))).collect())
}

/// Writes the page of a query under that name.
pub(super) fn write_page(name: &str, page: &Node, out: &mut String) {
    let records = page.get("records").and_then(Node::items).unwrap_or_default();
    let is_done = page.get("done").is_some_and(|done| done.value == Data::Bool(true));
    out.push_str(&format!("<{name} xsi:type=\"QueryResult\"><done>{is_done}</done>"));
    match page.get("nextRecordsUrl").and_then(Node::as_str).and_then(|url| url.rsplit('/').next()) {
        Some(locator) => out.push_str(&format!("<queryLocator>{locator}</queryLocator>")),
        None => out.push_str("<queryLocator xsi:nil=\"true\"/>"),
    }
    records.iter().for_each(|record| write("records", record, out));
    let size = page.get("totalSize").map(scalar).unwrap_or_default();
    out.push_str(&format!("<size>{size}</size></{name}>"));
}

/// Writes a record under that name. Its type and its id come first, and the id again where it was asked for.
pub(super) fn write(name: &str, record: &Node, out: &mut String) {
    if record.is_null() {
        write_nil(name, out);
        return;
    }
    let kind = record.get("attributes").and_then(|attributes| attributes.get("type")).map(scalar);
    out.push_str(&format!("<{name} xsi:type=\"sf:sObject\"><sf:type>{}</sf:type>", kind.unwrap_or_default()));
    match record.get("Id") {
        Some(id) => out.push_str(&format!("<sf:Id>{}</sf:Id>", scalar(id))),
        None => out.push_str("<sf:Id xsi:nil=\"true\"/>"),
    }
    for (field, value) in record.members().iter().filter(|(field, _)| field != "attributes") {
        write_value(&format!("sf:{field}"), value, out);
    }
    out.push_str(&format!("</{name}>"));
}

fn write_value(name: &str, value: &Node, out: &mut String) {
    match &value.value {
        Data::Null => write_nil(name, out),
        Data::Object(_) if value.get("attributes").is_some() => write(name, value, out),
        Data::Object(_) if value.get("records").is_some() => write_page(name, value, out),
        Data::Object(members) => {
            let kind = if value.get("geocodeAccuracy").is_some() { "address" } else { "location" };
            out.push_str(&format!("<{name} xsi:type=\"{kind}\">"));
            members.iter().for_each(|(part, value)| write_value(part, value, out));
            out.push_str(&format!("</{name}>"));
        }
        _ => out.push_str(&format!("<{name}>{}</{name}>", scalar(value))),
    }
}

/// Writes what is no record: nothing for null, one element an item for lists.
pub(super) fn write_plain(name: &str, value: &Node, out: &mut String) {
    match &value.value {
        Data::Null => {}
        Data::List(items) => items.iter().for_each(|item| write_plain(name, item, out)),
        Data::Object(members) => {
            out.push_str(&format!("<{name}>"));
            members
                .iter()
                .filter(|(part, _)| part != "urls")
                .for_each(|(part, value)| write_plain(part, value, out));
            out.push_str(&format!("</{name}>"));
        }
        _ => out.push_str(&format!("<{name}>{}</{name}>", scalar(value))),
    }
}

/// Writes an element that has no value.
pub(super) fn write_nil(name: &str, out: &mut String) {
    out.push_str(&format!("<{name} xsi:nil=\"true\"/>"));
}

/// Writes a single value. Instants have a `Z` here.
fn scalar(node: &Node) -> String {
    match &node.value {
        Data::Bool(value) => value.to_string(),
        Data::Number(text) => text.clone(),
        Data::Text(text) => match text.strip_suffix("+0000") {
            Some(instant) if is_instant(instant) => format!("{instant}Z"),
            _ => escape(text),
        },
        Data::Null | Data::List(_) | Data::Object(_) => String::new(),
    }
}

/// Returns whether a text has the form `2026-11-20T21:59:00.000`.
fn is_instant(text: &str) -> bool {
    text.len() == 23
        && text.bytes().zip(b"0000-00-00T00:00:00.000").all(|(byte, pattern)| match pattern {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        })
}
