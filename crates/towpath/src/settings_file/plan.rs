//! What a file would change.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::mapping::MappingSettings;
use super::mapping_plan::mapping_changes;
use super::rule_lines::{difference, is_same, new_rule};
use super::{IntegrationSettings, Known, RuleSettings, wanted::KnownGroup};
use crate::{
    client::{Client, Failure},
    rules::parse_interval,
};

/// What applying a file would change, integration by integration.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) parts: Vec<PlanPart>,
}

/// What would change about one integration.
#[derive(Debug)]
pub(super) struct PlanPart {
    pub(super) known: Known,
    pub(super) changes: Vec<Change>,
}

/// One change, with the line that says so.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) kind: ChangeKind,
    pub(super) line: String,
    /// The codes of what keeps it from being made.
    pub(super) problems: Vec<String>,
}

impl Change {
    pub(super) fn new(kind: ChangeKind, line: String) -> Self {
        Self { kind, line, problems: Vec::new() }
    }
}

/// What is wrong with a part of a plan, or not known of it.
#[derive(Debug, Deserialize)]
pub(super) struct ProblemText {
    pub(super) code: String,
    pub(super) text: String,
}

impl ProblemText {
    pub(super) fn words(&self) -> String {
        format!("{} [{}]", self.text, self.code)
    }

    /// Whether only the answer of the org is missing: what takes it too long to count can be read all the same.
    fn is_of_count(&self) -> bool {
        matches!(self.code.as_str(), "org.slow" | "filter.too_slow")
    }
}

#[derive(Debug)]
pub(super) enum ChangeKind {
    Rename(String),
    Limits {
        allotment: Option<u64>,
        stop_percent: u64,
    },
    /// The ids of the group that owns it, none for the whole workspace, and of the others with access.
    Shares {
        group_id: Option<String>,
        group_ids: Vec<String>,
    },
    /// With the version that was seen; a new rule has none.
    Rule {
        sobject: String,
        body: Json,
        version: Option<String>,
    },
    RemoveRule {
        sobject: String,
        version: String,
    },
    /// Left alone, because nobody said `--prune`.
    Left,
    Mappings(Vec<MappingSettings>),
}

impl ChangeKind {
    /// What it changes, in a word or two.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Rename(_) => "name".to_owned(),
            Self::Limits { .. } => "limits".to_owned(),
            Self::Shares { .. } => "access".to_owned(),
            Self::Rule { sobject, .. } | Self::RemoveRule { sobject, .. } => format!("rule {sobject}"),
            Self::Left => "nothing".to_owned(),
            Self::Mappings(_) => "mappings".to_owned(),
        }
    }
}

impl Plan {
    /// Whether nothing would change.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.iter().flat_map(|part| &part.changes).all(|change| matches!(change.kind, ChangeKind::Left))
    }

    /// What keeps changes from being made, each with its code.
    pub(super) fn problems(&self) -> Vec<&str> {
        let changes = self.parts.iter().flat_map(|part| &part.changes);
        changes.flat_map(|change| &change.problems).map(String::as_str).collect()
    }

    /// The changes to make, in the order in which they are made: who has access comes last, when all that they are to see is
    /// as it shall be.
    pub(super) fn steps(&self) -> Vec<(&PlanPart, &Change)> {
        let changes =
            self.parts.iter().flat_map(|part| part.changes.iter().map(move |change| (part, change)));
        let wanted = changes.filter(|(_, change)| !matches!(change.kind, ChangeKind::Left));
        let (access, others): (Vec<_>, Vec<_>) =
            wanted.partition(|(_, change)| matches!(change.kind, ChangeKind::Shares { .. }));
        others.into_iter().chain(access).collect()
    }

    /// The plan for a person.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for part in self.parts.iter().filter(|part| !part.changes.is_empty()) {
            text.push_str(&format!("{} ({})\n", part.known.slug, part.known.name));
            for change in &part.changes {
                text.push_str(&format!("  {}\n", change.line));
            }
        }
        if self.is_empty() {
            text.push_str("Nothing to change.\n");
        }
        text
    }
}

/// Compares what is wanted with what there is.
pub(super) async fn make_plan(
    client: &Client,
    known: Known,
    wanted: &IntegrationSettings,
    prune: bool,
) -> Result<PlanPart, Failure> {
    let mut changes = changes_of_integration(&known, wanted, prune);
    for rule in &wanted.rules {
        let before = known.rules.iter().find(|one| one.settings.sobject.eq_ignore_ascii_case(&rule.sobject));
        if before.is_some_and(|before| is_same(&before.settings, rule)) {
            continue;
        }
        let mut body = rule_body(rule);
        body["new_fields"] = json!(rule.new_fields);
        body["volatile_fields"] = json!(rule.volatile_fields);
        body["refresh_hours"] = json!(rule.refresh_hours);
        let (cost, problem) = cost_of(client, &known.id, rule).await?;
        let line = match before {
            None => format!("+ rule {}: {}{cost}", rule.sobject, new_rule(rule)),
            Some(before) => {
                format!("~ rule {}: {}{cost}", rule.sobject, difference(&before.settings, rule))
            }
        };
        let version = before.map(|before| before.version.clone());
        let kind = ChangeKind::Rule { sobject: rule.sobject.clone(), body, version };
        changes.push(Change { problems: problem.into_iter().collect(), ..Change::new(kind, line) });
    }
    changes.extend(removals(&known, wanted, prune));
    changes.extend(mapping_changes(client, &known, wanted, prune).await?);
    changes.extend(share_change(&known, wanted)?);
    Ok(PlanPart { known, changes })
}

