//! JSON bodies as clients send them: members in their order, values with their places, errors in Salesforce's words.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// As deep may values be nested; a client's own bodies have five levels or so.
const MAX_DEPTH: usize = 100;

/// A value and where it stands in the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) value: Data,
    pub(crate) place: Place,
}

/// A place in a text, both numbers counted from 1.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Place {
    line: usize,
    column: usize,
}

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    /// A number as it was written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Reads a whole body. The error is the text of a `JSON_PARSER_ERROR`.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, String> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err("The HTTP entity body is required, but this request has no entity body.".to_owned());
        }
        let text = std::str::from_utf8(body).map_err(|_| "Invalid UTF-8 in the request body".to_owned())?;
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let mut reader = Reader { text, at: 0, depth: 0, line: 1, line_start: 0 };
        let node = reader.read_value()?;
        reader.skip_space();
        match reader.peek() {
            None => Ok(node),
            Some(_) => Err(reader.unexpected("expected the end of the body")),
        }
    }

    /// Returns a member of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// Returns the members of an object; anything else has none.
    pub(crate) fn members(&self) -> &[(String, Self)] {
        if let Data::Object(members) = &self.value { members } else { &[] }
    }

    /// Returns the items of a list.
    pub(crate) fn items(&self) -> Option<&[Self]> {
        if let Data::List(items) = &self.value { Some(items) } else { None }
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self.value, Data::Object(_))
    }

    pub(crate) fn is_null(&self) -> bool {
        self.value == Data::Null
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Data::Text(text) = &self.value { Some(text) } else { None }
    }

    /// Returns a switch, which clients also send as text.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match &self.value {
            Data::Bool(value) => Some(*value),
            Data::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Data::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// Returns the name of the token that the value begins with, and the value as error texts have it.
    pub(crate) fn token(&self) -> (&'static str, String) {
        match &self.value {
            Data::Null => ("VALUE_NULL", "null".to_owned()),
            Data::Bool(true) => ("VALUE_TRUE", "true".to_owned()),
            Data::Bool(false) => ("VALUE_FALSE", "false".to_owned()),
            Data::Number(text) if text.contains(['.', 'e', 'E']) => ("VALUE_NUMBER_FLOAT", text.clone()),
            Data::Number(text) => ("VALUE_NUMBER_INT", text.clone()),
            Data::Text(text) => ("VALUE_STRING", text.clone()),
            Data::List(_) => ("START_ARRAY", "[".to_owned()),
            Data::Object(_) => ("START_OBJECT", "{".to_owned()),
        }
    }

    /// Writes the value as JSON text.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a value that was read can be written")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[line:{}, column:{}]", self.line, self.column)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Data::Null => serializer.serialize_unit(),
            Data::Bool(value) => serializer.serialize_bool(*value),
            Data::Number(text) => match serde_json::value::RawValue::from_string(text.clone()) {
                Ok(number) => number.serialize(serializer),
                Err(_) => serializer.serialize_unit(),
            },
            Data::Text(text) => serializer.serialize_str(text),
            Data::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Data::Object(members) => {
                let mut object = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, node)| object.serialize_entry(name, node))?;
                object.end()
            }
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    line: usize,
    line_start: usize,
}

