//! The rules of a copy, from its arguments.

use engine::{FieldPolicyChange, RuleRequest};
use model::{FieldSelection, parse_rule};
use salesforce::{FieldName, SObjectName};

/// Reads `Account`, `Opportunity where IsClosed = false` and the values of `--fields`.
///
/// # Errors
/// A sentence that says what is wrong and where.
pub(crate) fn parse(rules: &[String], fields: &[String]) -> Result<Vec<RuleRequest>, String> {
    let mut requests: Vec<RuleRequest> = Vec::with_capacity(rules.len());
    for text in rules {
        let (sobject, filter) = parse_rule(text).map_err(|error| format!("In '{text}': {error}"))?;
        if requests.iter().any(|request| request.sobject == sobject) {
            return Err(format!("{sobject} is named twice. Join its filters with OR."));
        }
        requests.push(RuleRequest {
            sobject,
            filter,
            fields: FieldSelection::All,
            cadence: None,
            policy: FieldPolicyChange::default(),
        });
    }
    for text in fields {
        let (sobject, names) = parse_fields(text, &requests)?;
        let request = requests
            .iter_mut()
            .find(|request| request.sobject == sobject)
            .ok_or_else(|| format!("--fields names {sobject}, which is not copied."))?;
        request.fields = FieldSelection::Only(names);
    }
    Ok(requests)
}

/// Reads `Account:Name,Industry`, or `Name,Industry` where one sObject is copied.
fn parse_fields(text: &str, requests: &[RuleRequest]) -> Result<(SObjectName, Vec<FieldName>), String> {
    let (sobject, list) = match (text.split_once(':'), requests) {
        (Some((sobject, list)), _) => (
            sobject.trim().parse().map_err(|_| format!("--fields: \"{sobject}\" is no sObject name."))?,
            list,
        ),
        (None, [only]) => (only.sobject.clone(), text),
        (None, _) => {
            return Err(format!("--fields {text}: say whose fields they are, such as Account:{text}"));
        }
    };
    let names: Result<Vec<FieldName>, String> = list
        .split(',')
        .map(|name| {
            name.trim().parse().map_err(|_| format!("--fields: \"{}\" is no field name.", name.trim()))
        })
        .collect();
    Ok((sobject, names?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_texts(rules: &[&str], fields: &[&str]) -> Result<Vec<RuleRequest>, String> {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        parse(&owned(rules), &owned(fields))
    }

    #[test]
    fn an_sobject_may_have_a_filter_and_fields() {
        let requests =
            parse_texts(&["Account", "Opportunity where IsClosed = false"], &["Account:Name, Industry"])
                .unwrap();

        assert_eq!(
            requests[0].fields,
            FieldSelection::Only(vec!["Name".parse().unwrap(), "Industry".parse().unwrap()])
        );
        assert_eq!(requests[1].sobject.as_str(), "Opportunity");
        assert!(requests[1].filter.is_some());
        assert_eq!(requests[1].fields, FieldSelection::All);
    }

    #[test]
    fn mistakes_are_named() {
        for (rules, fields, word) in [
            (&["Account", "account"][..], &[][..], "twice"),
            (&["Account where"], &[], "Account where"),
            (&["Account", "Contact"], &["Name"], "whose"),
            (&["Account"], &["Contact:Name"], "not copied"),
            (&["Account"], &["Na me"], "no field name"),
        ] {
            let sentence = parse_texts(rules, fields).expect_err("a mistake");
            assert!(sentence.contains(word), "{sentence}");
        }
    }
}