fn changes_of_integration(known: &Known, wanted: &IntegrationSettings, prune: bool) -> Vec<Change> {
    let mut changes = Vec::new();
    if let Some(name) = wanted.name.as_ref().filter(|name| **name != known.name) {
        let line = format!("~ name: {:?} -> {name:?}", known.name);
        changes.push(Change::new(ChangeKind::Rename(name.clone()), line));
    }
    let stop_percent = wanted.stop_percent.unwrap_or(known.limits.stop_percent);
    let allotment = wanted.allotment.or(known.limits.allotment.filter(|_| !prune));
    if wanted.allotment.is_none() && allotment.is_some() {
        let line = "  the allotment is not in the file and stays; --prune removes it".to_owned();
        changes.push(Change::new(ChangeKind::Left, line));
    }
    if (allotment, stop_percent) != (known.limits.allotment, known.limits.stop_percent) {
        let words = |allotment: Option<u64>, percent: u64| {
            let calls = allotment.map_or_else(|| "no allotment".to_owned(), |calls| format!("{calls} calls"));
            format!("{calls}, stops at {percent} %")
        };
        let line = format!(
            "~ limits: {} -> {}",
            words(known.limits.allotment, known.limits.stop_percent),
            words(allotment, stop_percent)
        );
        changes.push(Change::new(ChangeKind::Limits { allotment, stop_percent }, line));
    }
    changes
}

/// Who would have access, where that is not who has.
fn share_change(known: &Known, wanted: &IntegrationSettings) -> Result<Option<Change>, Failure> {
    let find = |name: &String| {
        let key = name.to_lowercase();
        known.groups.iter().find(|group| group.name.to_lowercase() == key).ok_or_else(|| {
            Failure::NotFound(format!(
                "There is no group {name:?} here. Make it first, with `towpath groups create` or in a browser under Settings."
            ))
        })
    };
    let before = &known.shares;
    let owner = match &wanted.group {
        None => before.group.as_ref(),
        Some(name) if name.is_empty() => None,
        Some(name) => Some(find(name)?),
    };
    let mut others: Vec<_> = match &wanted.shared_with {
        Some(names) => names.iter().map(find).collect::<Result<_, _>>()?,
        // With everybody as its owner there is nobody left to share it with.
        None => before.groups.iter().filter(|_| owner.is_some()).collect(),
    };
    others.retain(|group| owner.is_none_or(|owner| owner.id != group.id));
    others.sort_by(|one, other| one.name.cmp(&other.name));
    others.dedup_by(|one, other| one.id == other.id);
    let mut earlier: Vec<_> = before.groups.iter().collect();
    earlier.sort_by(|one, other| one.name.cmp(&other.name));
    let (was, will_be) = (share_words(before.group.as_ref(), &earlier), share_words(owner, &others));
    let kind = ChangeKind::Shares {
        group_id: owner.map(|group| group.id.clone()),
        group_ids: others.iter().map(|group| group.id.clone()).collect(),
    };
    Ok((was != will_be).then(|| Change::new(kind, format!("~ access: {was} -> {will_be}"))))
}

fn share_words(owner: Option<&KnownGroup>, others: &[&KnownGroup]) -> String {
    let names: Vec<_> = others.iter().map(|group| group.name.as_str()).collect();
    match owner {
        None => "the whole workspace".to_owned(),
        Some(owner) if names.is_empty() => format!("{} alone", owner.name),
        Some(owner) => format!("{}, shared with {}", owner.name, names.join(", ")),
    }
}

fn removals(known: &Known, wanted: &IntegrationSettings, prune: bool) -> Vec<Change> {
    let is_wanted =
        |sobject: &str| wanted.rules.iter().any(|rule| rule.sobject.eq_ignore_ascii_case(sobject));
    let others = known.rules.iter().filter(|rule| !is_wanted(&rule.settings.sobject));
    others
        .map(|rule| {
            let sobject = &rule.settings.sobject;
            let rows = rule.rows;
            match prune {
                true => Change::new(
                    ChangeKind::RemoveRule { sobject: sobject.clone(), version: rule.version.clone() },
                    format!("- rule {sobject}: its {rows} records stay and are not kept up to date any more"),
                ),
                false => Change::new(
                    ChangeKind::Left,
                    format!("  rule {sobject} is not in the file and stays; --prune removes it"),
                ),
            }
        })
        .collect()
}

