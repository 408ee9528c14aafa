//! Every command of the pages for users is run: here, by a test that is named here, or not for a reason that stands here.

mod page;
mod set_up;
mod used;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use page::{Kind, Written, list_commands, root};

use crate::scene::towpath;

/// How a command of the pages is run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// Against a demo whose org is connected, one after the other.
    Used,
    /// As the start of a server, of a worker or of a demo.
    Started,
    /// As a copy without a server.
    Copied,
    /// By the file of tests that holds this.
    By(&'static str, &'static str),
    /// Not at all, because of this.
    Not(&'static str),
}

const CONNECT: &str = "crates/towpath/tests/it/connect.rs";
const DEPLOY: &str = "clients/javascript/sf/app-files.test.mjs";

/// The longest beginning of a command decides.
const WAYS: [(&str, Way); 18] = [
    ("towpath ", Way::Used),
    ("curl ", Way::Used),
    ("openssl ", Way::Used),
    ("towpath serve", Way::Started),
    ("towpath worker", Way::Started),
    ("towpath demo", Way::Started),
    ("(umask 377; head ", Way::Started),
    ("sqlite3 ", Way::Started),
    ("towpath copy", Way::Copied),
    ("export SF_CLIENT_ID", Way::Copied),
    ("towpath connect start --name", Way::By(CONNECT, "run_documented(\"connect start --name\")")),
    ("towpath connect start --reconnect", Way::By(CONNECT, "run_documented(\"connect start --reconnect\")")),
    ("towpath connect add", Way::By(CONNECT, "run_documented(\"connect add\")")),
    ("sf project deploy start", Way::By(DEPLOY, "documented(org, project, \"sf project deploy start\")")),
    ("sf org assign permset", Way::By(DEPLOY, "documented(org, project, \"sf org assign permset\")")),
    ("./dev demo", Way::Not("it builds the program and starts the demo that `demo.rs` starts")),
    ("./dev test", Way::Not("it is what runs this test")),
    ("chown towpath ", Way::Not("it takes the rights of root, and a user of that name")),
];

fn way_of(command: &Written) -> Option<(&'static str, Way)> {
    let fits = WAYS.iter().filter(|(beginning, _)| command.text.starts_with(beginning));
    fits.max_by_key(|(beginning, _)| beginning.len()).copied()
}

/// The commands of the pages that are run in a way, in the order of the pages.
fn commands_to_run(way: Way) -> Vec<Written> {
    let written = list_commands().into_iter().filter(|command| command.kind == Kind::Command);
    written.filter(|command| way_of(command).is_some_and(|(_, found)| found == way)).collect()
}

#[test]
fn every_command_of_the_pages_is_run_or_has_a_reason_not_to_be() {
    let commands = list_commands();
    assert!(commands.len() > 60, "only {commands:?}");
    let mut used = BTreeSet::new();

    for command in &commands {
        let (beginning, way) = way_of(command).unwrap_or_else(|| panic!("nothing runs {command:?}"));
        used.insert(beginning);
        if let Way::By(file, test) = way {
            assert!(read(file).contains(test), "{file} does not run {command:?}");
        }
    }

    let unused: Vec<_> =
        WAYS.iter().map(|(beginning, _)| *beginning).filter(|one| !used.contains(one)).collect();
    assert!(unused.is_empty(), "no page has {unused:?}");
}

#[test]
fn the_program_knows_every_option_that_the_pages_name() {
    for command in list_commands() {
        let words = command.words();
        if words[0] == "./dev" {
            let known = read("dev").lines().any(|line| line.starts_with(&format!("  {} ", words[1])));
            assert!(known, "{command:?}");
        }
        if words[0] != "towpath" {
            continue;
        }
        // Whatever stands before it is looked at first.
        let looked = Command::new(towpath()).args(&words[1..]).arg("--help").output().unwrap();
        assert!(looked.status.success(), "{command:?}: {}", String::from_utf8_lossy(&looked.stderr));
    }
}

/// In a sentence a command often lacks what it needs to be run.
#[test]
fn every_command_that_a_sentence_names_is_run_by_a_test() {
    let folder = root().join("crates/towpath/tests/it");
    let entries = [folder.join("documented"), folder].map(|folder| fs::read_dir(folder).unwrap());
    let files = entries.into_iter().flatten().map(|entry| entry.unwrap().path());
    let tests: Vec<String> =
        files.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).unwrap()).collect();
    let whole = commands_to_run(Way::Used);

    for command in list_commands().into_iter().filter(|command| command.kind == Kind::Mention) {
        let words = command.words();
        let is_name = |word: &&String| *word != "acme" && *word != "--help" && !word.starts_with('/');
        let names = words.iter().skip(1).filter(is_name);
        let quoted: Vec<String> = names.map(|word| format!("\"{word}\"")).collect();
        let is_written = whole.iter().any(|one| one.text.starts_with(&command.text));
        // In one list of arguments, in this order.
        let is_run = is_written || tests.iter().any(|test| has_arguments(test, &quoted));
        assert!(is_run || words[0] == "./dev", "no test runs {command:?}");
    }
}

/// Whether a list of a test has these words in their order.
fn has_arguments(test: &str, quoted: &[String]) -> bool {
    test.split('[').filter_map(|rest| rest.split(']').next()).any(|list| {
        let mut rest = Some(list);
        quoted.iter().all(|word| {
            rest = rest.and_then(|rest| rest.split_once(word.as_str())).map(|(_, after)| after);
            rest.is_some()
        })
    })
}

#[test]
fn words_that_stand_in_other_places_of_a_test_run_nothing() {
    let words = |words: &[&str]| words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>();
    let test = r#"run(&["members", "list"]); run(&["groups", slug, "delete", "--yes"])"#;

    assert!(has_arguments(test, &words(&["groups", "delete"])));
    assert!(!has_arguments(test, &words(&["members", "delete"])));
    assert!(!has_arguments(test, &words(&["delete", "groups"])));
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}
