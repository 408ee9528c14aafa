//! The mistakes that `./dev mistakes` puts back: each patch fits the sources, and names tests that there are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn every_mistake_fits_the_sources_of_today() {
    let broken: Vec<_> = patches().into_iter().filter(|patch| !applies(patch)).collect();

    assert_eq!(broken, Vec::<PathBuf>::new(), "`git apply --check` says why");
}

#[test]
fn every_mistake_names_tests_that_there_are() {
    for patch in patches() {
        let text = fs::read_to_string(&patch).unwrap();
        let tests: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("Test: ")).collect();
        assert!(!tests.is_empty(), "{} names no test", patch.display());
        for test in tests {
            let [package, target, path] = test.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{}: {test}", patch.display())
            };
            let (module, name) = path.split_once("::").unwrap();
            let file = root().join(format!("crates/{package}/tests/{target}/{module}.rs"));
            let source =
                fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert!(source.contains(&format!("async fn {name}(")), "{test} is not in {}", file.display());
        }
    }
}

fn patches() -> Vec<PathBuf> {
    let files = fs::read_dir(root().join("tests/mistakes")).unwrap().map(|file| file.unwrap().path());
    let mut patches: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|kind| kind == "patch")).collect();
    patches.sort();
    assert!(!patches.is_empty());
    patches
}

fn applies(patch: &Path) -> bool {
    let check =
        Command::new("git").args(["apply", "--check"]).arg(patch).current_dir(root()).output().unwrap();
    check.status.success()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