fn rule_body(rule: &RuleSettings) -> Json {
    json!({
        "filter": rule.condition.as_ref().map(|soql| json!({ "kind": "soql", "soql": soql })),
        "fields": rule.fields,
        "cadence_seconds": parse_interval(&rule.every).map(|every| every.as_secs()).ok(),
    })
}

/// What a rule would cost, as far as the org tells, and what keeps it from being saved.
async fn cost_of(
    client: &Client,
    id: &str,
    rule: &RuleSettings,
) -> Result<(String, Option<String>), Failure> {
    #[derive(Deserialize)]
    struct Preview {
        count: Option<u64>,
        calls_first_load: u64,
        calls_per_day: u64,
        problem: Option<ProblemText>,
    }
    let mut draft = rule_body(rule);
    draft["sobject"] = rule.sobject.as_str().into();
    let preview: Preview = client.post(&["integrations", id, "sync-rules", "preview"], &draft).await?;
    Ok(match preview {
        Preview { problem: Some(problem), .. } if problem.is_of_count() => {
            (format!("\n    not counted: {}", problem.words()), None)
        }
        Preview { problem: Some(problem), .. } => {
            (format!("\n    ! {}", problem.words()), Some(problem.code))
        }
        Preview { count, calls_first_load, calls_per_day, .. } => {
            let records = count.map(|count| format!("{count} records, ")).unwrap_or_default();
            let cost = format!(
                "\n    {records}about {calls_first_load} calls for the first load, {calls_per_day} a day after that"
            );
            (cost, None)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::mapping_plan::MappingPlan;
    use super::super::wanted::{KnownLimits, KnownShares};
    use super::*;

    fn known() -> Known {
        let mapping = |property: &str, from: &str| -> MappingSettings {
            toml::from_str(&format!("property = {property:?}\nfrom = {from:?}")).unwrap()
        };
        Known {
            id: "int_1".to_owned(),
            slug: "acme".to_owned(),
            name: "ACME".to_owned(),
            name_version: "a".to_owned(),
            rules: Vec::new(),
            mappings: vec![mapping("company.name", "Account.Name"), mapping("person.email", "Contact.Email")],
            mappings_version: "b".to_owned(),
            limits: KnownLimits { allotment: Some(4_000), stop_percent: 80 },
            limits_version: "c".to_owned(),
            shares: KnownShares { group: None, groups: Vec::new(), version: "d".to_owned() },
            groups: vec![KnownGroup { id: "grp_1".to_owned(), name: "Sales".to_owned() }],
        }
    }

    fn plan_of(text: &str, prune: bool) -> Plan {
        let wanted: IntegrationSettings = toml::from_str(text).unwrap();
        let known = known();
        let mut changes = changes_of_integration(&known, &wanted, prune);
        changes.extend(MappingPlan::of(&known, &wanted, prune).changes());
        changes.extend(share_change(&known, &wanted).unwrap());
        Plan { parts: vec![PlanPart { known, changes }] }
    }

    #[test]
    fn what_a_file_leaves_out_stays_unless_it_is_to_be_pruned() {
        let silent = plan_of("slug = \"acme\"", false);
        let pruned = plan_of("slug = \"acme\"", true);

        assert!(silent.is_empty(), "{}", silent.text());
        for line in ["mapping company.name is not in the file and stays", "the allotment is not in the file"]
        {
            assert!(silent.text().contains(line), "{line:?} in {}", silent.text());
        }
        for line in [
            "- mapping company.name\n",
            "- mapping person.email\n",
            "4000 calls, stops at 80 % -> no allotment",
        ] {
            assert!(pruned.text().contains(line), "{line:?} in {}", pruned.text());
        }
        assert!(!pruned.text().contains("stays"), "{}", pruned.text());
    }

    #[test]
    fn a_mapping_that_is_changed_takes_none_of_the_others_away() {
        let text = "slug = \"acme\"\n[[mapping]]\nproperty = \"company.name\"\nfrom = \"Account.Site\"";

        let plan = plan_of(text, false);

        let mut changes = plan.parts[0].changes.iter();
        let put = changes.find_map(|change| match &change.kind {
            ChangeKind::Mappings(mappings) => Some(mappings),
            _ => None,
        });
        let put: Vec<_> = put.unwrap().iter().map(|one| (&*one.property, &*one.from)).collect();
        assert_eq!(put, [("company.name", "Account.Site"), ("person.email", "Contact.Email")]);
    }

    #[test]
    fn access_is_given_when_all_else_is_done() {
        let mut plan = plan_of(
            "slug = \"acme\"\nname = \"Other\"\ngroup = \"sales\"\n[[mapping]]\nproperty = \"company.name\"\nfrom = \"Account.Site\"",
            true,
        );
        let mut other = plan_of("slug = \"acme\"\nname = \"Other\"", false);
        plan.parts.append(&mut other.parts);

        let names: Vec<_> = plan.steps().iter().map(|(_, change)| change.kind.name()).collect();

        assert_eq!(names, ["name", "limits", "mappings", "name", "access"]);
    }
}
