//! Sync rules in the lines of a plan.

use std::collections::BTreeSet;

use model::names::bounded;

use super::{NewFieldsSetting, RuleSettings};
use crate::rules::parse_interval;

/// Whether a rule is as the other wants it.
pub(super) fn is_same(one: &RuleSettings, other: &RuleSettings) -> bool {
    let seconds = |rule: &RuleSettings| parse_interval(&rule.every).map(|every| every.as_secs());
    let fields = |rule: &RuleSettings| rule.fields.as_deref().map(lower_case);
    one.condition == other.condition
        && fields(one) == fields(other)
        && seconds(one) == seconds(other)
        && (other.new_fields.is_none() || one.new_fields == other.new_fields)
        && (other.refresh_hours.is_none() || one.refresh_hours == other.refresh_hours)
        && other.volatile_fields.as_ref().is_none_or(|wanted| {
            let known = one.volatile_fields.as_deref().unwrap_or_default();
            lower_case(known) == lower_case(wanted)
        })
}

fn lower_case(names: &[String]) -> BTreeSet<String> {
    names.iter().map(|name| name.to_lowercase()).collect()
}

fn rule_words(rule: &RuleSettings) -> String {
    let records = rule.condition.as_deref().unwrap_or("all records");
    let fields =
        rule.fields.as_ref().map_or_else(|| "all fields".to_owned(), |names| count_fields(names.len()));
    let new_fields = rule.new_fields.map(NewFieldsSetting::as_str);
    let new_fields = new_fields.map(|word| format!(", new fields: {word}")).unwrap_or_default();
    format!("{records}, {fields}, every {}{new_fields}", rule.every)
}

/// A rule that there was not.
pub(super) fn new_rule(rule: &RuleSettings) -> String {
    let mut lines = vec![rule_words(rule)];
    lines.extend(
        rule.volatile_fields
            .as_deref()
            .filter(|names| !names.is_empty())
            .map(|names| format!("volatile_fields: {}", volatile_words(names))),
    );
    lines.extend(rule.refresh_hours.map(|hours| format!("refresh_hours: {hours}")));
    lines.join("\n    ")
}

/// A rule before and after, which fields come and go, and what becomes of a setting that the file leaves out.
pub(super) fn difference(before: &RuleSettings, after: &RuleSettings) -> String {
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
    lines.extend(policy_lines(before, after));
    lines.join("\n    ")
}

/// How fields are treated that change without a stamp, where the file says something else.
fn policy_lines(before: &RuleSettings, after: &RuleSettings) -> Vec<String> {
    let mut lines = Vec::new();
    let known = before.volatile_fields.as_deref().unwrap_or_default();
    if let Some(wanted) = after.volatile_fields.as_deref().filter(|one| lower_case(one) != lower_case(known))
    {
        lines.push(format!("volatile_fields: {} -> {}", volatile_words(known), volatile_words(wanted)));
    }
    if let Some(hours) = after.refresh_hours.filter(|_| after.refresh_hours != before.refresh_hours) {
        let earlier = before.refresh_hours.map_or_else(|| "as usual".to_owned(), |hours| hours.to_string());
        lines.push(format!("refresh_hours: {earlier} -> {hours}"));
    }
    lines
}

fn volatile_words(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { in_order(names) }
}

fn field_lines(before: Option<&[String]>, after: Option<&[String]>) -> Vec<String> {
    let (before, after) = match (before, after) {
        (None, None) => return Vec::new(),
        (Some(_), None) => return vec!["fields is not in the file: all fields are copied".to_owned()],
        (None, Some(after)) => {
            return vec![format!("of all fields only {}", in_order(after))];
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
        .map(|(sign, names)| format!("{sign} {}: {}", count_fields(names.len()), in_order(&names)))
        .collect()
}

fn count_fields(count: usize) -> String {
    format!("{count} {}", if count == 1 { "field" } else { "fields" })
}

/// Names in order, the first of them where there are many.
fn in_order(names: &[String]) -> String {
    let mut names: Vec<_> = names.iter().map(String::as_str).collect();
    names.sort_by_key(|name| name.to_lowercase());
    bounded(&names)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn how_fields_are_treated_is_said_where_the_file_says_something_else() {
        let before = "volatile_fields = [\"Rating\"]\nrefresh_hours = 24";

        let plan = change_of(before, "volatile_fields = [\"rating\", \"Fax\"]\nrefresh_hours = 12");

        let line = "all records, all fields, every 15m";
        assert_eq!(
            plan,
            format!(
                "{line} -> {line}\n    volatile_fields: Rating -> Fax, rating\n    refresh_hours: 24 -> 12"
            )
        );
        let none = change_of(before, "volatile_fields = []");
        assert!(none.ends_with("\n    volatile_fields: Rating -> none"), "{none}");
        let rule = |text: &str| -> RuleSettings {
            toml::from_str(&format!("sobject = \"Account\"\n{text}")).unwrap()
        };
        assert!(is_same(&rule(before), &rule("")));
        assert!(is_same(&rule(before), &rule("volatile_fields = [\"RATING\"]")));
        assert!(!is_same(&rule(before), &rule("refresh_hours = 23")));
        assert_eq!(
            new_rule(&rule(before)),
            format!("{line}\n    volatile_fields: Rating\n    refresh_hours: 24")
        );
    }
}
