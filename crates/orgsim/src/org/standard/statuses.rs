//! Leads, contracts and cases, whose status decides what may be done with them (Object Reference, Lead, Contract, Case).

use chrono::Months;

use super::{Change, Draft, SaveError, Stamp};
use crate::org::Org;
use crate::value::Value;

/// A converted lead cannot be changed.
pub(super) fn refuse_converted(draft: &Draft<'_, '_>) -> Result<(), SaveError> {
    let is_converted = draft
        .row
        .is_some_and(|row| draft.view.named(draft.sobject, &row, "IsConverted") == Value::Bool(true));
    if !is_converted {
        return Ok(());
    }
    let message = "cannot reference converted lead";
    Err(SaveError::of_record("CANNOT_UPDATE_CONVERTED_LEAD", message))
}

pub(super) fn complete_contract(draft: &mut Draft<'_, '_>) -> Result<(), SaveError> {
    const DRAFT: &str = "Draft";
    let status = draft.value("Status");
    let code = match status.as_str() {
        None => DRAFT.to_owned(),
        Some(status) => find_status_code(draft, status).unwrap_or_else(|| DRAFT.to_owned()),
    };
    let previous = draft.row.map(|row| draft.view.named(draft.sobject, &row, "StatusCode"));
    let previous = previous.as_ref().and_then(Value::as_str).unwrap_or(DRAFT).to_owned();
    // A contract starts as a draft, and an activated one stays so.
    let is_refused = (draft.is_new() && code != DRAFT) || (previous == "Activated" && code != previous);
    if is_refused {
        let message = "Choose a valid contract status and save your changes. Ask your admin for details.";
        return Err(SaveError::of_fields("INVALID_STATUS", message, &["Status"]));
    }
    if code == "Activated" && previous != code {
        if !draft.gives("ActivatedDate") {
            draft.set("ActivatedDate", Value::DateTime(draft.by.now_ms));
        }
        if !draft.gives("ActivatedById") {
            draft.set("ActivatedById", Value::Id(draft.by.user_id));
        }
    }
    draft.set("StatusCode", Value::owned_text(code));
    let end = match (draft.value("StartDate"), draft.value("ContractTerm")) {
        (Value::Date(start), Value::Int(months)) => {
            let months = u32::try_from(months).ok().map(Months::new);
            months.and_then(|months| start.checked_add_months(months)).map_or(Value::Null, Value::Date)
        }
        _ => Value::Null,
    };
    draft.set("EndDate", end);
    Ok(())
}

fn find_status_code(draft: &Draft<'_, '_>, status: &str) -> Option<String> {
    let statuses = draft.view.schema().find("ContractStatus")?;
    let mut rows = draft.view.rows(statuses);
    let row = rows.find(|row| draft.view.named(statuses, row, "MasterLabel").as_str() == Some(status))?;
    draft.view.named(statuses, &row, "StatusCode").as_str().map(str::to_owned)
}

impl Org {
    /// What is written to `Comments` becomes a comment of the case.
    pub(super) fn follow_case(&self, change: Change<'_, '_>) {
        let Change { sobject, row, by, .. } = change;
        let view = self.read();
        let given = sobject.field("Comments").and_then(|field| {
            change.values.iter().find(|(index, _)| *index == field.index).map(|(_, value)| value.clone())
        });
        let body = given.filter(|body| !body.is_null());
        let Some((body, comments)) = body.zip(self.schema().find("CaseComment")) else { return };
        self.add(comments, vec![("ParentId", Value::Id(view.id(&row))), ("CommentBody", body)], by);
        self.set_fields(sobject, row, &[("Comments", Value::Null)], Stamp::Nothing, by);
    }
}
