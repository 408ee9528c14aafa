//! What the documentation says agrees with the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pulldown_cmark::{Event, Tag};

use crate::scene::towpath;

/// Where the codes of errors are written.
const SOURCES: [&str; 3] = ["crates/engine/src", "crates/api/src", "crates/towpath/src"];

#[test]
fn every_error_code_is_documented() {
    let errors = read("docs/errors.md");
    let mut codes: BTreeSet<String> =
        SOURCES.iter().flat_map(|folder| codes_in(&root().join(folder))).collect();
    // The one code of a single word.
    codes.insert("csrf".to_owned());
    assert!(codes.len() > 60, "only {codes:?}");
    for code in ["request.invalid", "session.missing", "key.invalid", "record.id", "page.invalid"] {
        assert!(codes.contains(code), "{code} was not found in the sources of the API");
    }

    let missing: Vec<_> = codes.iter().filter(|code| !errors.contains(&format!("| `{code}` |"))).collect();

    assert!(missing.is_empty(), "not in docs/errors.md: {missing:?}");
}

/// What is no trouble of a connection, though it stands among its errors.
const NO_TROUBLE: [&str; 7] = [
    "record.not_shown",
    "integration.paused",
    "integration.incomplete",
    "mapping.property",
    "mapping.repeated",
    "mapping.transform",
    "mapping.type",
];

#[test]
fn every_error_of_connecting_and_checking_has_its_cause_and_fix() {
    let errors = read("docs/errors.md");
    let codes = |section: &str| -> Vec<String> {
        let lines = errors.lines().skip_while(|line| *line != section).skip(1);
        let lines = lines.take_while(|line| !line.starts_with("## "));
        lines.filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned())).collect()
    };
    let of_connecting = [codes("## Signing in"), codes("## Connecting on a server")].concat();
    let of_network = codes("## The network");
    assert!(of_connecting.len() > 45 && of_network.len() > 4, "{of_connecting:?} {of_network:?}");
    let (before, others): (Vec<_>, Vec<_>) =
        of_connecting.into_iter().partition(|code| NO_TROUBLE.contains(&code.as_str()));
    assert_eq!(before.len(), NO_TROUBLE.len(), "{before:?}");
    // What an admin of the org mends is trouble wherever it stands.
    let all: Vec<String> = ["## Reading", "## The API", "## Writing"].into_iter().flat_map(codes).collect();
    let mended = all.into_iter().filter(|code| engine::find_remedy(code).is_some());
    let guide = read("docs/troubleshooting.md");
    let rows: Vec<Vec<&str>> = guide
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| what you see"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();

    let is_told = |code: &String| {
        let code = format!("`{code}`");
        rows.iter().any(|row| row.len() == 3 && row[1].contains(&code) && row[2].split(' ').count() > 1)
    };
    let missing: Vec<_> =
        others.into_iter().chain(of_network).chain(mended).filter(|code| !is_told(code)).collect();

    assert!(missing.is_empty(), "not in docs/troubleshooting.md: {missing:?}");
}

#[test]
fn every_option_of_copy_is_documented() {
    let missing = undocumented_options("copy", "docs/copy.md");

    assert!(missing.is_empty(), "not in docs/copy.md: {missing:?}");
}

#[test]
fn every_key_of_the_configuration_is_documented() {
    let serve = read("docs/serve.md");
    let source = read("crates/towpath/src/config.rs");
    let keys: Vec<_> = source
        .lines()
        .skip_while(|line| !line.starts_with("struct Keys"))
        .take_while(|line| !line.starts_with('}'))
        .filter_map(|line| line.strip_prefix("    ")?.split_once(": ").filter(|_| !line.contains("//")))
        .map(|(key, _)| key.trim_start_matches("pub(crate) "))
        .collect();
    assert!(keys.contains(&"data_dir") && keys.contains(&"salesforce"), "{keys:?}");

    let missing: Vec<_> = keys.iter().filter(|key| !serve.contains(&format!("`{key}"))).collect();

    assert!(missing.is_empty(), "not in docs/serve.md: {missing:?}");
}

#[test]
fn every_link_leads_to_a_file_of_this_project() {
    let pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "clients/README.md"];
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let pages: Vec<_> = pages.iter().map(|page| root().join(page)).chain(docs).collect();
    let links: Vec<_> = pages.iter().flat_map(|page| files_linked_in(page)).collect();
    assert!(links.len() > 20, "only {links:?}");

    let broken: Vec<_> = links.iter().filter(|link| !link.exists()).collect();

    assert!(broken.is_empty(), "not there: {broken:?}");
}

/// Where the links and pictures of a page lead, without those to other hosts and within the page.
fn files_linked_in(page: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(page).unwrap();
    pulldown_cmark::Parser::new(&text)
        .filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url),
            _ => None,
        })
        .filter(|url| !url.contains("://") && !url.starts_with(['#', '/']))
        .map(|url| page.with_file_name(url.split('#').next().unwrap_or_default()))
        .collect()
}

