//! Merging records and their recycle bin, which only this API can do (SOAP API Developer Guide, merge(), undelete() and
//! emptyRecycleBin()).

use super::Call;
use super::fault::Fault;
use crate::id::RecordId;
use crate::org::{Author, Given, Merged, SaveError, Sent};
use crate::schema::SObject;
use crate::xml::{Element, escape};

/// The most records of one call (SOAP API Developer Guide, API Call Limits).
const MAX_RECORDS: usize = 200;

/// The most merges of one call.
const MAX_MERGES: usize = 10;

/// Takes records out of the recycle bin, each with a result of its own.
pub(super) fn undelete(call: &Call, by: Author) -> Result<String, Fault> {
    each_id(call, "undeleteResponse", |sobject, id| call.app.org.undelete_record(sobject, id, by))
}

/// Removes records from the recycle bin, each with a result of its own.
pub(super) fn empty_recycle_bin(call: &Call, by: Author) -> Result<String, Fault> {
    each_id(call, "emptyRecycleBinResponse", |sobject, id| call.app.org.empty_from_bin(sobject, id, by))
}

fn each_id(
    call: &Call,
    element: &str,
    act: impl Fn(&SObject, &RecordId) -> Result<(), Vec<SaveError>>,
) -> Result<String, Fault> {
    let ids: Vec<&Element> = call.operation.children.iter().filter(|child| child.name == "ids").collect();
    refuse_too_many(ids.len(), MAX_RECORDS)?;
    let results = ids.iter().map(|given| {
        let text = given.text.trim();
        let id = RecordId::parse(text);
        let found = id.and_then(|id| Some((id, call.app.org.schema().find_by_prefix(id.prefix())?)));
        let Some((id, sobject)) = found else {
            let message = format!("malformed id {text}");
            return failure(&[SaveError::of_record("MALFORMED_ID", message)]);
        };
        match act(sobject, &id) {
            Ok(()) => format!("<result><id>{id}</id><success>true</success></result>"),
            Err(errors) => failure(&errors),
        }
    });
    let results: String = results.collect();
    Ok(format!("<{element}>{results}</{element}>"))
}

/// Merges records, each request with a result of its own.
pub(super) fn merge(call: &Call, by: Author) -> Result<String, Fault> {
    let requests: Vec<&Element> = call
        .operation
        .children
        .iter()
        .filter(|child| matches!(child.name.as_str(), "request" | "merges" | "mergeRequests"))
        .collect();
    refuse_too_many(requests.len(), MAX_MERGES)?;
    let results: String = requests
        .iter()
        .map(|request| match merge_one(call, request, by) {
            Ok((master, merged)) => success(&master, &merged),
            Err(errors) => failure(&errors),
        })
        .collect();
    Ok(format!("<mergeResponse>{results}</mergeResponse>"))
}

fn merge_one(call: &Call, request: &Element, by: Author) -> Result<(RecordId, Merged), Vec<SaveError>> {
    let malformed = |text: &str| vec![SaveError::of_record("MALFORMED_ID", format!("malformed id {text}"))];
    let parse = |text: &str| RecordId::parse(text).ok_or_else(|| malformed(text));
    let missing = || vec![SaveError::of_record("REQUIRED_FIELD_MISSING", "a merge needs a masterRecord")];
    let record = request.child("masterRecord").ok_or_else(missing)?;
    let master = parse(record.child_text("Id"))?;
    let sobject = call.app.org.schema().find_by_prefix(master.prefix());
    let sobject = sobject.ok_or_else(|| malformed(master.as_str()))?;
    let losers = request.children.iter().filter(|child| child.name == "recordToMergeIds");
    let losers = losers.map(|child| parse(child.text.trim())).collect::<Result<Vec<_>, _>>()?;
    let cleared = record.children.iter().filter(|child| child.name == "fieldsToNull");
    let cleared = cleared.map(|child| Sent { name: child.text.trim(), value: Given::Null, node: None });
    let fields =
        record.children.iter().filter(|child| !matches!(child.name.as_str(), "Id" | "type" | "fieldsToNull"));
    let given = fields.map(|child| Sent { name: &child.name, value: Given::Text(&child.text), node: None });
    let sent: Vec<Sent<'_>> = cleared.chain(given).collect();
    let merged = call.app.org.merge_records(sobject, &master, &losers, &sent, by)?;
    Ok((master, merged))
}

fn success(master: &RecordId, merged: &Merged) -> String {
    let list = |name: &str, ids: &[RecordId]| -> String {
        ids.iter().map(|id| format!("<{name}>{id}</{name}>")).collect()
    };
    format!(
        "<result><id>{master}</id>{}<success>true</success>{}</result>",
        list("mergedRecordIds", &merged.losers),
        list("updatedRelatedIds", &merged.children)
    )
}

/// Writes a result that tells errors.
fn failure(errors: &[SaveError]) -> String {
    let errors: String = errors
        .iter()
        .map(|error| {
            let fields: String =
                error.fields.iter().flatten().map(|field| format!("<fields>{field}</fields>")).collect();
            format!(
                "<errors>{fields}<message>{}</message><statusCode>{}</statusCode></errors>",
                escape(&error.message),
                error.code
            )
        })
        .collect();
    format!("<result>{errors}<id xsi:nil=\"true\"/><success>false</success></result>")
}

fn refuse_too_many(count: usize, most: usize) -> Result<(), Fault> {
    if count <= most {
        return Ok(());
    }
    let message = format!("record limit reached. cannot submit more than {most} records into this call");
    Err(Fault::new("EXCEEDED_ID_LIMIT", message))
}
