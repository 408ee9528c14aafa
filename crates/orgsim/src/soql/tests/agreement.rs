//! The two evaluators agree on random queries over random data.
//!
//! The environment variable `ORGSIM_QUERIES` says on how many, and `ORGSIM_SEED` where to start.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::generator::{DATE_PARTS, Generator, TIME_PARTS};
use super::reference::Reference;
use super::{NOW_MS, TestOrg};
use crate::org::{Mutation, Row};
use crate::schema::Schema;
use crate::soql::{ChildPages, parse};
use crate::value::Value;

/// How many queries are tried when nobody says.
const QUERIES: usize = 2_000;

fn number_from(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().map_or(default, |text| text.parse().unwrap())
}

/// Some hundred records, a few of them deleted, changed or written with little in them.
fn test_org() -> TestOrg {
    let counts = [
        ("Account", 40),
        ("Contact", 70),
        ("Opportunity", 50),
        ("Case", 50),
        ("Project__c", 40),
        ("User", 8),
        ("Group", 3),
    ];
    let mut test = TestOrg::with_records(&counts);
    test.context.fiscal_start = 2;
    for (name, _) in &counts[..5] {
        let sobject = Schema::standard().find(name).unwrap();
        let mutation = Mutation { created: 4, updated: 6, deleted: 3, seed: 7 };
        test.org.mutate(sobject, mutation, NOW_MS - 3_600_000);
    }
    test.insert("Account", &[("Name", Value::text("Sparse"))]);
    test.insert("Contact", &[("LastName", Value::text("Sparse"))]);
    test
}

