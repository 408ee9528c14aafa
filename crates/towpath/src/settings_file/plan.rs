//! What a file would change.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::mapping::MappingSettings;
use super::{IntegrationSettings, Known, NewFieldsSetting, RuleSettings, wanted::KnownGroup};
use crate::{
    client::{Client, Failure},
    rules::parse_interval,
};

/// Fields that a line of a plan names; a rule may have 800.
const MOST_NAMED: usize = 10;

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
    line: String,
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

impl Plan {
    /// Whether nothing would change.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.iter().flat_map(|part| &part.changes).all(|change| matches!(change.kind, ChangeKind::Left))
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
    changes.extend(share_change(&known, wanted)?);
    for rule in &wanted.rules {
        let before = known.rules.iter().find(|one| one.settings.sobject.eq_ignore_ascii_case(&rule.sobject));
        if before.is_some_and(|before| is_same(&before.settings, rule)) {
            continue;
        }
        let mut body = rule_body(rule);
        body["new_fields"] = json!(rule.new_fields);
        let cost = cost_of(client, &known.id, rule).await?;
        let line = match before {
            None => format!("+ rule {}: {}{cost}", rule.sobject, rule_words(rule)),
            Some(before) => {
                format!("~ rule {}: {}{cost}", rule.sobject, difference(&before.settings, rule))
            }
        };
        let version = before.map(|before| before.version.clone());
        changes
            .push(Change { kind: ChangeKind::Rule { sobject: rule.sobject.clone(), body, version }, line });
    }
    changes.extend(removals(&known, wanted, prune));
    changes.extend(mapping_changes(&known, wanted, prune));
    Ok(PlanPart { known, changes })
}

fn changes_of_integration(known: &Known, wanted: &IntegrationSettings, prune: bool) -> Vec<Change> {
    let mut changes = Vec::new();
    if let Some(name) = wanted.name.as_ref().filter(|name| **name != known.name) {
        let line = format!("~ name: {:?} -> {name:?}", known.name);
        changes.push(Change { kind: ChangeKind::Rename(name.clone()), line });
    }
    let stop_percent = wanted.stop_percent.unwrap_or(known.limits.stop_percent);
    let allotment = wanted.allotment.or(known.limits.allotment.filter(|_| !prune));
    if wanted.allotment.is_none() && allotment.is_some() {
        let line = "  the allotment is not in the file and stays; --prune removes it".to_owned();
        changes.push(Change { kind: ChangeKind::Left, line });
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
        changes.push(Change { kind: ChangeKind::Limits { allotment, stop_percent }, line });
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
    Ok((was != will_be).then(|| Change {
        kind: ChangeKind::Shares {
            group_id: owner.map(|group| group.id.clone()),
            group_ids: others.iter().map(|group| group.id.clone()).collect(),
        },
        line: format!("~ access: {was} -> {will_be}"),
    }))
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
                true => Change {
                    kind: ChangeKind::RemoveRule { sobject: sobject.clone(), version: rule.version.clone() },
                    line: format!(
                        "- rule {sobject}: its {rows} records stay and are not kept up to date any more"
                    ),
                },
                false => Change {
                    kind: ChangeKind::Left,
                    line: format!("  rule {sobject} is not in the file and stays; --prune removes it"),
                },
            }
        })
        .collect()
}

/// Mappings are put as a whole, so one change holds all of them; its line names what differs. Those that are not in the file
/// stay, unless somebody said `--prune`.
fn mapping_changes(known: &Known, wanted: &IntegrationSettings, prune: bool) -> Vec<Change> {
    let by_property = |mappings: &[MappingSettings]| -> BTreeMap<String, String> {
        mappings.iter().map(|one| (one.property.clone(), one.words())).collect()
    };
    let (before, after) = (by_property(&known.mappings), by_property(&wanted.mappings));
    let mut lines = Vec::new();
    for (property, from) in &after {
        match before.get(property) {
            None => lines.push(format!("+ mapping {property} from {from}")),
            Some(earlier) if earlier != from => {
                lines.push(format!("~ mapping {property}: {earlier} -> {from}"));
            }
            _ => {}
        }
    }
    let others = known.mappings.iter().filter(|one| !after.contains_key(&one.property));
    let mut mappings = wanted.mappings.clone();
    let mut changes = Vec::new();
    for other in others {
        if prune {
            lines.push(format!("- mapping {}", other.property));
            continue;
        }
        mappings.push(other.clone());
        let line = format!("  mapping {} is not in the file and stays; --prune removes it", other.property);
        changes.push(Change { kind: ChangeKind::Left, line });
    }
    if !lines.is_empty() {
        changes.push(Change { kind: ChangeKind::Mappings(mappings), line: lines.join("\n  ") });
    }
    changes
}

/// Whether a rule is as the other wants it.
fn is_same(one: &RuleSettings, other: &RuleSettings) -> bool {
    let seconds = |rule: &RuleSettings| parse_interval(&rule.every).map(|every| every.as_secs());
    let fields = |rule: &RuleSettings| {
        rule.fields.as_ref().map(|fields| {
            let mut names: Vec<_> = fields.iter().map(|name| name.to_lowercase()).collect();
            names.sort();
            names
        })
    };
    one.condition == other.condition
        && fields(one) == fields(other)
        && seconds(one) == seconds(other)
        && (other.new_fields.is_none() || one.new_fields == other.new_fields)
}

fn rule_body(rule: &RuleSettings) -> Json {
    json!({
        "filter": rule.condition.as_ref().map(|soql| json!({ "kind": "soql", "soql": soql })),
        "fields": rule.fields,
        "cadence_seconds": parse_interval(&rule.every).map(|every| every.as_secs()).ok(),
    })
}

