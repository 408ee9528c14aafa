//! The calls of the partner API that read and write records (SOAP API Developer Guide, Core Calls and Describe Calls). They go the
//! way of REST, and their answers are written in XML.

use std::sync::Arc;

use axum::http::Method;
use axum::response::Response;
use serde_json::{Value as Json, json};

use super::Call;
use super::describes;
use super::elements;
use super::fault::Fault;
use crate::errors::ApiError;
use crate::http::{Inner, Refusal};
use crate::json::{Data, Node};
use crate::random;
use crate::sessions::Session;

/// As many records one call may write (SOAP API Developer Guide, create()).
const MAX_RECORDS: usize = 200;

/// The API version, times ten, whose REST API writes all that `upsert` does (REST API Developer Guide, sObject Collections).
const FIRST_WITH_COLLECTIONS: u16 = 460;

/// The namespace of records.
const SOBJECTS: &str = "urn:sobject.partner.soap.sforce.com";

/// Runs a call; nothing if the partner API as it is here has none of that name.
pub(super) fn run(
    call: &Call,
    session: impl FnOnce() -> Result<Session, Fault>,
) -> Option<Result<Response, Fault>> {
    let run: fn(&Partner<'_>) -> Result<String, Fault> = match call.operation.name.as_str() {
        "query" => |partner| partner.query("query"),
        "queryAll" => |partner| partner.query("queryAll"),
        "queryMore" => |partner| partner.query_more(),
        "search" => |partner| partner.search(),
        "retrieve" => |partner| partner.retrieve(),
        "create" => |partner| partner.save(Method::POST),
        "update" => |partner| partner.save(Method::PATCH),
        "upsert" => |partner| partner.upsert(),
        "delete" => |partner| partner.delete(),
        "describeGlobal" => |partner| partner.describe_global(),
        "describeSObject" | "describeSObjects" => |partner| partner.describe(),
        "getUpdated" => |partner| partner.replicate("updated"),
        "getDeleted" => |partner| partner.replicate("deleted"),
        "setPassword" => |partner| partner.set_password(),
        "resetPassword" => |partner| partner.reset_password(),
        _ => return None,
    };
    Some(session().and_then(|session| {
        let partner = Partner { call, inner: inner(call, session) };
        let name = &call.operation.name;
        let body = run(&partner)?;
        Ok(call.envelope(
            &call.limit_info(),
            &format!("<{name}Response xmlns:sf=\"{SOBJECTS}\">{body}</{name}Response>"),
        ))
    }))
}

fn inner(call: &Call, session: Session) -> Inner {
    let option = |header: &str, name: &str| {
        call.header
            .child(header)
            .map(|header| header.child_text(name).to_owned())
            .filter(|value| !value.is_empty())
    };
    let mut headers = vec![("content-type", "application/json".to_owned())];
    headers.extend(
        option("QueryOptions", "batchSize").map(|size| ("sforce-query-options", format!("batchSize={size}"))),
    );
    headers.extend(option("MruHeader", "updateMru").map(|flag| ("sforce-mru", format!("updateMru={flag}"))));
    headers.extend(
        option("CallOptions", "client").map(|name| ("sforce-call-options", format!("client={name}"))),
    );
    headers.extend(call.duplicate_rule_header().map(|value| ("sforce-duplicate-rule-header", value)));
    let (app, base_url) = (Arc::clone(&call.app), call.base_url.clone());
    // Many records at a time came later to REST than to SOAP.
    let version = match call.operation.name.as_str() {
        "retrieve" | "create" | "update" | "upsert" | "delete" => call.version.max(FIRST_WITH_COLLECTIONS),
        _ => call.version,
    };
    Inner { app, session, version, base_url, headers }
}

/// A signed-in caller.
struct Partner<'a> {
    call: &'a Call,
    inner: Inner,
}

