//! Fields whose values change without a new `SystemModstamp`: formulas and roll-up summaries (Salesforce Help, Formula
//! Fields; Roll-Up Summary Field).

use std::collections::BTreeSet;

use salesforce::FieldName;
use salesforce::describe::{FieldDescribe, SObjectDescribe};

use crate::FieldPolicy;

/// Functions whose value depends on the time or on who looks.
const MOVING: [&str; 9] = [
    "TODAY",
    "NOW",
    "TIMENOW",
    "ISNEW",
    "ISCHANGED",
    "PRIORVALUE",
    "GETSESSIONID",
    "VLOOKUP",
    "GETRECORDIDS",
];

/// A word of a formula.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Word<'f> {
    /// A name, or names with dots between them.
    text: &'f str,
    /// Whether it stands behind a `$`, as what is no field of the record does.
    is_global: bool,
}

/// Returns whether a field has to be read again for records that did not change.
///
/// A formula that looks at nothing but fields of its own record which are not computed themselves changes with the
/// record alone.
pub fn is_volatile(field: &FieldDescribe, describe: &SObjectDescribe, policy: &FieldPolicy) -> bool {
    policy.volatile.contains(&field.name) || field.calculated && !is_settled(field, describe)
}

fn is_settled(field: &FieldDescribe, describe: &SObjectDescribe) -> bool {
    // A roll-up has no formula.
    let Some(formula) = field.calculated_formula.as_deref() else { return false };
    words(formula).iter().all(|word| {
        let is_moving = MOVING.iter().any(|moving| moving.eq_ignore_ascii_case(word.text));
        let name: Option<FieldName> = word.text.parse().ok();
        let is_computed =
            name.and_then(|name| describe.find_field(&name)).is_some_and(|field| field.calculated);
        !is_moving && !is_computed && !word.is_global && !word.text.contains('.')
    })
}

/// Returns the relationships through which a formula looks at other records, each from the record on: `Account`,
/// `Account.Owner`.
///
/// Only those that begin at a lookup to one sObject: what a polymorphic one leads to has no stamp that a query could
/// name (SOQL and SOSL Reference, Understanding Polymorphic Keys).
pub fn parents_of(field: &FieldDescribe, describe: &SObjectDescribe) -> BTreeSet<String> {
    let formula = field.calculated_formula.as_deref().filter(|_| field.calculated).unwrap_or_default();
    let leads_on = |first: &str| {
        describe.fields.iter().any(|field| {
            !field.is_polymorphic() && field.relationship_name.as_ref().is_some_and(|name| *name == first)
        })
    };
    let mut parents = BTreeSet::new();
    for word in words(formula).into_iter().filter(|word| !word.is_global) {
        let names: Vec<&str> = word.text.split('.').collect();
        let Some((_, relationships)) = names.split_last() else { continue };
        if relationships.first().is_some_and(|first| leads_on(first)) {
            parents.extend((1..=relationships.len()).map(|hops| relationships[..hops].join(".")));
        }
    }
    parents
}

/// The names in a formula, without what stands in quotes or comments.
fn words(formula: &str) -> Vec<Word<'_>> {
    let bytes = formula.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'') => at = after_quoted(bytes, at, quote),
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = formula[at..].find("*/").map_or(bytes.len(), |end| at + end + 2);
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
                let end =
                    bytes[at..].iter().position(|byte| !is_part(byte)).map_or(bytes.len(), |end| at + end);
                let text = formula[at..end].trim_end_matches('.');
                words.push(Word { text, is_global: at > 0 && bytes[at - 1] == b'$' });
                at = end;
            }
            // A number may have letters in it, as 1e6 does.
            byte if byte.is_ascii_digit() => {
                let end = bytes[at..].iter().position(|byte| !byte.is_ascii_alphanumeric());
                at = end.map_or(bytes.len(), |end| at + end);
            }
            _ => at += 1,
        }
    }
    words
}

fn after_quoted(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn describe() -> SObjectDescribe {
        serde_json::from_value(json!({
            "name": "Deal__c",
            "fields": [
                {"name": "Id", "type": "id"},
                {"name": "Amount__c", "type": "currency"},
                {"name": "Net__c", "type": "currency", "calculated": true, "calculatedFormula": "Amount__c * 0.8"},
                {"name": "Twice__c", "type": "currency", "calculated": true, "calculatedFormula": "Net__c + Net__c"},
                {"name": "Age__c", "type": "double", "calculated": true, "calculatedFormula": "today() - Start__c"},
                {"name": "Word__c", "type": "string", "calculated": true,
                    "calculatedFormula": "IF(Amount__c > 1e6, \"Account.Name TODAY() \\\" x\", 'NOW') /* NOW() */"},
                {"name": "Who__c", "type": "string", "calculated": true, "calculatedFormula": "$User.Username"},
                {"name": "Town__c", "type": "string", "calculated": true,
                    "calculatedFormula": "Account__r.Owner.Manager.City & Owner.City & $Label.Account__r.x"},
                {"name": "Count__c", "type": "double", "calculated": true},
                {"name": "Rate__c", "type": "double"},
                {"name": "Account__c", "type": "reference", "referenceTo": ["Account"], "relationshipName": "Account__r"},
                {"name": "OwnerId", "type": "reference", "referenceTo": ["Group", "User"], "relationshipName": "Owner"}
            ]
        }))
        .unwrap()
    }

    #[test]
    fn only_what_can_change_by_itself_is_volatile() {
        let describe = describe();
        let policy = FieldPolicy { volatile: vec!["rate__c".parse().unwrap()], ..FieldPolicy::default() };

        let volatile: Vec<_> = describe
            .fields
            .iter()
            .filter(|field| is_volatile(field, &describe, &policy))
            .map(|field| field.name.as_str())
            .collect();

        assert_eq!(volatile, ["Twice__c", "Age__c", "Who__c", "Town__c", "Count__c", "Rate__c"]);
    }

    #[test]
    fn parents_are_the_relationships_of_a_formula() {
        let describe = describe();

        let parents = |name: &str| {
            let field = describe.find_field(&name.parse().unwrap()).unwrap();
            parents_of(field, &describe).into_iter().collect::<Vec<_>>()
        };

        assert_eq!(parents("Town__c"), ["Account__r", "Account__r.Owner", "Account__r.Owner.Manager"]);
        assert!(parents("Word__c").is_empty() && parents("Amount__c").is_empty());
    }
}
