//! Changing what differs from a file.

use std::io::IsTerminal;

use console::Term;
use serde_json::{Value as Json, json};

use super::mapping::MappingSettings;
use super::plan::{ChangeKind, Plan, PlanPart};
use crate::client::{Client, Failure};

/// Asks whether the plan is meant.
pub(super) fn confirm(no_input: bool) -> Result<(), Failure> {
    let terminal = Term::stderr();
    if no_input || !std::io::stdin().is_terminal() || !terminal.is_term() {
        return Err(Failure::Unclear("Nothing was changed: give --yes if it is meant.".to_owned()));
    }
    let asked = terminal.write_str("Type yes to apply it: ");
    match asked.and_then(|()| terminal.read_line()) {
        Ok(answer) if answer.trim() == "yes" => Ok(()),
        _ => Err(Failure::Unclear("Nothing was changed.".to_owned())),
    }
}

/// Makes the changes, in their order, and returns how many. What somebody else changed meanwhile ends it there.
pub(super) async fn apply(client: &Client, plan: &Plan) -> Result<usize, Failure> {
    let mut done = 0;
    for part in &plan.parts {
        for change in &part.changes {
            done += usize::from(make(client, part, &change.kind).await?);
        }
    }
    Ok(done)
}

async fn make(client: &Client, part: &PlanPart, kind: &ChangeKind) -> Result<bool, Failure> {
    let id = part.known.id.as_str();
    match kind {
        ChangeKind::Left => return Ok(false),
        ChangeKind::Rename(name) => {
            let (body, seen) = (json!({ "name": name }), &part.known.name_version);
            client.patch_seen::<Json>(&["integrations", id], &body, seen).await?;
        }
        ChangeKind::Limits { allotment, stop_percent } => {
            let body = json!({ "allotment": allotment, "stop_percent": stop_percent });
            let seen = Some(part.known.limits_version.as_str());
            client.put_seen::<Json>(&["integrations", id, "limits"], &body, seen).await?;
        }
        ChangeKind::Shares { group_id, group_ids } => {
            let body = json!({ "group_id": group_id, "groups": group_ids });
            let seen = Some(part.known.shares.version.as_str());
            client.put_seen::<Json>(&["integrations", id, "shares"], &body, seen).await?;
        }
        ChangeKind::Rule { sobject, body, version } => {
            client
                .put_seen::<Json>(&["integrations", id, "sync-rules", sobject], body, version.as_deref())
                .await?;
        }
        ChangeKind::RemoveRule { sobject, version } => {
            client.delete_seen(&["integrations", id, "sync-rules", sobject], version).await?;
        }
        ChangeKind::Mappings(mappings) => {
            let items: Result<Vec<Json>, Failure> = mappings.iter().map(MappingSettings::to_body).collect();
            let body = json!({ "items": items? });
            let seen = Some(part.known.mappings_version.as_str());
            client.put_seen::<Json>(&["integrations", id, "field-mappings"], &body, seen).await?;
        }
    }
    Ok(true)
}
