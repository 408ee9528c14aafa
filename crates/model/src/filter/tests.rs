use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use rust_decimal::Decimal;
use salesforce::Timestamp;

use super::{Comparison, FieldPath, Filter, LikePattern, Literal, Membership, parse_rule, relative_date};

#[test]
fn a_condition_is_printed_in_one_form() {
    let cases = [
        ("IsClosed=false", "IsClosed = FALSE"),
        ("where Amount >= 1e3", "Amount >= 1000"),
        ("Name <> 'O\\'Neil'", "Name != 'O\\'Neil'"),
        ("name like 'A\\_%' and Type not in ('x' , null)", "name LIKE 'A\\_%' AND Type NOT IN ('x', NULL)"),
        ("(A = 1 and B = 2) or C < -1.50", "(A = 1 AND B = 2) OR C < -1.50"),
        ("((A = 1))", "A = 1"),
        ("not A = 1 and (not (B = 2 or C = 3))", "(NOT A = 1) AND (NOT (B = 2 OR C = 3))"),
        ("CloseDate = last_n_days:30", "CloseDate = LAST_N_DAYS:30"),
        ("CloseDate > 2026-11-21", "CloseDate > 2026-11-21"),
        ("CreatedDate < 2026-11-21T10:00:00+01:00", "CreatedDate < 2026-11-21T09:00:00.000Z"),
        ("Owner.Manager.Name = 'Ada'", "Owner.Manager.Name = 'Ada'"),
        ("Picks__c includes ('A;B','C')", "Picks__c INCLUDES ('A;B', 'C')"),
        ("Picks__c EXCLUDES('A')", "Picks__c EXCLUDES ('A')"),
        ("Notes__c = NULL", "Notes__c = NULL"),
        ("Name = 'a\\u0041\\n'", "Name = 'aA\\n'"),
    ];

    for (text, soql) in cases {
        assert_eq!(Filter::parse(text).map(|filter| filter.to_soql()), Ok(soql.to_owned()), "{text}");
    }
}

#[test]
fn a_wrong_condition_is_refused_with_its_place() {
    let cases = [
        ("", "The filter is not valid at its end: expected a field name."),
        (
            "IsClosed",
            "The filter is not valid at its end: expected =, !=, <, <=, >, >=, LIKE, IN, NOT IN, INCLUDES or EXCLUDES.",
        ),
        (
            "A = 1 and B = 2 or C = 3",
            "The filter is not valid at \"or C = 3\": AND and OR stand side by side here, which Salesforce refuses; put parentheses around one of them.",
        ),
        (
            "A = 1 banana",
            "The filter is not valid at \"banana\": expected AND, OR or the end of the condition.",
        ),
        ("(A = 1", "The filter is not valid at its end: expected AND, OR or a closing parenthesis."),
        ("Name = 'x", "The filter is not valid at \"'x\": this text has no closing quote."),
        (
            "Name = 'a\\q'",
            "The filter is not valid at \"\\q'\": expected one of \\' \\\\ \\\" \\n \\r \\t \\b \\f or \\u with four digits.",
        ),
        ("Name like 3", "The filter is not valid at \"3\": expected a text in single quotes."),
        ("A > null", "The filter is not valid at \"null\": NULL goes only with = and !=."),
        (
            "A in ()",
            "The filter is not valid at \")\": expected a value: a text in single quotes, a number, TRUE, FALSE, NULL, a date or a date literal such as LAST_N_DAYS:30.",
        ),
        (
            "A = 2026-13-01",
            "The filter is not valid at \"2026-13-01\": expected a value: a text in single quotes, a number, TRUE, FALSE, NULL, a date or a date literal such as LAST_N_DAYS:30.",
        ),
        (
            "A = LAST_N_DAYS",
            "The filter is not valid at \"LAST_N_DAYS\": this date literal needs a number, such as LAST_N_DAYS:30.",
        ),
        (
            "calendar_year(CreatedDate) = 2026",
            "The filter is not valid at \"calendar_year(CreatedDate) = 2…\": functions cannot be used here; compare the field itself.",
        ),
        (
            "A.B.C.D.E.F.G = 1",
            "The filter is not valid at \"A.B.C.D.E.F.G = 1\": a path goes up at most five lookups.",
        ),
    ];

    for (text, message) in cases {
        assert_eq!(Filter::parse(text).unwrap_err().to_string(), message, "{text}");
    }
}

