//! What `docs/orgsim.md` says is what the code does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use orgsim::schema::{SObject, Schema};

use crate::client::TestOrg;

mod resources;

fn source(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn manual() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/orgsim.md")
}

/// Returns the rows of all tables whose first column has that title, as lists of cells.
fn rows(title: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(manual()).unwrap();
    let mut found = Vec::new();
    let mut is_wanted = None;
    for line in text.lines() {
        let Some(line) = line.strip_prefix("| ").and_then(|line| line.strip_suffix('|')) else {
            if !line.starts_with("|-") {
                is_wanted = None;
            }
            continue;
        };
        let cells: Vec<String> = line.split(" |").map(|cell| cell.trim().to_owned()).collect();
        match is_wanted {
            None => is_wanted = Some(cells[0] == title),
            Some(true) => found.push(cells),
            Some(false) => {}
        }
    }
    assert!(!found.is_empty(), "there is no table of {title}");
    found
}

/// Lists what stands between backticks.
fn words(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn set<T: Into<String>>(words: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    words.into_iter().map(Into::into).collect()
}

#[test]
fn the_manual_has_every_option() {
    let help = Command::new(env!("CARGO_BIN_EXE_orgsim")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let options = help.lines().filter_map(|line| {
        let (_, option) =
            line.split_once("--").filter(|(before, _)| before.trim_end_matches(' ').len() <= 6)?;
        option.split([' ', '<']).next().map(|name| format!("--{name}"))
    });
    let options = set(options.filter(|name| !matches!(name.as_str(), "--help" | "--version")));

    let rows = rows("option");
    let told = set(rows.iter().flat_map(|row| words(&row[0])));

    assert_eq!(told, options);
}

#[test]
fn the_manual_has_every_fault() {
    let faults = source("src/faults.rs");
    let (_, kinds) = faults.split_once("pub enum FaultKind {").unwrap();
    let kinds = kinds.split_once("\n}").unwrap().0.lines().filter_map(|line| line.trim().strip_suffix(','));
    let kinds = set(kinds.filter(|line| !line.starts_with("//")).map(|kind| {
        let letters = kind.char_indices().map(|(at, letter)| match letter {
            'A'..='Z' if at > 0 => format!("_{}", letter.to_ascii_lowercase()),
            _ => letter.to_ascii_lowercase().to_string(),
        });
        letters.collect::<String>()
    }));

    let rows = rows("kind");
    let told = set(rows.iter().flat_map(|row| words(&row[0])));

    assert_eq!(told, kinds);
}

#[test]
fn the_manual_has_every_control_call() {
    let control = source("src/control.rs");
    let mut calls = BTreeSet::new();
    for route in control.split(".route(").skip(1) {
        let (path, rest) = route.split_once('"').unwrap().1.split_once('"').unwrap();
        let handlers = rest.split(".fallback").next().unwrap();
        for method in ["get", "post", "put", "patch", "delete"] {
            if handlers.contains(&format!("{method}(")) {
                calls.insert(format!("{} {}", method.to_ascii_uppercase(), path.trim_start_matches('/')));
            }
        }
    }

    let mut told = BTreeSet::new();
    for row in rows("call") {
        let mut methods: Vec<&str> = Vec::new();
        for word in words(&row[0]) {
            let (method, path) = word.split_once(' ').unwrap_or((word, ""));
            if !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
                continue;
            }
            methods.push(method);
            let path = path.split(['?', ' ']).next().unwrap_or_default();
            if !path.is_empty() {
                told.extend(methods.drain(..).map(|method| format!("{method} {path}")));
            }
        }
    }

    assert_eq!(told, calls);
}

/// Writes the table of sObjects.
fn table_of_sobjects() -> String {
    let row = |sobject: &SObject| {
        let abilities = sobject.abilities;
        let can = [
            (abilities.createable, "create"),
            (abilities.updateable, "update"),
            (abilities.deletable, "delete"),
            (abilities.undeletable, "undelete"),
            (abilities.queryable, "query"),
        ];
        let can: Vec<&str> = can.into_iter().filter_map(|(is_able, name)| is_able.then_some(name)).collect();
        let prefix = sobject.key_prefix.map(|prefix| String::from_utf8_lossy(&prefix).into_owned());
        format!("| {} | {} | {} |\n", sobject.name, prefix.unwrap_or_default(), can.join(", "))
    };
    let rows: String = Schema::standard().sobjects().iter().map(row).collect();
    format!("| sObject | ids | |\n|---|---|---|\n{rows}")
}

#[test]
fn the_manual_has_every_sobject() {
    let text = std::fs::read_to_string(manual()).unwrap();
    let start = text.find("| sObject | ids |").expect("the manual has a table of sObjects");
    let end = text[start..].find("\n\n").map_or(text.len(), |at| start + at + 1);
    let table = table_of_sobjects();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(manual(), format!("{}{table}{}", &text[..start], &text[end..])).unwrap();
        return;
    }

    assert!(
        text[start..end] == table,
        "the table of sObjects differs; UPDATE_DOCS=1 cargo nextest run -p orgsim -E 'test(the_manual)' rewrites it"
    );
}

