//! Field mappings in a plan, and what they make of real values.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::mapping::MappingSettings;
use super::plan::{Change, ChangeKind, ProblemText};
use super::{IntegrationSettings, Known};
use crate::client::{Client, Failure};

/// What would change about mappings.
pub(super) struct MappingPlan {
    /// All that there will be.
    mappings: Vec<MappingSettings>,
    /// What differs, by property; what is removed has no preview.
    lines: Vec<(Option<String>, String)>,
    /// What is left alone.
    left: Vec<Change>,
}

/// What mappings make of real values, as the API tells it.
#[derive(Debug, Deserialize)]
struct PreviewBody {
    items: Vec<PreviewItem>,
    gaps: Vec<GapBody>,
}

#[derive(Debug, Deserialize)]
struct PreviewItem {
    entity: String,
    property: String,
    problem: Option<ProblemText>,
    unseen: Option<ProblemText>,
    read: usize,
    filled: usize,
    unfit: usize,
}

#[derive(Debug, Deserialize)]
struct GapBody {
    sobject: String,
    fields: Vec<String>,
}

/// What a file would change about mappings, with what they make of real values.
pub(super) async fn mapping_changes(
    client: &Client,
    known: &Known,
    wanted: &IntegrationSettings,
    prune: bool,
) -> Result<Vec<Change>, Failure> {
    let mut plan = MappingPlan::of(known, wanted, prune);
    if plan.lines.is_empty() {
        return Ok(plan.changes());
    }
    let items: Result<Vec<Json>, Failure> = plan.mappings.iter().map(MappingSettings::to_body).collect();
    let path = ["integrations", &known.id, "field-mappings", "preview"];
    let preview: PreviewBody = client.post(&path, &json!({ "items": items? })).await?;
    let problems = plan.add_preview(&preview, wanted);
    let mut changes = plan.changes();
    for change in &mut changes {
        if matches!(change.kind, ChangeKind::Mappings(_)) {
            change.problems.clone_from(&problems);
        }
    }
    Ok(changes)
}

impl MappingPlan {
    /// Mappings are put as a whole, so one change holds all of them; its lines name what differs. Those that are not in the
    /// file stay, unless somebody said `--prune`.
    pub(super) fn of(known: &Known, wanted: &IntegrationSettings, prune: bool) -> Self {
        let by_property = |mappings: &[MappingSettings]| -> BTreeMap<String, String> {
            mappings.iter().map(|one| (one.property.clone(), one.words())).collect()
        };
        let (before, after) = (by_property(&known.mappings), by_property(&wanted.mappings));
        let (mut lines, mut left) = (Vec::new(), Vec::new());
        for (property, from) in &after {
            let line = match before.get(property) {
                None => format!("+ mapping {property} from {from}"),
                Some(earlier) if earlier != from => format!("~ mapping {property}: {earlier} -> {from}"),
                _ => continue,
            };
            lines.push((Some(property.clone()), line));
        }
        let mut mappings = wanted.mappings.clone();
        for other in known.mappings.iter().filter(|one| !after.contains_key(&one.property)) {
            if prune {
                lines.push((None, format!("- mapping {}", other.property)));
                continue;
            }
            mappings.push(other.clone());
            let line =
                format!("  mapping {} is not in the file and stays; --prune removes it", other.property);
            left.push(Change::new(ChangeKind::Left, line));
        }
        Self { mappings, lines, left }
    }

    pub(super) fn changes(self) -> Vec<Change> {
        let mut changes = self.left;
        if !self.lines.is_empty() {
            let lines: Vec<_> = self.lines.into_iter().map(|(_, line)| line).collect();
            changes.push(Change::new(ChangeKind::Mappings(self.mappings), lines.join("\n  ")));
        }
        changes
    }

    /// Adds to each line what the mapping makes of real values. Returns the codes of what keeps all from being saved.
    fn add_preview(&mut self, preview: &PreviewBody, wanted: &IntegrationSettings) -> Vec<String> {
        let mut problems = Vec::new();
        for item in &preview.items {
            let name = format!("{}.{}", item.entity, item.property);
            problems.extend(item.problem.as_ref().map(|problem| problem.code.clone()));
            match self.lines.iter_mut().find(|(property, _)| property.as_ref() == Some(&name)) {
                Some((_, line)) => line.push_str(&format!("\n    {}", item.words())),
                // It stays as it is, and would keep the others from being saved.
                None if item.problem.is_some() => {
                    self.lines.push((None, format!("  mapping {name}\n    {}", item.words())));
                }
                None => {}
            }
        }
        // A rule of the file may copy them.
        let is_ruled =
            |sobject: &str| wanted.rules.iter().any(|rule| rule.sobject.eq_ignore_ascii_case(sobject));
        for gap in preview.gaps.iter().filter(|gap| !is_ruled(&gap.sobject)) {
            let fields = gap.fields.join(", ");
            let line = format!("  of {} is mapped and not copied: {fields}", gap.sobject);
            self.lines.push((None, line));
        }
        problems
    }
}

impl PreviewItem {
    fn words(&self) -> String {
        if let Some(problem) = &self.problem {
            return format!("! {}", problem.words());
        }
        if let Some(unseen) = &self.unseen {
            return format!("no values to look at: {}", unseen.words());
        }
        let unfit = match self.unfit {
            0 => String::new(),
            unfit => format!(", {unfit} a value that is none of its type"),
        };
        format!("of {} records looked at {} give it a value{unfit}", self.read, self.filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(property: &str, problem: Option<&str>, unfit: usize) -> PreviewItem {
        let problem =
            problem.map(|code| ProblemText { code: code.to_owned(), text: "It does not fit.".to_owned() });
        PreviewItem {
            entity: "company".to_owned(),
            property: property.to_owned(),
            problem,
            unseen: None,
            read: 20,
            filled: 18,
            unfit,
        }
    }

    #[test]
    fn a_plan_says_what_mappings_make_of_real_values() {
        let line =
            |property: &str| (Some(format!("company.{property}")), format!("+ mapping company.{property}"));
        let mut plan =
            MappingPlan { mappings: Vec::new(), lines: vec![line("name"), line("city")], left: Vec::new() };
        let gap = |sobject: &str| GapBody { sobject: sobject.to_owned(), fields: vec!["Fax".to_owned()] };
        let preview = PreviewBody {
            items: vec![item("name", None, 0), item("city", Some("mapping.type"), 0), item("size", None, 2)],
            gaps: vec![gap("Account"), gap("Lead")],
        };
        let wanted: IntegrationSettings =
            toml::from_str("slug = \"acme\"\n[[rule]]\nsobject = \"account\"").unwrap();

        let problems = plan.add_preview(&preview, &wanted);

        assert_eq!(problems, ["mapping.type"]);
        assert_eq!(
            plan.changes()[0].line,
            "+ mapping company.name\n    of 20 records looked at 18 give it a value\n  + mapping company.city\n    \
             ! It does not fit. [mapping.type]\n    of Lead is mapped and not copied: Fax"
        );
        assert!(item("size", None, 2).words().ends_with(", 2 a value that is none of its type"));
    }
}
