//! Answers have the shape of those that real orgs gave, where recordings of those are at hand.
//!
//! The environment variable `ORGSIM_RECORDINGS` names a folder of recordings. Only names of members, their order and JSON types are
//! compared. Where orgsim's answer differs and is right, [`differences`] says why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use orgsim::SimulatorConfig;
use serde_json::Value;

use self::differences::{ELSEWHERE, all, is_like};
use self::shape::Shape;
use crate::client::{TestOrg, config};

mod bodies;
mod calls;
mod describe;
mod differences;
mod ids;
mod shape;

fn recordings() -> Option<PathBuf> {
    let folder = std::env::var_os("ORGSIM_RECORDINGS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("no recordings were given: set ORGSIM_RECORDINGS to compare with some");
    }
    folder
}

fn read(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&text(folder, name)).unwrap()
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Lists the recorded files, as `folder/name`.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_type().unwrap().is_dir() {
            continue;
        }
        let part = entry.file_name().into_string().unwrap();
        for file in std::fs::read_dir(entry.path()).unwrap() {
            found.push(format!("{part}/{}", file.unwrap().file_name().into_string().unwrap()));
        }
    }
    found.sort();
    found
}

/// An org with some records of what is read.
fn org() -> TestOrg {
    let counts = [("Account", 10), ("Contact", 6), ("Project__c", 3), ("User", 3)];
    let counts = counts.map(|(name, count)| (name.to_owned(), count));
    TestOrg::start_with(SimulatorConfig { counts: BTreeMap::from(counts), ..config() })
}

/// Returns how the answers to what a file shows differ from it; none if nobody knows what to ask.
async fn compare(folder: &Path, file: &str) -> Option<Vec<String>> {
    let text = text(folder, file);
    let org = org();
    if text.trim_start_matches(['[', '{']).starts_with("\"request\"") {
        return Some(calls::differences(&org, &text).await.into_iter().collect());
    }
    let name = file.split_once('/')?.1.strip_suffix(".json")?;
    let answer = bodies::ask(&org, name).await?;
    let text = bodies::RENAMED.iter().fold(text, |text, (theirs, own)| text.replace(theirs, own));
    let mut found = BTreeSet::new();
    Shape::read(&text).differences(&Shape::read(&answer), "", &mut found);
    Some(found.into_iter().collect())
}

#[tokio::test]
async fn answers_have_the_shape_of_recorded_ones() {
    let Some(folder) = recordings() else { return };
    let mut wrong = Vec::new();
    let known = all();
    let mut used = vec![0; known.len()];
    let mut compared = 0;

    for file in files(&folder) {
        if ELSEWHERE.iter().any(|(pattern, _)| is_like(&file, pattern)) {
            continue;
        }
        let Some(found) = compare(&folder, &file).await else {
            wrong.push(format!("{file}: neither compared nor listed"));
            continue;
        };
        compared += 1;
        for found in found {
            let reasons = known.iter().zip(&mut used);
            let fitting =
                reasons.filter(|((pattern, like, _), _)| is_like(&file, pattern) && is_like(&found, like));
            let mut is_listed = false;
            fitting.for_each(|(_, used)| (*used, is_listed) = (*used + 1, true));
            if !is_listed {
                wrong.push(format!("{file}: {found}"));
            }
        }
    }

    let unused = known.iter().zip(&used).filter(|(_, used)| **used == 0);
    wrong.extend(
        unused.map(|((pattern, like, _), _)| format!("{pattern}: {like} is listed, and does not occur")),
    );
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    println!("{compared} files compared");
    // One line for what has one reason.
    let mut by_reason: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for (file, like, reason) in &known {
        by_reason.entry((file, reason)).or_default().push(like);
    }
    for ((file, reason), differences) in by_reason {
        println!("{file}: {}: {reason}", differences.join(", "));
    }
}

#[tokio::test]
async fn limits_have_the_recorded_figures() {
    let Some(folder) = recordings() else { return };
    let org = TestOrg::start();

    let recorded = read(&folder, "rest/nango_get-limits.json");
    let recorded = &recorded[0]["response"]["body"];
    let limits = org.get("limits").await.json();

    for (name, limit) in limits.as_object().unwrap() {
        if let Some(known) = recorded.get(name) {
            assert_eq!(known["Max"], limit["Max"], "{name}");
        }
    }
    let share = recorded.as_object().unwrap().keys().filter(|name| limits.get(name).is_some()).count();
    println!("{share} of {} recorded limits are simulated", recorded.as_object().unwrap().len());
    assert!(share > 30, "the answer hardly names a limit that is recorded");
}