fn rule_words(rule: &RuleSettings) -> String {
    let records = rule.condition.as_deref().unwrap_or("all records");
    let fields =
        rule.fields.as_ref().map_or_else(|| "all fields".to_owned(), |names| count_fields(names.len()));
    let new_fields = rule.new_fields.map(NewFieldsSetting::as_str);
    let new_fields = new_fields.map(|word| format!(", new fields: {word}")).unwrap_or_default();
    format!("{records}, {fields}, every {}{new_fields}", rule.every)
}

/// A rule before and after, which fields come and go, and what becomes of a setting that the file leaves out.
fn difference(before: &RuleSettings, after: &RuleSettings) -> String {
    // What becomes of new fields stays where the file does not say.
    let whole = RuleSettings { new_fields: after.new_fields.or(before.new_fields), ..after.clone() };
    let mut lines = vec![format!("{} -> {}", rule_words(before), rule_words(&whole))];
    lines.extend(field_lines(before.fields.as_deref(), after.fields.as_deref()));
    if after.condition.is_none() && before.condition.is_some() {
        lines.push("where is not in the file: all records are copied".to_owned());
    }
    if after.new_fields.is_none()
        && let Some(word) = before.new_fields.map(NewFieldsSetting::as_str)
    {
        lines.push(format!("new_fields is not in the file and stays: {word}"));
    }
    lines.join("\n    ")
}

fn field_lines(before: Option<&[String]>, after: Option<&[String]>) -> Vec<String> {
    let (before, after) = match (before, after) {
        (None, None) => return Vec::new(),
        (Some(_), None) => return vec!["fields is not in the file: all fields are copied".to_owned()],
        (None, Some(after)) => {
            return vec![format!("of all fields only {}", bounded(after.iter().collect()))];
        }
        (Some(before), Some(after)) => (before, after),
    };
    let missing_in = |names: &[String], others: &[String]| -> Vec<String> {
        let is_other = |name: &&String| !others.iter().any(|other| other.eq_ignore_ascii_case(name));
        names.iter().filter(is_other).cloned().collect()
    };
    [('+', missing_in(after, before)), ('-', missing_in(before, after))]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(sign, names)| {
            format!("{sign} {}: {}", count_fields(names.len()), bounded(names.iter().collect()))
        })
        .collect()
}

fn count_fields(count: usize) -> String {
    format!("{count} {}", if count == 1 { "field" } else { "fields" })
}

/// Names in order, the first of them where there are many.
fn bounded(mut names: Vec<&String>) -> String {
    names.sort_by_key(|name| name.to_lowercase());
    let shown: Vec<_> = names.iter().take(MOST_NAMED).map(|name| name.as_str()).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// What a rule would cost, as far as the org tells.
async fn cost_of(client: &Client, id: &str, rule: &RuleSettings) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Preview {
        count: Option<u64>,
        calls_first_load: u64,
        calls_per_day: u64,
        problem: Option<ProblemText>,
    }
    #[derive(Deserialize)]
    struct ProblemText {
        code: String,
        text: String,
    }
    let mut draft = rule_body(rule);
    draft["sobject"] = rule.sobject.as_str().into();
    let preview: Preview = client.post(&["integrations", id, "sync-rules", "preview"], &draft).await?;
    Ok(match preview {
        Preview { problem: Some(problem), .. } => format!("\n    ! {} [{}]", problem.text, problem.code),
        Preview { count, calls_first_load, calls_per_day, .. } => {
            let records = count.map(|count| format!("{count} records, ")).unwrap_or_default();
            format!(
                "\n    {records}about {calls_first_load} calls for the first load, {calls_per_day} a day after that"
            )
        }
    })
}

#[cfg(test)]
mod tests {
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
            groups: Vec::new(),
        }
    }

    fn plan_of(text: &str, prune: bool) -> Plan {
        let wanted: IntegrationSettings = toml::from_str(text).unwrap();
        let known = known();
        let mut changes = changes_of_integration(&known, &wanted, prune);
        changes.extend(mapping_changes(&known, &wanted, prune));
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

    fn change_of(before: &str, after: &str) -> String {
        let rule = |text: &str| -> RuleSettings {
            toml::from_str(&format!("sobject = \"Account\"\n{text}")).unwrap()
        };
        difference(&rule(before), &rule(after))
    }

    #[test]
    fn a_changed_rule_names_the_fields_that_come_and_go() {
        let many: Vec<_> = (10..24).map(|number| format!("\"Old{number}__c\"")).collect();
        let before = format!("fields = [\"Name\", \"Phone\", {}]", many.join(", "));

        let plan = change_of(&before, "fields = [\"name\", \"Site\", \"Fax\"]");

        assert_eq!(
            plan,
            "all records, 16 fields, every 15m -> all records, 3 fields, every 15m\n    + 2 fields: Fax, Site\n    \
             - 15 fields: Old10__c, Old11__c, Old12__c, Old13__c, Old14__c, Old15__c, Old16__c, Old17__c, Old18__c, Old19__c \
             and 5 more"
        );
        let fewer = change_of("", "fields = [\"Site\", \"Name\"]");
        assert!(fewer.ends_with("\n    of all fields only Name, Site"), "{fewer}");
    }

    #[test]
    fn a_changed_rule_says_what_becomes_of_what_the_file_leaves_out() {
        let before = "where = \"Name != NULL\"\nfields = [\"Name\"]\nnew_fields = \"ask\"";

        let plan = change_of(before, "every = \"1h\"");

        assert_eq!(
            plan,
            "Name != NULL, 1 field, every 15m, new fields: ask -> all records, all fields, every 1h, new fields: ask\n    \
             fields is not in the file: all fields are copied\n    where is not in the file: all records are copied\n    \
             new_fields is not in the file and stays: ask"
        );
    }
}