/// Lists the names in a table of the source: `("NAME", Self::Name)`.
fn names_in(path: &str) -> BTreeSet<String> {
    let text = source(path);
    let names =
        text.lines().filter(|line| line.contains("\", Self::")).filter_map(|line| line.split('"').nth(1));
    set(names)
}

fn date_literals() -> BTreeSet<String> {
    let units = ["WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR"];
    let ones = units.iter().flat_map(|unit| ["LAST", "THIS", "NEXT"].map(|which| format!("{which}_{unit}")));
    let many = units.iter().chain(&["DAY"]).flat_map(|unit| {
        [format!("LAST_N_{unit}S:n"), format!("NEXT_N_{unit}S:n"), format!("N_{unit}S_AGO:n")]
    });
    let days = ["YESTERDAY", "TODAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS"].map(str::to_owned);
    ones.chain(many).chain(days).collect()
}

#[tokio::test]
async fn the_manual_has_the_words_of_soql() {
    let features: BTreeMap<String, String> =
        rows("feature").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let told = |feature: &str| set(words(&features[feature]));
    let mut statements = Vec::new();

    assert_eq!(told("date literals"), date_literals());
    for literal in told("date literals") {
        let literal = literal.replace(":n", ":3");
        statements.push(format!("SELECT Id FROM Account WHERE CreatedDate = {literal}"));
    }
    let mut parts = told("date functions");
    assert!(parts.remove("convertTimezone"));
    assert_eq!(parts, names_in("src/soql/date_part.rs"));
    for part in parts {
        let value = if part == "DAY_ONLY" { "TODAY" } else { "1" };
        statements.push(format!("SELECT Id FROM Account WHERE {part}(CreatedDate) = {value}"));
        statements
            .push(format!("SELECT Id FROM Account WHERE {part}(convertTimezone(CreatedDate)) = {value}"));
    }
    let known = names_in("src/soql/accumulator.rs");
    assert_eq!(&known - &told("aggregates"), BTreeSet::new());
    statements.extend(known.iter().map(|name| format!("SELECT {name}(AnnualRevenue) FROM Account")));
    for function in told("other functions") {
        statements.push(match function.as_str() {
            "DISTANCE" | "GEOLOCATION" => {
                "SELECT Id FROM Account WHERE DISTANCE(BillingAddress, GEOLOCATION(1, 1), 'km') < 20"
                    .to_owned()
            }
            "FORMULA" => {
                "SELECT Id FROM Account WHERE FORMULA('AnnualRevenue - BillingLatitude') > 0".to_owned()
            }
            "convertCurrency" => continue,
            name => format!(
                "SELECT {name}({}) FROM Account",
                if name == "FORMAT" { "AnnualRevenue" } else { "Industry" }
            ),
        });
    }

    let org = TestOrg::with_records("Account", 3);
    for statement in statements {
        let answer = org.query(&statement).await;
        assert_eq!(answer.status, 200, "{statement}: {}", answer.text);
    }
}
