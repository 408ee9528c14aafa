use serde_json::{Value, json};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_000);

fn describe(fields: &[Value]) -> SObjectDescribe {
    let mut all =
        vec![json!({"name": "Id", "type": "id"}), json!({"name": "SystemModstamp", "type": "datetime"})];
    all.extend(fields.iter().cloned());
    serde_json::from_value(json!({"name": "Deal__c", "fields": all})).unwrap()
}

fn text(name: &str, length: u32) -> Value {
    json!({"name": name, "type": "string", "length": length, "label": name.trim_end_matches("__c")})
}

fn number(name: &str, scale: u32) -> Value {
    json!({"name": name, "type": "double", "precision": 18, "scale": scale})
}

fn typed(name: &str, field_type: &str) -> Value {
    json!({"name": name, "type": field_type})
}

struct Rule(FieldSelection, FieldPolicy);

impl Rule {
    fn all() -> Self {
        Self(FieldSelection::All, FieldPolicy::default())
    }

    fn only(names: &[&str]) -> Self {
        let names = names.iter().map(|name| name.parse().unwrap()).collect();
        Self(FieldSelection::Only(names), FieldPolicy::default())
    }

    fn with(self, new_fields: NewFields) -> Self {
        Self(self.0, FieldPolicy { new_fields: Some(new_fields), ..self.1 })
    }

    fn drift(&self, kept: Option<&KeptTable>, fields: &[Value]) -> Drift {
        let wanted = Wanted { selection: &self.0, policy: &self.1 };
        find_drift(kept, &describe(fields), wanted, NOW).unwrap()
    }

    /// The drift from one describe to another.
    fn between(&self, before: &[Value], after: &[Value]) -> Drift {
        let kept = self.drift(None, before).kept;
        self.drift(Some(&kept), after)
    }
}

fn told(drift: &Drift) -> Vec<(&str, &str)> {
    drift.changes.iter().map(|change| (change.kind.as_str(), change.field.as_str())).collect()
}

fn column<'d>(drift: &'d Drift, name: &str) -> &'d KeptColumn {
    drift.kept.columns.iter().find(|column| column.name == name).unwrap()
}

fn live(drift: &Drift) -> Vec<&str> {
    drift.layout.columns.iter().map(|column| column.name.as_str()).collect()
}

#[test]
fn a_new_table_has_nothing_to_tell() {
    let drift = Rule::all().drift(None, &[text("A__c", 80)]);

    assert!(drift.changes.is_empty());
    assert_eq!(column(&drift, "a__c").state, ColumnState::Filled);
    assert_eq!(column(&drift, "a__c").described, "string(80)");
}

#[test]
fn nothing_changes_where_nothing_changed() {
    let fields = [text("A__c", 80), number("B__c", 2)];
    let first = Rule::all().drift(None, &fields);

    let second = Rule::all().drift(Some(&first.kept), &fields);

    assert_eq!(second, first);
}

