//! What is said about jobs and batches, read and written in XML and JSON.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value as Json};

use super::Result;
use super::error::AsyncError;
use super::form::Form;
use crate::clock::format_rest;
use crate::http::{Call, version_text};
use crate::xml::{self, escape};

pub(super) const OK: StatusCode = StatusCode::OK;
pub(super) const CREATED: StatusCode = StatusCode::CREATED;

/// The namespace of all elements (Bulk API Developer Guide, Schema).
const NAMESPACE: &str = "http://www.force.com/2009/06/asyncapi/dataload";

/// A value of a member.
#[derive(Clone, Debug)]
pub(super) enum Datum {
    Text(String),
    Number(i64),
    Instant(i64),
    Version(u16),
    /// What XML leaves out and JSON calls null.
    Missing,
    /// A switch that only JSON tells.
    Flag(bool),
}

impl Datum {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(super) fn optional(text: Option<&str>) -> Self {
        text.map_or(Self::Missing, Self::text)
    }

    fn to_xml(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(escape(text)),
            Self::Number(number) => Some(number.to_string()),
            Self::Instant(ms) => Some(format_rest(whole_second(*ms)).replace("+0000", "Z")),
            Self::Version(version) => Some(version_text(*version)),
            Self::Missing | Self::Flag(_) => None,
        }
    }

    fn to_json(&self) -> Json {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => (*number).into(),
            Self::Instant(ms) => format_rest(whole_second(*ms)).into(),
            Self::Version(version) => (f64::from(*version) / 10.0).into(),
            Self::Missing => Json::Null,
            Self::Flag(flag) => (*flag).into(),
        }
    }
}

pub(super) fn whole_second(ms: i64) -> i64 {
    ms - ms.rem_euclid(1_000)
}

/// What is told of a job or a batch, its members in the order of XML. Those of JSON go by name.
#[derive(Clone, Debug)]
pub(super) struct Info {
    pub(super) name: &'static str,
    pub(super) members: Vec<(&'static str, Datum)>,
}

impl Info {
    pub(super) fn respond(&self, status: StatusCode, form: Form) -> Response {
        let body = match form {
            Form::Xml => xml_document(self.name, &self.to_xml(" ")),
            Form::Json => Json::Object(self.to_json()).to_string(),
        };
        form.respond(status, body)
    }

    fn to_xml(&self, indent: &str) -> String {
        let members = self.members.iter().filter_map(|(name, datum)| Some((name, datum.to_xml()?)));
        members.map(|(name, text)| format!("{indent}<{name}>{text}</{name}>\n")).collect()
    }

    fn to_json(&self) -> Map<String, Json> {
        let sorted: BTreeMap<_, _> = self.members.iter().map(|(name, datum)| (*name, datum)).collect();
        sorted.into_iter().map(|(name, datum)| (name.to_owned(), datum.to_json())).collect()
    }
}

/// Answers the list of a job's batches.
pub(super) fn respond_list(infos: &[Info], form: Form) -> Response {
    let body = match form {
        Form::Xml => {
            let inner =
                infos.iter().map(|info| format!(" <batchInfo>\n{} </batchInfo>\n", info.to_xml("  ")));
            xml_document("batchInfoList", &inner.collect::<String>())
        }
        Form::Json => {
            let list = infos.iter().map(|info| Json::Object(info.to_json())).collect();
            Json::Object(Map::from_iter([("batchInfo".to_owned(), Json::Array(list))])).to_string()
        }
    };
    form.respond(OK, body)
}

/// Writes a document as Bulk API 1.0 lays it out.
pub(super) fn xml_document(name: &str, inner: &str) -> String {
    let head = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{name}\n   xmlns=\"{NAMESPACE}\"");
    if inner.is_empty() { format!("{head} />") } else { format!("{head}>\n{inner}</{name}>") }
}

/// Reads what a client says about a job: the members of an object, or the texts of an element's children.
pub(super) fn read(call: &Call, name: &str) -> Result<Map<String, Json>> {
    match Form::of_request(&call.headers) {
        Form::Json => match serde_json::from_slice(&call.body) {
            Ok(Json::Object(members)) => Ok(members),
            _ => Err(AsyncError::new("InvalidJob", "Unable to parse Job")),
        },
        Form::Xml => {
            let root = std::str::from_utf8(&call.body).ok().and_then(xml::parse);
            let root = root.filter(|root| root.name == name);
            let root = root.ok_or_else(|| AsyncError::new("InvalidXML", "Unable to parse Job"))?;
            let member = |child: &xml::Element| (child.name.clone(), Json::from(child.text.trim()));
            Ok(root.children.iter().map(member).collect())
        }
    }
}
