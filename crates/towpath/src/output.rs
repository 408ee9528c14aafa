//! Data on stdout: as a table, as JSON or as CSV.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use comfy_table::{ContentArrangement, Table as Grid, presets};
use serde_json::value::RawValue;

use crate::client::Failure;

/// How a command prints what it found.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct OutputArgs {
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,

    /// The same as --output json.
    #[arg(long)]
    json: bool,
}

/// A form of data.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// Columns for people.
    Table,
    /// What the API answered.
    Json,
    /// Comma-separated values with a header.
    Csv,
}

impl OutputArgs {
    pub(crate) fn format(self) -> Format {
        if self.json { Format::Json } else { self.output }
    }
}

/// Rows under a header, with what the API said of each.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) raw: Vec<Box<RawValue>>,
}

impl Listing {
    /// An empty listing with this header.
    pub(crate) fn new<const N: usize>(header: [&str; N]) -> Self {
        Self { header: header.map(str::to_owned).to_vec(), ..Self::default() }
    }

    /// Adds an item of the API and its row.
    pub(crate) fn push<const N: usize>(&mut self, raw: Box<RawValue>, row: [String; N]) {
        self.raw.push(raw);
        self.rows.push(row.to_vec());
    }

    /// Prints it; JSON is a list of what the API answered.
    pub(crate) fn print(&self, format: Format) -> Result<(), Failure> {
        match format {
            Format::Table => print_text(&format!("{}\n", grid(&self.header, &self.rows))),
            Format::Json => print_text(&format!("{}\n", json_list(&self.raw))),
            Format::Csv => print_csv(&self.header, &self.rows),
        }
    }
}

/// Prints one thing: names and values below each other, or what the API answered.
pub(crate) fn print_one(format: Format, raw: &RawValue, facts: &[(&str, String)]) -> Result<(), Failure> {
    match format {
        Format::Json => print_text(&format!("{}\n", raw.get())),
        Format::Table => {
            let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
            let lines: String = facts
                .iter()
                .map(|(name, value)| format!("{name:width$}  {}\n", one_line(value)).replace("  \n", "\n"))
                .collect();
            print_text(&lines)
        }
        Format::Csv => {
            let header: Vec<_> = facts.iter().map(|(name, _)| (*name).to_owned()).collect();
            let row: Vec<_> = facts.iter().map(|(_, value)| value.clone()).collect();
            print_csv(&header, &[row])
        }
    }
}

/// Rows in columns, as wide as the terminal lets them be.
pub(crate) fn grid(header: &[String], rows: &[Vec<String>]) -> String {
    let mut grid = Grid::new();
    grid.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    grid.set_header(header.iter().map(|name| one_line(name)));
    for row in rows {
        grid.add_row(row.iter().map(|cell| one_line(cell)));
    }
    grid.trim_fmt()
}

fn json_list(raw: &[Box<RawValue>]) -> String {
    let items: Vec<&str> = raw.iter().map(|item| item.get()).collect();
    if items.is_empty() { "[]".to_owned() } else { format!("[\n  {}\n]", items.join(",\n  ")) }
}

fn print_csv(header: &[String], rows: &[Vec<String>]) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(io::stdout().lock());
    let written = writer
        .write_record(header)
        .and_then(|()| rows.iter().try_for_each(|row| writer.write_record(row)))
        .map_err(io::Error::from)
        .and_then(|()| writer.flush());
    written.map_err(Failure::Print)
}

/// Prints on stdout.
pub(crate) fn print_text(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::Print)
}

/// What a terminal would take for a command, and line breaks, shown as what they are.
pub(crate) fn one_line(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    let shown = |character: char| match character {
        '\n' | '\r' | '\t' => ' ',
        other if other.is_control() => char::REPLACEMENT_CHARACTER,
        other => other,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_record_cannot_command_the_terminal() {
        assert_eq!(one_line("Acme\n\u{1b}]0;owned\u{7}"), "Acme \u{fffd}]0;owned\u{fffd}");
        assert_eq!(one_line("Ünïcödé"), "Ünïcödé");
    }

    #[test]
    fn columns_stand_below_their_names() {
        let rows =
            [vec!["Acme".to_owned(), "200".to_owned()], vec!["Initech GmbH".to_owned(), "1".to_owned()]];

        let grid = grid(&["NAME".to_owned(), "ROWS".to_owned()], &rows);

        let lines: Vec<_> = grid.lines().map(str::trim_end).collect();
        assert_eq!(lines, [" NAME          ROWS", " Acme          200", " Initech GmbH  1"]);
    }
}
