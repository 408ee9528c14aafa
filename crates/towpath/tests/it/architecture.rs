//! Holds the architecture: who may use whom, and habits that no lint knows.
//!
//! Every test reads the sources of the workspace and lists all places that break its rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The crates of the product, from left to right. Each uses only those to its left.
const LINE: [&str; 6] = ["salesforce", "model", "store", "engine", "api", "towpath"];

/// The simulated org. It uses none of the others, so that no mistake can stand on both sides of the wire.
const SIMULATOR: &str = "orgsim";

/// Module names that say nothing about what is in the module.
const EMPTY_NAMES: [&str; 5] = ["utils", "common", "helpers", "types", "misc"];

/// What the API may ask of the store without a reader.
const WITHOUT_READER: [&str; 20] = [
    // Signing in: this is how a reader comes about, or ends.
    "api_keys::find_api_key",
    "api_keys::touch_api_key",
    "members::find_password",
    "members::put_password",
    "one_time_links::create_link",
    "one_time_links::delete_links",
    "one_time_links::delete_links_of",
    "one_time_links::use_link",
    "sessions::put_browser",
    "sessions::create_session",
    "sessions::delete_ended_sessions",
    "sessions::delete_session",
    "sessions::find_session",
    "sessions::touch_session",
    // The first owner: nobody is a member yet.
    "members::find_first_owner",
    "members::has_members",
    "members::has_members_in",
    "workspaces::create_workspace",
    // What is stored names the reader's own workspace, or is it.
    "members::create_member",
    "workspaces::find_workspace",
];

/// The longest a source file may get, its tests not counted.
const MAX_LINES: usize = 500;

#[test]
fn each_crate_uses_only_those_to_its_left() {
    let broken = broken_dependencies(|user, used| {
        let in_line = |name: &str| LINE.iter().position(|crate_name| *crate_name == name);
        match (in_line(&user.name), in_line(&used.name)) {
            (Some(user_at), Some(used_at)) => used_at < user_at,
            _ => true,
        }
    });

    assert_eq!(broken, NONE);
}

#[test]
fn the_simulator_uses_none_of_ours() {
    let broken =
        broken_dependencies(|user, used| user.name != SIMULATOR || !LINE.contains(&used.name.as_str()));

    assert_eq!(broken, NONE);
}

#[test]
fn only_the_program_and_tests_use_the_simulator() {
    let broken = broken_dependencies(|user, used| {
        used.name != SIMULATOR || user.name == "towpath" || used.is_for_tests()
    });

    assert_eq!(broken, NONE);
}

#[test]
fn only_the_engine_speaks_to_an_org() {
    let broken = broken_dependencies(|user, used| {
        used.name != "salesforce"
            || !used.value.contains("client")
            || user.name == "engine"
            || used.is_for_tests()
    });

    assert_eq!(broken, NONE);
}

#[test]
fn only_the_store_names_a_database_driver() {
    let broken = broken_dependencies(|user, used| {
        !["sqlx", "sea-query"].contains(&used.name.as_str()) || user.name == "store" || used.is_for_tests()
    });

    assert_eq!(broken, NONE);
}

#[test]
fn every_manifest_names_its_licence_and_keeps_the_lints() {
    let mut broken = Vec::new();
    for manifest in manifests() {
        let text = read(&manifest.path);
        if !text.starts_with("# SPDX-License-Identifier: Apache-2.0\n") {
            broken.push(format!("{}: the first line is no SPDX line", manifest.shown));
        }
        if !text.contains("[lints]\nworkspace = true") {
            broken.push(format!("{}: does not take the lints of the workspace", manifest.shown));
        }
    }
    let root = read(&root().join("Cargo.toml"));
    if !root.starts_with("# SPDX-License-Identifier: Apache-2.0\n") {
        broken.push("Cargo.toml: the first line is no SPDX line".to_owned());
    }

    assert_eq!(broken, NONE);
}

/// A pooled connection that has not seen a new column answers such a query with an error or with nothing.
#[test]
fn every_select_lists_its_columns() {
    let broken = broken_lines(
        &[
            "crates/model/src",
            "crates/store/src",
            "crates/store/migrations",
            "crates/engine/src",
            "crates/api/src",
            "crates/towpath/src",
        ],
        |line| {
            let words = line.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
            words.contains(concat!("select", " *")) || line.contains(concat!("Aster", "isk"))
        },
    );

    assert_eq!(broken, NONE);
}