#[test]
fn the_place_of_an_error_counts_characters() {
    let error = Filter::parse("Name = 'ü€😀' banana").unwrap_err();

    assert_eq!(error.position, 13);
}

#[test]
fn deep_nesting_is_refused_rather_than_followed() {
    for nesting in ["(", "not "] {
        assert!(Filter::parse(&nesting.repeat(10_000)).is_err());
    }
}

#[test]
fn a_rule_is_an_sobject_and_perhaps_a_condition() {
    let (sobject, filter) = parse_rule("Opportunity where IsClosed = false").unwrap();
    assert_eq!(sobject, "Opportunity");
    assert_eq!(filter.unwrap().to_soql(), "IsClosed = FALSE");

    let (sobject, filter) = parse_rule(" Invoice__c ").unwrap();
    assert_eq!((sobject.as_str(), filter), ("Invoice__c", None));

    let error = parse_rule("Account banana").unwrap_err();
    assert_eq!(error.to_string(), "The filter is not valid at \"banana\": expected where.");
    assert!(parse_rule("").is_err());
    assert!(parse_rule("Account where ").is_err());
}

#[test]
fn a_filter_keeps_its_form_in_json() {
    let filter = Filter::parse("A = 'x' and B != null").unwrap();

    let json = serde_json::to_string(&filter).unwrap();

    assert_eq!(json, r#""A = 'x' AND B != NULL""#);
    assert_eq!(serde_json::from_str::<Filter>(&json).unwrap(), filter);
}

fn any_path() -> impl Strategy<Value = FieldPath> {
    prop::collection::vec("[A-Za-z][A-Za-z0-9_]{0,8}", 1..=6).prop_filter_map(
        "a word of the language",
        |names| {
            let is_word = names[0].eq_ignore_ascii_case("not") || names[0].eq_ignore_ascii_case("where");
            if is_word {
                None
            } else {
                FieldPath::new(names.iter().map(|name| name.parse().unwrap()).collect())
            }
        },
    )
}

fn any_ordered_literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        (any::<i64>(), 0_u32..18).prop_map(|(digits, scale)| Literal::Number(Decimal::new(digits, scale))),
        any::<String>().prop_map(Literal::Text),
        (0_i32..3_000_000).prop_map(|days| {
            Literal::Date(chrono::NaiveDate::from_num_days_from_ce_opt(days).unwrap_or_default())
        }),
        (0_i64..253_402_300_799_999).prop_map(|millis| Literal::DateTime(Timestamp::from_millis(millis))),
        prop::sample::select(relative_date::samples()).prop_map(Literal::Relative),
    ]
}

fn any_literal() -> impl Strategy<Value = Literal> {
    prop_oneof![Just(Literal::Null), any::<bool>().prop_map(Literal::Bool), any_ordered_literal()]
}

fn any_membership() -> impl Strategy<Value = Membership> {
    prop_oneof![Just(Membership::Among), Just(Membership::NotAmong)]
}

fn any_comparison() -> impl Strategy<Value = Filter> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let equal = prop::sample::select(vec![Equal, NotEqual]);
    let ordered = prop::sample::select(vec![Less, LessOrEqual, Greater, GreaterOrEqual]);
    prop_oneof![
        (any_path(), equal, any_literal()).prop_map(|(path, operator, value)| Filter::Compare {
            path,
            operator,
            value
        }),
        (any_path(), ordered, any_ordered_literal()).prop_map(|(path, operator, value)| Filter::Compare {
            path,
            operator,
            value
        }),
        (any_path(), "([^\\\\]|\\\\[%_\\\\]){0,9}")
            .prop_map(|(path, pattern)| Filter::Like { path, pattern: LikePattern::new(pattern).unwrap() }),
        (any_path(), any_membership(), prop::collection::vec(any_literal(), 1..4))
            .prop_map(|(path, membership, values)| Filter::In { path, membership, values }),
        (any_path(), any_membership(), prop::collection::vec(any::<String>(), 1..4))
            .prop_map(|(path, membership, sets)| Filter::Includes { path, membership, sets }),
    ]
}

fn any_filter() -> impl Strategy<Value = Filter> {
    any_comparison().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same_tree(filter in any_filter()) {
        prop_assert_eq!(Filter::parse(&filter.to_soql()), Ok(filter));
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let parsed = Filter::parse(&text);
        prop_assert!(parsed.is_ok() || parsed.unwrap_err().position <= text.chars().count());
    }
}
