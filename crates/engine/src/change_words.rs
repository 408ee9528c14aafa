//! What a change of settings is told as: what came and what went, by name.

use std::collections::BTreeSet;

use model::{FieldMapping, FieldSelection, Filter, OtherValues, SyncRule, names::bounded};

/// What a rule reads and how often, as far as words go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleScope<'a> {
    pub(crate) filter: Option<&'a Filter>,
    pub(crate) fields: &'a FieldSelection,
    pub(crate) cadence_ms: u64,
}

impl<'a> From<&'a SyncRule> for RuleScope<'a> {
    fn from(rule: &'a SyncRule) -> Self {
        Self { filter: rule.filter.as_ref(), fields: &rule.fields, cadence_ms: rule.cadence_ms }
    }
}

/// What a new rule reads, and how often, in one line.
pub(crate) fn rule_words(rule: RuleScope<'_>) -> String {
    let fields = match rule.fields {
        FieldSelection::All => "all fields".to_owned(),
        FieldSelection::Only(_) => listed(": ", rule.fields, &names_of(rule.fields)),
    };
    in_line(rule, &fields)
}

/// A rule before and after a change, each in one line that names the fields only it has. `None` where both read the same.
pub(crate) fn rule_change_words(before: RuleScope<'_>, after: RuleScope<'_>) -> Option<(String, String)> {
    let (was, is) = (names_of(before.fields), names_of(after.fields));
    let are_all = |rule: RuleScope<'_>| matches!(rule.fields, FieldSelection::All);
    let line = |rule: RuleScope<'_>, own: &Names, other: &Names| {
        let fields = match (are_all(before), are_all(after)) {
            _ if are_all(rule) => "all fields".to_owned(),
            (false, false) => listed(", with ", rule.fields, &own.difference(other).cloned().collect()),
            _ => listed(": ", rule.fields, own),
        };
        in_line(rule, &fields)
    };
    let is_same = before.filter == after.filter
        && (are_all(before), &was) == (are_all(after), &is)
        && before.cadence_ms == after.cadence_ms;
    (!is_same).then(|| (line(before, &was, &is), line(after, &is, &was)))
}

/// The field mappings before and after a change: how many they are, and those that only they have.
pub(crate) fn mapping_change_words(before: &[FieldMapping], after: &[FieldMapping]) -> (String, String) {
    let words =
        |mappings: &[FieldMapping]| -> BTreeSet<String> { mappings.iter().map(mapping_words).collect() };
    let (was, is) = (words(before), words(after));
    let line = |count: usize, own: &BTreeSet<String>, other: &BTreeSet<String>| {
        let differing: Vec<_> = own.difference(other).map(String::as_str).collect();
        match differing.is_empty() {
            true => count.to_string(),
            false => format!("{count} ({})", bounded(&differing)),
        }
    };
    (line(before.len(), &was, &is), line(after.len(), &is, &was))
}

/// Names of fields in lower case, since case does not count.
type Names = BTreeSet<String>;

fn names_of(fields: &FieldSelection) -> Names {
    match fields {
        FieldSelection::All => Names::new(),
        FieldSelection::Only(names) => names.iter().map(|name| name.as_str().to_lowercase()).collect(),
    }
}

/// How many fields a rule has, and some of them by the names that it gives them.
fn listed(lead: &str, fields: &FieldSelection, named: &Names) -> String {
    let FieldSelection::Only(names) = fields else { return "all fields".to_owned() };
    let count = format!("{} {}", names.len(), if names.len() == 1 { "field" } else { "fields" });
    let as_written = |name: &String| names.iter().find(|one| one.as_str().to_lowercase() == *name);
    let shown: Vec<_> = named.iter().filter_map(as_written).map(|name| name.as_str()).collect();
    if shown.is_empty() { count } else { format!("{count}{lead}{}", bounded(&shown)) }
}

fn in_line(rule: RuleScope<'_>, fields: &str) -> String {
    let filter = rule.filter.map_or_else(|| "all records".to_owned(), Filter::to_soql);
    format!("{filter}; {fields}; every {}", cadence_words(rule.cadence_ms / 1_000))
}