impl Partner<'_> {
    fn text(&self, name: &str) -> &str {
        self.call.operation.child_text(name)
    }

    fn texts(&self, name: &str) -> Vec<&str> {
        let named = self.call.operation.children.iter().filter(|child| child.name == name);
        named.map(|child| child.text.trim()).collect()
    }

    fn get(&self, segments: &[&str], params: &[(&str, &str)]) -> Result<Node, Fault> {
        self.inner.call(Method::GET, segments, params, None).map_err(refuse)
    }

    fn query(&self, resource: &str) -> Result<String, Fault> {
        let page = self.get(&[resource], &[("q", self.text("queryString"))])?;
        Ok(written(|out| elements::write_page("result", &page, out)))
    }

    fn query_more(&self) -> Result<String, Fault> {
        let page = self.get(&["query", self.text("queryLocator")], &[])?;
        Ok(written(|out| elements::write_page("result", &page, out)))
    }

    fn search(&self) -> Result<String, Fault> {
        let found = self.get(&["search"], &[("q", self.text("searchString"))])?;
        let found =
            found.get("searchRecords").and_then(Node::items).or(found.items()).unwrap_or_default().to_vec();
        Ok(written(|out| {
            out.push_str(&format!("<result><queryId>{}</queryId>", random::letters(12).to_lowercase()));
            for record in &found {
                out.push_str("<searchRecords>");
                elements::write("record", record, out);
                out.push_str("</searchRecords>");
            }
            out.push_str("</result>");
        }))
    }

    fn retrieve(&self) -> Result<String, Fault> {
        let fields: Vec<&str> = self.text("fieldList").split(',').map(str::trim).collect();
        let body = json!({ "ids": self.texts("ids"), "fields": fields });
        let segments = ["composite", "sobjects", self.text("sObjectType")];
        let found = self.inner.call(Method::POST, &segments, &[], Some(&body)).map_err(refuse)?;
        let found = found.items().unwrap_or_default();
        Ok(written(|out| found.iter().for_each(|record| elements::write("result", record, out))))
    }

    /// Reads the records that are to be written.
    fn given(&self) -> Result<Vec<Json>, Fault> {
        let named = self.call.operation.children.iter().filter(|child| child.name == "sObjects");
        let given: Vec<Json> = named.map(elements::read).collect();
        check_count(given.len())?;
        Ok(given)
    }

    fn is_all_or_none(&self) -> bool {
        let header = self.call.header.child("AllOrNoneHeader");
        header.is_some_and(|header| header.child_text("allOrNone").eq_ignore_ascii_case("true"))
    }

    fn save(&self, method: Method) -> Result<String, Fault> {
        let given = self.given()?;
        if given.is_empty() {
            return Ok(String::new());
        }
        let body = json!({ "allOrNone": self.is_all_or_none(), "records": given });
        self.inner
            .call(method, &["composite", "sobjects"], &[], Some(&body))
            .map(|results| write_results(&results))
            .map_err(refuse)
    }

    /// Writes records by a key, those of each type by themselves, and answers in the order they came in.
    fn upsert(&self) -> Result<String, Fault> {
        let given = self.given()?;
        let key = self.text("externalIDFieldName");
        let mut written = String::new();
        for run in given.chunk_by(|one, other| kind_of(one) == kind_of(other)) {
            let Some(kind) = run.first().map(kind_of) else { continue };
            let body = json!({ "allOrNone": self.is_all_or_none(), "records": run });
            let segments = ["composite", "sobjects", kind, key];
            let results = self.inner.call(Method::PATCH, &segments, &[], Some(&body)).map_err(refuse)?;
            written.push_str(&write_upserted(&results));
        }
        Ok(written)
    }

    fn delete(&self) -> Result<String, Fault> {
        let ids = self.texts("ids");
        check_count(ids.len())?;
        if ids.is_empty() {
            return Ok(String::new());
        }
        let all_or_none = self.is_all_or_none().to_string();
        let params = [("ids", ids.join(",")), ("allOrNone", all_or_none)];
        let params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let results =
            self.inner.call(Method::DELETE, &["composite", "sobjects"], &params, None).map_err(refuse)?;
        Ok(write_results(&results))
    }

    fn describe_global(&self) -> Result<String, Fault> {
        let body = self.get(&["sobjects"], &[])?;
        Ok(written(|out| describes::write_global(&body, self.call.version, out)))
    }

    fn describe(&self) -> Result<String, Fault> {
        let mut out = String::new();
        for name in self.texts("sObjectType") {
            let body = self.inner.call(Method::GET, &["sobjects", name, "describe"], &[], None);
            let body = body.map_err(|refusal| match refusal.code.as_str() {
                "NOT_FOUND" => {
                    let unknown = ApiError::unknown_sobject(name);
                    Fault::new(unknown.code, unknown.message)
                }
                _ => refuse(refusal),
            })?;
            describes::write_one(&body, self.call.version, &mut out);
        }
        Ok(out)
    }

    fn replicate(&self, resource: &str) -> Result<String, Fault> {
        let params = [("start", self.text("startDate")), ("end", self.text("endDate"))];
        let body = self.get(&["sobjects", self.text("sObjectType"), resource], &params)?;
        Ok(written(|out| elements::write_plain("result", &body, out)))
    }

    fn set_password(&self) -> Result<String, Fault> {
        let body = json!({ "NewPassword": self.text("password") });
        let segments = ["sobjects", "User", self.text("userId"), "password"];
        let set = self.inner.call(Method::POST, &segments, &[], Some(&body));
        set.map(|_| "<result/>".to_owned()).map_err(refuse)
    }

    fn reset_password(&self) -> Result<String, Fault> {
        let segments = ["sobjects", "User", self.text("userId"), "password"];
        let made = self.inner.call(Method::DELETE, &segments, &[], None).map_err(refuse)?;
        Ok(written(|out| {
            out.push_str("<result>");
            made.get("NewPassword").iter().for_each(|made| elements::write_plain("password", made, out));
            out.push_str("</result>");
        }))
    }
}

