//! Changing what differs from a file.

use std::io::IsTerminal;

use console::Term;
use serde_json::{Value as Json, json};

use super::mapping::MappingSettings;
use super::plan::{Change, ChangeKind, Plan, PlanPart};
use crate::{
    client::{Client, Failure},
    exit::{Exit, for_code},
};

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

/// Refuses a plan of which a part cannot be made, before anything is changed.
pub(super) fn refuse_problems(plan: &Plan) -> Result<(), Failure> {
    let problems = plan.problems();
    let Some(first) = problems.first() else { return Ok(()) };
    let exit = match for_code(first) {
        Exit::Failed => Exit::Usage,
        exit => exit,
    };
    let sentence = format!(
        "Nothing was changed: {} of the plan marked with ! cannot be made. Mend the file, or what is said there, first.",
        if problems.len() == 1 { "the part".to_owned() } else { format!("{} parts", problems.len()) }
    );
    Err(Failure::Ended { sentence, exit })
}

/// Makes the changes, who has access last, and returns how many. What fails, or was changed by somebody else meanwhile, ends
/// it there.
///
/// # Errors
/// Where some were made, the failure says which, and which were not.
pub(super) async fn apply(client: &Client, plan: &Plan) -> Result<usize, Failure> {
    let steps = plan.steps();
    for (done, (part, change)) in steps.iter().enumerate() {
        if let Err(failure) = make(client, part, &change.kind).await {
            let name =
                |(part, change): &(&PlanPart, &Change)| format!("{} {}", part.known.slug, change.kind.name());
            let (made, left) = steps.split_at(done);
            return Err(halfway(made.iter().map(name).collect(), left.iter().map(name).collect(), failure));
        }
    }
    Ok(steps.len())
}

/// How an application ends that failed at the first of what is left.
fn halfway(made: Vec<String>, left: Vec<String>, failure: Failure) -> Failure {
    let cause = failure.sentence();
    if made.is_empty() {
        return Failure::Ended { sentence: format!("Nothing was changed. {cause}"), exit: failure.exit() };
    }
    let sentence = format!(
        "Applied {} of {}: {}; not applied: {}. {cause}",
        made.len(),
        made.len() + left.len(),
        made.join(", "),
        left.join(", ")
    );
    Failure::Ended { sentence, exit: Exit::PartlyDone }
}

async fn make(client: &Client, part: &PlanPart, kind: &ChangeKind) -> Result<(), Failure> {
    let id = part.known.id.as_str();
    match kind {
        ChangeKind::Left => {}
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_and_what_was_not_is_said() {
        let named = |names: &[&str]| names.iter().map(|name| format!("acme {name}")).collect::<Vec<_>>();
        let conflict =
            || Failure::Ended { sentence: "Somebody changed it.".to_owned(), exit: Exit::Conflict };

        let partly = halfway(named(&["name", "limits"]), named(&["rule Account", "access"]), conflict());
        let nothing = halfway(Vec::new(), named(&["name", "access"]), conflict());

        assert_eq!(
            (partly.sentence().as_str(), partly.exit()),
            (
                "Applied 2 of 4: acme name, acme limits; not applied: acme rule Account, acme access. Somebody changed it.",
                Exit::PartlyDone
            )
        );
        assert_eq!(
            (nothing.sentence().as_str(), nothing.exit()),
            ("Nothing was changed. Somebody changed it.", Exit::Conflict)
        );
    }
}
