//! Leads, contracts and cases, whose status decides what may be done with them (Object Reference, Lead, Contract, Case).

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
    let code_of = |status: &Value<'_>| draft.view.statuses().contract_code(status.as_str()).to_owned();
    let code = code_of(&draft.value("Status"));
    let previous = draft.row.map(|row| code_of(&draft.view.named(draft.sobject, &row, "Status")));
    let previous = previous.unwrap_or_else(|| DRAFT.to_owned());
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
    Ok(())
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