fn kind_of(record: &Json) -> &str {
    record["attributes"]["type"].as_str().unwrap_or_default()
}

fn check_count(count: usize) -> Result<(), Fault> {
    if count > MAX_RECORDS {
        let message =
            format!("record limit reached. cannot submit more than {MAX_RECORDS} records in one call");
        return Err(Fault::new("EXCEEDED_ID_LIMIT", message));
    }
    Ok(())
}

fn written(write: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    write(&mut out);
    out
}

/// Writes what became of each record (SOAP API Developer Guide, SaveResult and DeleteResult).
fn write_results(results: &Node) -> String {
    written(|out| results.items().unwrap_or_default().iter().for_each(|result| write_result("", result, out)))
}

/// Writes what became of each record, which always tells whether it was created (SOAP API Developer Guide, UpsertResult).
fn write_upserted(results: &Node) -> String {
    written(|out| {
        for result in results.items().unwrap_or_default() {
            let created = is_true(result.get("created"));
            write_result(&format!("<created>{created}</created>"), result, out);
        }
    })
}

fn write_result(first: &str, result: &Node, out: &mut String) {
    out.push_str(&format!("<result>{first}"));
    for error in result.get("errors").and_then(Node::items).unwrap_or_default() {
        out.push_str("<errors>");
        for name in ["fields", "message", "statusCode"] {
            error.get(name).iter().for_each(|value| elements::write_plain(name, value, out));
        }
        out.push_str("</errors>");
    }
    match result.get("id").filter(|id| !id.is_null()) {
        Some(id) => elements::write_plain("id", id, out),
        None => elements::write_nil("id", out),
    }
    out.push_str(&format!("<success>{}</success></result>", is_true(result.get("success"))));
}

fn is_true(flag: Option<&Node>) -> bool {
    flag.is_some_and(|flag| flag.value == Data::Bool(true))
}

fn refuse(refusal: Refusal) -> Fault {
    Fault::of_call(refusal.code, refusal.message)
}