/// A reader cannot be made from a request, so that a request cannot name another workspace.
#[test]
fn what_the_api_asks_of_the_store_takes_a_reader() {
    let functions = store_functions();
    let mut called = BTreeSet::new();
    for path in sources(&["crates/api/src"]) {
        called.extend(store_calls(&read(&path), &functions));
    }
    assert!(called.len() > 25, "only {called:?}");

    let broken: Vec<_> = called
        .iter()
        .filter(|name| !functions[*name].contains("reader: &Reader"))
        .filter(|name| !WITHOUT_READER.contains(&name.as_str()))
        .collect();
    let idle: Vec<_> = WITHOUT_READER.iter().filter(|name| !called.contains(**name)).collect();

    assert_eq!(broken, Vec::<&String>::new());
    assert_eq!(idle, Vec::<&&str>::new(), "nobody calls these");
}

/// An id that a person names is looked up in that person's workspace before anything else is done with it.
#[test]
fn what_a_person_does_through_the_engine_begins_with_the_reader() {
    let mut broken = Vec::new();
    let mut seen = 0;
    for path in sources(&["crates/engine/src"]) {
        for (signature, body) in public_functions(&read(&path)) {
            // Nothing is named where a transaction begins.
            let body = body.replace("self.store().begin().await?", "");
            let Some((before, _)) = body.split_once(".await") else { continue };
            if signature.contains("reader: &Reader") {
                seen += 1;
                if !before.contains("reader") {
                    broken.push(format!("{}: {signature}", shown(&path)));
                }
            }
        }
    }
    assert!(seen > 15, "only {seen} functions take a reader");

    assert_eq!(broken, NONE);
}

/// Every act of the API names who acts. The callback of a connect flow, which takes the engine with it, does so beside the
/// session.
#[test]
fn what_the_api_asks_of_the_engine_takes_a_reader() {
    let mut broken = Vec::new();
    for path in sources(&["crates/api/src"]) {
        for call in read(&path).split(".engine()").skip(1) {
            let Some((name, rest)) =
                call.trim_start().strip_prefix('.').and_then(|call| call.split_once('('))
            else {
                continue;
            };
            let first = rest.split([',', ';']).next().unwrap_or_default();
            if !first.contains("reader") && name != "clone" {
                broken.push(format!("{}: {name}({first}", shown(&path)));
            }
        }
    }

    assert_eq!(broken, NONE);
}

#[test]
fn no_source_file_is_longer_than_the_limit() {
    let broken: Vec<String> = sources(&["crates"])
        .iter()
        .filter(|path| path.components().any(|part| part.as_os_str() == "src"))
        .filter_map(|path| {
            let lines = lines_without_tests(&read(path));
            (lines > MAX_LINES).then(|| format!("{}: {lines} lines without tests", shown(path)))
        })
        .collect();

    assert_eq!(broken, NONE);
}

#[test]
fn no_module_has_an_empty_name() {
    let broken: Vec<String> = sources(&["crates"])
        .iter()
        .filter(|path| {
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            stem == "mod" || EMPTY_NAMES.contains(&stem)
        })
        .map(|path| shown(path))
        .chain(broken_lines(&["crates"], |line| {
            let line = line.trim_start();
            let line = line.strip_prefix("pub(crate) ").or(line.strip_prefix("pub ")).unwrap_or(line);
            let name = line.strip_prefix("mod ").unwrap_or_default().trim_end_matches([';', ' ', '{']);
            EMPTY_NAMES.contains(&name)
        }))
        .collect();

    assert_eq!(broken, NONE);
}

/// What a test expects of the list of broken places.
const NONE: Vec<String> = Vec::new();

/// One `Cargo.toml` of a crate.
struct Manifest {
    name: String,
    path: PathBuf,
    shown: String,
}

/// One line of a dependency table.
struct Dependency {
    name: String,
    /// The header of its table, such as `dev-dependencies`.
    table: String,
    /// What stands behind the equals sign, and for `name.workspace = true` the whole line.
    value: String,
}

impl Dependency {
    fn is_for_tests(&self) -> bool {
        self.table.ends_with("dev-dependencies")
    }
}

/// Lists the dependencies for which `is_allowed(user, used)` is false.
fn broken_dependencies(is_allowed: impl Fn(&Manifest, &Dependency) -> bool) -> Vec<String> {
    let mut broken = Vec::new();
    for manifest in manifests() {
        for dependency in dependencies(&read(&manifest.path)) {
            if !is_allowed(&manifest, &dependency) {
                broken.push(format!("{}: [{}] {}", manifest.shown, dependency.table, dependency.value));
            }
        }
    }
    broken
}