impl Reader<'_> {
    fn read_value(&mut self) -> Result<Node, String> {
        self.skip_space();
        let place = self.place(self.at);
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("The request body is nested too deeply at {place}"));
        }
        let value = match self.peek() {
            Some(b'{') => self.read_object()?,
            Some(b'[') => self.read_list()?,
            Some(b'"') => Data::Text(self.read_text()?),
            Some(b'-' | b'0'..=b'9') => self.read_number()?,
            _ => self.read_word()?,
        };
        self.depth -= 1;
        Ok(Node { value, place })
    }

    fn read_object(&mut self) -> Result<Data, String> {
        let mut members = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.take(b'}') {
            return Ok(Data::Object(members));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("was expecting double-quote to start field name"));
            }
            let name = self.read_text()?;
            self.skip_space();
            if !self.take(b':') {
                return Err(self.unexpected("was expecting a colon to separate field name and value"));
            }
            members.push((name, self.read_value()?));
            self.skip_space();
            if self.take(b'}') {
                return Ok(Data::Object(members));
            }
            if !self.take(b',') {
                return Err(self.unexpected("was expecting comma to separate OBJECT entries"));
            }
        }
    }

    fn read_list(&mut self) -> Result<Data, String> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.take(b']') {
            return Ok(Data::List(items));
        }
        loop {
            items.push(self.read_value()?);
            self.skip_space();
            if self.take(b']') {
                return Ok(Data::List(items));
            }
            if !self.take(b',') {
                return Err(self.unexpected("was expecting comma to separate ARRAY entries"));
            }
        }
    }

    /// Reads a text with the escapes left to the library, which knows them all.
    fn read_text(&mut self) -> Result<String, String> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
                None => return Err(self.unexpected("was expecting closing quote for a string value")),
            }
        }
        self.at += 1;
        let quoted = self.text.get(start..self.at).unwrap_or_default();
        // Line breaks inside texts are refused by the standard, and by an org.
        serde_json::from_str(quoted)
            .map_err(|_| format!("Illegal character or escape in a string value at {}", self.place(start)))
    }

    fn read_number(&mut self) -> Result<Data, String> {
        let rest = &self.text.as_bytes()[self.at..];
        let is_part = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
        let length = rest.iter().take_while(|byte| is_part(byte)).count();
        let text = &self.text[self.at..self.at + length];
        if serde_json::from_str::<serde_json::Number>(text).is_err() {
            return Err(format!("Invalid numeric value: {text} at {}", self.place(self.at)));
        }
        self.at += length;
        Ok(Data::Number(text.to_owned()))
    }

    fn read_word(&mut self) -> Result<Data, String> {
        for (word, value) in [("null", Data::Null), ("true", Data::Bool(true)), ("false", Data::Bool(false))]
        {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self
            .unexpected("expected a valid value (number, String, array, object, 'true', 'false' or 'null')"))
    }

    fn unexpected(&self, expectation: &str) -> String {
        let place = self.place(self.at);
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(c) => {
                format!("Unexpected character ('{c}' (code {})): {expectation} at {place}", u32::from(c))
            }
            None => format!("Unexpected end-of-input: {expectation} at {place}"),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> bool {
        let is_there = self.peek() == Some(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    /// Skips what means nothing. Only there can lines end: texts have no raw line breaks.
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
            if self.text.as_bytes()[self.at - 1] == b'\n' {
                (self.line, self.line_start) = (self.line + 1, self.at);
            }
        }
    }

    fn place(&self, at: usize) -> Place {
        let at = at.min(self.text.len());
        Place { line: self.line, column: at.saturating_sub(self.line_start) + 1 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Data, Node};

    #[test]
    fn values_keep_order_digits_and_places() {
        let text = "{\"Name\":\"a\\u00e4\\n\",\n \"n\": [1.50, -2e3, true, null], \"A\": {}}";

        let node = Node::parse(text.as_bytes()).unwrap();

        let names: Vec<_> = node.members().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Name", "n", "A"]);
        assert_eq!(node.get("Name").unwrap().as_str(), Some("aä\n"));
        assert_eq!(node.get("Name").unwrap().place.to_string(), "[line:1, column:9]");
        let list = node.get("n").unwrap().items().unwrap();
        assert_eq!(list[0].value, Data::Number("1.50".to_owned()));
        assert_eq!(list[1].place.to_string(), "[line:2, column:14]");
        assert_eq!(list[1].token().0, "VALUE_NUMBER_FLOAT");
        let written = String::from_utf8(node.to_bytes()).unwrap();
        assert_eq!(written, "{\"Name\":\"aä\\n\",\"n\":[1.50,-2e3,true,null],\"A\":{}}");
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        let cases = [
            ("", "The HTTP entity body is required, but this request has no entity body."),
            (
                "{x",
                "Unexpected character ('x' (code 120)): was expecting double-quote to start field name at [line:1, column:2]",
            ),
            (
                "{\"a\" 1}",
                "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value at [line:1, column:6]",
            ),
            (
                "[1,\n2",
                "Unexpected end-of-input: was expecting comma to separate ARRAY entries at [line:2, column:2]",
            ),
            (
                "{\"a\":\"b",
                "Unexpected end-of-input: was expecting closing quote for a string value at [line:1, column:8]",
            ),
            ("01", "Invalid numeric value: 01 at [line:1, column:1]"),
            (
                "1 2",
                "Unexpected character ('2' (code 50)): expected the end of the body at [line:1, column:3]",
            ),
            (
                "\"a\\",
                "Unexpected end-of-input: was expecting closing quote for a string value at [line:1, column:4]",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(Node::parse(text.as_bytes()).unwrap_err(), expected, "{text}");
        }
        assert!(Node::parse("[".repeat(100_000).as_bytes()).unwrap_err().contains("too deeply"));
        assert!(Node::parse(b"\"\xff\"").is_err());
    }

    proptest! {
        #[test]
        fn any_body_is_read_or_refused(body in any::<Vec<u8>>(), text in "[\\[\\]{}:,\"\\\\a-fnrtuäé0-9.eE+ -]{0,60}") {
            let _ = Node::parse(&body);
            let ours = Node::parse(text.as_bytes());
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            assert_eq!(ours.is_ok(), theirs.is_ok(), "{text}: {ours:?}");
        }
    }
}
