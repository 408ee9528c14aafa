//! What a user may do with single records (Object Reference, UserRecordAccess).

use axum::http::StatusCode;
use axum::response::Response;
use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};

use super::Call;
use crate::errors::{ApiError, json_response};
use crate::id::RecordId;
use crate::org::OrgView;
use crate::rights::{Deed, Visibility};
use crate::soql::ast::{Comparand, Condition, Literal, LiteralKind, Operand, Operator, Statement};
use crate::soql::{self, Query};

pub(super) const SOBJECT: &str = "UserRecordAccess";

/// As many records may be asked about at once.
const MAX_RECORDS: usize = 200;

/// Answers a query for a user's access to the records that it names. Such records are nowhere: they are worked out.
pub(super) fn answer(call: &Call, query: &Query, text: &str) -> Result<Response, ApiError> {
    let refuse = |message: &str| ApiError::bad_request("MALFORMED_QUERY", message);
    if query.is_count() || query.is_grouped() {
        return Err(refuse("UserRecordAccess does not support aggregate queries"));
    }
    let statement = soql::parse(text).map_err(|error| ApiError::bad_request(error.code, error.message))?;
    let users = named(&statement, "UserId").unwrap_or_default();
    let records = named(&statement, "RecordId").unwrap_or_default();
    let ([user], false) = (users.as_slice(), records.is_empty()) else {
        return Err(refuse(
            "UserRecordAccess needs a filter on one UserId and on RecordId, with the operator = or IN",
        ));
    };
    if records.len() > MAX_RECORDS {
        return Err(refuse("UserRecordAccess can be asked about 200 records at a time"));
    }
    let view = call.app.org.read();
    let rights = call.app.org.rights(*user, call.app.now_ms());
    let visibility = Visibility::new(rights);
    let names = query.columns();
    let wanted = statement.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let found: Vec<_> = records
        .iter()
        .take(wanted)
        .map(|record| {
            let access = access_to(&view, &visibility, record);
            write(call, &names, user, record, access)
        })
        .collect();
    Ok(json_response(StatusCode::OK, &Answer { total_size: found.len(), done: true, records: found }))
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    total_size: usize,
    done: bool,
    records: Vec<Members>,
}

/// The members of a record in the order of the query.
#[derive(Clone, Debug)]
struct Members(Vec<(String, Json)>);

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// What may be done with a record, each including what comes before it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Level {
    None,
    Read,
    Edit,
    All,
}

fn access_to(view: &OrgView<'_>, visibility: &Visibility, record: &RecordId) -> Level {
    let found = view.schema().find_by_prefix(record.prefix()).and_then(|sobject| {
        let row = view.find(sobject, record).filter(|row| !view.is_deleted(row))?;
        Some((sobject, row))
    });
    let Some((sobject, row)) = found else { return Level::None };
    let access = visibility.rights().access(sobject);
    let reaches = |deed| visibility.allows(view, sobject, &row, deed);
    if !access.read || !reaches(Deed::Read) {
        Level::None
    } else if access.modify_all {
        Level::All
    } else if access.delete && reaches(Deed::Delete) {
        // Who may delete a record as its owner may do everything with it.
        Level::All
    } else if access.edit && reaches(Deed::Edit) {
        Level::Edit
    } else {
        Level::Read
    }
}

fn write(call: &Call, names: &[String], user: &RecordId, record: &RecordId, level: Level) -> Members {
    let url = format!("{}/sobjects/{SOBJECT}/{record}", call.version_path());
    let attributes = ("attributes".to_owned(), json!({ "type": SOBJECT, "url": url }));
    let value_of = |name: &String| {
        let value = match name.as_str() {
            "Id" | "RecordId" => json!(record.as_str()),
            "UserId" => json!(user.as_str()),
            "HasReadAccess" => json!(level >= Level::Read),
            "HasEditAccess" => json!(level >= Level::Edit),
            "HasDeleteAccess" | "HasTransferAccess" | "HasAllAccess" => json!(level == Level::All),
            "MaxAccessLevel" => json!(format!("{level:?}")),
            _ => Json::Null,
        };
        (name.clone(), value)
    };
    Members(std::iter::once(attributes).chain(names.iter().map(value_of)).collect())
}

/// Lists the ids that a statement compares a field with.
fn named(statement: &Statement, field: &str) -> Option<Vec<RecordId>> {
    let terms = match statement.condition.as_ref()? {
        Condition::And(terms) => terms.as_slice(),
        term => std::slice::from_ref(term),
    };
    terms.iter().find_map(|term| {
        let Condition::Test(test) = term else { return None };
        let Operand::Path(path) = &test.operand else { return None };
        let is_field = path.words.last().is_some_and(|word| word.eq_ignore_ascii_case(field));
        let literals = match (&test.operator, &test.value) {
            (Operator::Equal, Comparand::One(literal)) => std::slice::from_ref(literal),
            (Operator::In, Comparand::List(literals)) => literals.as_slice(),
            _ => return None,
        };
        let id = |literal: &Literal| match &literal.kind {
            LiteralKind::Text(text) => RecordId::parse(text),
            _ => None,
        };
        is_field.then(|| literals.iter().filter_map(id).collect())
    })
}