/// Answers a statement with the evaluator that is used.
fn answer(test: &TestOrg, soql: &str) -> Json {
    let query = test.prepare(soql).unwrap_or_else(|error| panic!("{soql}\n{error}"));
    let view = test.org.read();
    let mut records = Vec::new();
    let count = if query.is_count() {
        query.count(&view) as usize
    } else if query.is_grouped() {
        query.write_groups(&view, &mut records).unwrap()
    } else {
        let rows = query.select_rows(&view);
        let keep = |_: &[usize], _: &[Row]| unreachable!("every page has room for all");
        query.write_records(&view, &rows, &ChildPages { page_rows: usize::MAX, keep: &keep }, &mut records);
        rows.len()
    };
    let records = String::from_utf8(records).unwrap();
    serde_json::from_str(&format!(r#"{{"totalSize":{count},"done":true,"records":[{records}]}}"#)).unwrap()
}

/// Says where two answers differ. Numbers may differ by what doubles lose.
fn difference(path: &str, one: &Json, other: &Json) -> Option<String> {
    match (one, other) {
        (Json::Number(a), Json::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            let is_near = (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0);
            (!is_near).then(|| format!("{path}: {a} {b}"))
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(at, (a, b))| difference(&format!("{path}[{at}]"), a, b))
        }
        (Json::Object(a), Json::Object(b)) if a.len() == b.len() => a.iter().find_map(|(name, value)| {
            let other = b.get(name).unwrap_or(&Json::Null);
            difference(&format!("{path}.{name}"), value, other)
        }),
        _ => (one != other).then(|| format!("{path}: {one} {other}")),
    }
}

#[test]
fn both_evaluators_agree() {
    let test = test_org();
    let view = test.org.read();
    let reference = Reference::read(&view, &test.context);
    let mut generator = Generator::new(&reference, number_from("ORGSIM_SEED", 1) as u64);
    let count = number_from("ORGSIM_QUERIES", QUERIES);
    let mut with_rows = 0;

    for at in 0..count {
        let statement = generator.statement();
        let soql = statement.to_string();
        assert_eq!(parse(&soql).as_ref(), Ok(&statement), "{soql}");
        let found = answer(&test, &soql);
        let expected = reference.answer(&statement);
        with_rows += usize::from(expected["totalSize"] != 0);
        if let Some(difference) = difference("", &found, &expected) {
            panic!("query {at}: {soql}\n{difference}");
        }
    }

    println!("{count} queries, {with_rows} of them with rows");
    assert!(with_rows * 2 >= count, "too few queries find anything: {with_rows} of {count}");
    let missing = print_coverage(&generator.coverage);
    assert!(count < QUERIES || missing.is_empty(), "not covered: {missing:?}");
}

/// What random queries have to have in them, by its kind. What ends openly has several endings.
fn wanted() -> [(&'static str, Vec<String>); 6] {
    let parts = DATE_PARTS.iter().chain(&TIME_PARTS);
    [
        ("operators", OPERATORS.iter().map(|operator| format!("{operator} on ")).collect()),
        ("null rules", owned(NULL_RULES)),
        ("relationships", owned(RELATIONSHIPS)),
        ("functions", parts.chain(FUNCTIONS).map(|name| (*name).to_owned()).collect()),
        ("date literals", date_literals()),
        ("clauses", owned(CLAUSES)),
    ]
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

const OPERATORS: [&str; 11] =
    ["=", "!=", "<", "<=", ">", ">=", "LIKE", "IN", "NOT IN", "INCLUDES", "EXCLUDES"];

const NULL_RULES: &[&str] = &[
    "= NULL",
    "!= NULL",
    "= NULL on a parent",
    "!= NULL on a parent",
    "NULL in a list",
    "ORDER BY ASC NULLS FIRST",
    "ORDER BY ASC NULLS LAST",
    "ORDER BY DESC NULLS FIRST",
    "ORDER BY DESC NULLS LAST",
];

const RELATIONSHIPS: &[&str] = &[
    "parent field in SELECT",
    "field of a polymorphic parent",
    "= on an id on a parent",
    "child subquery",
    "child subquery in another",
    "TYPEOF",
    "IN (SELECT",
    "NOT IN (SELECT",
];

const FUNCTIONS: &[&str] = &[
    "toLabel in SELECT",
    "toLabel in WHERE",
    "FORMAT in SELECT",
    "FORMAT of an aggregate",
    "DISTANCE in SELECT",
    "DISTANCE in WHERE",
    "convertTimezone",
    "GROUPING",
    "COUNT()",
    "COUNT",
    "COUNT_DISTINCT",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
];

const CLAUSES: &[&str] = &[
    "AND",
    "OR",
    "NOT",
    "GROUP BY",
    "GROUP BY ROLLUP",
    "GROUP BY CUBE",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "alias in FROM",
    "USING SCOPE mine",
    "FOR VIEW",
];

fn date_literals() -> Vec<String> {
    let units = ["WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR"];
    let whole = units.iter().flat_map(|unit| ["LAST", "THIS", "NEXT"].map(|span| format!("{span}_{unit}")));
    let counted = units
        .iter()
        .chain(&["DAY"])
        .flat_map(|unit| [format!("LAST_N_{unit}S"), format!("NEXT_N_{unit}S"), format!("N_{unit}S_AGO")]);
    let days = ["YESTERDAY", "TODAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS"];
    owned(&days).into_iter().chain(whole).chain(counted).collect()
}

/// Prints what queries had in them and how often, and returns what none had.
fn print_coverage(coverage: &BTreeMap<String, u32>) -> Vec<String> {
    let mut missing = Vec::new();
    for (kind, names) in wanted() {
        let is_like = |what: &str, name: &str| {
            let is_open = name.ends_with(" on ") || name.ends_with("(SELECT");
            what == name || is_open && what.starts_with(name)
        };
        let is_met = |name: &&String| coverage.keys().any(|what| is_like(what, name));
        println!("{kind}: {} of {}", names.iter().filter(is_met).count(), names.len());
        missing.extend(names.iter().filter(|name| !is_met(name)).map(|name| format!("{kind}: {name}")));
    }
    coverage.iter().for_each(|(what, times)| println!("{times:8} {what}"));
    missing
}

#[test]
fn mutated_statements_never_panic() {
    let test = test_org();
    let view = test.org.read();
    let reference = Reference::read(&view, &test.context);
    let mut generator = Generator::new(&reference, 5);
    let pieces = [
        "(", ")", ",", ".", "'", "\\", "SELECT", "FROM", "NOT", "IN", "GROUP BY", "NULL", "0", "é", "-", ":",
        " ",
    ];

    for _ in 0..number_from("ORGSIM_QUERIES", QUERIES) {
        let mut mutant: Vec<char> = generator.statement().to_string().chars().collect();
        for _ in 0..generator.below(4) + 1 {
            let at = generator.below(mutant.len());
            let end = (at + generator.below(8)).min(mutant.len());
            let piece = pieces[generator.below(pieces.len())];
            match generator.below(3) {
                0 => drop(mutant.splice(at..end, [])),
                1 => drop(mutant.splice(at..at, piece.chars())),
                _ => drop(mutant.splice(at..end, piece.chars())),
            }
            mutant.push(' ');
        }
        let soql: String = mutant.into_iter().collect();
        if let Ok(query) = test.prepare(&soql) {
            if query.is_grouped() {
                let _ = query.write_groups(&view, &mut Vec::new());
            } else {
                query.select_rows(&view);
            }
        }
    }
}
