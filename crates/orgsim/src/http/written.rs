//! How answers are written: as XML for who asks for it, with line breaks for who wants to read them (REST API Developer Guide,
//! Headers, Accept and Pretty-Print; the examples in XML of its reference).

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::json::{Data, Node};
use crate::xml::escape;

const XML: HeaderValue = HeaderValue::from_static("application/xml;charset=UTF-8");

/// The attributes of the root element that `xsi:nil` needs.
const XSI: &str = " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";

/// How a caller wants its answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Writing {
    Plain,
    Pretty,
    Xml,
}

impl Writing {
    /// Reads what a call asks for. A suffix of the path says more than the headers.
    pub(super) fn of(headers: &HeaderMap, suffix: Option<&str>) -> Self {
        let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let accept = header("accept").unwrap_or_default().to_ascii_lowercase();
        let is_xml_only = accept.contains("xml") && !accept.contains("json") && !accept.contains("*/*");
        match suffix {
            Some("xml") => Self::Xml,
            None if is_xml_only => Self::Xml,
            _ if header("x-prettyprint").is_some_and(|value| matches!(value.trim(), "1" | "true")) => {
                Self::Pretty
            }
            _ => Self::Plain,
        }
    }

    /// Rewrites an answer. What is no JSON stays as it is.
    pub(super) async fn apply(self, names: &[String], response: Response) -> Response {
        let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if self == Self::Plain || !content_type.is_some_and(|value| value.contains("json")) {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let Ok(node) = Node::parse(&bytes) else { return Response::from_parts(parts, Body::from(bytes)) };
        let written = match self {
            Self::Xml => {
                parts.headers.insert(header::CONTENT_TYPE, XML);
                write_document(names, parts.status, &node).into_bytes()
            }
            _ => serde_json::to_vec_pretty(&node).unwrap_or_else(|_| bytes.to_vec()),
        };
        Response::from_parts(parts, Body::from(written))
    }
}

fn write_document(names: &[String], status: StatusCode, node: &Node) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    let (root, item) = root(names, status);
    match &node.value {
        Data::List(items) => {
            out.push_str(&format!("<{root}{XSI}>"));
            items.iter().for_each(|node| write_element(item, node, "", &mut out));
            out.push_str(&format!("</{root}>"));
        }
        _ => write_element(root, node, XSI, &mut out),
    }
    out
}

/// Returns the names of the root element and, if the answer is a list, of its items.
fn root(names: &[String], status: StatusCode) -> (&str, &'static str) {
    if status.is_client_error() || status.is_server_error() {
        return ("Errors", "Error");
    }
    let lower: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let root = match lower.as_slice() {
        ["services", "data"] => "Versions",
        [] => "urls",
        ["query" | "queryall", ..] => "QueryResult",
        ["search" | "parameterizedsearch", ..] => "SearchResults",
        ["limits"] => "LimitsSnapshot",
        ["sobjects"] => "DescribeGlobal",
        ["sobjects", ..] if status == StatusCode::CREATED => "Result",
        ["sobjects", _, "updated" | "deleted", ..] => "Result",
        ["sobjects", _, ..] => names.get(1).map_or("Result", String::as_str),
        _ => "Result",
    };
    (root, if root == "Versions" { "Version" } else { "Result" })
}

/// Appends an element. Type and address of a record are attributes of it; a list is one element an item.
fn write_element(name: &str, node: &Node, more: &str, out: &mut String) {
    match &node.value {
        Data::List(items) => items.iter().for_each(|node| write_element(name, node, more, out)),
        Data::Null => out.push_str(&format!("<{name}{more} xsi:nil=\"true\"/>")),
        Data::Object(members) => {
            out.push_str(&format!("<{name}{more}"));
            let attributes = node.get("attributes").map(Node::members).unwrap_or_default();
            for (key, value) in attributes {
                out.push_str(&format!(" {key}=\"{}\"", escape(value.as_str().unwrap_or_default())));
            }
            out.push('>');
            for (key, value) in members.iter().filter(|(key, _)| key != "attributes") {
                write_element(key, value, "", out);
            }
            out.push_str(&format!("</{name}>"));
        }
        Data::Bool(value) => out.push_str(&format!("<{name}{more}>{value}</{name}>")),
        Data::Number(text) | Data::Text(text) => {
            out.push_str(&format!("<{name}{more}>{}</{name}>", escape(text)));
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::write_document;
    use crate::json::Node;

    #[test]
    fn records_are_elements_with_their_type_and_address() {
        let body = r#"{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Account","url":"/x"},"Name":"A & B","Owner":null}]}"#;

        let text =
            write_document(&["query".to_owned()], StatusCode::OK, &Node::parse(body.as_bytes()).unwrap());

        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><QueryResult xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
             <totalSize>1</totalSize><done>true</done><records type=\"Account\" url=\"/x\"><Name>A &amp; B</Name>\
             <Owner xsi:nil=\"true\"/></records></QueryResult>"
        );
    }
}