/// Reads the tables of dependencies, of all targets, also those written as `[dependencies.name]`.
fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut table = String::new();
    let mut dependencies: Vec<Dependency> = Vec::new();
    for line in manifest.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            table = header.to_owned();
            if let Some((parent, name)) = header.rsplit_once("dependencies.") {
                table = format!("{parent}dependencies");
                dependencies.push(Dependency {
                    name: name.to_owned(),
                    table: table.clone(),
                    value: line.to_owned(),
                });
                table.push('.');
            }
        } else if table.ends_with("dependencies.") {
            if let Some(dependency) = dependencies.last_mut() {
                dependency.value.push_str(line);
            }
        } else if let (true, Some((key, _))) = (table.ends_with("dependencies"), line.split_once('=')) {
            let name = key.trim().split('.').next().unwrap_or_default();
            dependencies.push(Dependency {
                name: name.to_owned(),
                table: table.clone(),
                value: line.to_owned(),
            });
        }
    }
    dependencies
}

fn manifests() -> Vec<Manifest> {
    let mut manifests = Vec::new();
    for entry in fs::read_dir(root().join("crates")).expect("the workspace has crates") {
        let path = entry.expect("the folder can be read").path().join("Cargo.toml");
        let Some(name) = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()) else {
            continue;
        };
        if path.exists() {
            manifests.push(Manifest { name: name.to_owned(), shown: shown(&path), path });
        }
    }
    assert!(manifests.len() >= LINE.len() - 1, "only {} manifests found", manifests.len());
    manifests.sort_by(|one, other| one.name.cmp(&other.name));
    manifests
}

/// The signatures of the store's functions that read or write it, by `module::name`.
fn store_functions() -> BTreeMap<String, String> {
    let folder = root().join("crates/store/src");
    let mut functions = BTreeMap::new();
    for path in sources(&["crates/store/src"]) {
        let inside = path.strip_prefix(&folder).unwrap_or(&path).with_extension("");
        let module = inside.iter().next().and_then(|part| part.to_str()).unwrap_or_default().to_owned();
        for (signature, _) in public_functions(&read(&path)) {
            let name = signature.split('(').next().unwrap_or_default();
            if ["store: &Store", "tx: &mut Tx"].iter().any(|first| signature.contains(first)) {
                functions.insert(format!("{module}::{name}"), signature);
            }
        }
    }
    functions
}

/// Which functions of the store a source names, by path or by import.
fn store_calls(text: &str, functions: &BTreeMap<String, String>) -> Vec<String> {
    let imports: String =
        text.split("use store::").skip(1).filter_map(|rest| rest.split(';').next()).collect();
    let words: BTreeSet<_> =
        imports.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
    let is_called = |path: &str| {
        let (module, name) = path.split_once("::").unwrap_or_default();
        text.contains(&format!("{path}(")) || (words.contains(module) && words.contains(name))
    };
    functions.keys().filter(|path| is_called(path)).cloned().collect()
}

/// The public functions of a source: the signature behind `fn`, and the body.
fn public_functions(text: &str) -> Vec<(String, String)> {
    let mut functions = Vec::new();
    for start in ["pub async fn ", "pub fn "] {
        for rest in text.split(start).skip(1) {
            let Some((signature, body)) = rest.split_once(" {\n") else { continue };
            let signature = signature.split_whitespace().collect::<Vec<_>>().join(" ");
            let body = body.split("\n    }\n").next().unwrap_or_default();
            functions.push((signature.replace("( ", "("), body.to_owned()));
        }
    }
    functions
}

/// Lists `file:line` of each line of Rust or SQL in `folders` that `is_broken`.
fn broken_lines(folders: &[&str], is_broken: impl Fn(&str) -> bool) -> Vec<String> {
    let mut broken = Vec::new();
    for path in sources(folders) {
        for (index, line) in read(&path).lines().enumerate() {
            if is_broken(line) {
                broken.push(format!("{}:{}: {}", shown(&path), index + 1, line.trim()));
            }
        }
    }
    broken
}

/// All Rust and SQL files in `folders`, in order.
fn sources(folders: &[&str]) -> Vec<PathBuf> {
    let mut sources = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "sql") {
                sources.push(path);
            }
        }
    }
    sources.sort();
    assert!(!sources.is_empty(), "no sources in {folders:?}");
    sources
}

/// Counts the lines before the module of tests, which stands last.
fn lines_without_tests(text: &str) -> usize {
    text.find("\n#[cfg(test)]\nmod ").map_or(text, |tests_at| &text[..tests_at]).lines().count()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}