/// How often, in the largest unit that says it whole.
fn cadence_words(seconds: u64) -> String {
    let (number, unit) = match seconds {
        seconds if seconds > 0 && seconds.is_multiple_of(86_400) => (seconds / 86_400, "day"),
        seconds if seconds > 0 && seconds.is_multiple_of(3_600) => (seconds / 3_600, "hour"),
        seconds if seconds > 0 && seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        seconds => (seconds, "second"),
    };
    if number == 1 { unit.to_owned() } else { format!("{number} {unit}s") }
}

/// Where a property's values come from and what becomes of them.
fn mapping_words(mapping: &FieldMapping) -> String {
    let transform = &mapping.transform;
    let mut words =
        format!("{}.{} from {}.{}", mapping.entity, mapping.property, mapping.sobject, mapping.field);
    let mut add = |more: String| {
        words.push_str("; ");
        words.push_str(&more);
    };
    if !transform.fallbacks.is_empty() {
        let names: Vec<_> = transform.fallbacks.iter().map(|name| name.as_str()).collect();
        add(format!("else {}", names.join(", ")));
    }
    if transform.trim {
        add("trimmed".to_owned());
    }
    if transform.lower {
        add("in lower case".to_owned());
    }
    if !transform.values.is_empty() {
        let pairs: Vec<_> =
            transform.values.iter().map(|pair| format!("{:?} as {:?}", pair.from, pair.to)).collect();
        add(bounded(&pairs.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    if transform.others == OtherValues::LeaveEmpty {
        add("other values left out".to_owned());
    }
    if let Some(default) = &transform.default {
        add(format!("{default:?} where there is none"));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(names: &[&str]) -> FieldSelection {
        FieldSelection::Only(names.iter().map(|name| name.parse().unwrap()).collect())
    }

    fn changed(before: &FieldSelection, after: &FieldSelection) -> Option<(String, String)> {
        let scope = |fields| RuleScope { filter: None, fields, cadence_ms: 900_000 };
        rule_change_words(scope(before), scope(after))
    }

    #[test]
    fn a_changed_rule_names_the_fields_that_come_and_go() {
        let told = |before: &FieldSelection, after: &FieldSelection| changed(before, after).unwrap();
        let lines = |was: &str, is: &str| {
            let line = |fields: &str| format!("all records; {fields}; every 15 minutes");
            (line(was), line(is))
        };
        let (one, other) = (only(&["Name", "Site"]), only(&["Fax", "name"]));

        assert_eq!(told(&one, &other), lines("2 fields, with Site", "2 fields, with Fax"));
        assert_eq!(told(&one, &only(&["Name"])), lines("2 fields, with Site", "1 field"));
        assert_eq!(told(&FieldSelection::All, &one), lines("all fields", "2 fields: Name, Site"));
        assert_eq!(told(&one, &FieldSelection::All), lines("2 fields: Name, Site", "all fields"));
        assert_eq!(changed(&one, &only(&["SITE", "Name"])), None);
        let many: Vec<_> = (10..32).map(|number| format!("Old{number}__c")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        let (before, _) = told(&only(&many), &one);
        assert!(before.contains("22 fields, with Old10__c, "), "{before}");
        assert!(before.contains("Old19__c and 12 more; "), "{before}");
    }

    #[test]
    fn a_new_rule_names_its_fields() {
        let fields = only(&["Site", "Name"]);
        let rule = RuleScope { filter: None, fields: &fields, cadence_ms: 3_600_000 };

        assert_eq!(rule_words(rule), "all records; 2 fields: Name, Site; every hour");
    }

    #[test]
    fn how_often_is_said_in_the_largest_unit() {
        for (seconds, words) in [
            (60, "minute"),
            (900, "15 minutes"),
            (5_400, "90 minutes"),
            (3_600, "hour"),
            (86_400, "day"),
            (604_800, "7 days"),
            (61, "61 seconds"),
        ] {
            assert_eq!(cadence_words(seconds), words);
        }
    }
}