/// Where the tests lie that the table of behaviours names.
const PLACES: [(&str, &str); 6] = [
    ("api", "crates/api/tests/it"),
    ("browser", "web/e2e"),
    ("engine", "crates/engine/tests/it"),
    ("model", "crates/model"),
    ("towpath", "crates/towpath/tests/it"),
    ("web", "web/src"),
];

#[test]
fn every_test_that_shows_a_behaviour_is_there() {
    let page = read("docs/behaviours.md");
    let mut named = 0;
    let mut missing = Vec::new();
    for row in page.lines().filter(|line| line.starts_with("| `S")) {
        let mut folder = "";
        for shown_by in row.trim_end_matches(" |").rsplit(" | ").next().unwrap().split("; ") {
            let Some((before, rest)) = shown_by.split_once('`') else { continue };
            let place = PLACES.iter().find(|(place, _)| before.trim() == *place);
            folder = place.map_or(folder, |(_, folder)| folder);
            let (file, claims) = rest.split_once('`').unwrap();
            named += 1;
            let Some(tests) = find_tests(&root().join(folder), file) else {
                missing.push(shown_by.to_owned());
                continue;
            };
            let claims = claims.trim_start_matches(':').split(", ").map(|claim| claim.replace("and:", ""));
            missing.extend(claims.filter(|claim| !in_words(&tests).contains(&in_words(claim))));
        }
    }

    assert!(named > 50, "only {named}");
    assert!(missing.is_empty(), "not there: {missing:?}");
}

/// The behaviours of connecting and setting up, each of which has its row.
const FIRST: [std::ops::RangeInclusive<u32>; 1] = [1..=40];
const SECOND: [std::ops::RangeInclusive<u32>; 4] = [13..=14, 20..=23, 27..=39, 42..=44];

#[test]
fn every_behaviour_of_connecting_and_setting_up_has_its_row() {
    let page = read("docs/behaviours.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `S")?.split_once(" | "));
    let listed: BTreeSet<String> = rows
        .flat_map(|(numbers, _)| numbers.split(", ").collect::<Vec<_>>())
        .map(|number| format!("S{}", number.trim_matches(['`', 'S'])))
        .collect();
    let of = |area: u32, spans: &[std::ops::RangeInclusive<u32>]| -> Vec<String> {
        spans.iter().cloned().flatten().map(|number| format!("S{area}.{number}")).collect()
    };

    let wanted = [of(0, &FIRST), of(1, &SECOND)].concat();
    let missing: Vec<_> = wanted.iter().filter(|number| !listed.contains(*number)).collect();

    assert!(missing.is_empty(), "not in docs/behaviours.md: {missing:?}");
}

#[test]
fn the_index_of_all_pages_is_named_where_people_begin() {
    for page in ["README.md", "docs/quick-start.md"] {
        assert!(read(page).contains("`/llms.txt`"), "{page}");
    }
}

/// The text of a file of tests, by its name with or without what it ends in.
fn find_tests(folder: &Path, name: &str) -> Option<String> {
    if let Some(path) = ["", ".test.ts", ".ts"]
        .map(|end| folder.join(format!("{name}{end}")))
        .iter()
        .find(|path| path.is_file())
    {
        return fs::read_to_string(path).ok();
    }
    let folders =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    folders.into_iter().find_map(|folder| find_tests(&folder, name))
}

/// The words of a sentence or of the name of a test, the same for both.
fn in_words(text: &str) -> String {
    let text = text.replace('\'', "").to_lowercase();
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn undocumented_options(command: &str, page: &str) -> Vec<String> {
    let text = read(page);
    let help = Command::new(towpath()).args([command, "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let options: BTreeSet<_> = help
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("-h, ").or(Some(line.trim_start())))
        .filter(|line| line.starts_with("--"))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(options.len() > 8, "only {options:?}");

    let is_missing = |option: &&&str| **option != "--help" && !text.contains(&format!("| `{option}"));
    options.iter().filter(is_missing).map(|option| (*option).to_owned()).collect()
}

/// All texts of the form `noun.what_is_wrong` in the sources below a folder, without those of tests, names of files, and
/// places at which a test may end the process.
fn codes_in(folder: &Path) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes.extend(codes_in(&path));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = product.lines().filter(|line| !line.contains("reach(") && !line.contains("join("));
        codes.extend(
            lines
                .flat_map(|line| line.split('"').skip(1).step_by(2))
                .filter(|text| is_code(text))
                .map(str::to_owned),
        );
    }
    codes
}

fn is_code(text: &str) -> bool {
    let is_word =
        |word: &str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let is_file = [".toml", ".new", ".db", ".js", ".sh"].iter().any(|ending| text.ends_with(ending));
    !is_file && text.split_once('.').is_some_and(|(noun, what)| is_word(noun) && is_word(what))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
