//! References of composite requests: `@{account.id}` stands for what an earlier call answered.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::errors::ApiError;
use crate::json::{Data, Node};

/// What the calls before have answered.
#[derive(Debug, Default)]
pub(super) struct Answers {
    by_reference: BTreeMap<String, Option<Json>>,
}

/// How deep calls build on each other: what names no other is on the first level.
#[derive(Debug, Default)]
pub(super) struct Levels<'a> {
    by_reference: BTreeMap<&'a str, usize>,
}

impl<'a> Levels<'a> {
    /// Takes a call, and returns its level.
    pub(super) fn add(&mut self, reference_id: &'a str, url: &str, body: Option<&Node>) -> usize {
        let level = 1 + self.of_text(url).max(body.map_or(0, |body| self.of_node(body)));
        self.by_reference.insert(reference_id, level);
        level
    }

    fn of_node(&self, node: &Node) -> usize {
        match &node.value {
            Data::Text(text) => self.of_text(text),
            Data::List(items) => items.iter().map(|item| self.of_node(item)).max().unwrap_or(0),
            Data::Object(members) => members.iter().map(|(_, node)| self.of_node(node)).max().unwrap_or(0),
            _ => 0,
        }
    }

    fn of_text(&self, text: &str) -> usize {
        let names = text.split("@{").skip(1).filter_map(|rest| rest.split(['.', '[', '}']).next());
        names.filter_map(|name| self.by_reference.get(name)).copied().max().unwrap_or(0)
    }
}

impl Answers {
    pub(super) fn add(&mut self, reference_id: &str, body: &RawValue) {
        self.by_reference.insert(reference_id.to_owned(), serde_json::from_str(body.get()).ok());
    }

    /// Remembers a call whose answer nobody can use.
    pub(super) fn add_failed(&mut self, reference_id: &str) {
        self.by_reference.insert(reference_id.to_owned(), None);
    }

    /// Fills in the references of a URL.
    pub(super) fn fill_in_url(&self, url: &str) -> Result<String, ApiError> {
        self.fill_in(url)
    }

    /// Fills in the references of all texts in a body.
    pub(super) fn fill_in_node(&self, node: &Node) -> Result<Node, ApiError> {
        let value = match &node.value {
            Data::Text(text) => Data::Text(self.fill_in(text)?),
            Data::List(items) => {
                Data::List(items.iter().map(|item| self.fill_in_node(item)).collect::<Result<_, _>>()?)
            }
            Data::Object(members) => {
                let fill = |(name, node): &(String, Node)| Ok((name.clone(), self.fill_in_node(node)?));
                Data::Object(members.iter().map(fill).collect::<Result<_, ApiError>>()?)
            }
            other => other.clone(),
        };
        Ok(Node { value, place: node.place })
    }

    fn fill_in(&self, text: &str) -> Result<String, ApiError> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("@{") {
            let Some((path, behind)) = after.split_once('}') else { break };
            filled.push_str(before);
            filled.push_str(&self.find(path)?);
            rest = behind;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// Finds what a path names: the reference id, then members with dots and places in brackets.
    fn find(&self, path: &str) -> Result<String, ApiError> {
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (reference_id, steps) = path.split_at(end);
        let found = self.by_reference.get(reference_id).and_then(Option::as_ref);
        let found = found.and_then(|body| walk(body, steps));
        let text = match found {
            Some(Json::String(text)) => Some(text.clone()),
            Some(value @ (Json::Number(_) | Json::Bool(_))) => Some(value.to_string()),
            _ => None,
        };
        text.ok_or_else(|| {
            let message = format!("Invalid reference specified. No value for {path} found in {reference_id}");
            ApiError::bad_request("PROCESSING_HALTED", message)
        })
    }
}

fn walk<'a>(body: &'a Json, steps: &str) -> Option<&'a Json> {
    let mut at = body;
    for step in steps.split(['.', '[']).filter(|step| !step.is_empty()) {
        at = match step.strip_suffix(']') {
            Some(place) => at.get(place.parse::<usize>().ok()?)?,
            None => member(at, step)?,
        };
    }
    Some(at)
}

/// Finds a member; names of fields may come in any case.
fn member<'a>(object: &'a Json, name: &str) -> Option<&'a Json> {
    object.get(name).or_else(|| {
        object.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::value::to_raw_value;

    use super::Answers;
    use crate::json::Node;

    #[test]
    fn references_are_filled_in() {
        let mut answers = Answers::default();
        let body = serde_json::json!({ "id": "001A", "records": [{ "Id": "003B", "n": 5 }] });
        answers.add("a", &to_raw_value(&body).unwrap());
        answers.add_failed("b");

        let filled = answers.fill_in_url("/sobjects/Account/@{a.id}/x@{a.records[0].Id}@{a.records[0].n}");
        let node = Node::parse(br#"{"A":[{"B":"@{a.ID}"}],"C":"@{","D":1}"#).unwrap();

        assert_eq!(filled.unwrap(), "/sobjects/Account/001A/x003B5");
        let node = answers.fill_in_node(&node).unwrap().to_bytes();
        assert_eq!(String::from_utf8(node).unwrap(), r#"{"A":[{"B":"001A"}],"C":"@{","D":1}"#);
        for path in ["b.id", "c.id", "a.records[7].Id", "a.records"] {
            let error = answers.fill_in_url(&format!("@{{{path}}}")).unwrap_err();
            assert_eq!(error.code, "PROCESSING_HALTED");
            let reference_id = &path[..1];
            let expected =
                format!("Invalid reference specified. No value for {path} found in {reference_id}");
            assert_eq!(error.message, expected);
        }
    }
}
