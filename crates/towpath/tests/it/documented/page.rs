//! The commands that stand in the pages for users.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Tag, TagEnd};

/// The pages whose commands somebody may type.
const PAGES: [&str; 8] = [
    "README.md",
    "docs/quick-start.md",
    "docs/connect.md",
    "docs/data-flows.md",
    "docs/mappings.md",
    "docs/troubleshooting.md",
    "docs/serve.md",
    "docs/copy.md",
];
/// How a line begins that somebody types.
const PROGRAMS: [&str; 9] =
    ["towpath", "./dev", "sf", "curl", "openssl", "sqlite3", "export", "chown", "(umask"];
/// How a block begins that nobody types: settings, and what a copy is asked for.
pub(super) const SETTINGS: [&str; 6] = [
    "# /etc/towpath/towpath.toml",
    "location / {",
    "database_url = ",
    "[Service]",
    "[[integration.mapping]]",
    "'Opportunity where ",
];

/// Where a command stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// By itself, to be typed.
    Command,
    /// In a sentence, or in the settings of another program.
    Mention,
}

/// A command of a page.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) page: &'static str,
    pub(super) text: String,
    pub(super) kind: Kind,
}

impl Written {
    /// Its words, without the quotes around them.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut is_quoted = false;
        for letter in self.text.chars() {
            match letter {
                '\'' => is_quoted = !is_quoted,
                ' ' if !is_quoted => words.push(String::new()),
                letter => words.last_mut().unwrap().push(letter),
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }
}

/// All commands, in the order of the pages.
pub(super) fn list_commands() -> Vec<Written> {
    PAGES.into_iter().flat_map(list_commands_of).collect()
}

fn list_commands_of(page: &'static str) -> Vec<Written> {
    let mut commands = Vec::new();
    let mut add = |text: &str, kind| commands.push(Written { page, text: text.to_owned(), kind });
    for part in parts_of(page) {
        match part {
            Part::Span(text) if is_command(&text) => add(&text, Kind::Mention),
            Part::Span(_) => {}
            Part::Block(text) if SETTINGS.iter().any(|known| text.starts_with(known)) => {
                let service = text.lines().filter_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/"));
                service.for_each(|line| add(line, Kind::Mention));
            }
            Part::Block(text) => {
                for line in text.replace("\\\n", " ").lines().filter(|line| !line.trim().is_empty()) {
                    let line = line.split(" # ").next().unwrap().trim();
                    assert!(is_command(line), "{page}: {line:?} is no command; is it a setting?");
                    add(line, Kind::Command);
                }
            }
        }
    }
    commands
}

/// The first block of a page that begins so.
pub(super) fn block_of(page: &str, beginning: &str) -> String {
    let blocks = parts_of(page).into_iter().filter_map(|part| match part {
        Part::Block(text) if text.starts_with(beginning) => Some(text),
        _ => None,
    });
    blocks.into_iter().next().unwrap_or_else(|| panic!("{page} has no block that begins with {beginning}"))
}

enum Part {
    Block(String),
    Span(String),
}

fn parts_of(page: &str) -> Vec<Part> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let mut parts = Vec::new();
    let mut block: Option<String> = None;
    for event in pulldown_cmark::Parser::new(&text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => block = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => parts.extend(block.take().map(Part::Block)),
            Event::Text(text) => {
                if let Some(block) = &mut block {
                    block.push_str(&text);
                }
            }
            Event::Code(text) => parts.push(Part::Span(text.into_string())),
            _ => {}
        }
    }
    parts
}

fn is_command(text: &str) -> bool {
    text.split_once(' ').is_some_and(|(program, _)| PROGRAMS.contains(&program))
}

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