/// A rule, what is told, whether the field is copied, and how many are held and selected.
type NewFieldCase = (Rule, &'static [(&'static str, &'static str)], bool, usize, usize);

#[test]
fn a_new_field_becomes_of_the_policy() {
    use NewFields::{Add, Ask, Ignore};
    let (before, after) = ([text("A__c", 80)], [text("A__c", 80), text("B__c", 80)]);
    let cases: [NewFieldCase; 7] = [
        (Rule::all(), &[("field.added", "B__c")], true, 0, 0),
        (Rule::all().with(Ask), &[("field.suggested", "B__c")], false, 1, 0),
        (Rule::all().with(Ignore), &[("field.ignored", "B__c")], false, 1, 0),
        (Rule::only(&["A__c"]), &[("field.suggested", "B__c")], false, 0, 0),
        (Rule::only(&["A__c"]).with(Add), &[("field.added", "B__c")], true, 0, 1),
        (Rule::only(&["A__c"]).with(Ask), &[("field.suggested", "B__c")], false, 0, 0),
        (Rule::only(&["A__c"]).with(Ignore), &[("field.ignored", "B__c")], false, 0, 0),
    ];
    for (rule, expected, is_live, held, selected) in cases {
        let drift = rule.between(&before, &after);

        assert_eq!(told(&drift), expected);
        assert_eq!(live(&drift).contains(&"b__c"), is_live);
        assert_eq!((drift.held.len(), drift.selected.len()), (held, selected));
        // It is told once.
        let policy = FieldPolicy { held: drift.held.clone(), ..rule.1.clone() };
        let again = Rule(rule.0.clone(), policy).drift(Some(&drift.kept), &after);
        assert!(drift.selected.len() == 1 || again.changes.is_empty(), "{:?}", again.changes);
    }
}

#[test]
fn a_missing_field_freezes_and_fills_when_it_is_back() {
    let fields = [text("A__c", 80), text("B__c", 40)];
    for rule in [Rule::all(), Rule::only(&["A__c", "B__c"])] {
        let gone = rule.between(&fields, &fields[..1]);
        assert_eq!(told(&gone), [("field.missing", "B__c")]);
        assert_eq!(
            (column(&gone, "b__c").state, column(&gone, "b__c").as_of),
            (ColumnState::Frozen, Some(NOW))
        );
        assert!(!live(&gone).contains(&"b__c"));

        let still_gone = rule.drift(Some(&gone.kept), &fields[..1]);
        assert!(still_gone.changes.is_empty());

        let back = rule.drift(Some(&gone.kept), &fields);
        assert_eq!(told(&back), [("field.returned", "B__c")]);
        assert_eq!(column(&back, "b__c").state, ColumnState::Filling);
    }
}

#[test]
fn a_field_of_the_same_label_and_type_was_renamed() {
    let renamed = json!({"name": "C__c", "type": "string", "length": 40, "label": "B"});

    let drift = Rule::all().between(&[text("A__c", 80), text("B__c", 40)], &[text("A__c", 80), renamed]);

    assert_eq!(told(&drift), [("field.renamed", "C__c")]);
    assert_eq!(drift.changes[0].before.as_deref(), Some("B__c"));
    assert_eq!(column(&drift, "b__c").state, ColumnState::Frozen);
    assert_eq!(column(&drift, "c__c").state, ColumnState::Filling);
}

#[test]
fn a_selection_is_a_persons_change() {
    let fields = [text("A__c", 80), text("B__c", 40)];
    let kept = Rule::only(&["A__c"]).drift(None, &fields).kept;

    let drift = Rule::only(&["B__c"]).drift(Some(&kept), &fields);

    assert_eq!(told(&drift), [("field.selected", "B__c"), ("field.deselected", "A__c")]);
    assert_eq!(column(&drift, "a__c").state, ColumnState::Deselected);
}

#[test]
fn a_field_that_never_was_is_refused() {
    let rule = Rule::only(&["B__c"]);
    let wanted = Wanted { selection: &rule.0, policy: &rule.1 };

    assert!(find_drift(None, &describe(&[text("A__c", 80)]), wanted, NOW).is_err());
}

#[test]
fn types_widen_where_no_value_is_lost_and_wait_for_a_person_where_one_would_be() {
    use ColumnKind::{Decimal, Integer, Text};
    let picklist = typed("A__c", "picklist");
    let cases = [
        (text("A__c", 80), text("A__c", 255), Some((Text, "field.resized", false))),
        (
            text("A__c", 80),
            json!({"name": "A__c", "type": "textarea", "length": 131_072}),
            Some((Text, "field.retyped", true)),
        ),
        (text("A__c", 80), picklist.clone(), Some((Text, "field.retyped", true))),
        (picklist, text("A__c", 80), Some((Text, "field.retyped", true))),
        (typed("A__c", "int"), number("A__c", 2), Some((Decimal, "field.retyped", true))),
        (number("A__c", 2), typed("A__c", "int"), Some((Decimal, "field.retyped", true))),
        (number("A__c", 2), number("A__c", 4), Some((Decimal, "field.resized", true))),
        (
            number("A__c", 2),
            json!({"name": "A__c", "type": "currency", "precision": 18, "scale": 2}),
            Some((Decimal, "field.retyped", true)),
        ),
        (typed("A__c", "int"), typed("A__c", "int"), Some((Integer, "", false))),
        (number("A__c", 2), text("A__c", 80), Some((Text, "field.retyped", true))),
        (typed("A__c", "boolean"), text("A__c", 80), Some((Text, "field.retyped", true))),
        (typed("A__c", "date"), text("A__c", 80), Some((Text, "field.retyped", true))),
        (text("A__c", 80), number("A__c", 2), None),
        (text("A__c", 80), typed("A__c", "date"), None),
        (typed("A__c", "date"), typed("A__c", "datetime"), None),
        (typed("A__c", "datetime"), typed("A__c", "date"), None),
        (typed("A__c", "boolean"), number("A__c", 0), None),
    ];
    for (before, after, expected) in cases {
        let drift = Rule::all().between(std::slice::from_ref(&before), std::slice::from_ref(&after));

        let kept = column(&drift, "a__c");
        match expected {
            Some((kind, told_as, is_filled_anew)) => {
                assert_eq!(kept.kind, kind, "{before} {after}");
                let kinds: Vec<_> = told(&drift).iter().map(|(kind, _)| *kind).collect();
                assert_eq!(kinds.join(" "), told_as, "{before} {after}");
                assert_eq!(kept.state == ColumnState::Filling, is_filled_anew, "{before} {after}");
                assert!(drift.refused.is_empty());
            }
            None => {
                assert_eq!(told(&drift), [("field.refused", "A__c")], "{before} {after}");
                assert_eq!(drift.refused.len(), 1);
                // It is told once, and refused for as long as it is so.
                let again = Rule::all().drift(Some(&drift.kept), &[after]);
                assert!(again.changes.is_empty() && again.refused.len() == 1);
                let back = Rule::all().drift(Some(&drift.kept), &[before]);
                assert!(back.changes.is_empty() && back.refused.is_empty());
            }
        }
    }
}
