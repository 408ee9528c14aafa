//! Describes as the SOAP API writes them: elements by name, some of which REST has not, and none that the caller's version does
//! not know, for its clients read them by the WSDL of that version (SOAP API Developer Guide, DescribeSObjectResult).

use super::elements::{write_nil, write_plain};
use crate::json::{Data, Node};
use crate::xml::escape;

/// Elements of an sObject that came with an API version, times ten.
const SINCE: [(&str, u16); 9] = [
    ("associateEntityType", 500),
    ("associateParentEntity", 500),
    ("deepCloneable", 460),
    ("defaultImplementation", 460),
    ("extendedBy", 500),
    ("extendsInterfaces", 500),
    ("implementedBy", 460),
    ("implementsInterfaces", 460),
    ("isInterface", 460),
];

/// Members of the REST answer that are no elements.
const REST_ONLY: [&str; 2] = ["sobjectDescribeOption", "urls"];

/// Elements that are there without a value, too.
const NILLABLE: [&str; 5] =
    ["defaultImplementation", "implementedBy", "implementsInterfaces", "keyPrefix", "networkScopeFieldName"];

/// The addresses of pages, and what REST calls them.
const PAGES: [(&str, &str); 3] =
    [("urlDetail", "uiDetailTemplate"), ("urlEdit", "uiEditTemplate"), ("urlNew", "uiNewRecord")];

/// Writes what `describeGlobal` returns.
pub(super) fn write_global(body: &Node, version: u16, out: &mut String) {
    out.push_str("<result>");
    for name in ["encoding", "maxBatchSize"] {
        body.get(name).iter().for_each(|value| write_plain(name, value, out));
    }
    for sobject in body.get("sobjects").and_then(Node::items).unwrap_or_default() {
        write_sobject("sobjects", sobject, version, out);
    }
    out.push_str("</result>");
}

/// Writes the describe of one sObject.
pub(super) fn write_one(body: &Node, version: u16, out: &mut String) {
    write_sobject("result", body, version, out);
}

fn write_sobject(name: &str, sobject: &Node, version: u16, out: &mut String) {
    let mut elements: Vec<(&str, String)> = sobject
        .members()
        .iter()
        .filter(|(member, _)| is_known(member, version))
        .map(|(member, value)| (member.as_str(), element(member, value)))
        .collect();
    let has_ids = sobject.get("keyPrefix").is_some_and(|prefix| !prefix.is_null());
    elements.push(("idEnabled", format!("<idEnabled>{has_ids}</idEnabled>")));
    if sobject.get("fields").is_some() {
        let urls = sobject.get("urls");
        elements
            .extend(PAGES.map(|(name, in_rest)| (name, page(name, urls.and_then(|urls| urls.get(in_rest))))));
    }
    // The WSDL has them in this order.
    elements.sort_unstable_by_key(|(name, _)| *name);
    out.push_str(&format!("<{name}>"));
    elements.iter().for_each(|(_, text)| out.push_str(text));
    out.push_str(&format!("</{name}>"));
}

fn is_known(member: &str, version: u16) -> bool {
    let since = SINCE.iter().find(|(name, _)| *name == member);
    !REST_ONLY.contains(&member) && since.is_none_or(|(_, since)| version >= *since)
}

fn element(name: &str, value: &Node) -> String {
    let mut out = String::new();
    match &value.value {
        Data::Null if NILLABLE.contains(&name) => write_nil(name, &mut out),
        _ => write_plain(name, value, &mut out),
    }
    out
}

fn page(name: &str, url: Option<&Node>) -> String {
    match url.and_then(Node::as_str) {
        Some(url) => format!("<{name}>{}</{name}>", escape(url)),
        None => format!("<{name} xsi:nil=\"true\"/>"),
    }
}
